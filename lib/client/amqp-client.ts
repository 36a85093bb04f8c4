// What sending and receiving clients share: the connection (their own, or one given to them), the link that is opened
// by the first operation and anew after it was lost, and the end of both.

import { Connection } from '../connection/connection.js'
import {
  CLOSE_TIMEOUT_MS,
  CONNECTION_CHECKS,
  type ConnectionOptions,
  isAuthenticator,
} from '../connection/options.js'
import { sharedSignal } from '../connection/shared-signal.js'
import { Deadline, settledWithin } from '../connection/waits.js'
import { AMQPError, AMQPTimeoutError } from '../errors.js'
import type { MessageInput } from '../message/message.js'
import { DEFAULT_REQUEST_TIMEOUT_MS, type MgmtResult } from '../mgmt/mgmt-operation.js'
import { checkMgmtRequest, type MgmtRequestOptions } from '../mgmt/mgmt-request.js'
import { parseAddress, type URLLike } from '../transport/address.js'
import type { Fields } from '../types/maps.js'
import { Abort } from '../util/abort.js'
import { type Clock, realClock } from '../util/clock.js'
import { type WaitOptions, waitFor } from '../util/deferred.js'
import { checkOptions, type OptionCheck, object, text, texts, WAIT_OPTIONS } from '../util/options.js'

/** Options of both clients. */
export interface AMQPClientOptions
  extends Omit<ConnectionOptions, 'desiredCapabilities' | 'offeredCapabilities'> {
  /** Use this connection, and leave it open at the end. The target or source may then be a bare address. */
  readonly connection?: Connection | undefined
  /** Wire address of the node, verbatim. Default: the path of the URL, percent-decoded. */
  readonly address?: string | undefined
  /** Name of the link. Default: a random one. */
  readonly linkName?: string | undefined
  /** Link properties to tell the peer. */
  readonly linkProperties?: Fields | undefined
  /** Capabilities that the link desires of the peer. */
  readonly desiredCapabilities?: readonly string[] | undefined
}

const { offeredCapabilities: _unused, ...OWN_CONNECTION_CHECKS } = CONNECTION_CHECKS

export const CLIENT_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...OWN_CONNECTION_CHECKS,
  connection: object,
  address: text,
  linkName: text,
  linkProperties: object,
  desiredCapabilities: texts,
}

/** A link as the client needs it. */
interface ClientLink {
  readonly isOpen: boolean
  readonly closed: Promise<AMQPError | undefined>
  close(options?: WaitOptions): Promise<void>
  explain(): string
}

/** An attempt to open, and how many wait for it. */
interface Opening<L> {
  readonly link: Promise<L>
  readonly abort: Abort
  waiting: number
}

/** Where a client stands; numbers as in MessageSenderState and MessageReceiverState. */
export type ClientState = 0 | 1 | 2 | 3 | 4
const IDLE = 0
const OPENING = 1
const OPEN = 2
const CLOSING = 3
const ERROR = 4

export abstract class AMQPClient<L extends ClientLink> {
  protected readonly options: AMQPClientOptions
  /** Wire address of the node. */
  readonly address: string
  private readonly url: string | undefined
  protected readonly clock: Clock
  private current: Connection | undefined
  /** The end of a connection on which the link could not be opened. */
  private retired: Promise<void> = DONE
  protected link: L | undefined = undefined
  private opening: Opening<L> | undefined = undefined
  private clientState: ClientState = IDLE
  private closedByUser = false

  protected constructor(
    remote: string | URLLike | { readonly address?: string | undefined },
    options: AMQPClientOptions,
  ) {
    const place = addressOf(remote, options)
    this.url = place.url
    this.address = place.address
    this.options = options
    this.clock = options.clock ?? realClock
    this.current = options.connection
  }

  protected abstract attach(connection: Connection, wait: WaitOptions): Promise<L>

  get state(): ClientState {
    return this.clientState
  }

  /** The connection in use; undefined before the first operation. */
  get connection(): Connection | undefined {
    return this.current
  }

