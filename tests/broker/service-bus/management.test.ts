// The management node of a Service Bus queue: what it does on a fake clock, and what it says to requests that are wrong.

import test from 'ava'
import { Message } from '../../../lib/message/message.js'
import { ACCEPTED } from '../../../lib/types/messaging.js'
import { AMQPArray, AMQPLong, AMQPTimestamp, AMQPUuid } from '../../../lib/types/wrappers.js'
import { EngineClient } from '../engine-client.js'
import { inMemory, Manager, sendTo } from './memory-queue.js'

const TOKEN = '00112233-4455-6677-8899-aabbccddeeff'

function uuids(...tokens: readonly string[]): AMQPArray<AMQPUuid> {
  return new AMQPArray(
    tokens.map((token) => new AMQPUuid(token)),
    'uuid',
  )
}

function longs(...numbers: readonly number[]): AMQPArray {
  return new AMQPArray(numbers.map(BigInt), 'long')
}

function scheduled(text: string, at: number): Uint8Array {
  const messageAnnotations = { 'x-opt-scheduled-enqueue-time': new AMQPTimestamp(at) }
  return new Message(text, { messageAnnotations }).encodeMessage()
}

/** Operation, body, status and condition. */
const WRONG: readonly (readonly [unknown, unknown, number, string])[] = [
  [undefined, {}, 501, 'amqp:not-implemented'],
  ['constructor', {}, 501, 'amqp:not-implemented'],
  ['com.microsoft:enumerate-rules', { top: 1, skip: 0 }, 501, 'amqp:not-implemented'],
  ['com.microsoft:peek-message', null, 400, 'com.microsoft:argument-error'],
  ['com.microsoft:peek-message', 'text', 400, 'com.microsoft:argument-error'],
  ['com.microsoft:peek-message', {}, 400, 'com.microsoft:argument-error'],
  [
    'com.microsoft:peek-message',
    { 'from-sequence-number': 1, 'message-count': 0 },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:peek-message',
    { 'from-sequence-number': -1, 'message-count': 1 },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:peek-message',
    { 'from-sequence-number': 'a', 'message-count': 1 },
    400,
    'com.microsoft:argument-error',
  ],
  ['com.microsoft:renew-lock', { 'lock-tokens': [] }, 400, 'com.microsoft:argument-error'],
  ['com.microsoft:renew-lock', { 'lock-tokens': [TOKEN] }, 400, 'com.microsoft:argument-error'],
  ['com.microsoft:renew-lock', { 'lock-tokens': uuids(TOKEN) }, 410, 'com.microsoft:message-lock-lost'],
  ['com.microsoft:schedule-message', { messages: [{}] }, 400, 'com.microsoft:argument-error'],
  ['com.microsoft:schedule-message', { messages: [1] }, 400, 'com.microsoft:argument-error'],
  ['com.microsoft:schedule-message', { messages: [{ message: 'a' }] }, 400, 'com.microsoft:argument-error'],
  [
    'com.microsoft:schedule-message',
    { messages: [{ message: Uint8Array.of(0) }] },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:schedule-message',
    { messages: [{ message: new Message('a').encodeMessage() }] },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:cancel-scheduled-message',
    { 'sequence-numbers': longs(1) },
    404,
    'com.microsoft:message-not-found',
  ],
  [
    'com.microsoft:cancel-scheduled-message',
    { 'sequence-numbers': ['1'] },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:receive-by-sequence-number',
    { 'sequence-numbers': longs(1), 'receiver-settle-mode': 1 },
    404,
    'com.microsoft:message-not-found',
  ],
  [
    'com.microsoft:receive-by-sequence-number',
    { 'sequence-numbers': longs(1) },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:update-disposition',
    { 'lock-tokens': uuids(TOKEN), 'disposition-status': 'completed' },
    410,
    'com.microsoft:message-lock-lost',
  ],
  [
    'com.microsoft:update-disposition',
    { 'lock-tokens': uuids(TOKEN), 'disposition-status': 'deferred' },
    400,
    'com.microsoft:argument-error',
  ],
  [
    'com.microsoft:update-disposition',
    { 'lock-tokens': uuids(TOKEN), 'disposition-status': 'abandoned', 'properties-to-modify': { list: [1] } },
    400,
    'com.microsoft:argument-error',
  ],
  ['com.microsoft:renew-session-lock', { 'session-id': 'one' }, 400, 'amqp:not-allowed'],
  ['com.microsoft:get-message-sessions', { skip: 0, top: 1 }, 400, 'amqp:not-allowed'],
]

