// A receiver as the user of links holds it [2.6]: one engine link, messages for whoever asks.

import { type AMQPError, AMQPTimeoutError, LinkDetach } from '../errors.js'
import type { IncomingDelivery } from '../engine/delivery.js'
import type { ReceiverLink, ReceiverLinkListener } from '../engine/receiver-link.js'
import { Message } from '../message/message.js'
import type { Source, Target } from '../types/messaging.js'
import type { Fields } from '../types/maps.js'
import type { Clock } from '../util/clock.js'
import { type Deferred, waitFor, type WaitOptions } from '../util/deferred.js'
import { boolean, checkOptions, integer, WAIT_OPTIONS } from '../util/options.js'
import { Waiters } from '../util/waiters.js'
import { LinkLife, settledWithin } from './link-life.js'
import { CLOSE_TIMEOUT_MS, RCV_SETTLE_MODES, type RcvSettleMode } from './options.js'
import { DeliverySettlement, type SettlementOwner } from './settlement.js'

/** Bound of a drain that nobody gave a bound: a peer that never answers is not waited for longer. */
const DRAIN_TIMEOUT_MS = 5_000

/** Options of `receiveBatch`. */
export interface BatchOptions extends WaitOptions {
  /** At most so many messages. Default: the prefetch, or 1 on demand. */
  readonly maxBatchSize?: number | undefined
}

export interface ReceiverContext {
  readonly clock: Clock
}