  /**
   * Connects and attaches. Implied by the first operation, and by the first one after the link was lost.
   * Rejects with AMQPConnectionError, AuthenticationError, LinkDetach, AMQPTimeoutError or the reason of the signal.
   */
  async open(options: WaitOptions = {}): Promise<void> {
    checkOptions('open', options, WAIT_OPTIONS)
    await this.opened(options)
  }

  /** The link, if it can be used at once. */
  protected get openLink(): L | undefined {
    const { link } = this
    return link?.isOpen === true && !this.closedByUser ? link : undefined
  }

  /** The link, open. */
  protected opened(wait: WaitOptions): Promise<L> {
    if (this.closedByUser) return Promise.reject(this.closedError())
    const { openLink } = this
    return openLink === undefined ? this.joinOpening(wait) : Promise.resolve(openLink)
  }

  /** All who need the link wait for one attempt, each as long as it likes; when the last has left, it is called off. */
  private joinOpening(wait: WaitOptions): Promise<L> {
    return waitFor<L>(
      (done) => {
        const opening = this.opening ?? this.startOpening()
        opening.waiting++
        opening.link.then(
          (link) => done.resolve(link),
          (error) => done.reject(error),
        )
        return () => {
          if (--opening.waiting === 0) this.callOff(opening, wait.signal?.reason)
        }
      },
      { signal: sharedSignal(wait.signal), timeoutMs: wait.timeoutMs },
      this.clock,
      () => this.openTimeout(wait.timeoutMs ?? 0),
    )
  }

  private startOpening(): Opening<L> {
    const abort = new Abort()
    const opening: Opening<L> = { abort, waiting: 0, link: this.connectAndAttach({ signal: abort }) }
    this.opening = opening
    this.clientState = OPENING
    opening.link.then(
      (link) => this.onOpened(opening, link),
      () => this.onNotOpened(opening),
    )
    return opening
  }

  private async connectAndAttach(wait: WaitOptions): Promise<L> {
    return this.attach(await this.connected(wait), wait)
  }

  private onOpened(opening: Opening<L>, link: L): void {
    if (this.opening !== opening) {
      link.close()
      return
    }
    this.opening = undefined
    this.link = link
    if (!this.closedByUser) this.clientState = OPEN
    link.closed.then((reason) => {
      if (this.link === link && reason !== undefined && !this.closedByUser) this.clientState = ERROR
    })
  }

  private onNotOpened(opening: Opening<L>): void {
    if (this.opening === opening) this.callOff(opening, undefined)
    // A connection that nobody may ever close must not keep the process alive.
    if (this.opening === undefined) this.retired = this.closeConnection({})
  }

  /** Whoever wants the link from here on begins anew. */
  private callOff(opening: Opening<L>, reason: unknown): void {
    if (this.opening === opening) {
      this.opening = undefined
      if (!this.closedByUser) this.clientState = ERROR
    }
    opening.abort.abort(reason)
  }

  private async closeConnection(wait: WaitOptions): Promise<void> {
    const { current } = this
    if (this.options.connection !== undefined) return
    this.current = undefined
    await current?.close(wait)
  }

  private async connected(wait: WaitOptions): Promise<Connection> {
    const { auth } = this.options
    if (this.options.connection !== undefined) {
      if (auth !== undefined && isAuthenticator(auth)) await this.options.connection.authorize(auth, wait)
      return this.options.connection
    }
    if (this.current?.isOpen === true) return this.current
    const { connection, address, linkName, linkProperties, desiredCapabilities, ...rest } = this.options
    const own = pick(rest, CONNECTION_CHECKS)
    this.current = await Connection.connect(this.url as string, { ...own, ...pick(wait, WAIT_OPTIONS) })
    return this.current
  }

