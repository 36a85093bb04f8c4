// A session as the user of links holds it [2.5]. Links of one session share its windows and its fate:
// a peer that ends it ends them all.

import type { Connection as EngineConnection } from '../engine/connection.js'
import type { Session as EngineSession } from '../engine/session.js'
import { type AMQPError, AMQPTimeoutError, SessionEnd } from '../errors.js'
import type { MessageInput } from '../message/message.js'
import { Source, Target } from '../message/terminus.js'
import type { MgmtResult } from '../mgmt/mgmt-operation.js'
import { checkMgmtRequest, type MgmtRequestOptions, mgmtRequest } from '../mgmt/mgmt-request.js'
import type { Clock } from '../util/clock.js'
import { Deferred, type WaitOptions } from '../util/deferred.js'
import { checkOptions, integer, type OptionCheck, WAIT_OPTIONS } from '../util/options.js'
import { randomId } from '../util/random-id.js'
import type { Timeouts } from '../util/timeouts.js'
import { MessageReceiver } from './message-receiver.js'
import { MessageSender } from './message-sender.js'
import {
  CLOSE_TIMEOUT_MS,
  LINK_CHECKS,
  type LinkSettings,
  MODE_CHECKS,
  RCV_SETTLE_MODES,
  type RcvSettleMode,
  SND_SETTLE_MODES,
  type SndSettleMode,
} from './options.js'
import { Deadline, settledWithin, within } from './waits.js'

/** Options of {@link Connection.createSession}. */
export interface SessionOptions extends WaitOptions {
  /** Transfer frames that the peer may send before we renew the window. Default: 2048. */
  readonly incomingWindow?: number | undefined
  /** Highest link handle, that is links less one. Default: 65535. */
  readonly handleMax?: number | undefined
}

export interface SenderOptions extends LinkSettings {
  /** Where the messages come from, as told to the peer [3.5.3]. Default: our container-id. */
  readonly source?: string | Source | undefined
  /** Default: `mixed`, which leaves it to each message. */
  readonly sndSettleMode?: SndSettleMode | undefined
  /** Default: `first`. */
  readonly rcvSettleMode?: RcvSettleMode | undefined
}

export interface ReceiverOptions extends LinkSettings {
  /** Where the messages go, as told to the peer [3.5.4]. Default: our container-id. */
  readonly target?: string | Target | undefined
  /** Default: `mixed`, which leaves it to the peer. */
  readonly sndSettleMode?: SndSettleMode | undefined
  /** Default: `first`. */
  readonly rcvSettleMode?: RcvSettleMode | undefined
  /** Messages that may come before anybody asks. Default: 300; 0: only what `receive` or `addCredit` ask for. */
  readonly prefetch?: number | undefined
  /** Largest message that we take, in bytes. Default: that of the connection. */
  readonly maxMessageSize?: number | undefined
}

export const DEFAULT_PREFETCH = 300

/** An address, or a Source or Target. */
const terminus: OptionCheck = (value, name) => {
  if (typeof value === 'string' || (typeof value === 'object' && value !== null)) return
  throw new TypeError(`${name} must be an address or a terminus`)
}

const SENDER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...LINK_CHECKS,
  ...MODE_CHECKS,
  source: terminus,
}

const RECEIVER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...LINK_CHECKS,
  ...MODE_CHECKS,
  target: terminus,
  prefetch: integer(0, 0x7fffffff),
  maxMessageSize: integer(1),
}

export const SESSION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...WAIT_OPTIONS,
  incomingWindow: integer(1, 0x7fffffff),
  handleMax: integer(0, 65535),
}

/** What a session needs of its connection. */
export interface SessionContext {
  /** Has what must be in place before a link is attached; undefined: nothing. */
  readonly authorize: ((wait: WaitOptions) => Promise<void>) | undefined
  readonly clock: Clock
  readonly timeouts: Timeouts
  readonly containerId: string
  readonly maxMessageSize: number
  readonly connectTimeoutMs: number
  readonly engine: EngineConnection
}

export class Session {
  private readonly context: SessionContext
  private readonly engine: EngineSession
  private readonly begun: Deferred<void> = new Deferred()
  private readonly ended: Deferred<AMQPError | undefined> = new Deferred()
  private readonly links = new Set<MessageSender | MessageReceiver>()
  private closing = false

  /** @internal */
  constructor(context: SessionContext, options: SessionOptions) {
    this.context = context
    this.begun.promise.catch(() => {})
    this.engine = context.engine.createSession(options, {
      onBegin: () => this.begun.resolve(),
      onLink: (link) => link.refuse('amqp:not-implemented', 'this client takes no links of its peer'),
      onEnd: (reason) => {
        this.begun.reject(reason)
        this.ended.resolve(reason)
      },
    })
  }

  /** @internal */
  async waitUntilOpen(wait: WaitOptions): Promise<void> {
    const timeoutMs = wait.timeoutMs ?? this.context.connectTimeoutMs
    try {
      await within(
        this.begun.promise,
        { signal: wait.signal, timeoutMs },
        this.context.clock,
        () =>
          new AMQPTimeoutError(`The peer did not begin the session within ${timeoutMs} ms`, { timeoutMs }),
      )
    } catch (error) {
      this.engine.end()
      throw error
    }
  }

  get isOpen(): boolean {
    return this.engine.mapped
  }

