// Why a link to an event hub is refused, as an error that carries the condition for the peer.

import { AMQPError } from '../../errors.js'

/** An address, a filter or a link property that is not understood, or names what is not there. */
export function refusal(condition: string, description: string): AMQPError {
  return new AMQPError(description, { condition, description })
}

/** Azure's clients know an entity that is not there by these words. */
export function notFound(entity: string): AMQPError {
  return refusal('amqp:not-found', `The messaging entity ${entity} could not be found`)
}
