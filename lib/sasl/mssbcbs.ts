// SASL MSSBCBS, of Azure Service Bus and Event Hubs: says nothing here, as claims follow by tokens over
// `$cbs` once the connection is open.

import type { SaslAuth } from './mechanism.js'
import { singleResponseAuth } from './single-response.js'

/** Logs in as nobody yet: who we are is told afterwards, by claims-based security. */
export function SASLMssbcbs(): SaslAuth {
  return singleResponseAuth('MSSBCBS', undefined)
}
