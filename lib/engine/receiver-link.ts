// The receiving end of a link [2.6.7, 2.7.5]: deliveries put together from transfers, credit kept up or on demand,
// limits enforced. A delivery that the sender aborts, or leaves unfinished, is never seen by anybody.

import { type AMQPError, LinkDetach } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { type Attach, type Flow, flow as flowCodec, type Transfer } from '../types/transport.js'
import { concatBytes, equalBytes } from '../util/bytes.js'
import type { Ring } from '../util/ring.js'
import { serialAdd } from '../util/serial.js'
import { ReceiverCredit } from './credit.js'
import { IncomingDelivery } from './delivery.js'
import { CLOSED } from './endpoint.js'
import { Gathering } from './gathering.js'
import { knownState } from './known-state.js'
import { Link, type LinkHost, type LinkListener, type LinkOptions, RCV_FIRST } from './link.js'
import { linkAtStart } from './reasons.js'
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
  readonly payload: Gathering
}

/** A guess at the size of the next delivery is no reason to allocate more than this. */
const LARGEST_GUESS_BYTES = 4_194_304

export class ReceiverLink extends Link {
  readonly isReceiver: boolean = true
  readonly credit: ReceiverCredit = new ReceiverCredit()
  listener: ReceiverLinkListener
  /** A flow of this link waits for the next output. */
  awaitingFlow = false
  private readonly receiverHost: ReceiverLinkHost
  private maxMessageSize: number = Number.POSITIVE_INFINITY
  private partial: PartialDelivery | undefined = undefined
  /** Size of the last delivery that came in several frames. */
  private expectedBytes = 0
  /** Credit kept up by itself; 0: only what is asked for. */
  private window = 0
  /** Deliveries handed over and not yet taken by the reader: they count against the window. */
  private unread = 0
  private draining = false
  /** Without, there is nothing to look for among the session's deliveries at the end. */
  private everUnsettled = false
  /** The credit was taken back, and the sender has not said yet that it knows; up to where it was granted before. */
  private recalling = false
  private recalledLimit = 0

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
    this.recalling = false
    this.receiverHost.awaitFlow(this)
  }

  /** Asks the sender to use the credit or give it back; `onDrained` tells the end [2.6.7]. */
  drain(): void {
    this.draining = true
    this.receiverHost.awaitFlow(this)
  }

  /** As `drain`, for a sender that cannot be drained: no credit any more, and a flow is asked for that knows it [2.6.7]. */
  recall(): void {
    this.recalledLimit = serialAdd(this.credit.deliveryCount ?? 0, this.credit.linkCredit)
    this.setCredit(0)
    this.recalling = true
  }

  private drained(): void {
    this.draining = false
    this.recalling = false
    this.listener.onDrained()
    this.topUp()
  }

  /** A drain is under way. */
  get isDraining(): boolean {
    return this.draining || this.recalling
  }

  private topUp(): void {
    if (this.isDraining || this.ended) return
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
      echo: echo || this.recalling ? true : undefined,
    })
  }

  onFlow(flow: Flow): void {
    this.credit.onFlow(flow.deliveryCount, flow.available)
    const known = this.recalling && limitOf(flow) !== this.recalledLimit
    if (known || (this.draining && this.credit.linkCredit === 0)) this.drained()
    else if (this.window > 0) this.topUp()
    if (flow.echo === true) this.receiverHost.awaitFlow(this)
  }

  // --- transfers

  /** `rest` is what follows `payload` when the frame came in pieces. */
  onTransfer(t: Transfer, payload: Uint8Array, rest: readonly Uint8Array[]): void {
    if (this.local === CLOSED) return
    if (this.partial !== undefined) this.continued(this.partial, t, payload, rest)
    else this.begun(t, payload, rest)
  }

  private begun(t: Transfer, payload: Uint8Array, rest: readonly Uint8Array[]): void {
    if (t.deliveryId === undefined || t.deliveryTag === undefined) {
      throw this.violation(
        'amqp:invalid-field',
        'the first transfer of a delivery lacks delivery-id or delivery-tag',
      )
    }
    if (t.deliveryTag.length > 32)
      throw this.violation('amqp:invalid-field', 'a delivery-tag is longer than 32 bytes')
    if (!this.credit.onDelivery()) {
      throw this.violation('amqp:link:transfer-limit-exceeded', 'a delivery came without link-credit')
    }
    if (t.aborted === true) return this.creditUsed()
    const settled = t.settled === true
    if (t.more === true) {
      this.partial = {
        id: t.deliveryId,
        tag: t.deliveryTag.slice(),
        messageFormat: t.messageFormat ?? 0,
        settled,
        state: knownState(t.state),
        payload: new Gathering(this.expectedBytes),
      }
      this.append(this.partial, payload, rest)
      return
    }
    const whole = rest.length === 0 ? payload : concatBytes([payload, ...rest])
    this.checkSize(whole.length)
    this.deliver(t.deliveryId, t.deliveryTag, t.messageFormat ?? 0, whole, settled, knownState(t.state))
  }

  private continued(p: PartialDelivery, t: Transfer, payload: Uint8Array, rest: readonly Uint8Array[]): void {
    if (t.deliveryId !== undefined && t.deliveryId !== p.id) {
      throw this.violation(
        'amqp:not-allowed',
        `delivery ${t.deliveryId} began before the end of delivery ${p.id}`,
      )
    }
    if (t.deliveryTag !== undefined && !equalBytes(t.deliveryTag, p.tag)) {
      throw this.violation('amqp:not-allowed', `delivery ${p.id} changed its delivery-tag`)
    }
    if (t.aborted === true) {
      this.partial = undefined
      return this.creditUsed()
    }
    this.append(p, payload, rest)
    p.settled = p.settled || t.settled === true
    p.state = knownState(t.state) ?? p.state
    if (t.more === true) return
    this.partial = undefined
    const whole = p.payload.finish()
    this.expectedBytes = Math.min(whole.length, LARGEST_GUESS_BYTES)
    this.deliver(p.id, p.tag, p.messageFormat, whole, p.settled, p.state)
  }

  private append(p: PartialDelivery, payload: Uint8Array, rest: readonly Uint8Array[]): void {
    const bytes = rest.reduce((sum, piece) => sum + piece.length, p.payload.length + payload.length)
    this.checkSize(bytes)
    p.payload.add(payload)
    for (const piece of rest) p.payload.add(piece)
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
    if (!settled) {
      this.everUnsettled = true
      this.receiverHost.incoming.put(id, delivery)
    }
    this.unread++
    this.listener.onDelivery(delivery)
    this.creditUsed()
  }

  /** A sender that used all of its credit has nothing left to give back, and not every one says so. */
  private creditUsed(): void {
    if (this.isDraining && this.credit.usedUp) this.drained()
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
    if (!this.everUnsettled) return
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
      new LinkDetach(`${linkAtStart(this)} is closed`, {
        context: { operation, linkName: this.name, address: this.address },
      })
    )
  }
}

/** The delivery-count up to which a sender believes to have credit. */
function limitOf(flow: Flow): number {
  return serialAdd(flow.deliveryCount ?? 0, flow.linkCredit ?? 0)
}
