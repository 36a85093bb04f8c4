// What can go wrong at a Service Bus queue, by the names that its clients know.

import { AMQPError } from '../../errors.js'
import type { DeliveryState } from '../../types/messaging.js'

export const ARGUMENT_ERROR = 'com.microsoft:argument-error'
export const MESSAGE_LOCK_LOST = 'com.microsoft:message-lock-lost'
export const MESSAGE_NOT_FOUND = 'com.microsoft:message-not-found'
export const SESSION_LOCK_LOST = 'com.microsoft:session-lock-lost'
export const SESSION_CANNOT_BE_LOCKED = 'com.microsoft:session-cannot-be-locked'
export const TIMEOUT = 'com.microsoft:timeout'
export const NOT_ALLOWED = 'amqp:not-allowed'
export const NOT_FOUND = 'amqp:not-found'
export const NOT_IMPLEMENTED = 'amqp:not-implemented'

/** Something that a client asked for cannot be. */
export function refusal(condition: string, description: string): AMQPError {
  return new AMQPError(description, { condition, description })
}

export function rejection(condition: string, description: string): DeliveryState {
  return { kind: 'rejected', error: { kind: 'error', condition, description } }
}
