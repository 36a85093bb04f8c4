// The sending end of a link [2.6.7, 2.6.12]: its own queue of deliveries, credit, drain, settlement.
// A link without credit never delays another; window and socket are shared by turns.

import { type AMQPError, LinkDetach, MessageContentTooLarge } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { type Attach, type Flow, flow as flowCodec } from '../types/transport.js'
import { Queue } from '../util/queue.js'
import { SenderCredit } from './credit.js'
import { DONE, type OutgoingDelivery, QUEUED, WRITING, WRITTEN } from './delivery.js'
import { CLOSED } from './endpoint.js'
import { knownState } from './known-state.js'
import {
  Link,
  type LinkHost,
  type LinkListener,
  type LinkOptions,
  SND_SETTLED,
  SND_UNSETTLED,
} from './link.js'
import type { OutgoingWindow } from './outgoing-window.js'
import { BY_REFERENCE_BYTES } from './output.js'
import { type Payload, type PayloadSource, payloadBytes } from './payload.js'
import { linkAtStart } from './reasons.js'
import { TransferWriter } from './transfer-writer.js'

export interface SenderLinkHost extends LinkHost {
  readonly outgoingWindow: OutgoingWindow
  /** Puts the link into the round of those that write when window and socket allow. */
  awaitTurn(link: SenderLink): void
  /** Queues a disposition for one of our own deliveries. */
  settleOutgoing(id: number, state: DeliveryState | undefined): void
  /** The owner of a pre-settled delivery is told once its bytes are with the transport. */
  whenTaken(delivery: OutgoingDelivery): void
}

export interface SenderLinkListener extends LinkListener {
  /** Credit came, or changed. */
  onCredit(): void
  /** What was queued is written. */
  onRoom?(): void
}

export class SenderLink extends Link {
  readonly isReceiver: boolean = false
  readonly credit: SenderCredit
  /** Largest message the peer takes, in bytes; 0: no limit. */
  maxMessageSize = 0
  /** In the round of those that wait for window or socket. */
  awaitingTurn = false
  listener: SenderLinkListener
  private readonly senderHost: SenderLinkHost
  private readonly queue = new Queue<OutgoingDelivery>()
  private readonly transfers: TransferWriter
  private drainOwed = false
  /** The owner is told of credit or room, and may send: a drain is answered after that. */
  private offering = false
  /** Without, there is nothing to look for among the session's deliveries at the end. */
  private everUnsettled = false
  /** A delivery was given up in its middle; the frame that says so needs window like any transfer. */
  private abortOwed = false

  constructor(host: SenderLinkHost, options: LinkOptions, listener: SenderLinkListener) {
    super(host, options)
    this.senderHost = host
    this.credit = new SenderCredit(host.outgoingWindow.initialId)
    this.listener = listener
    this.transfers = new TransferWriter(host)
  }

  /** Deliveries that are not wholly written. */
  get queued(): number {
    return this.queue.length
  }

  /** Sends, or queues in this link. Throws, with nothing sent, when the message cannot be encoded or is too large. */
  send(delivery: OutgoingDelivery, source: PayloadSource): void {
    if (this.ended || this.local === CLOSED)
      throw this.endReason ?? this.closedError('is closed; nothing was sent')
    delivery.link = this
    if (this.clear && source.sizeHint < BY_REFERENCE_BYTES) {
      this.applyMode(delivery)
      if (this.transfers.writeWhole(delivery, source, this.checkSize)) {
        this.sent(delivery)
        this.written(delivery)
        return
      }
    }
    if (delivery.payload === undefined) {
      const payload = this.host.wire.arena.encode(source)
      this.checkSize(payloadBytes(payload))
      delivery.payload = payload
    }
    this.queue.push(delivery)
    this.pump()
  }

  /** May a new delivery leave at once? */
  private get clear(): boolean {
    return (
      this.queue.length === 0 &&
      !this.abortOwed &&
      this.credit.linkCredit > 0 &&
      this.attached &&
      this.senderHost.outgoingWindow.open &&
      !this.host.wire.blocked
    )
  }

