// What sending and receiving clients share: the connection (their own, or one given to them), the link that is opened
// by the first operation and anew after it was lost, and the end of both.

import { AMQPError, AMQPTimeoutError } from '../errors.js'
import { Connection } from '../connection/connection.js'
import { CONNECTION_CHECKS, type ConnectionOptions } from '../connection/options.js'
import { parseAddress, type URLLike } from '../transport/address.js'
import type { Fields } from '../types/maps.js'
import { Abort } from '../util/abort.js'
import { realClock } from '../util/clock.js'
import { waitFor, type WaitOptions } from '../util/deferred.js'
import { checkOptions, object, type OptionCheck, text, texts, WAIT_OPTIONS } from '../util/options.js'

/** Options of both clients. */
export interface AMQPClientOptions extends Omit<ConnectionOptions, 'desiredCapabilities' | 'offeredCapabilities'> {
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
  private current: Connection | undefined
  protected link: L | undefined = undefined
  private opening: Opening<L> | undefined = undefined
  private clientState: ClientState = IDLE
  private closedByUser = false

  protected constructor(remote: string | URLLike | { readonly address?: string | undefined }, options: AMQPClientOptions) {
    const place = addressOf(remote, options)
    this.url = place.url
    this.address = place.address
    this.options = options
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

  /** The link, open. */
  protected opened(wait: WaitOptions): Promise<L> {
    const { link } = this
    if (link?.isOpen === true) return Promise.resolve(link)
    if (this.closedByUser) return Promise.reject(this.closedError())
    return this.joinOpening(wait)
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
          if (--opening.waiting === 0) opening.abort.abort(wait.signal?.reason)
        }
      },
      wait,
      this.options.clock ?? realClock,
      () => this.openTimeout(wait.timeoutMs ?? 0),
    )
  }

  private startOpening(): Opening<L> {
    const abort = new Abort()
    const opening: Opening<L> = { abort, waiting: 0, link: this.openAnew({ signal: abort }) }
    const over = (): void => {
      if (this.opening === opening) this.opening = undefined
    }
    opening.link.then(over, over)
    this.opening = opening
    return opening
  }

  private async openAnew(wait: WaitOptions): Promise<L> {
    this.clientState = OPENING
    try {
      const link = await this.attach(await this.connected(wait), wait)
      if (this.closedByUser) {
        await link.close()
        throw this.closedError()
      }
      this.link = link
      this.clientState = OPEN
      link.closed.then((reason) => {
        if (this.link === link && reason !== undefined) this.clientState = ERROR
      })
      return link
    } catch (error) {
      this.clientState = ERROR
      // A connection that nobody may ever close must not keep the process alive.
      if (this.options.connection === undefined) this.current?.close()
      throw error
    }
  }

  private async connected(wait: WaitOptions): Promise<Connection> {
    if (this.current?.isOpen === true || this.options.connection !== undefined) return this.current as Connection
    const { connection, address, linkName, linkProperties, desiredCapabilities, ...rest } = this.options
    const own = pick(rest, CONNECTION_CHECKS)
    this.current = await Connection.connect(this.url as string, { ...own, ...pick(wait, WAIT_OPTIONS) })
    return this.current
  }

  /**
   * Settles what is pending, detaches, and closes the connection unless it was given. Bounded by `timeoutMs` (default
   * 5 000). The client cannot be used afterwards. Closing twice is harmless.
   */
  async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close', options, WAIT_OPTIONS)
    this.closedByUser = true
    this.clientState = CLOSING
    this.opening?.abort.abort(this.closedError())
    await this.opening?.link.catch(() => {})
    await this.link?.close(options)
    if (this.options.connection === undefined) await this.current?.close(options)
    this.clientState = IDLE
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Lines for people: how the connection stands, and what each link on it waits for. */
  explain(): string {
    return this.current?.explain() ?? `client of "${this.address}": not open`
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

function pick(options: object, checks: Readonly<Record<string, OptionCheck>>): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(checks, name)))
}

interface Place {
  readonly url: string | undefined
  readonly address: string
}

/** Splits what the user said into where to connect and what to attach to. */
function addressOf(
  remote: string | URLLike | { readonly address?: string | undefined },
  options: AMQPClientOptions,
): Place {
  const said = typeof remote === 'string' ? remote : 'href' in remote ? remote.href : (remote.address ?? '')
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(said)
  if (!isUrl && options.connection === undefined) {
    throw new TypeError('a client needs a URL such as amqp://host/queue, or the option "connection"')
  }
  if (!isUrl) return { url: undefined, address: options.address ?? said }
  return { url: said, address: options.address ?? parseAddress(said).path }
}
