// What is known of brokers that do not keep to the specification, by what they tell of themselves in their open [2.4.1].

import type { Open } from '../types/transport.js'

/** RabbitMQ before 4.0 answers the drain of a classic queue by ending the session, with all that is under way in it [2.6.7]. */
export function breaksOnDrain(open: Open | undefined): boolean {
  const { product, version } = open?.properties ?? {}
  return product === 'RabbitMQ' && typeof version === 'string' && Number.parseInt(version, 10) < 4
}