test('every request that is wrong gets a status that says how, and changes nothing [management 3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const manager = new Manager(client)
  for (const [operation, body, status, condition] of WRONG) {
    const reply = await manager.ask(operation, body)
    t.deepEqual([reply.status, reply.condition], [status, condition], `${String(operation)} ${status}`)
  }
  t.is(broker.queue('orders').depth, 1)
  t.is(broker.queue('orders').locked, 0)
})

test('requests about sessions need one that is locked, and fields of the right kind [management 3]', async (t) => {
  const { broker, clock } = await inMemory({ serviceBus: { requiresSession: true } })
  const manager = new Manager(new EngineClient(broker, clock))
  const numbers = longs(1)
  for (const [operation, body, status, condition] of [
    ['renew-session-lock', {}, 400, 'com.microsoft:argument-error'],
    ['renew-session-lock', { 'session-id': 'one' }, 410, 'com.microsoft:session-lock-lost'],
    ['get-session-state', { 'session-id': 7 }, 400, 'com.microsoft:argument-error'],
    [
      'set-session-state',
      { 'session-id': 'one', 'session-state': null },
      410,
      'com.microsoft:session-lock-lost',
    ],
    [
      'get-message-sessions',
      { skip: 0, top: 1, 'last-updated-time': 'now' },
      400,
      'com.microsoft:argument-error',
    ],
    ['get-message-sessions', { skip: 0, top: 1 }, 204, undefined],
    ['renew-lock', { 'lock-tokens': uuids(TOKEN) }, 400, 'amqp:not-allowed'],
    [
      'update-disposition',
      { 'lock-tokens': uuids(TOKEN), 'disposition-status': 'completed' },
      410,
      'com.microsoft:session-lock-lost',
    ],
    [
      'receive-by-sequence-number',
      { 'sequence-numbers': numbers, 'receiver-settle-mode': 0 },
      404,
      'com.microsoft:message-not-found',
    ],
  ] as const) {
    const reply = await manager.ask(`com.microsoft:${operation}`, body)
    t.deepEqual([reply.status, reply.condition], [status, condition], operation)
  }
})

test('a body that cannot be decoded is answered, too [management 3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const receiver = client.receiver({
    address: 'orders/$management',
    target: { kind: 'target', address: 'back' },
  })
  receiver.link.setCredit(1)
  const sender = client.sender({ address: 'orders/$management' })
  const head = new Message(undefined, {
    properties: { messageId: 1n, replyTo: 'back' },
    applicationProperties: { operation: 'com.microsoft:peek-message' },
  }).encodeMessage()
  // In place of the null of the body a map that says to be longer than it is.
  const sent = sender.send(Uint8Array.of(...head.subarray(0, head.length - 1), 0xc1, 0x03, 0x02, 0xa1, 0x05))
  await clock.run()
  const [delivery] = receiver.deliveries
  const answer = delivery && Message.decodeMessage(delivery.payload).applicationProperties
  t.is(answer?.['statusCode'], 400)
  t.is(String(answer?.['errorCondition']), 'amqp:decode-error')
  t.is(sent.outcome, ACCEPTED)
})