/** Receives messages over one link. Made by `Connection.createReceiver` and `Session.createReceiver`. */
export class MessageReceiver implements SettlementOwner {
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly confirming: Set<Deferred<void>> = new Set()
  private readonly link: ReceiverLink
  private readonly life: LinkLife
  private readonly messages: Waiters<Message>
  private readonly prefetch: number
  private drains: Deferred<void>[] = []
  private stopped = false

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
    this.link = attach({
      onAttach: () => this.onAttach(),
      onDelivery: (delivery) => this.onDelivery(delivery),
      onDrained: () => this.onDrained(),
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

  get target(): Target | undefined {
    return this.link.remoteTarget
  }

  get remoteProperties(): Fields | undefined {
    return this.link.remoteAttach?.properties
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
    const message = Message.received(delivery.payload, delivery.messageFormat, new DeliverySettlement(delivery, this))
    if (this.messages.waiting > 0) this.link.onRead(1)
    this.messages.push(message)
  }

  private onDrained(): void {
    for (const drain of this.drains.splice(0)) drain.resolve()
  }

  private onEnd(reason: AMQPError | undefined): void {
    const closed = reason ?? this.closedError()
    this.messages.close(reason)
    for (const drain of this.drains.splice(0)) drain.reject(closed)
    for (const confirm of this.confirming) confirm.reject(closed)
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
    if (this.prefetch === 0) return this.receiveOnDemand(1, options)
    this.resume()
    return this.next(options)
  }

  private next(options: WaitOptions): Promise<Message | undefined> {
    if (this.messages.queued > 0 && options.signal?.aborted !== true) this.link.onRead(1)
    return this.messages.next(options)
  }

  private async receiveOnDemand(count: number, options: WaitOptions): Promise<Message | undefined> {
    const lacking = this.messages.waiting + count - this.messages.queued - this.credit
    if (lacking > 0 && !this.link.ended) this.addCredit(lacking)
    try {
      const message = await this.next(options)
      if (message !== undefined || this.link.ended || this.messages.waiting > 0) return message
    } catch (error) {
      if (!this.link.ended && this.messages.waiting === 0) this.drain({ timeoutMs: DRAIN_TIMEOUT_MS }).catch(ignore)
      throw error
    }
    await this.drain({ timeoutMs: DRAIN_TIMEOUT_MS }).catch(ignore)
    return this.takeQueued(1)[0]
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
    if (this.messages.queued < size - 1) await this.drain({ timeoutMs: DRAIN_TIMEOUT_MS }).catch(ignore)
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

  /** Grants the peer `count` more messages. Only without prefetch. */
  addCredit(count: number): void {
    integer(1)(count, 'addCredit: count')
    if (this.link.ended) throw this.closedError()
    this.link.addCredit(count)
  }

  /**
   * Sets the credit to exactly `count` from here on. With `drain`, waits until the peer has used it or given it back.
   */
  async resetLinkCredit(count: number, options: { drain?: boolean | undefined } & WaitOptions = {}): Promise<void> {
    integer(0)(count, 'resetLinkCredit: count')
    checkOptions('resetLinkCredit', options, { ...WAIT_OPTIONS, drain: boolean })
    if (this.link.ended) throw this.closedError()
    this.link.setWindow(0)
    this.link.setCredit(count)
    if (options.drain === true) await this.drain({ signal: options.signal, timeoutMs: options.timeoutMs })
  }

  /**
   * Asks the peer to send what it has for the credit there is, and to give back the rest [2.6.7]. Resolves when it
   * has; what came is there to be received. Rejects when the link ends first, or with AMQPTimeoutError.
   */
  drain(options: WaitOptions = {}): Promise<void> {
    checkOptions('drain', options, WAIT_OPTIONS)
    return waitFor<void>(
      (done) => {
        if (this.link.ended) throw this.closedError()
        if (this.credit === 0) {
          done.resolve()
          return undefined
        }
        this.drains.push(done)
        this.link.drain()
        return () => {
          this.drains = this.drains.filter((drain) => drain !== done)
        }
      },
      options,
      this.clock,
      () => this.notDrained(options.timeoutMs ?? 0),
    )
  }

  /**
   * Stops the flow of messages, and releases those that nobody asked for; settled ones stay to be read.
   * @internal
   */
  async giveBack(options: WaitOptions = { timeoutMs: DRAIN_TIMEOUT_MS }): Promise<void> {
    if (this.link.ended) return
    this.stopped = true
    this.link.setWindow(0)
    await settledWithin(this.drain().catch(ignore), options, this.clock)
    if (this.link.ended) return
    const queued = this.messages.takeQueued()
    const kept = queued.filter((message) => message.settled)
    for (const message of queued) if (!message.settled) message.release().catch(ignore)
    this.link.onRead(queued.length - kept.length)
    for (const message of kept) this.messages.push(message)
  }

  /** After `giveBack`, the next reader starts the flow again. */
  private resume(): void {
    if (!this.stopped || this.link.ended) return
    this.stopped = false
    this.link.setWindow(this.prefetch)
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
    const timeoutMs = options.timeoutMs ?? CLOSE_TIMEOUT_MS
    const wait = { signal: options.signal, timeoutMs }
    await this.giveBack(wait)
    await this.life.close(this.link, closed, wait)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** One line for people: what this receiver waits for. */
  explain(): string {
    const { link } = this
    if (link.ended) return `receiver "${this.address}": closed`
    if (!link.attached) return `receiver "${this.address}": waits for the peer's attach`
    const parts = [`credit ${this.credit}`, `${this.queued} unread`, `${this.messages.waiting} waiting readers`]
    if (link.isDraining) parts.push('draining')
    if (this.confirming.size > 0) parts.push(`${this.confirming.size} settlements unconfirmed`)
    return `receiver "${this.address}": ${parts.join(', ')}`
  }

  private closedError(): AMQPError {
    return (
      this.link.endReason ??
      new LinkDetach(`The receiver from "${this.address}" is closed`, {
        context: { operation: 'receiving', linkName: this.name, address: this.address },
      })
    )
  }

  private notDrained(timeoutMs: number): AMQPError {
    const { address, name } = this
    return new AMQPTimeoutError(`"${address}" did not answer a drain within ${timeoutMs} ms`, {
      timeoutMs,
      context: { operation: 'draining', linkName: name, address },
    })
  }
}

function ignore(): void {}
