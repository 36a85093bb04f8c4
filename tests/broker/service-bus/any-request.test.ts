// Whatever a client asks of a management node, in whatever types, it is answered with a status, and nothing else happens.

import test from 'ava'
import fc from 'fast-check'
import { Message } from '../../../lib/message/message.js'
import { AMQPArray, AMQPUuid } from '../../../lib/types/wrappers.js'
import { typedValue } from '../../support/arbitraries.js'
import { EngineClient } from '../engine-client.js'
import { inMemory, Manager, sendTo } from './memory-queue.js'

const OPERATIONS = [
  'renew-lock',
  'peek-message',
  'schedule-message',
  'cancel-scheduled-message',
  'receive-by-sequence-number',
  'update-disposition',
  'renew-session-lock',
  'set-session-state',
  'get-session-state',
  'get-message-sessions',
].map((name) => `com.microsoft:${name}`)

const STATUSES: readonly unknown[] = [200, 204, 400, 404, 410]

/** Values that some field takes, so that not every request fails at its first. */
const likely = fc.oneof(
  fc.integer({ min: -1, max: 3 }),
  fc.constantFrom('one', 'completed', 'defered', 'suspended', 'abandoned'),
  fc.constantFrom<unknown>(
    [],
    [1n],
    [{}],
    [{ message: new Message('a').encodeMessage() }],
    new AMQPArray([1n, 2n], 'long'),
    new AMQPArray([new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff')], 'uuid'),
    new Map([['list', [1]]]),
    new Date(0),
    null,
  ),
  typedValue,
)

const NAMES = [
  'lock-tokens',
  'from-sequence-number',
  'message-count',
  'session-id',
  'messages',
  'sequence-numbers',
  'receiver-settle-mode',
  'disposition-status',
  'deadletter-reason',
  'properties-to-modify',
  'session-state',
  'last-updated-time',
  'skip',
  'top',
]

const body = fc.oneof(fc.dictionary(fc.constantFrom(...NAMES), likely), typedValue)

for (const requiresSession of [false, true]) {
  const kind = requiresSession ? 'with sessions' : 'without sessions'
  test(`every request has a status of the service: a queue ${kind} [management 3]`, async (t) => {
    const { broker, clock } = await inMemory({ serviceBus: { requiresSession } })
    const client = new EngineClient(broker, clock)
    if (!requiresSession) sendTo(client, 'orders', 'a', 'b')
    const manager = new Manager(client)
    const depth = broker.queue('orders').depth
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...OPERATIONS), body, async (operation, fields) => {
        const { status } = await manager.ask(operation, fields)
        return STATUSES.includes(status)
      }),
      { numRuns: 300 },
    )
    t.is(broker.queue('orders').depth, depth)
    t.is(broker.queue('orders').locked, 0)
  })
}
