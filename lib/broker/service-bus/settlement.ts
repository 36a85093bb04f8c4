// What an outcome means to a Service Bus queue (azure: accepted completes, modified abandons or defers, rejected makes a
// dead letter), and what is answered: an outcome of the same kind, since clients compare, or rejected with the error.

import {
  ACCEPTED,
  type DeliveryState,
  type InputFields,
  type Modified,
  RELEASED,
} from '../../types/messaging.js'
import type { AMQPErrorFields } from '../../types/transport.js'
import { AMQPArray, AMQPDescribed } from '../../types/wrappers.js'
import { causeOfRejection, type DeadLetterCause } from '../dead-letter.js'
import { ARGUMENT_ERROR, NOT_IMPLEMENTED, rejection } from './conditions.js'
import type { MessageLock } from './locks.js'
import type { ServiceBusQueue } from './queue.js'

const DEAD_LETTER = 'com.microsoft:dead-letter'
const MODIFIED: DeliveryState = Object.freeze({ kind: 'modified' })
/** An error in it would say that it could not be done. */
const REJECTED: DeliveryState = Object.freeze({ kind: 'rejected' })

/** Settles what the lock is on, and gives the answer. Nothing is done when the lock has ended, or the outcome cannot be. */
export function settle(
  queue: ServiceBusQueue,
  lock: MessageLock,
  outcome: DeliveryState | undefined,
): DeliveryState {
  if (!queue.holds(lock)) return rejection(queue.lockLost, 'the lock on the message has ended')
  switch (outcome?.kind) {
    case 'accepted':
      queue.complete(lock)
      return ACCEPTED
    case 'rejected':
      return reject(queue, lock, outcome.error)
    case 'modified':
      return modify(queue, lock, outcome)
    case undefined:
    case 'released':
      queue.release(lock)
      return RELEASED
    default:
      return rejection(NOT_IMPLEMENTED, 'there are no transactions here')
  }
}

function modify(queue: ServiceBusQueue, lock: MessageLock, outcome: Modified): DeliveryState {
  const { messageAnnotations: properties, undeliverableHere } = outcome
  if (!areProperties(properties)) return notProperties()
  if (undeliverableHere === true) queue.defer(lock, properties)
  else queue.abandon(lock, properties)
  return MODIFIED
}

function reject(
  queue: ServiceBusQueue,
  lock: MessageLock,
  error: AMQPErrorFields | undefined,
): DeliveryState {
  const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = error?.info ?? {}
  if (!areProperties(properties)) return notProperties()
  queue.deadLetter(lock, causeOf(error), properties)
  return REJECTED
}

/** The condition that only says what to do is no reason. */
function causeOf(error: AMQPErrorFields | undefined): DeadLetterCause {
  const cause = causeOfRejection(error)
  return cause.reason === DEAD_LETTER ? { ...cause, reason: undefined } : cause
}

/** Application properties hold simple values only [3.2.5]. */
export function areProperties(properties: InputFields | undefined): boolean {
  return Object.values(properties ?? {}).every(
    (value) =>
      !Array.isArray(value) &&
      !(value instanceof Map) &&
      !(value instanceof AMQPArray) &&
      !(value instanceof AMQPDescribed),
  )
}

function notProperties(): DeliveryState {
  return rejection(ARGUMENT_ERROR, 'a property to be changed is of no simple type')
}
