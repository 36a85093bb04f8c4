// The receiving end of a link [2.6.7, 2.7.5]: deliveries put together from transfers, credit kept up or on demand,
// limits enforced. A delivery that the sender aborts, or leaves unfinished, is never seen by anybody.

import { type AMQPError, LinkDetach } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { type Attach, type Flow, flow as flowCodec, type Transfer } from '../types/transport.js'
import { concatBytes, equalBytes } from '../util/bytes.js'
import type { Ring } from '../util/ring.js'
import { ReceiverCredit } from './credit.js'
import { IncomingDelivery } from './delivery.js'
import { CLOSED } from './endpoint.js'
import { knownState } from './known-state.js'
import { Link, type LinkHost, type LinkListener, type LinkOptions, RCV_FIRST } from './link.js'
import { Violation } from './violation.js'

export interface ReceiverLinkHost extends LinkHost {
  /** Deliveries that one of the two sides has not settled, by delivery-id. */
  readonly incoming: Ring<IncomingDelivery>
  /** Queues a disposition for a delivery that we received. */
  settleIncoming(id: number, state: DeliveryState | undefined, settled: boolean): void
  /** The link owes the peer a flow; it is written with the next output. */
  awaitFlow(link: ReceiverLink): void
}

export interface ReceiverLinkListener extends LinkListener {
  onDelivery(delivery: IncomingDelivery): void
  /** The sender has no more for us: what credit there was is used up [2.6.7]. */
  onDrained(): void
}

/** A delivery of which some frames have come. */
interface PartialDelivery {
  readonly id: number
  readonly tag: Uint8Array
  readonly messageFormat: number
  settled: boolean
  state: DeliveryState | undefined
  readonly pieces: Uint8Array[]
  /** Pieces at the start that were put together already. */
  merged: number
  bytes: number
}

/** So many pieces are put together before the end: tiny ones cost far more than their bytes. */
const MERGED_PIECES = 256

export class ReceiverLink extends Link {
  readonly isReceiver: boolean = true
  readonly credit: ReceiverCredit = new ReceiverCredit()
  listener: ReceiverLinkListener
  /** A flow of this link waits for the next output. */
  awaitingFlow = false
  private readonly receiverHost: ReceiverLinkHost
  private maxMessageSize: number = Number.POSITIVE_INFINITY
  private partial: PartialDelivery | undefined = undefined
  /** Credit kept up by itself; 0: only what is asked for. */
  private window = 0
  /** Deliveries handed over and not yet taken by the reader: they count against the window. */
  private unread = 0
  private draining = false

  constructor(host: ReceiverLinkHost, options: LinkOptions, listener: ReceiverLinkListener) {
    super(host, options)
    this.receiverHost = host
    this.listener = listener
  }

  override open(options?: Partial<LinkOptions>): void {
    super.open(options)
    this.maxMessageSize = Number(this.options.maxMessageSize ?? 0n) || Number.POSITIVE_INFINITY
  }

  // --- credit

  /** Keeps credit up so that at most `size` messages are with us unread or may come. 0 stops doing so. */
  setWindow(size: number): void {
    this.window = size
    this.topUp()
  }

  /** The reader took `count` deliveries. */
  onRead(count: number): void {
    this.unread -= count
    if (this.window > 0) this.topUp()
  }

  /** Grants `count` more on top of what is granted. */
  addCredit(count: number): void {
    this.setCredit(this.credit.linkCredit + count)
  }

  /** Grants exactly `count` from here on; messages under way may still come above a smaller grant. */
  setCredit(count: number): void {
    this.credit.grant(count)
    this.draining = false
    this.receiverHost.awaitFlow(this)
  }

  /** Asks the sender to use the credit or give it back; `onDrained` tells the end [2.6.7]. */
  drain(): void {
    this.draining = true
    this.receiverHost.awaitFlow(this)
  }

  private drained(): void {
    this.draining = false
    this.listener.onDrained()
    this.topUp()
  }

  /** A drain is under way. */
  get isDraining(): boolean {
    return this.draining
  }

  private topUp(): void {
    if (this.draining || this.ended) return
    const want = this.window - this.unread
    const lacking = want - this.credit.linkCredit
    if (lacking > 0 && lacking >= this.window >>> 1) this.setCredit(want)
  }

  /** Called by the session when output is gathered. */
  writeFlow(echo = false): void {
    if (!this.attached) return
    this.host.wire.write(this.host.channel, flowCodec, {
      ...this.host.flowFields(),
      handle: this.localHandle,
      deliveryCount: this.credit.deliveryCount,
      linkCredit: this.credit.linkCredit,
      drain: this.draining ? true : undefined,
      echo: echo ? true : undefined,
    })
  }

  onFlow(flow: Flow): void {
    this.credit.onFlow(flow.deliveryCount, flow.available)
    if (this.draining && this.credit.linkCredit === 0) this.drained()
    if (flow.echo === true) this.receiverHost.awaitFlow(this)
  }

  // --- transfers

  onTransfer(t: Transfer, payload: Uint8Array): void {
    if (this.local === CLOSED) return
    if (this.partial !== undefined) this.continued(this.partial, t, payload)
    else this.begun(t, payload)
  }