  /** Resolves when the session has ended: undefined after `close`, else with the reason. Never rejects. */
  get closed(): Promise<AMQPError | undefined> {
    return this.ended.promise
  }

  /**
   * Attaches a sender. The target is an address, a Target, or null for messages that are routed by their `to`.
   * Rejects with LinkDetach when the peer refuses, AMQPTimeoutError, SessionEnd, AMQPConnectionError.
   */
  async createSender(target: string | Target | null, options: SenderOptions = {}): Promise<MessageSender> {
    checkSender(target, options)
    const deadline = new Deadline(this.context.clock, options)
    if (this.context.authorize !== undefined) await this.context.authorize(deadline.wait)
    this.mustBeOpen()
    const { containerId, connectTimeoutMs } = this.context
    const to = target === null ? new Target() : target
    const sender = new MessageSender(this.context, (listener) =>
      this.engine.attachSender(
        {
          ...linkOptions(options),
          source: asSource(options.source ?? containerId),
          target: asTarget(to),
        },
        listener,
      ),
    )
    this.keep(sender)
    await sender.waitUntilOpen(connectTimeoutMs, deadline.wait)
    return sender
  }

  /** Attaches a receiver. Rejects as `createSender` does. */
  async createReceiver(source: string | Source, options: ReceiverOptions = {}): Promise<MessageReceiver> {
    checkReceiver(source, options)
    const deadline = new Deadline(this.context.clock, options)
    if (this.context.authorize !== undefined) await this.context.authorize(deadline.wait)
    this.mustBeOpen()
    const { containerId, connectTimeoutMs, maxMessageSize } = this.context
    const receiver = new MessageReceiver(this.context, options.prefetch ?? DEFAULT_PREFETCH, (listener) =>
      this.engine.attachReceiver(
        {
          ...linkOptions(options),
          source: asSource(source),
          target: asTarget(options.target ?? containerId),
          maxMessageSize: BigInt(options.maxMessageSize ?? maxMessageSize),
        },
        listener,
      ),
    )
    this.keep(receiver)
    await receiver.waitUntilOpen(connectTimeoutMs, deadline.wait)
    return receiver
  }

  /**
   * Has a management node do an operation, over one pair of links for each node that the session keeps.
   * `timeoutMs` is 60 000 by default. Rejects with MgmtError when the status is not 2xx, and as
   * {@link MgmtOperation.execute} does.
   */
  async mgmtRequest(
    message: MessageInput,
    operation: string,
    options: MgmtRequestOptions = {},
  ): Promise<MgmtResult> {
    checkMgmtRequest(operation, options)
    this.mustBeOpen()
    return mgmtRequest(this, this.context.clock, message, operation, options)
  }

  private keep(link: MessageSender | MessageReceiver): void {
    this.links.add(link)
    link.closed.then(() => this.links.delete(link))
  }

  private mustBeOpen(): void {
    if (this.engine.mapped && !this.closing) return
    throw this.engine.endReason ?? new SessionEnd('The session is closed: it takes no more links')
  }

  /** Closes its links as each of them does, then ends. Bounded by `timeoutMs` (default 5 000). Closing twice is harmless. */
  async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close', options, WAIT_OPTIONS)
    const { clock } = this.context
    const deadline = new Deadline(clock, options, CLOSE_TIMEOUT_MS)
    this.closing = true
    try {
      await Promise.all([...this.links].map((link) => link.close(deadline.wait)))
      this.engine.end()
      await settledWithin(this.ended.promise, deadline.wait, clock)
    } finally {
      this.engine.end()
      this.ended.resolve(
        new SessionEnd('The session was closed without an answer of the peer', { retryable: true }),
      )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Lines for people: what the session and each of its links wait for. */
  explain(): string {
    const { outgoingWindow, stateName } = this.engine
    const head = `session ${stateName}: peer's window ${outgoingWindow.remoteIncomingWindow}, ${outgoingWindow.unsettled.size} unsettled out`
    return [head, ...[...this.links].map((link) => `  ${link.explain()}`)].join('\n')
  }

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.explain()
  }
}

/** Refuses what `createSender` does not take. */
export function checkSender(target: unknown, options: unknown): void {
  if (target !== null) terminus(target, 'createSender: target')
  checkOptions('createSender', options, SENDER_CHECKS)
}

/** Refuses what `createReceiver` does not take. */
export function checkReceiver(source: unknown, options: unknown): void {
  terminus(source, 'createReceiver: source')
  checkOptions('createReceiver', options, RECEIVER_CHECKS)
}

function linkOptions(options: SenderOptions | ReceiverOptions) {
  const { sndSettleMode, rcvSettleMode } = options
  return {
    name: options.name ?? randomId(),
    sndSettleMode: sndSettleMode === undefined ? undefined : SND_SETTLE_MODES.indexOf(sndSettleMode),
    rcvSettleMode: rcvSettleMode === undefined ? undefined : RCV_SETTLE_MODES.indexOf(rcvSettleMode),
    properties: options.properties,
    offeredCapabilities: options.offeredCapabilities,
    desiredCapabilities: options.desiredCapabilities,
  }
}

function asSource(source: string | Source): Source {
  return source instanceof Source ? source : new Source(source)
}

function asTarget(target: string | Target): Target {
  return target instanceof Target ? target : new Target(target)
}