test('scheduled messages appear when each is due, in the order of their times [management 3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  const timers = clock.pendingTimers
  const times = [3_000, 1_000, 2_000, 1_000]
  const messages = times.map((ms, index) => ({ message: scheduled(`${index}`, clock.date() + ms) }))
  const reply = await manager.ask('com.microsoft:schedule-message', { messages })
  t.true((reply.field('sequence-numbers') as AMQPArray).equals(longs(1, 2, 3, 4)))
  t.is(clock.pendingTimers, timers + 1)
  const texts: string[][] = []
  for (let second = 0; second < 3; second++) {
    clock.advance(1_000)
    texts.push(broker.queue('orders').messages.map((message) => message.text()))
  }
  t.deepEqual(texts, [
    ['1', '3'],
    ['1', '3', '2'],
    ['1', '3', '2', '0'],
  ])
  t.is(clock.pendingTimers, timers)
  t.deepEqual(
    broker
      .queue('orders')
      .messages.map(({ messageAnnotations: m }) => [
        m?.['x-opt-sequence-number'],
        m?.['x-opt-enqueue-sequence-number'],
      ]),
    [
      [5n, 2n],
      [6n, 4n],
      [7n, 3n],
      [8n, 1n],
    ],
  )
})

test('cancelling is for all the messages of a request or for none [management 3]', async (t) => {
  const { broker, clock } = await inMemory()
  const manager = new Manager(new EngineClient(broker, clock))
  const at = clock.date() + 1_000
  await manager.ask('com.microsoft:schedule-message', { messages: [{ message: scheduled('a', at) }] })
  const cancel = (...numbers: number[]) =>
    manager.ask('com.microsoft:cancel-scheduled-message', { 'sequence-numbers': longs(...numbers) })
  t.is((await cancel(1, 2)).status, 404)
  t.is((await cancel(1, 1)).status, 200)
  t.is((await cancel(1)).status, 404)
  clock.advance(1_000)
  t.is(broker.queue('orders').depth, 0)
})

test('an answer to a peek has room for its messages, however many are asked for [management 3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  sendTo(client, 'orders', ...Array.from({ length: 5 }, () => 'x'.repeat(300_000)))
  const peek = async (from: number) => {
    const body = { 'from-sequence-number': new AMQPLong(from), 'message-count': 1_000 }
    const reply = await manager.ask('com.microsoft:peek-message', body)
    return reply.status === 204 ? 0 : (reply.field('messages') as unknown[]).length
  }
  t.deepEqual([await peek(0), await peek(4), await peek(6)], [3, 2, 0])
})

test('a lock on a deferred message ends, too, and leaves it deferred [management 3]', async (t) => {
  const { broker, clock } = await inMemory({ serviceBus: { lockDurationMs: 1_000 } })
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver()
  const [delivery] = receiver.receive()
  if (delivery !== undefined) receiver.settle(delivery, { kind: 'modified', undeliverableHere: true })
  const take = () =>
    manager.ask('com.microsoft:receive-by-sequence-number', {
      'sequence-numbers': longs(1),
      'receiver-settle-mode': 1,
    })
  const tokenOf = (reply: Awaited<ReturnType<typeof take>>) => {
    const [first] = reply.field('messages') as [Map<string, unknown>]
    return first.get('lock-token') as AMQPUuid
  }
  const first = tokenOf(await take())
  t.is((await take()).status, 404)
  clock.advance(1_000)
  const settle = (token: AMQPUuid) =>
    manager.ask('com.microsoft:update-disposition', {
      'lock-tokens': uuids(token.toString()),
      'disposition-status': 'suspended',
      'deadletter-reason': 'why',
      'properties-to-modify': { by: 'me' },
    })
  t.is((await settle(first)).status, 410)
  t.is(broker.queue('orders').depth, 0)
  t.is((await settle(tokenOf(await take()))).status, 200)
  const [dead] = broker.queue('orders/$DeadLetterQueue').messages
  t.is(dead?.deliveryCount, 1)
  t.deepEqual({ ...dead?.applicationProperties }, { by: 'me', DeadLetterReason: 'why' })
})

test('the node is there as long as its queue, and only for Service Bus queues', async (t) => {
  const { broker, clock } = await inMemory()
  broker.createQueue('plain')
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  t.is(client.sender({ address: 'plain/$management' }).endReason?.condition, 'amqp:not-found')
  t.false(broker.queueNames.includes('plain/$management'))
  broker.deleteQueue('orders')
  const { status, condition } = await manager.ask('com.microsoft:peek-message', {})
  t.deepEqual([status, condition], [404, 'amqp:not-found'])
})
