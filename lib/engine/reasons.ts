// From the error that came with close, end or detach [2.8.14] to the error that the user sees.
// Whether trying again can help is decided here, by condition.

import {
  type AMQPError,
  ConnectionClose,
  ConnectionRedirect,
  LinkDetach,
  LinkRedirect,
  SessionEnd,
} from '../errors.js'
import type { AMQPErrorFields } from '../types/transport.js'

/** Conditions after which the same thing may well succeed; the rest are the caller's or the configuration's to mend. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'amqp:internal-error',
  'amqp:resource-locked',
  'amqp:connection:forced',
  'amqp:link:detach-forced',
  'amqp:link:transfer-limit-exceeded',
  'com.microsoft:server-busy',
  'com.microsoft:timeout',
  'com.microsoft:operation-cancelled',
])

export function isRetryableCondition(condition: string | undefined): boolean {
  return condition === undefined || RETRYABLE.has(condition)
}

/** `amqp:not-found: no queue 'x'`, or what stands for it when the peer gave no error. */
export function describeError(error: AMQPErrorFields | undefined): string {
  if (error === undefined) return 'no error given'
  return error.description === undefined ? error.condition : `${error.condition}: ${error.description}`
}

function details(error: AMQPErrorFields | undefined) {
  return {
    condition: error?.condition,
    description: error?.description,
    info: error?.info,
    retryable: isRetryableCondition(error?.condition),
  }
}

export function connectionReason(error: AMQPErrorFields | undefined): AMQPError {
  const text = `The peer closed the connection: ${describeError(error)}`
  const all = details(error)
  return error?.condition === 'amqp:connection:redirect'
    ? new ConnectionRedirect(text, all)
    : new ConnectionClose(text, all)
}

export function sessionReason(error: AMQPErrorFields | undefined): AMQPError {
  return new SessionEnd(`The peer ended the session: ${describeError(error)}`, details(error))
}

export function linkReason(error: AMQPErrorFields | undefined, linkName: string, address: string): AMQPError {
  const where = address === '' ? `link "${linkName}"` : `link "${linkName}" to "${address}"`
  const all = { ...details(error), context: { linkName, address } }
  const text = `The peer detached ${where}: ${describeError(error)}`
  return error?.condition === 'amqp:link:redirect' ? new LinkRedirect(text, all) : new LinkDetach(text, all)
}