  /**
   * Has a management node do an operation, over one pair of links for each node of the connection. Opens the client if
   * it is not open. `timeoutMs` is 60 000 by default. Rejects with MgmtError when the status is not 2xx, as `open`, or
   * as {@link MgmtOperation.execute}.
   */
  async mgmtRequest(
    message: MessageInput,
    operation: string,
    options: MgmtRequestOptions = {},
  ): Promise<MgmtResult> {
    checkMgmtRequest(operation, options)
    const deadline = new Deadline(this.clock, options, DEFAULT_REQUEST_TIMEOUT_MS)
    const connection = await this.connectedForRequest(deadline.wait)
    return connection.mgmtRequest(message, operation, { ...options, ...deadline.wait })
  }

  /** A connection that was given has our claim put; our own is made together with the link. */
  private async connectedForRequest(wait: WaitOptions): Promise<Connection> {
    if (this.options.connection !== undefined && !this.closedByUser) return this.connected(wait)
    if (this.closedByUser || this.current?.isOpen !== true) await this.opened(wait)
    if (this.current === undefined) throw this.closedError()
    return this.current
  }

  /**
   * Settles what is pending, detaches, and closes the connection unless it was given; calls off an attempt to open.
   * Bounded by `timeoutMs` (default 5 000). The client cannot be used afterwards. Closing twice is harmless.
   */
  async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close', options, WAIT_OPTIONS)
    const deadline = new Deadline(this.clock, options, CLOSE_TIMEOUT_MS)
    const { opening } = this
    this.closedByUser = true
    this.clientState = CLOSING
    opening?.abort.abort(this.closedError())
    try {
      if (opening !== undefined) await settledWithin(opening.link.catch(ignore), deadline.wait, this.clock)
      await this.finishWork(deadline.wait)
      await this.link?.close(deadline.wait)
    } finally {
      this.clientState = IDLE
      const retired = settledWithin(this.retired, deadline.wait, this.clock)
      await Promise.all([this.closeConnection(deadline.wait), retired])
    }
  }

  /** What has to come to its end before the link does. */
  protected finishWork(_wait: WaitOptions): Promise<void> {
    return DONE
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Lines for people: how the connection stands, and what each link on it waits for. */
  explain(): string {
    const { current } = this
    if (current !== undefined) return current.explain()
    return `client of "${this.address}": ${this.opening === undefined ? this.standing : 'connecting'}`
  }

  /** Without a connection: why there is none. */
  private get standing(): string {
    if (this.closedByUser) return 'closed'
    return this.clientState === ERROR ? 'not open, the last attempt or link failed' : 'not open yet'
  }

  private openTimeout(timeoutMs: number): AMQPError {
    return new AMQPTimeoutError(`"${this.address}" could not be opened within ${timeoutMs} ms`, {
      timeoutMs,
      context: { operation: 'opening a client', address: this.address },
    })
  }

  private closedError(): AMQPError {
    return new AMQPError(`The client of "${this.address}" was closed`, {
      code: 'AMQP_CLIENT_CLOSED',
      context: { address: this.address },
    })
  }
}

const DONE: Promise<void> = Promise.resolve()

function ignore(): void {}

function pick(options: object, checks: Readonly<Record<string, OptionCheck>>): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(checks, name)))
}

interface Place {
  readonly url: string | undefined
  readonly address: string
}

/** Splits what the user said into where to connect and what to attach to. */
function addressOf(remote: unknown, options: AMQPClientOptions): Place {
  const said = saidAddress(remote)
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(said)
  if (!isUrl && options.connection === undefined) {
    throw new TypeError('a client needs a URL such as amqp://host/queue, or the option "connection"')
  }
  if (!isUrl) return { url: undefined, address: options.address ?? said }
  const { path } = parseAddress(said)
  return { url: said, address: options.address ?? path }
}

function saidAddress(remote: unknown): string {
  if (typeof remote === 'string') return remote
  if (typeof remote !== 'object' || remote === null) {
    throw new TypeError('a client needs a URL such as amqp://host/queue, or a Source or Target')
  }
  const { href, address } = remote as { href?: unknown; address?: unknown }
  return typeof href === 'string' ? href : typeof address === 'string' ? address : ''
}
