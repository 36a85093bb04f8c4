// What sending and receiving clients share: the connection (their own, or one given to them), the link that is opened
// by the first operation and anew after it was lost or redirected, and the end of both.

import { Connection } from '../connection/connection.js'
import { CLOSE_TIMEOUT_MS, CONNECTION_CHECKS, isAuthenticator } from '../connection/options.js'
import { Deadline, settledWithin } from '../connection/waits.js'
import { AMQPError, AMQPTimeoutError } from '../errors.js'
import type { MessageInput } from '../message/message.js'
import { DEFAULT_REQUEST_TIMEOUT_MS, type MgmtResult } from '../mgmt/mgmt-operation.js'
import { checkMgmtRequest, type MgmtRequestOptions } from '../mgmt/mgmt-request.js'
import { environmentTracer } from '../trace/frame-log.js'
import { guarded } from '../trace/guarded.js'
import type { Tracer } from '../trace/tracer.js'
import type { URLLike } from '../transport/address.js'
import { Abort } from '../util/abort.js'
import { type Clock, realClock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'
import { checkOptions, type OptionCheck, WAIT_OPTIONS } from '../util/options.js'
import type { AMQPClientOptions, RedirectOptions } from './client-options.js'
import { Opening } from './opening.js'
import { hostOptions, placeOf } from './place.js'
import { checkRedirect, type Redirect, Redirects, redirectIn, redirectOf } from './redirects.js'
import { Retries } from './retries.js'

/** A link as the client needs it. */
interface ClientLink {
  readonly isOpen: boolean
  readonly closed: Promise<AMQPError | undefined>
  close(options?: WaitOptions): Promise<void>
  explain(): string
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
  protected readonly clock: Clock
  private readonly tracer: Tracer | undefined
  /** Aborts when the client is closed. */
  protected readonly closing: Abort = new Abort()
  private readonly redirects: Redirects
  private auth: AMQPClientOptions['auth']
  private current: Connection | undefined
  /** The end of a connection on which the link could not be opened. */
  private retired: Promise<void> = DONE
  protected link: L | undefined = undefined
  private opening: Opening<L> | undefined = undefined
  private clientState: ClientState = IDLE

  protected constructor(
    remote: string | URLLike | { readonly address?: string | undefined },
    options: AMQPClientOptions,
  ) {
    const place = placeOf(remote, options.address, options.connection !== undefined)
    this.redirects = new Redirects(place, options.transportType)
    this.options = options
    this.auth = options.auth
    this.clock = options.clock ?? realClock
    this.tracer = guarded(options.tracer ?? environmentTracer())
    this.current = options.connection
  }

  protected abstract attach(connection: Connection, wait: WaitOptions): Promise<L>
  protected abstract onAttach(link: L): void

  get state(): ClientState {
    return this.clientState
  }

  /** Wire address of the node: as it was given, or as a redirect named it. */
  get address(): string {
    return this.redirects.place.address
  }

  /** As it is sent: a terminus without address is the anonymous one, or a dynamic one. */
  protected get wireAddress(): string | undefined {
    return this.address === '' ? undefined : this.address
  }

  protected get closedByUser(): boolean {
    return this.closing.aborted
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
    // Nothing is begun for those who have given up already.
    if (wait.signal?.aborted === true) return Promise.reject(wait.signal.reason)
    const opening = this.opening ?? this.startOpening()
    return opening.join(
      wait,
      this.clock,
      () => this.openTimeout(wait.timeoutMs ?? 0),
      (reason) => this.callOff(opening, reason),
    )
  }

  private startOpening(): Opening<L> {
    const opening = new Opening<L>((signal) => this.connectAndAttach({ signal }))
    this.opening = opening
    this.clientState = OPENING
    opening.link.then(
      (link) => this.onOpened(opening, link),
      () => this.onNotOpened(opening),
    )
    return opening
  }

  /** Attempts as many as the error policy allows, and where redirects lead to. */
  private async connectAndAttach(wait: WaitOptions): Promise<L> {
    const retries = this.retries()
    for (;;) {
      let connection: Connection | undefined
      try {
        connection = await this.connected(wait)
        const link = await this.attach(connection, wait)
        if (connection === this.current) return this.shown(link)
      } catch (error) {
        // A redirect may have led elsewhere meanwhile: what failed at the old place is of no interest.
        const left = connection !== undefined && connection !== this.current
        if (!left && !this.follow(error)) await retries.pause(error, wait)
      }
    }
  }

  /** The user may not want it after all. */
  private shown(link: L): L {
    try {
      this.onAttach(link)
      return link
    } catch (error) {
      link.close().catch(ignore)
      throw error
    }
  }

  protected retries(): Retries {
    return new Retries(this.options.errorPolicy, this.clock, this.closing, this.tracer)
  }

  /** Failures may be tried again, or lead elsewhere. */
  protected get persistent(): boolean {
    return this.options.errorPolicy !== undefined || this.options.followRedirects === true
  }

  /** A link that there is something to be had from. */
  protected usable(wait: WaitOptions): L | Promise<L> {
    return this.opened(wait)
  }

  /** Works over the link, and goes on over another when the peer redirects it. */
  protected async overLink<R>(
    deadline: Deadline,
    work: (link: L, wait: WaitOptions) => Promise<R>,
  ): Promise<R> {
    for (;;) {
      const link = await this.usable(deadline.wait)
      try {
        return await work(link, deadline.wait)
      } catch (error) {
        if (!this.follow(await redirectOf(link, error))) throw error
      }
    }
  }

  /**
   * Takes up a redirect, once. False: it is none, or is not to be followed. The connection to the old place is closed, but
   * for one that was given.
   */
  protected follow(error: unknown): boolean {
    const redirect = redirectIn(error)
    const { followRedirects, connection } = this.options
    if (redirect === undefined || followRedirects !== true || connection !== undefined) return false
    if (this.closedByUser) return false
    if (this.redirects.leadsHere(redirect)) return true
    if (!this.redirects.take(redirect, this.clock.now())) return false
    this.tracer?.event?.(() => `goes where it is redirected to: ${redirect.message}`)
    this.leave()
    return true
  }

  /** The next opening connects anew. */
  private leave(): void {
    this.retire(this.closeConnection({}))
  }

  /** What `close` waits for, too. */
  private retire(end: Promise<void>): void {
    this.retired = Promise.all([this.retired, end]).then(ignore, ignore)
  }

  /**
   * Goes where a redirect says [2.8.16, 2.8.18], for those who do not want to `followRedirects`: closes link and
   * connection as `close` does, then opens at the new place. What was queued and not sent stays queued. A redirect that
   * led here already is not taken up twice. Rejects as `open` does, with the redirect when it names no host that can be,
   * and with a TypeError when the connection was given: it leads where it leads.
   */
  async redirect(to: Redirect, options: RedirectOptions = {}): Promise<void> {
    checkRedirect(to, options, this.options.connection !== undefined)
    const { auth, ...wait } = options
    const deadline = new Deadline(this.clock, wait)
    if (!this.redirects.canLead(to)) throw to
    if (!this.redirects.leadsHere(to)) await this.link?.close(deadline.wait)
    if (!this.redirects.leadsHere(to)) {
      if (auth !== undefined) this.auth = auth
      this.redirects.go(to)
      this.leave()
      this.opening?.startOver(to)
    }
    await this.opened(deadline.wait)
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
      if (this.link !== link || reason === undefined || this.closedByUser) return
      this.clientState = ERROR
      this.follow(reason)
    })
  }

  private onNotOpened(opening: Opening<L>): void {
    if (this.opening === opening) this.callOff(opening, undefined)
    // A connection that nobody may ever close must not keep the process alive.
    if (this.opening === undefined) this.leave()
  }

  /** Whoever wants the link from here on begins anew. */
  private callOff(opening: Opening<L>, reason: unknown): void {
    if (this.opening === opening) {
      this.opening = undefined
      if (!this.closedByUser) this.clientState = ERROR
    }
    opening.callOff(reason)
  }

  private async closeConnection(wait: WaitOptions): Promise<void> {
    const { current } = this
    if (this.options.connection !== undefined) return
    this.current = undefined
    await current?.close(wait)
  }

  private async connected(wait: WaitOptions): Promise<Connection> {
    const { auth } = this
    if (this.options.connection !== undefined) {
      if (auth !== undefined && isAuthenticator(auth)) await this.options.connection.authorize(auth, wait)
      return this.options.connection
    }
    if (this.current?.isOpen === true) return this.current
    const { desiredCapabilities, ...rest } = this.options
    const { place } = this.redirects
    const connection = await Connection.connect(place.url as string, {
      ...pick(rest, CONNECTION_CHECKS),
      ...hostOptions(place, rest),
      ...pick(wait, WAIT_OPTIONS),
      auth,
    })
    if (wait.signal?.aborted !== true && place === this.redirects.place) {
      this.current = connection
      return connection
    }
    // Nobody waits for it any more, or a redirect has led elsewhere meanwhile.
    this.retire(connection.close())
    return this.connected(wait)
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
    this.clientState = CLOSING
    this.closing.abort(this.closedError())
    opening?.callOff(this.closedError())
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

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.explain()
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
