// What the management node of a Service Bus queue can do with sessions (azure: management, section 3).

import { AMQPArray } from '../../types/wrappers.js'
import { NOT_ALLOWED, refusal, SESSION_LOCK_LOST } from './conditions.js'
import type { Operation } from './operations.js'
import type { ServiceBusQueue } from './queue.js'
import type { RequestFields } from './request-fields.js'
import type { MessageSession, Sessions } from './sessions.js'

export const SESSION_OPERATIONS: Readonly<Record<string, Operation>> = {
  'com.microsoft:renew-session-lock': (queue, fields) => {
    const session = heldSession(queue, fields)
    sessionsOf(queue).renew(session)
    return { expiration: queue.dateOf(session.lockedUntilMs) }
  },

  'com.microsoft:set-session-state': (queue, fields) => {
    sessionsOf(queue).setState(heldSession(queue, fields), fields.optionalBytes('session-state')?.slice())
    return {}
  },

  'com.microsoft:get-session-state': (queue, fields) => {
    return { 'session-state': heldSession(queue, fields).state ?? null }
  },

  'com.microsoft:get-message-sessions': (queue, fields) => {
    const since = fields.optionalDate('last-updated-time')?.getTime() ?? Number.NEGATIVE_INFINITY
    const skip = fields.integer('skip', 0)
    const top = fields.integer('top', 1)
    const ids: string[] = []
    for (const { id, updatedMs, count, state } of sessionsOf(queue).all)
      if (updatedMs > since && (count > 0 || state !== undefined)) ids.push(id)
    const page = ids.slice(skip, skip + top)
    if (page.length === 0) return undefined
    return { skip: skip + page.length, 'sessions-ids': new AMQPArray(page, 'string') }
  },
}

function sessionsOf({ name, sessions }: ServiceBusQueue): Sessions {
  if (sessions !== undefined) return sessions
  throw refusal(NOT_ALLOWED, `queue "${name}" has no sessions`)
}

function heldSession(queue: ServiceBusQueue, fields: RequestFields): MessageSession {
  const id = fields.text('session-id')
  const session = sessionsOf(queue).heldOne(id)
  if (session === undefined) throw refusal(SESSION_LOCK_LOST, `session "${id}" is not locked`)
  return session
}
