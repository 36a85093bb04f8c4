// A connection as the user of links holds it [2.4]: one transport, sessions on it, and the end with its reason.

import type { Session as EngineSession } from '../engine/session.js'
import { AMQPConnectionError, type AMQPError, AMQPTimeoutError } from '../errors.js'
import type { MessageInput } from '../message/message.js'
import type { Source, Target } from '../message/terminus.js'
import { DEFAULT_REQUEST_TIMEOUT_MS, type MgmtResult } from '../mgmt/mgmt-operation.js'
import { checkMgmtRequest, type MgmtRequestOptions } from '../mgmt/mgmt-request.js'
import { SASLAnonymous } from '../sasl/anonymous.js'
import type { SaslAuth } from '../sasl/mechanism.js'
import { SASLPlain } from '../sasl/plain.js'
import { environmentTracer } from '../trace/frame-log.js'
import { guarded } from '../trace/guarded.js'
import type { Tracer } from '../trace/tracer.js'
import { type Address, formatHostPort, parseAddress, type URLLike } from '../transport/address.js'
import { connectTransport, transportAddress } from '../transport/connect.js'
import type { Transport } from '../transport/transport.js'
import type { Fields } from '../types/maps.js'
import type { Open } from '../types/transport.js'
import { type Clock, realClock } from '../util/clock.js'
import { Deferred, type WaitOptions, waitFor } from '../util/deferred.js'
import { checkOptions, WAIT_OPTIONS } from '../util/options.js'
import { randomId } from '../util/random-id.js'
import { Timeouts } from '../util/timeouts.js'
import type { Authenticator } from './authenticator.js'
import { Driver } from './driver.js'
import type { MessageReceiver } from './message-receiver.js'
import type { MessageSender } from './message-sender.js'
import {
  CLOSE_TIMEOUT_MS,
  CONNECTION_CHECKS,
  type ConnectionOptions,
  DEFAULT_CHANNEL_MAX,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_MAX_FRAME_SIZE,
  DEFAULT_MAX_MESSAGE_SIZE,
  isAuthenticator,
} from './options.js'
import {
  checkReceiver,
  checkSender,
  type ReceiverOptions,
  SESSION_CHECKS,
  type SenderOptions,
  Session,
  type SessionContext,
  type SessionOptions,
} from './session.js'
import { SharedSession } from './shared-session.js'
import { Deadline, settledWithin, within } from './waits.js'

export class Connection {
  /** Our container-id [2.4.1]. */
  readonly containerId: string
  private readonly address: Address
  private readonly options: ConnectionOptions
  private readonly auth: SaslAuth
  private readonly authenticator: Authenticator | undefined
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly tracer: Tracer | undefined
  private readonly timeouts: Timeouts
  private readonly opened: Deferred<void> = new Deferred()
  private readonly ended: Deferred<AMQPError | undefined> = new Deferred()
  private readonly sessions = new Set<Session>()
  private driver: Driver | undefined = undefined
  /** For all links that were not given a session. */
  private readonly linkSession: SharedSession = new SharedSession(() => this.createSession())
  /** For requests: brokers end the session over one that they do not like, and the links of others with it. */
  private readonly requestSession: SharedSession = new SharedSession(() => this.createSession())
  private closing = false
  private endReason: AMQPError | undefined = undefined

  /**
   * Connects to `amqp://`, `amqps://`, `ws://` or `wss://` `[user:password@]host[:port]`, authenticates and opens, all
   * within `timeoutMs` (default: no limit but the one of each step, see `connectTimeoutMs`).
   * Rejects with AMQPConnectionError (`phase` tells how far it came), AuthenticationError, ConnectionClose,
   * AMQPTimeoutError, or the reason of the signal; TypeError or RangeError for options that cannot be.
   */
  static async connect(
    url: string | URLLike,
    options: ConnectionOptions & WaitOptions = {},
  ): Promise<Connection> {
    checkOptions('connect', options, { ...CONNECTION_CHECKS, ...WAIT_OPTIONS })
    const connection = new Connection(transportAddress(parseAddress(url), options), options)
    await connection.open(options)
    return connection
  }

  private constructor(address: Address, options: ConnectionOptions) {
    this.address = address
    this.options = options
    const { user, password } = address
    const auth = options.auth ?? (user === undefined ? SASLAnonymous() : SASLPlain(user, password ?? ''))
    this.authenticator = isAuthenticator(auth) ? auth : undefined
    this.auth = isAuthenticator(auth) ? auth.sasl : auth
    this.containerId = options.containerId ?? randomId()
    this.clock = options.clock ?? realClock
    this.tracer = guarded(options.tracer ?? environmentTracer())
    this.timeouts = new Timeouts(this.clock)
    this.opened.promise.catch(() => {})
  }