  private begun(t: Transfer, payload: Uint8Array): void {
    if (t.deliveryId === undefined || t.deliveryTag === undefined) {
      throw this.violation('amqp:invalid-field', 'the first transfer of a delivery lacks delivery-id or delivery-tag')
    }
    if (t.deliveryTag.length > 32) throw this.violation('amqp:invalid-field', 'a delivery-tag is longer than 32 bytes')
    if (!this.credit.onDelivery()) {
      throw this.violation('amqp:link:transfer-limit-exceeded', 'a delivery came without link-credit')
    }
    if (t.aborted === true) return this.creditUsed()
    this.checkSize(payload.length)
    const settled = t.settled === true
    if (t.more === true) {
      this.partial = {
        id: t.deliveryId,
        tag: t.deliveryTag.slice(),
        messageFormat: t.messageFormat ?? 0,
        settled,
        state: knownState(t.state),
        pieces: [payload],
        merged: 0,
        bytes: payload.length,
      }
      return
    }
    this.deliver(t.deliveryId, t.deliveryTag, t.messageFormat ?? 0, payload, settled, knownState(t.state))
  }

  private continued(p: PartialDelivery, t: Transfer, payload: Uint8Array): void {
    if (t.deliveryId !== undefined && t.deliveryId !== p.id) {
      throw this.violation('amqp:not-allowed', `delivery ${t.deliveryId} began before the end of delivery ${p.id}`)
    }
    if (t.deliveryTag !== undefined && !equalBytes(t.deliveryTag, p.tag)) {
      throw this.violation('amqp:not-allowed', `delivery ${p.id} changed its delivery-tag`)
    }
    if (t.aborted === true) {
      this.partial = undefined
      return this.creditUsed()
    }
    if (payload.length > 0) p.pieces.push(payload)
    if (p.pieces.length - p.merged === MERGED_PIECES) {
      p.pieces.push(concatBytes(p.pieces.splice(p.merged)))
      p.merged++
    }
    p.bytes += payload.length
    p.settled = p.settled || t.settled === true
    p.state = knownState(t.state) ?? p.state
    this.checkSize(p.bytes)
    if (t.more === true) return
    this.partial = undefined
    const whole = p.pieces.length === 1 ? (p.pieces[0] as Uint8Array) : concatBytes(p.pieces)
    this.deliver(p.id, p.tag, p.messageFormat, whole, p.settled, p.state)
  }

  private deliver(
    id: number,
    tag: Uint8Array,
    format: number,
    payload: Uint8Array,
    settled: boolean,
    state: DeliveryState | undefined,
  ): void {
    const delivery = new IncomingDelivery(this, id, tag, format, payload, settled, state)
    if (!settled) this.receiverHost.incoming.put(id, delivery)
    this.unread++
    this.listener.onDelivery(delivery)
    this.creditUsed()
  }

  /** A sender that used all of its credit has nothing left to give back, and not every one says so. */
  private creditUsed(): void {
    if (this.draining && this.credit.usedUp) this.drained()
    else if (this.window > 0) this.topUp()
  }

  private checkSize(size: number): void {
    if (size <= this.maxMessageSize) return
    this.partial = undefined
    const text = `a message of ${size} bytes or more is over our max-message-size of ${this.maxMessageSize}`
    throw this.violation('amqp:link:message-size-exceeded', text)
  }

  private violation(condition: string, description: string): Violation {
    return new Violation(this, condition, description)
  }

  // --- settlement

  /**
   * Our outcome. `settled` false asks the sender to settle first; `onRemoteSettled` of the delivery tells its answer.
   * Throws, with nothing done, when the state cannot be encoded or has no room in a frame.
   */
  dispose(delivery: IncomingDelivery, state: DeliveryState | undefined, settled: boolean): void {
    this.receiverHost.settleIncoming(delivery.id, state, settled)
    if (!settled) return
    delivery.settled = true
    this.receiverHost.incoming.delete(delivery.id)
  }

  /** Did the attach settle on the receiver settling on its own? */
  get settlesFirst(): boolean {
    return this.rcvSettleMode === RCV_FIRST
  }

  protected override release(_reason: AMQPError | undefined): void {
    this.partial = undefined
    const { incoming } = this.receiverHost
    incoming.forEach((id, delivery) => {
      if (delivery.link === this) incoming.delete(id)
    })
  }

  protected override negotiate(attach: Attach): void {
    super.negotiate(attach)
    this.credit.onAttach(attach.initialDeliveryCount ?? 0)
    if (this.credit.linkCredit > 0 || this.draining) this.receiverHost.awaitFlow(this)
  }

  protected attachFields(): { initialDeliveryCount: number | undefined } {
    return { initialDeliveryCount: undefined }
  }

  /** The error for work on a link that has ended. */
  endedError(operation: string): AMQPError {
    return (
      this.endReason ??
      new LinkDetach(`Link "${this.name}" to "${this.address}" is closed`, {
        context: { operation, linkName: this.name, address: this.address },
      })
    )
  }
}
