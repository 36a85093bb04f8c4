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

export function connectionReason(error: AMQPErrorFields | undefined, host: string | undefined): AMQPError {
  const which = host === undefined ? 'the connection' : `the connection to ${host}`
  const text = `The peer closed ${which}: ${describeError(error)}`
  const all = { ...details(error), context: { host } }
  return error?.condition === 'amqp:connection:redirect'
    ? new ConnectionRedirect(text, all)
    : new ConnectionClose(text, all)
}

export function sessionReason(error: AMQPErrorFields | undefined, host: string | undefined): AMQPError {
  const text = `The peer ended the session: ${describeError(error)}`
  return new SessionEnd(text, { ...details(error), context: { host } })
}

/** A link as it is named in errors. */
export interface LinkPlace {
  readonly name: string
  readonly address: string
  readonly isReceiver: boolean
}

/** `the sender to "orders"`, `the receiver of "orders"`; the anonymous terminus has no address [3.5.4]. */
export function describeLink({ address, isReceiver }: LinkPlace): string {
  if (address === '') return isReceiver ? 'the receiver' : 'the sender to the anonymous terminus'
  return isReceiver ? `the receiver of "${address}"` : `the sender to "${address}"`
}

/** The same, to begin a sentence with. */
export function linkAtStart(link: LinkPlace): string {
  return `T${describeLink(link).slice(1)}`
}

/** @param attached false: the peer never provided what the link was for [2.6.3] */
export function linkReason(
  error: AMQPErrorFields | undefined,
  link: LinkPlace,
  attached: boolean,
  host: string | undefined,
): AMQPError {
  const operation = attached ? undefined : `attaching a ${link.isReceiver ? 'receiver' : 'sender'}`
  const { name: linkName, address } = link
  const all = { ...details(error), context: { operation, linkName, address, host } }
  const did = attached ? 'detached' : 'refused'
  const text = `The peer ${did} ${describeLink(link)}: ${describeError(error)}${hint(error)}`
  return error?.condition === 'amqp:link:redirect' ? new LinkRedirect(text, all) : new LinkDetach(text, all)
}

/** RabbitMQ 4 says this of a plain name, and not what it takes instead. */
function hint(error: AMQPErrorFields | undefined): string {
  if (error?.description?.includes('amqp_address_v1_not_permitted') !== true) return ''
  return '; RabbitMQ 4 knows a queue by an address such as /queues/orders, which the option "address" takes'
}
