// A receiver as the user of links holds it [2.6]: one engine link, messages for whoever asks.

import type { Connection as EngineConnection } from '../engine/connection.js'
import type { IncomingDelivery } from '../engine/delivery.js'
import type { ReceiverLink, ReceiverLinkListener } from '../engine/receiver-link.js'
import type { AMQPError } from '../errors.js'
import { Message } from '../message/message.js'
import type { Fields } from '../types/maps.js'
import type { Source, Target } from '../types/messaging.js'
import type { Clock } from '../util/clock.js'
import type { WaitOptions } from '../util/deferred.js'
import { boolean, checkOptions, integer, WAIT_OPTIONS } from '../util/options.js'
import { Waiters } from '../util/waiters.js'
import { CreditControl, DRAIN_TIMEOUT_MS } from './credit-control.js'
import { breaksOnDrain } from './known-peers.js'
import { LinkLife } from './link-life.js'
import { CLOSE_TIMEOUT_MS, RCV_SETTLE_MODES, type RcvSettleMode } from './options.js'
import { type Confirmation, DeliverySettlement } from './settlement.js'
import { sharedSignal } from './shared-signal.js'
import { Deadline } from './waits.js'

/** Options of `receiveBatch`. */
export interface BatchOptions extends WaitOptions {
  /** At most so many messages. Default: the prefetch, or 1 on demand. */
  readonly maxBatchSize?: number | undefined
}

export interface ReceiverContext {
  readonly clock: Clock
  readonly engine: Pick<EngineConnection, 'remoteOpen'>
}

/** Receives messages over one link. Made by `Connection.createReceiver` and `Session.createReceiver`. */
export class MessageReceiver {
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly confirming: Set<Confirmation> = new Set()
  private readonly link: ReceiverLink
  private readonly life: LinkLife
  private readonly messages: Waiters<Message>
  private readonly prefetch: number
  private readonly control: CreditControl
  private stopped = false
  private closing = false
  /** What still comes after all was given back goes back, too. */
  private returning = false

  /** @internal */
  constructor(
    context: ReceiverContext,
    prefetch: number,
    attach: (listener: ReceiverLinkListener) => ReceiverLink,
  ) {
    this.clock = context.clock
    this.prefetch = prefetch
    this.messages = new Waiters(context.clock)
    this.life = new LinkLife(context.clock)
    this.control = new CreditControl(() => this.link, context.clock, breaksOnDrain(context.engine.remoteOpen))
    this.link = attach({
      onAttach: () => this.onAttach(),
      onDelivery: (delivery) => this.onDelivery(delivery),
      onDrained: () => this.control.onDrained(),
      onEnd: (reason) => this.onEnd(reason),
    })
  }

  /** @internal */
  waitUntilOpen(timeoutMs: number, wait: WaitOptions): Promise<void> {
    return this.life.waitUntilOpen(this.link, 'a receiver', timeoutMs, wait)
  }

  get name(): string {
    return this.link.name
  }

  /** Wire address of the source; of a dynamic source, the one that the peer made. */
  get address(): string {
    return this.source?.address ?? this.link.address
  }

  /** Messages that the peer may still send: link-credit [2.6.7]. */
  get credit(): number {
    return this.link.credit.linkCredit
  }

  /** Messages that have come and nobody has asked for yet. */
  get queued(): number {
    return this.messages.queued
  }

  /** The mode that the peer's attach settled on. */
  get rcvSettleMode(): RcvSettleMode {
    return RCV_SETTLE_MODES[this.link.rcvSettleMode] ?? 'first'
  }

  /** The peer's idea of source and target; the source tells the filters that are really in force [3.5.3]. */
  get source(): Source | undefined {
    return this.link.remoteSource
  }

  /** Symbols of the outcomes that the source knows [3.5.3]; none: all of them. */
  get outcomes(): readonly string[] {
    return this.source?.outcomes ?? []
  }

  get target(): Target | undefined {
    return this.link.remoteTarget
  }

  get remoteProperties(): Fields | undefined {
    return this.link.remoteAttach?.properties
  }

  /** What the peer offers of the capabilities that we may want of the link. */
  get remoteOfferedCapabilities(): readonly string[] {
    return this.link.remoteAttach?.offeredCapabilities ?? []
  }

  get isOpen(): boolean {
    return this.link.attached
  }

  /** Resolves when the link has ended: undefined after `close`, else with the reason. Never rejects. */
  get closed(): Promise<AMQPError | undefined> {
    return this.life.ended.promise
  }

