// How a received message is settled [2.6.12, 3.4]. A message knows its delivery only by this interface; the connection
// layer implements it.

import { MessageAlreadySettled } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { toHex } from '../util/bytes.js'
import type { WaitOptions } from '../util/deferred.js'

/** The delivery that a message came by. */
export interface Settlement {
  readonly deliveryTag: Uint8Array
  /** Of the node that the message came from. */
  readonly address: string
  /** What we have told the peer; undefined: nothing yet. */
  readonly told: DeliveryState['kind'] | undefined
  /** True from the moment that nothing is owed to the peer any more, or when nothing ever was. */
  readonly settled: boolean
  /**
   * Tells the peer what became of the message. Resolves when that is final on our side or, where the link asks for it,
   * on the peer's. Rejects when an outcome was told before, when the delivery's link has ended, or when the peer
   * answers with another outcome.
   */
  settle(state: DeliveryState, options?: WaitOptions): Promise<void>
}

/** The error of whoever settles a message a second time. */
export function alreadySettled(
  { address, told, deliveryTag }: Settlement,
  outcome: DeliveryState['kind'],
): MessageAlreadySettled {
  const before = told === undefined ? 'the peer had settled it already' : `it was ${told} before`
  return new MessageAlreadySettled(`The message from "${address}" cannot be ${outcome}: ${before}`, {
    context: {
      operation: `settling a message as ${outcome}`,
      address,
      deliveryTag: toHex(deliveryTag),
    },
  })
}
