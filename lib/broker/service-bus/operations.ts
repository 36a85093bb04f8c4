// What the management node of a Service Bus queue can do with messages (azure: management, section 3). A request is
// carried out as a whole or not at all; whatever keeps it from that is thrown as an AMQPError.

import { DecodeError } from '../../errors.js'
import type { InputFields } from '../../types/messaging.js'
import { AMQPArray, type AMQPInput, AMQPUuid } from '../../types/wrappers.js'
import { LOCKED } from '../stored-message.js'
import { BrokeredMessage, DEFERRED, SCHEDULED } from './brokered-message.js'
import { ARGUMENT_ERROR, MESSAGE_NOT_FOUND, NOT_ALLOWED, refusal } from './conditions.js'
import type { MessageLock } from './locks.js'
import type { ServiceBusQueue } from './queue.js'
import type { RequestFields } from './request-fields.js'
import { areProperties } from './settlement.js'

/** Carries a request out and gives the body of the answer; undefined: there is nothing to be had. */
export type Operation = (queue: ServiceBusQueue, fields: RequestFields) => InputFields | undefined

/** Messages of an answer take no more bytes than this, unless it is only one. */
const MOST_PEEKED_BYTES = 1_048_576

export const MESSAGE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'com.microsoft:renew-lock': renewLock,
  'com.microsoft:peek-message': peekMessage,
  'com.microsoft:schedule-message': scheduleMessage,
  'com.microsoft:cancel-scheduled-message': cancelScheduledMessage,
  'com.microsoft:receive-by-sequence-number': receiveBySequenceNumber,
  'com.microsoft:update-disposition': updateDisposition,
}

function renewLock(queue: ServiceBusQueue, fields: RequestFields): InputFields {
  if (queue.sessions !== undefined) {
    throw refusal(NOT_ALLOWED, 'messages of a session are locked as long as the session is')
  }
  const locks = locksOf(queue, fields)
  for (const lock of locks) queue.renew(lock)
  return {
    expirations: new AMQPArray(
      locks.map((lock) => queue.lockedUntil(lock)),
      'timestamp',
    ),
  }
}

function peekMessage(queue: ServiceBusQueue, fields: RequestFields): InputFields | undefined {
  const count = fields.integer('message-count', 1)
  const sessionId = fields.optionalText('session-id')
  const messages: AMQPInput[] = []
  let bytes = 0
  for (const message of queue.from(fields.integer('from-sequence-number', 0))) {
    if (sessionId !== undefined && message.sessionId !== sessionId) continue
    message.stamp()
    const encoded = message.toBytes()
    bytes += encoded.length
    if (messages.length > 0 && bytes > MOST_PEEKED_BYTES) break
    messages.push({ message: encoded })
    if (messages.length === count) break
  }
  return messages.length === 0 ? undefined : { messages }
}

function scheduleMessage(queue: ServiceBusQueue, fields: RequestFields): InputFields {
  const messages = fields.maps('messages').map((entry) => scheduled(entry, queue.clock.now()))
  return { 'sequence-numbers': longs(queue.enqueue(messages)) }
}

function scheduled(entry: RequestFields, nowMs: number): BrokeredMessage {
  try {
    const message = new BrokeredMessage(entry.optionalBytes('message') ?? new Uint8Array(0), 0, nowMs)
    if (message.scheduledFor !== undefined) return message
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw refusal(ARGUMENT_ERROR, `message cannot be decoded: ${error.message}`)
  }
  throw refusal(ARGUMENT_ERROR, 'message must say when it is to appear, in x-opt-scheduled-enqueue-time')
}

function cancelScheduledMessage(queue: ServiceBusQueue, fields: RequestFields): InputFields {
  for (const message of messagesOf(queue, fields, SCHEDULED)) queue.cancel(message)
  return {}
}

function receiveBySequenceNumber(queue: ServiceBusQueue, fields: RequestFields): InputFields {
  const mode = fields.integer('receiver-settle-mode', 0)
  const sessionId = fields.optionalText('session-id') ?? ''
  const found = messagesOf(queue, fields, DEFERRED)
  if (queue.sessions !== undefined) {
    if (queue.sessions.heldOne(sessionId) === undefined)
      throw refusal(queue.lockLost, 'the session is not locked')
    if (found.some((message) => message.sessionId !== sessionId)) throw notFound()
  }
  const messages = found.map((message): AMQPInput => {
    const lock = mode === 0 ? undefined : queue.lock(message)
    message.stamp(lock && queue.lockedUntil(lock))
    if (lock !== undefined) return { 'lock-token': new AMQPUuid(lock.token), message: message.toBytes() }
    queue.remove(message)
    return { message: message.toBytes() }
  })
  return { messages }
}

function updateDisposition(queue: ServiceBusQueue, fields: RequestFields): InputFields {
  const act = dispositionOf(queue, fields)
  for (const lock of locksOf(queue, fields)) act(lock)
  return {}
}

function dispositionOf(queue: ServiceBusQueue, fields: RequestFields): (lock: MessageLock) => void {
  const entries = [...(fields.optionalMap('properties-to-modify') ?? [])]
  const properties = Object.fromEntries(entries.map(([key, value]) => [String(key), value])) as InputFields
  if (!areProperties(properties))
    throw refusal(ARGUMENT_ERROR, 'properties-to-modify must be of simple types')
  const cause = {
    reason: fields.optionalText('deadletter-reason'),
    description: fields.optionalText('deadletter-description'),
  }
  const status = fields.text('disposition-status')
  switch (status) {
    case 'completed':
      return (lock) => queue.complete(lock)
    case 'abandoned':
      return (lock) => queue.abandon(lock, properties)
    case 'defered':
      return (lock) => queue.defer(lock, properties)
    case 'suspended':
      return (lock) => queue.deadLetter(lock, cause, properties)
    default:
      throw refusal(ARGUMENT_ERROR, `disposition-status "${status}" is not known`)
  }
}

// --- what requests name

function locksOf(queue: ServiceBusQueue, fields: RequestFields): MessageLock[] {
  return [...new Set(fields.uuids('lock-tokens'))].map((token) => {
    const lock = queue.locks.find(token)
    if (lock === undefined) throw refusal(queue.lockLost, 'there is no lock with this token, or it has ended')
    return lock
  })
}

/** The messages of these numbers, each once. */
function messagesOf(
  queue: ServiceBusQueue,
  fields: RequestFields,
  phase: typeof DEFERRED | typeof SCHEDULED,
): BrokeredMessage[] {
  return [...new Set(fields.numbers('sequence-numbers'))].map((sequence) => {
    const message = queue.find(sequence, phase)
    if (message === undefined || message.state === LOCKED) throw notFound()
    return message
  })
}

function notFound(): Error {
  return refusal(MESSAGE_NOT_FOUND, 'there is no such message under one of the sequence-numbers')
}

function longs(numbers: readonly number[]): AMQPArray {
  return new AMQPArray(numbers.map(BigInt), 'long')
}