  private onAttach(): void {
    if (this.prefetch > 0) this.link.setWindow(this.prefetch)
    this.life.opened.resolve()
  }

  private onDelivery(delivery: IncomingDelivery): void {
    const message = Message.received(
      delivery.payload,
      delivery.messageFormat,
      new DeliverySettlement(delivery, this),
    )
    if (this.messages.waiting > 0) this.link.onRead(1)
    else if (this.returning && !delivery.settled) return this.giveBackLate(message)
    this.messages.push(message)
  }

  private giveBackLate(message: Message): void {
    this.link.onRead(1)
    message.release().catch(ignore)
  }

  /** Messages that nobody has read are lost to us with the link, and the broker's again, but for those that came settled. */
  private onEnd(reason: AMQPError | undefined): void {
    const closed = reason ?? this.closedError()
    for (const message of this.messages.takeQueued()) if (message.settled) this.messages.push(message)
    this.messages.close(reason)
    this.control.onEnd(closed)
    for (const confirmation of this.confirming) confirmation.lost(closed)
    this.confirming.clear()
    this.life.onEnd(reason, closed)
  }

  /**
   * The next message; undefined when none came within `timeoutMs`, or the link was closed by us. On demand (prefetch
   * 0) this grants the credit for it, and takes the credit back before it gives up. Rejects when the link has ended
   * for another reason, or with the reason of the signal.
   */
  async receive(options: WaitOptions = {}): Promise<Message | undefined> {
    checkOptions('receive', options, WAIT_OPTIONS)
    if (this.prefetch === 0) {
      const message = await this.receiveOnDemand(1, options)
      this.takeBackCredit()
      return message
    }
    this.resume()
    return this.next(options)
  }

  private next(options: WaitOptions): Promise<Message | undefined> {
    const { signal, timeoutMs } = options
    if (this.messages.queued > 0 && signal?.aborted !== true) this.link.onRead(1)
    return this.messages.next(signal === undefined ? options : { signal: sharedSignal(signal), timeoutMs })
  }

  private async receiveOnDemand(count: number, options: WaitOptions): Promise<Message | undefined> {
    if (options.signal?.aborted === true) throw options.signal.reason
    const deadline = new Deadline(this.clock, options)
    if (this.control.draining) await this.control.drainOver(deadline)
    this.demand(count)
    let message: Message | undefined
    try {
      message = await this.next(deadline.wait)
    } catch (error) {
      this.takeBackCredit()
      throw error
    }
    if (message !== undefined) return message
    await this.takeBackCredit()
    return this.takeQueued(1)[0]
  }

  /** Grants what the readers there are and one who wants `count` need beyond what is granted. */
  private demand(count: number): void {
    this.returning = false
    const lacking = this.messages.waiting + count - this.messages.queued - this.credit
    if (lacking > 0 && !this.control.manual && !this.closing && !this.link.ended) this.control.add(lacking)
  }

  /** Credit that no reader waits for any more is drained. */
  private async takeBackCredit(): Promise<void> {
    if (this.credit === 0 || this.messages.waiting > 0 || this.control.manual || this.link.ended) return
    await this.control.takeBack()
  }

  /**
   * Waits for a first message, as `receive` does, and gives it with those that have come by then, `maxBatchSize` at
   * most. On demand, credit for a whole batch is granted, and what is left of it is drained.
   */
  async receiveBatch(options: BatchOptions = {}): Promise<Message[]> {
    checkOptions('receiveBatch', options, { ...WAIT_OPTIONS, maxBatchSize: integer(1) })
    const { signal, timeoutMs } = options
    const size = options.maxBatchSize ?? Math.max(1, this.prefetch)
    const wait = { signal, timeoutMs }
    if (this.prefetch > 0) {
      this.resume()
      const first = await this.next(wait)
      return first === undefined ? [] : [first, ...this.takeQueued(size - 1)]
    }
    const first = await this.receiveOnDemand(size, wait)
    if (first === undefined) return []
    if (this.messages.queued < size - 1) await this.takeBackCredit()
    return [first, ...this.takeQueued(size - 1)]
  }

  private takeQueued(max: number): Message[] {
    const taken = this.messages.takeQueued(max)
    if (taken.length > 0) this.link.onRead(taken.length)
    return taken
  }

