// The outgoing side of a session [2.5.6]: how many transfer frames the peer still takes, the ids of what we send,
// and the deliveries that the peer has not settled.

import { Ring } from '../util/ring.js'
import { serialAdd, serialDiff } from '../util/serial.js'
import type { OutgoingDelivery } from './delivery.js'

/** First transfer id, delivery id and delivery-count, unless told otherwise: every session soon crosses the wrap. */
export const INITIAL_ID = 0xfffffffd
/** We bound what we send by the peer's window and by its credit, so ours is merely announced. */
export const OUTGOING_WINDOW = 0x7fffffff

export class OutgoingWindow {
  readonly initialId: number
  nextOutgoingId: number
  remoteIncomingWindow = 0
  nextDeliveryId: number
  readonly unsettled: Ring<OutgoingDelivery> = new Ring()

  constructor(initialId: number = INITIAL_ID) {
    this.initialId = initialId
    this.nextOutgoingId = initialId
    this.nextDeliveryId = initialId
  }

  get open(): boolean {
    return this.remoteIncomingWindow > 0
  }

  onBegin(incomingWindow: number): void {
    this.remoteIncomingWindow = incomingWindow
  }

  /** The delivery of `nextDeliveryId` is on its way. */
  onDeliveryBegun(delivery: OutgoingDelivery): void {
    delivery.id = this.nextDeliveryId
    this.nextDeliveryId = serialAdd(this.nextDeliveryId, 1)
    if (!delivery.settled) this.unsettled.put(delivery.id, delivery)
  }

  onTransferSent(): void {
    this.nextOutgoingId = serialAdd(this.nextOutgoingId, 1)
    this.remoteIncomingWindow--
  }

  /** `nextIncomingId` is undefined while the peer has not seen our begin. A shrunken window counts as closed. */
  onFlow(nextIncomingId: number | undefined, incomingWindow: number): void {
    const inFlight = serialDiff(this.nextOutgoingId, nextIncomingId ?? this.initialId)
    this.remoteIncomingWindow = Math.max(0, incomingWindow - inFlight)
  }
}