  private async open(wait: WaitOptions): Promise<void> {
    const deadline = new Deadline(this.clock, wait)
    const stepMs = this.options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    const step = (): WaitOptions => ({ signal: wait.signal, timeoutMs: Math.min(stepMs, deadline.leftMs) })
    const transport = await this.connectTransport(step())
    const limit = step()
    try {
      this.driver = this.start(transport)
      await within(this.opened.promise, limit, this.clock, () =>
        this.tooLong('open the connection', limit.timeoutMs),
      )
      // Some peers open only to say in their close why they will not.
      this.mustBeOpen()
    } catch (error) {
      transport.destroy()
      throw error
    }
  }

  private connectTransport(wait: WaitOptions): Promise<Transport> {
    const { transport } = this.options
    if (transport === undefined) return connectTransport(this.address, this.options, wait)
    return waitFor<Transport>(
      (done) => {
        // One that comes when nobody waits for it any more must not stay open.
        const arrived = (made: Transport): void => (done.done ? made.destroy() : done.resolve(made))
        transport(wait).then(arrived, (error) => done.reject(error))
        return undefined
      },
      wait,
      this.clock,
      () => this.tooLong('connect', wait.timeoutMs),
    )
  }

  private start(transport: Transport): Driver {
    const { options, address } = this
    const hostname = options.hostname ?? address.host
    const driver = new Driver(
      transport,
      {
        role: 'client',
        mechanisms: this.auth.mechanisms,
        allowNoSasl: false,
        hostname,
        tracer: this.tracer,
        peer: transport.description,
        open: {
          containerId: this.containerId,
          hostname,
          maxFrameSize: options.maxFrameSize ?? DEFAULT_MAX_FRAME_SIZE,
          channelMax: options.channelMax ?? DEFAULT_CHANNEL_MAX,
          idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
          initialId: options.initialId ?? 0,
          properties: options.properties,
          offeredCapabilities: options.offeredCapabilities,
          desiredCapabilities: this.desiredCapabilities,
        },
      },
      this.auth,
      {
        onOpen: () => this.opened.resolve(),
        onSession: refuseSession,
        onEnd: (reason) => this.onEnd(reason),
      },
      this.clock,
    )
    driver.start()
    return driver
  }

  private get desiredCapabilities(): readonly string[] | undefined {
    const needed = this.authenticator?.desiredCapabilities ?? []
    const wanted = this.options.desiredCapabilities ?? []
    return needed.length + wanted.length === 0 ? undefined : [...new Set([...wanted, ...needed])]
  }

  private onEnd(reason: AMQPError | undefined): void {
    this.endReason = reason
    if (reason !== undefined)
      this.tracer?.event?.(() => `lost the connection to ${this.host}: ${reason.message}`)
    this.timeouts.stop()
    this.opened.reject(reason)
    this.ended.resolve(reason)
  }

  private get host(): string {
    return formatHostPort(this.address.host, this.address.port)
  }

  private get remoteOpen(): Open | undefined {
    return this.driver?.engine.connection.remoteOpen
  }

  /** Container-id of the peer. */
  get remoteContainerId(): string | undefined {
    return this.remoteOpen?.containerId
  }

  /** What the peer tells of itself in its open: product, version and the like. */
  get remoteProperties(): Fields | undefined {
    return this.remoteOpen?.properties
  }

  get remoteOfferedCapabilities(): readonly string[] {
    return this.remoteOpen?.offeredCapabilities ?? []
  }

  /** Largest frame that the peer takes, in bytes. */
  get remoteMaxFrameSize(): number {
    return this.remoteOpen?.maxFrameSize ?? 0xffffffff
  }

  get isOpen(): boolean {
    return this.driver?.engine.connection.opened === true && !this.closing
  }

  /** Resolves when the connection has ended: undefined after `close`, else with the reason. Never rejects. */
  get closed(): Promise<AMQPError | undefined> {
    return this.ended.promise
  }

  /** Begins a session of its own [2.5.1]: its links share nothing with those of others. */
  async createSession(options: SessionOptions = {}): Promise<Session> {
    checkOptions('createSession', options, SESSION_CHECKS)
    this.mustBeOpen()
    return this.begin(new Session(this.context, options), options)
  }

  /** @internal */
  async createClaimsSession(): Promise<Session> {
    this.mustBeOpen()
    return this.begin(new Session({ ...this.context, authorize: undefined }, {}), {})
  }

  /**
   * Has a claim put, and kept in force as long as the connection lives, beside the one that the connection was made
   * with: for links to other entities. Rejects with TokenAuthFailure, TokenExpired, AMQPTimeoutError.
   */
  async authorize(auth: Authenticator, options: WaitOptions = {}): Promise<void> {
    checkOptions('authorize', options, WAIT_OPTIONS)
    this.mustBeOpen()
    await auth.authorize(this, options)
  }

