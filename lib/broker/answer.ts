// The outcome of what a client sent goes back to it, whatever the outcome says: a reason that the client's frames have no
// room for, or that cannot be encoded, is left out.

import type { IncomingDelivery } from '../engine/delivery.js'
import type { ReceiverLink } from '../engine/receiver-link.js'
import { AMQPError } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'

const REJECTED: DeliveryState = Object.freeze({ kind: 'rejected' })

/** Settles the delivery, unless its sender has. Never throws. */
export function answer(link: ReceiverLink, delivery: IncomingDelivery, outcome: DeliveryState): void {
  if (delivery.settled || link.ended) return
  try {
    link.dispose(delivery, outcome, link.settlesFirst)
  } catch (error) {
    if (!(error instanceof AMQPError)) throw error
    link.dispose(delivery, REJECTED, link.settlesFirst)
  }
}
