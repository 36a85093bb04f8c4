// A sender as the user of links holds it [2.6]: one engine link, a promise for each message.

import { MessageState } from '../constants.js'
import { SND_SETTLED } from '../engine/link.js'
import type { SenderLink, SenderLinkListener } from '../engine/sender-link.js'
import { type AMQPError, AMQPTimeoutError, LinkDetach } from '../errors.js'
import { Message, type MessageInput } from '../message/message.js'
import type { Fields } from '../types/maps.js'
import type { Source, Target } from '../types/messaging.js'
import type { Clock } from '../util/clock.js'
import { Deferred, type WaitOptions, waitFor } from '../util/deferred.js'
import { boolean, checkOptions, type OptionCheck, WAIT_OPTIONS } from '../util/options.js'
import type { Timeouts } from '../util/timeouts.js'
import { LinkLife } from './link-life.js'
import { CLOSE_TIMEOUT_MS, SND_SETTLE_MODES, type SndSettleMode } from './options.js'
import type { DeliveryOutcome } from './outcome.js'
import { PendingSend } from './pending-send.js'
import { SendList } from './send-list.js'
import { sharedSignal } from './shared-signal.js'
import { Deadline, settledWithin } from './waits.js'

/** Options of one send. */
export interface SendOptions extends WaitOptions {
  /** Send it settled: no outcome is awaited. Only where the link is `mixed`. Default: false. */
  readonly settled?: boolean | undefined
  /** Delivery tag, up to 32 bytes [2.7.5]. Default: the link numbers its deliveries. */
  readonly deliveryTag?: Uint8Array | undefined
}