  /** What the attach settled on rules over what a delivery asks for [2.7.3]. */
  private applyMode(delivery: OutgoingDelivery): void {
    if (this.sndSettleMode === SND_SETTLED) delivery.settled = true
    else if (this.sndSettleMode === SND_UNSETTLED) delivery.settled = false
  }

  private readonly checkSize = (size: number): void => {
    if (this.maxMessageSize !== 0 && size > this.maxMessageSize) throw this.tooLarge(size)
  }

  private tooLarge(size: number): AMQPError {
    return new MessageContentTooLarge(
      `A message of ${size} bytes is over the ${this.maxMessageSize} bytes that "${this.address}" takes; nothing was sent`,
      {
        sizeInBytes: size,
        limitInBytes: this.maxMessageSize,
        condition: 'amqp:link:message-size-exceeded',
        context: { operation: 'sending a message', linkName: this.name, address: this.address },
      },
    )
  }

  /** What was queued before the peer told its limit. */
  private dropTooLarge(): void {
    if (this.maxMessageSize === 0) return
    for (const delivery of [...this.queue]) {
      const size = payloadBytes(delivery.payload as Payload)
      if (size <= this.maxMessageSize) continue
      this.queue.remove(delivery)
      this.lose(delivery, this.tooLarge(size), false)
    }
  }

  private closedError(how: string): AMQPError {
    return new LinkDetach(`${linkAtStart(this)} ${how}`, {
      context: { operation: 'sending a message', linkName: this.name, address: this.address },
    })
  }

  /**
   * Writes what credit, window and socket allow, from the head of the queue; at most `limit` deliveries. Output may be
   * taken in the middle of it, and whoever is told then may send and cancel: the queue may differ after each frame.
   */
  pump(limit: number = Number.POSITIVE_INFINITY): void {
    if (!this.attached) return
    const waited = this.queue.length > 0
    if (!this.writeQueue(limit)) return this.senderHost.awaitTurn(this)
    if (this.offering) return
    if (waited && this.queue.length === 0) this.offerRoom()
    if (this.drainOwed && (this.queue.length === 0 || this.credit.linkCredit === 0)) this.answerDrain()
  }

  private offerRoom(): void {
    this.offering = true
    this.listener.onRoom?.()
    this.offering = false
  }

  /** False when there is more that only needs window, socket or another turn. */
  private writeQueue(limit: number): boolean {
    for (let left = limit; this.attached; left--) {
      if (this.abortOwed && !this.writeAbort()) return false
      const delivery = this.queue.peek()
      if (delivery === undefined || (delivery.progress === QUEUED && this.credit.linkCredit === 0))
        return true
      if (left <= 0 || !this.writeDelivery(delivery)) return false
    }
    return true
  }

  /** Writes a delivery's frames; false when window or socket closed before its end. */
  private writeDelivery(delivery: OutgoingDelivery): boolean {
    const { outgoingWindow, wire } = this.senderHost
    const payload = delivery.payload as Payload
    do {
      if (!outgoingWindow.open || wire.blocked) return false
      const first = delivery.progress === QUEUED
      if (first) this.applyMode(delivery)
      this.transfers.writeFrame(delivery, payload)
      if (first) this.sent(delivery)
      if (delivery.progress === WRITTEN) {
        this.queue.shift()
        this.written(delivery)
      } else {
        wire.changed()
      }
    } while (delivery.progress === WRITING)
    return true
  }

  private writeAbort(): boolean {
    const { outgoingWindow, wire } = this.senderHost
    if (!outgoingWindow.open) return false
    this.abortOwed = false
    this.transfers.abort()
    wire.changed()
    return true
  }

  private written(delivery: OutgoingDelivery): void {
    delivery.payload = undefined
    if (delivery.settled) this.senderHost.whenTaken(delivery)
    this.host.wire.changed()
  }

  /** Gives up a delivery nobody waits for any more. True: the peer does not have it; false: it is in doubt. */
  cancel(delivery: OutgoingDelivery): boolean {
    if (delivery.progress === WRITTEN || delivery.progress === DONE) {
      delivery.progress = DONE
      return false
    }
    this.forget(delivery)
    return true
  }