  private async begin(session: Session, options: WaitOptions): Promise<Session> {
    this.sessions.add(session)
    session.closed.then(() => this.sessions.delete(session))
    await session.waitUntilOpen(options)
    return session
  }

  private mustBeOpen(): void {
    if (this.isOpen) return
    throw (
      this.endReason ??
      new AMQPConnectionError(
        `The connection to ${this.host} is closed: it takes no more sessions and links`,
        {
          phase: 'established',
          context: { host: this.host },
        },
      )
    )
  }

  private get context(): SessionContext {
    const { clock, timeouts, containerId, options, authenticator } = this
    return {
      authorize: authenticator === undefined ? undefined : (wait) => authenticator.authorize(this, wait),
      clock,
      timeouts,
      containerId,
      maxMessageSize: options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      engine: (this.driver as Driver).engine.connection,
    }
  }

  /** Attaches a sender in the session that the connection keeps for such links. See {@link Session.createSender}. */
  async createSender(target: string | Target | null, options: SenderOptions = {}): Promise<MessageSender> {
    checkSender(target, options)
    const deadline = new Deadline(this.clock, options)
    const session = await this.sessionOf(this.linkSession, deadline)
    return session.createSender(target, { ...options, ...deadline.wait })
  }

  /** Attaches a receiver in the session that the connection keeps for such links. See {@link Session.createReceiver}. */
  async createReceiver(source: string | Source, options: ReceiverOptions = {}): Promise<MessageReceiver> {
    checkReceiver(source, options)
    const deadline = new Deadline(this.clock, options)
    const session = await this.sessionOf(this.linkSession, deadline)
    return session.createReceiver(source, { ...options, ...deadline.wait })
  }

  /**
   * Has a management node do an operation, over one pair of links for each node, in a session that the connection keeps for
   * requests. `timeoutMs` is 60 000 by default. Rejects as {@link Session.mgmtRequest} does.
   */
  async mgmtRequest(
    message: MessageInput,
    operation: string,
    options: MgmtRequestOptions = {},
  ): Promise<MgmtResult> {
    checkMgmtRequest(operation, options)
    const deadline = new Deadline(this.clock, options, DEFAULT_REQUEST_TIMEOUT_MS)
    const session = await this.sessionOf(this.requestSession, deadline)
    return session.mgmtRequest(message, operation, { ...options, ...deadline.wait })
  }

  private sessionOf(shared: SharedSession, { wait, timeoutMs }: Deadline): Promise<Session> {
    return within(shared.get(), wait, this.clock, () => this.tooLong('begin the session', timeoutMs))
  }

  /**
   * Closes links and sessions as each of them does, then the connection. Bounded by `timeoutMs` (default 5 000), after
   * which the transport is simply shut. Closing twice is harmless.
   */
  async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close', options, WAIT_OPTIONS)
    const { driver } = this
    if (driver === undefined) return
    const deadline = new Deadline(this.clock, options, CLOSE_TIMEOUT_MS)
    this.closing = true
    try {
      await Promise.all([...this.sessions].map((session) => session.close(deadline.wait)))
      driver.engine.connection.close()
      await settledWithin(this.ended.promise, deadline.wait, this.clock)
    } finally {
      driver.engine.connection.close()
      if (!this.ended.done) driver.abandon(this.noAnswer())
    }
  }

  private noAnswer(): AMQPConnectionError {
    return new AMQPConnectionError(`The connection to ${this.host} was shut without an answer of the peer`, {
      phase: 'established',
      retryable: true,
      context: { host: this.host },
    })
  }

  private tooLong(what: string, timeoutMs = 0): AMQPTimeoutError {
    return new AMQPTimeoutError(`${this.host} did not ${what} within ${timeoutMs} ms`, {
      timeoutMs,
      context: { host: this.host },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Lines for people: how the connection stands, and what each session and link waits for. */
  explain(): string {
    const { driver } = this
    if (driver === undefined) return `connection to ${this.host}: not open`
    if (this.ended.done)
      return `connection to ${this.host}: closed. ${this.endReason?.message ?? ''}`.trimEnd()
    const { engine } = driver
    const parts = [`connection to ${this.host}: ${engine.connection.stateName}`]
    if (engine.pendingBytes > 0) parts.push(`${engine.pendingBytes} bytes to write`)
    if (engine.blocked) parts.push('the socket is behind')
    return [parts.join(', '), ...[...this.sessions].map((session) => session.explain())].join('\n')
  }

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.explain()
  }
}

/** A client takes no sessions of its peer [2.5.1]. */
function refuseSession(session: EngineSession): void {
  session.begin()
  session.end({
    kind: 'error',
    condition: 'amqp:not-implemented',
    description: 'this client takes no sessions of its peer',
  })
}
