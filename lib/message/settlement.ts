// How a received message is settled [2.6.12, 3.4]. A message knows its delivery only by this interface; the connection
// layer implements it.

import type { DeliveryState } from '../types/messaging.js'
import type { WaitOptions } from '../util/deferred.js'

/** The delivery that a message came by. */
export interface Settlement {
  readonly deliveryTag: Uint8Array
  /** True from the moment that nothing is owed to the peer any more, or when nothing ever was. */
  readonly settled: boolean
  /**
   * Tells the peer what became of the message. Resolves when that is final on our side or, where the link asks for it,
   * on the peer's. Rejects when an outcome was told before, when the delivery's link has ended, or when the peer
   * answers with another outcome.
   */
  settle(state: DeliveryState, options?: WaitOptions): Promise<void>
}
