// The error composite [2.8.14], which close, end, detach and the outcome rejected carry. It stands apart from the
// performatives because the delivery states need it too.

import { composite, MANDATORY } from './composite.js'
import type { Fields } from './maps.js'

/** Why a peer closed, ended, detached or rejected [2.8.14]. */
export interface AMQPErrorFields {
  readonly kind: 'error'
  /** Symbolic condition, one of `ErrorCodes` or the peer's own. */
  readonly condition: string
  readonly description?: string | undefined
  readonly info?: Fields | undefined
}

export const error = composite<AMQPErrorFields>('error', 0x1d, 'amqp:error:list', {
  condition: ['symbol', MANDATORY],
  description: ['string'],
  info: ['fields'],
})
