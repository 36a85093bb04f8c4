// Link credit [2.6.7]: arithmetic only. Credit is absolute at a delivery-count: limit = delivery-count + link-credit.

import { serialAdd, serialDiff } from '../util/serial.js'

/** The sender's side: what the receiver allows. */
export class SenderCredit {
  deliveryCount: number
  linkCredit = 0
  drain = false
  private readonly initialDeliveryCount: number

  constructor(initialDeliveryCount: number) {
    this.initialDeliveryCount = initialDeliveryCount
    this.deliveryCount = initialDeliveryCount
  }

  onDeliverySent(): void {
    this.deliveryCount = serialAdd(this.deliveryCount, 1)
    this.linkCredit--
  }

  /** `deliveryCount` is undefined while the receiver has not seen our attach. Less than nothing counts as none. */
  onFlow(deliveryCount: number | undefined, linkCredit: number, drain: boolean): void {
    const sent = serialDiff(this.deliveryCount, deliveryCount ?? this.initialDeliveryCount)
    this.linkCredit = Math.max(0, linkCredit - sent)
    this.drain = drain
  }

  /** Gives back what cannot be used: the limit stays, the credit is gone. */
  drained(): void {
    this.deliveryCount = serialAdd(this.deliveryCount, this.linkCredit)
    this.linkCredit = 0
  }
}

/** The receiver's side: what we allow the sender. */
export class ReceiverCredit {
  /** Undefined until the sender's attach told it. */
  deliveryCount: number | undefined = undefined
  linkCredit = 0
  available = 0
  /** Highest delivery-count ever allowed: what was under way when the credit was lowered is still welcome. */
  private limit = 0

  onAttach(initialDeliveryCount: number): void {
    this.deliveryCount = initialDeliveryCount
    this.limit = serialAdd(initialDeliveryCount, this.linkCredit)
  }

  grant(linkCredit: number): void {
    this.linkCredit = linkCredit
    if (this.deliveryCount === undefined) return
    const limit = serialAdd(this.deliveryCount, linkCredit)
    if (serialDiff(limit, this.limit) > 0) this.limit = limit
  }

  /** Counts the first frame of a delivery; false when the sender was never given credit for it. */
  onDelivery(): boolean {
    const count = this.deliveryCount ?? 0
    if (this.linkCredit > 0) this.linkCredit--
    else if (serialDiff(this.limit, count) <= 0) return false
    this.deliveryCount = serialAdd(count, 1)
    if (this.available > 0) this.available--
    return true
  }

  /** Nothing more may come: neither on the credit there is, nor on more that was granted before. */
  get usedUp(): boolean {
    return this.linkCredit === 0 && this.deliveryCount === this.limit
  }

  /** The sender's count: what it skipped is credit used up. Never grows the credit. */
  onFlow(deliveryCount: number | undefined, available: number | undefined): void {
    if (available !== undefined) this.available = available
    if (deliveryCount === undefined) return
    const skipped = this.deliveryCount === undefined ? 0 : serialDiff(deliveryCount, this.deliveryCount)
    if (skipped < 0) return
    this.deliveryCount = deliveryCount
    this.linkCredit = Math.max(0, this.linkCredit - skipped)
    // A count beyond what was ever allowed allows nothing, however far the sender goes.
    if (serialDiff(this.limit, deliveryCount) < 0) this.limit = deliveryCount
  }
}