  /** Its first frame is written. */
  private sent(delivery: OutgoingDelivery): void {
    this.credit.onDeliverySent()
    if (!delivery.settled) this.everUnsettled = true
  }

  /** Takes an unfinished delivery out; what was begun is aborted. */
  private forget(delivery: OutgoingDelivery): void {
    this.queue.remove(delivery)
    if (delivery.progress === WRITING) {
      this.senderHost.outgoingWindow.unsettled.delete(delivery.id)
      this.abortOwed = true
    }
    delivery.progress = DONE
    delivery.payload = undefined
    this.pump()
  }

  /** The peer's word on one of our deliveries [2.6.12]. An outcome that it left unsettled is settled by us. */
  onDisposition(delivery: OutgoingDelivery, state: DeliveryState | undefined, settled: boolean): void {
    const outcome = state?.kind === 'received' ? undefined : state
    if (!settled && outcome === undefined) return
    this.senderHost.outgoingWindow.unsettled.delete(delivery.id)
    if (!settled && outcome !== undefined) this.settle(delivery, outcome)
    if (delivery.progress === DONE) return
    if (delivery.progress === WRITING) this.forget(delivery)
    delivery.progress = DONE
    delivery.onSettled(state ?? knownState(this.remoteSource?.defaultOutcome))
  }

  private settle(delivery: OutgoingDelivery, outcome: DeliveryState): void {
    const answer = delivery.progress === DONE ? outcome : delivery.answerTo(outcome)
    this.senderHost.settleOutgoing(delivery.id, answer)
  }

  /** A link that may go on joins the round, which the session lets run next: the flow may have opened the window for all. */
  onFlow(flow: Flow): void {
    this.credit.onFlow(flow.deliveryCount, flow.linkCredit ?? 0, flow.drain ?? false)
    this.drainOwed = this.credit.drain
    const echoOwed = flow.echo === true && !this.drainOwed
    this.offering = true
    this.listener.onCredit()
    this.offering = false
    if (this.queue.length > 0 && this.credit.linkCredit > 0) this.senderHost.awaitTurn(this)
    else this.pump()
    if (echoOwed) this.sendFlow()
  }

  /** [2.6.7] Credit that cannot be used is given back, and the receiver is told. */
  private answerDrain(): void {
    this.drainOwed = false
    this.credit.drained()
    this.sendFlow()
  }

  private sendFlow(): void {
    if (!this.attached) return
    this.host.wire.write(this.host.channel, flowCodec, {
      ...this.host.flowFields(),
      handle: this.localHandle,
      deliveryCount: this.credit.deliveryCount,
      linkCredit: this.credit.linkCredit,
      available: this.queue.length,
      drain: this.credit.drain ? true : undefined,
    })
  }

  protected override release(reason: AMQPError | undefined): void {
    const why = reason ?? this.closedError('was closed')
    const { unsettled } = this.senderHost.outgoingWindow
    const lost: OutgoingDelivery[] = []
    const collect = (id: number, delivery: OutgoingDelivery): void => {
      if (delivery.link !== this) return
      unsettled.delete(id)
      if (delivery.progress === WRITTEN) lost.push(delivery)
    }
    if (this.everUnsettled) unsettled.forEach(collect)
    for (const delivery of lost) this.lose(delivery, why, true)
    for (let d = this.queue.shift(); d !== undefined; d = this.queue.shift()) this.lose(d, why, false)
  }

  private lose(delivery: OutgoingDelivery, reason: AMQPError, inDoubt: boolean): void {
    delivery.progress = DONE
    delivery.payload = undefined
    delivery.onLost(reason, inDoubt)
  }

  protected override negotiate(attach: Attach): void {
    super.negotiate(attach)
    this.transfers.localHandle = this.localHandle
    const max = attach.maxMessageSize ?? 0n
    this.maxMessageSize = max > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(max)
    this.dropTooLarge()
  }

  protected attachFields(): { initialDeliveryCount: number | undefined } {
    return { initialDeliveryCount: this.senderHost.outgoingWindow.initialId }
  }
}