  /** Messages as they come, until the link ends or the loop is left; what was prefetched is then released. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    try {
      for (let m = await this.receive(); m !== undefined; m = await this.receive()) yield m
    } finally {
      await this.giveBack()
    }
  }

  /**
   * Grants the peer `count` more messages: with prefetch 0, or after `resetLinkCredit`. From then on `receive` leaves
   * credit to you, and grants none by itself.
   */
  addCredit(count: number): void {
    integer(1)(count, 'addCredit: count')
    if (this.prefetch > 0 && !this.control.manual) {
      throw new TypeError(
        'addCredit: a receiver with prefetch sees to its credit itself, unless resetLinkCredit was called',
      )
    }
    if (this.link.ended) throw this.closedError()
    this.control.manual = true
    this.returning = false
    this.control.add(count)
  }

  /**
   * Sets the credit to exactly `count`, and leaves it to you from here on. With `drain`, waits until the peer has used
   * it or given it back. A drain that is under way is waited for first.
   */
  async resetLinkCredit(
    count: number,
    options: { drain?: boolean | undefined } & WaitOptions = {},
  ): Promise<void> {
    integer(0)(count, 'resetLinkCredit: count')
    checkOptions('resetLinkCredit', options, { ...WAIT_OPTIONS, drain: boolean })
    const deadline = new Deadline(this.clock, options)
    this.control.manual = true
    this.link.setWindow(0)
    await this.control.drainOver(deadline)
    if (this.link.ended) throw this.closedError()
    this.returning = false
    this.control.set(count)
    if (options.drain === true) await this.drain(deadline.wait)
  }

  /**
   * Asks the peer to send what it has for the credit there is, and to give back the rest [2.6.7]. Resolves when it
   * has; what came is there to be received. Rejects when the link ends first, or with AMQPTimeoutError.
   */
  async drain(options: WaitOptions = {}): Promise<void> {
    checkOptions('drain', options, WAIT_OPTIONS)
    await this.control.drain(options)
  }

  /**
   * Stops the flow of messages, and releases those that nobody asked for; settled ones stay to be read.
   * @internal
   */
  async giveBack(options: WaitOptions = { timeoutMs: DRAIN_TIMEOUT_MS }): Promise<void> {
    if (this.link.ended) return
    this.stopped = true
    this.link.setWindow(0)
    await this.control.takeBack(options)
    if (this.link.ended) return
    this.returning = true
    const queued = this.messages.takeQueued()
    const kept = queued.filter((message) => message.settled)
    for (const message of queued) if (!message.settled) message.release().catch(ignore)
    this.link.onRead(queued.length - kept.length)
    for (const message of kept) this.messages.push(message)
    if (this.messages.waiting > 0) this.resume()
  }

  /** After `giveBack`, the next reader starts the flow again. */
  private resume(): void {
    if (!this.stopped || this.closing || this.link.ended) return
    this.stopped = false
    this.returning = false
    if (!this.control.manual) this.link.setWindow(this.prefetch)
  }

  /** Detaches, leaving the terminus as it is [2.6.4]; what was prefetched is released first. */
  detach(options: WaitOptions = {}): Promise<void> {
    return this.shut(false, options)
  }

  /**
   * Releases what was prefetched and not read, then closes the link. Bounded by `timeoutMs` (default 5 000).
   * Messages that came settled cannot be released: they stay to be read with `receive`. Closing twice is harmless.
   */
  close(options: WaitOptions = {}): Promise<void> {
    return this.shut(true, options)
  }

  private async shut(closed: boolean, options: WaitOptions): Promise<void> {
    checkOptions(closed ? 'close' : 'detach', options, WAIT_OPTIONS)
    const deadline = new Deadline(this.clock, options, CLOSE_TIMEOUT_MS)
    this.closing = true
    await this.life.shut(this.link, closed, this.giveBack(deadline.wait), deadline, (reason) =>
      this.onEnd(reason),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** One line for people: what this receiver waits for. */
  explain(): string {
    const { link } = this
    if (link.ended) return `receiver "${this.address}": closed`
    if (!link.attached) return `receiver "${this.address}": waits for the peer's attach`
    const parts = [
      `credit ${this.credit}`,
      `${this.queued} unread`,
      `${this.messages.waiting} waiting readers`,
    ]
    if (link.isDraining) parts.push('draining')
    if (this.confirming.size > 0) parts.push(`${this.confirming.size} settlements unconfirmed`)
    return `receiver "${this.address}": ${parts.join(', ')}`
  }

  /** @internal What Node prints of it: none of its secrets, and nothing of its inside. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.explain()
  }

  private closedError(): AMQPError {
    return this.link.endedError('receiving')
  }
}

function ignore(): void {}