export const SEND_CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...WAIT_OPTIONS,
  settled: boolean,
  deliveryTag: (value, name) => {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be bytes`)
    if (value.length === 0 || value.length > 32) throw new RangeError(`${name} must have 1 to 32 bytes`)
  },
}

/** What a sender needs of its session. */
export interface SenderContext {
  readonly clock: Clock
  readonly timeouts: Timeouts
}

/** Sends messages over one link. Made by `Connection.createSender` and `Session.createSender`. */
export class MessageSender {
  private readonly link: SenderLink
  private readonly context: SenderContext
  private readonly life: LinkLife
  private readonly outstanding: SendList<PendingSend> = new SendList()
  /** Resolved when nothing is outstanding any more; there while somebody waits for that. */
  private idle: Deferred<void> | undefined = undefined
  private closing = false
  private creditWaiters: Deferred<void>[] = []

  /** @internal */
  constructor(context: SenderContext, attach: (listener: SenderLinkListener) => SenderLink) {
    this.context = context
    this.life = new LinkLife(context.clock)
    this.link = attach({
      onAttach: () => this.life.opened.resolve(),
      onCredit: () => this.onCredit(),
      onEnd: (reason) => this.onEnd(reason),
    })
  }

  /** @internal */
  waitUntilOpen(timeoutMs: number, wait: WaitOptions): Promise<void> {
    return this.life.waitUntilOpen(this.link, 'a sender', timeoutMs, wait)
  }

  /** Name of the link. */
  get name(): string {
    return this.link.name
  }

  /** Wire address of the target; of a dynamic target, the one that the peer made. */
  get address(): string {
    return this.target?.address ?? this.link.address
  }

  /** Messages that the peer takes at the moment: link-credit [2.6.7]. */
  get credit(): number {
    return this.link.credit.linkCredit
  }

  /** Messages that wait here for credit, for the session's window or for the socket. */
  get queued(): number {
    return this.link.queued
  }

  /** Messages whose fate is not known yet, queued ones included. */
  get pending(): number {
    return this.outstanding.size
  }

  /** Largest message that the peer takes, in bytes; undefined: no limit. */
  get maxMessageSize(): number | undefined {
    return this.link.maxMessageSize === 0 ? undefined : this.link.maxMessageSize
  }

  /** The mode that the peer's attach settled on. */
  get sndSettleMode(): SndSettleMode {
    return SND_SETTLE_MODES[this.link.sndSettleMode] ?? 'mixed'
  }

  /** The peer's idea of the source and target. */
  get source(): Source | undefined {
    return this.link.remoteSource
  }

  get target(): Target | undefined {
    return this.link.remoteTarget
  }

  /** Link properties that the peer told. */
  get remoteProperties(): Fields | undefined {
    return this.link.remoteAttach?.properties
  }

  /** What the peer offers of the capabilities that we may want of the link. */
  get remoteOfferedCapabilities(): readonly string[] {
    return this.link.remoteAttach?.offeredCapabilities ?? []
  }

  get isOpen(): boolean {
    return this.link.attached && !this.closing
  }

  /** Resolves when the link has ended: undefined after `close`, else with the reason. Never rejects. */
  get closed(): Promise<AMQPError | undefined> {
    return this.life.ended.promise
  }

  /**
   * Sends a message. Resolves with the peer's outcome, whatever it is; with `settled` as soon as the bytes are with
   * the transport. Rejects with MessageContentTooLarge, EncodeError (nothing was sent), MessageSendFailed (the link
   * ended first; `inDoubt` tells whether the peer may have it), AMQPTimeoutError, or the reason of the signal.
   */
  send(message: MessageInput, options: SendOptions = NO_OPTIONS): Promise<DeliveryOutcome> {
    return new Promise<DeliveryOutcome>((resolve, reject) => {
      if (options !== NO_OPTIONS) checkOptions('send', options, SEND_CHECKS)
      this.sendWith(Message.from(message), options, false, resolve, reject)
    })
  }

  /** As `send`, but any outcome that is not acceptance is a MessageSendFailed. */
  sendAccepted(message: MessageInput, options: SendOptions = NO_OPTIONS): Promise<DeliveryOutcome> {
    return new Promise<DeliveryOutcome>((resolve, reject) => {
      if (options !== NO_OPTIONS) checkOptions('sendMessage', options, SEND_CHECKS)
      this.sendWith(Message.from(message), options, true, resolve, reject)
    })
  }

  private sendWith(
    message: Message,
    options: SendOptions,
    strict: boolean,
    resolve: (outcome: DeliveryOutcome) => void,
    reject: (reason: unknown) => void,
  ): void {
    const { signal, timeoutMs } = options
    const send = new PendingSend(
      this,
      message,
      options.settled ?? false,
      options.deliveryTag,
      strict,
      resolve,
      reject,
    )
    message.setState(MessageState.WaitingForSendAck)
    this.outstanding.add(send)
    if (signal?.aborted === true) return send.refused(signal.reason)
    if (this.closing || this.link.ended) return send.refused(this.closedError())
    if (timeoutMs !== undefined || signal !== undefined) {
      send.limit(this.link, this.context.timeouts, timeoutMs, sharedSignal(signal))
    }
    try {
      this.link.send(send, message)
    } catch (error) {
      send.refused(error)
    }
  }

  /** @internal */
  onSendDone(send: PendingSend): void {
    this.outstanding.remove(send)
    if (this.outstanding.size === 0) this.idle?.resolve()
    if (this.creditWaiters.length > 0) this.onCredit()
  }

  /**
   * Waits until a message would leave at once: there is credit, and nothing queued before it. Rejects when the link
   * ends first, with AMQPTimeoutError, or with the reason of the signal.
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    checkOptions('ready', options, WAIT_OPTIONS)
    await waitFor<void>(
      (done) => {
        if (this.closing || this.link.ended) throw this.closedError()
        if (this.isReady) {
          done.resolve()
          return undefined
        }
        this.creditWaiters.push(done)
        return () => {
          this.creditWaiters = this.creditWaiters.filter((waiter) => waiter !== done)
        }
      },
      options,
      this.context.clock,
      () => this.noCreditError(options.timeoutMs ?? 0),
    )
  }

  private get isReady(): boolean {
    return this.link.attached && this.link.credit.linkCredit > 0 && this.link.queued === 0
  }

  private onCredit(): void {
    if (this.creditWaiters.length === 0) return
    this.context.clock.defer(() => {
      if (!this.isReady) return
      for (const waiter of this.creditWaiters.splice(0)) waiter.resolve()
    })
  }

  private onEnd(reason: AMQPError | undefined): void {
    const closed = reason ?? this.closedError()
    for (const waiter of this.creditWaiters.splice(0)) waiter.reject(closed)
    this.life.onEnd(reason, closed)
  }

  /** Detaches, leaving the terminus as it is [2.6.4]. What is still pending is settled first, as with `close`. */
  detach(options: WaitOptions = {}): Promise<void> {
    return this.shut(false, options)
  }

  /**
   * Waits for what is pending, then closes the link. Bounded by `timeoutMs` (default 5 000): what is not settled by
   * then rejects, saying whether it is in doubt. Closing twice is harmless.
   */
  close(options: WaitOptions = {}): Promise<void> {
    return this.shut(true, options)
  }

  private async shut(closed: boolean, options: WaitOptions): Promise<void> {
    checkOptions(closed ? 'close' : 'detach', options, WAIT_OPTIONS)
    const deadline = new Deadline(this.context.clock, options, CLOSE_TIMEOUT_MS)
    this.closing = true
    await this.life.shut(this.link, closed, this.settled(deadline.wait), deadline, (reason) =>
      this.giveUp(reason),
    )
  }

  /** Waits until nothing is outstanding any more. */
  private async settled(wait: WaitOptions): Promise<void> {
    if (this.outstanding.size === 0) return
    if (this.idle === undefined || this.idle.done) this.idle = new Deferred()
    await settledWithin(this.idle.promise, wait, this.context.clock)
  }

  private giveUp(reason: AMQPError): void {
    for (let send = this.outstanding.oldest; send !== undefined; send = this.outstanding.oldest) {
      send.giveUp(this.link, reason)
    }
    this.onEnd(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** One line for people: what this sender waits for. */
  explain(): string {
    const { link } = this
    if (link.ended) return `sender "${this.address}": closed`
    if (!link.attached) return `sender "${this.address}": waits for the peer's attach`
    const parts = [`credit ${link.credit.linkCredit}`, `${link.queued} queued`, `${this.pending} unsettled`]
    if (link.queued > 0 && link.credit.linkCredit === 0) parts.push('waits for link-credit')
    else if (link.awaitingTurn) parts.push("waits for the session's window or the socket")
    if (link.sndSettleMode === SND_SETTLED) parts.push('pre-settled')
    return `sender "${this.address}": ${parts.join(', ')}`
  }

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.explain()
  }

  private closedError(): AMQPError {
    return (
      this.link.endReason ??
      new LinkDetach(`The sender to "${this.address}" is closed`, {
        context: { operation: 'sending a message', linkName: this.name, address: this.address },
      })
    )
  }

  private noCreditError(timeoutMs: number): AMQPError {
    const { address, name } = this
    return new AMQPTimeoutError(`"${address}" gave no credit within ${timeoutMs} ms`, {
      timeoutMs,
      context: { operation: 'waiting for link-credit', linkName: name, address },
    })
  }
}

const NO_OPTIONS: SendOptions = Object.freeze({})
