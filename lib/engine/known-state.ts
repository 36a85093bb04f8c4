// Delivery states that the specification does not know [3.4 leaves room for them] are no acceptance:
// whoever waits for an outcome is told so, in the form of a rejection.

import { inspect } from '../types/inspect.js'
import type { DeliveryState } from '../types/messaging.js'
import type { AMQPDescribed } from '../types/wrappers.js'

export function knownState(state: DeliveryState | AMQPDescribed | undefined): DeliveryState | undefined {
  if (state === undefined || 'kind' in state) return state
  const description = `the peer answered with a delivery state that is not known: ${inspect(state)}`
  return { kind: 'rejected', error: { kind: 'error', condition: 'amqp:not-implemented', description } }
}
