// Sessions of a Service Bus queue on a fake clock: the forms of their filter, who gets one, and how long.

import test from 'ava'
import type { EmbeddedBroker } from '../../../lib/broker/index.js'
import { Message } from '../../../lib/message/message.js'
import { ACCEPTED } from '../../../lib/types/messaging.js'
import { AMQPDescribed, type AMQPInput, AMQPuInt, AMQPuLong } from '../../../lib/types/wrappers.js'
import type { FakeClock } from '../../support/fake-clock.js'
import { EngineClient, type EngineReceiver } from '../engine-client.js'
import { inMemory, Manager } from './memory-queue.js'

const FILTER = 'com.microsoft:session-filter'

function withSessions(maxDeliveryCount = 10): Promise<{ broker: EmbeddedBroker; clock: FakeClock }> {
  return inMemory({ serviceBus: { requiresSession: true, lockDurationMs: 1_000 }, maxDeliveryCount })
}

function send(client: EngineClient, groupId: string, body = 'a'): unknown {
  return client.sender().send(new Message(body, { properties: { groupId } }).encodeMessage()).outcome
}

function accept(client: EngineClient, filter: AMQPInput, timeoutMs?: number): EngineReceiver {
  return client.receiver({
    source: { kind: 'source', address: 'orders', filter: { [FILTER]: filter } as never },
    ...(timeoutMs === undefined
      ? undefined
      : { properties: { 'com.microsoft:timeout': new AMQPuInt(timeoutMs) } }),
  })
}

function acceptedId({ link }: EngineReceiver): unknown {
  return link.remoteSource?.filter?.[FILTER]
}

test('the filter may be bare or described, and is answered in the form that it has [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const bare = accept(client, 'one')
  t.is(acceptedId(bare), 'one')
  t.is(
    bare.link.remoteAttach?.properties?.['com.microsoft:locked-until-utc'],
    (BigInt(clock.date() + 1_000) + 62_135_596_800_000n) * 10_000n,
  )
  const described = accept(client, new AMQPDescribed(new AMQPuLong(0x13_7000_000cn), 'two'))
  const answer = acceptedId(described)
  t.true(answer instanceof AMQPDescribed && answer.value === 'two' && answer.descriptor === 0x13_7000_000cn)
  send(client, 'three')
  t.is(acceptedId(accept(client, null)), 'three')
})

test('a filter that is no id is refused [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  t.is(accept(client, 7).endReason?.condition, 'com.microsoft:argument-error')
  t.is(client.receiver().endReason?.condition, 'amqp:not-allowed')
  broker.createQueue('others', { serviceBus: true })
  const source = { kind: 'source', address: 'others', filter: { [FILTER]: 'one' } as never } as const
  t.is(client.receiver({ source }).endReason?.condition, 'amqp:not-allowed')
  t.is(broker.queue('orders').consumers + broker.queue('others').consumers, 0)
})

test('a session that another has is refused at once [azure 4, 8]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  accept(client, 'one')
  t.is(accept(client, 'one').endReason?.condition, 'com.microsoft:session-cannot-be-locked')
})

test('those who wait for a session get one each, in order, or are told when their time is up [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const waiting = [500, 5_000, 5_000].map((timeoutMs) => accept(client, null, timeoutMs))
  clock.advance(500)
  client.settle()
  t.is(waiting[0]?.endReason?.condition, 'com.microsoft:timeout')
  send(client, 'one')
  send(client, 'one')
  send(client, 'two')
  t.deepEqual(waiting.slice(1).map(acceptedId), ['one', 'two'])
})

test('who no longer waits gets no session [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const timers = clock.pendingTimers
  accept(client, null, 5_000).link.detach()
  client.settle()
  t.is(clock.pendingTimers, timers)
  send(client, 'one')
  t.is(acceptedId(accept(client, null)), 'one')
})

test('a session that ends with its link gives its messages back in order, uncounted [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  for (const body of ['a', 'b', 'c']) send(client, 'one', body)
  const first = accept(client, 'one')
  const [, delivery] = first.receive(2)
  if (delivery !== undefined) first.settle(delivery, ACCEPTED)
  const waiting = accept(client, null)
  first.link.detach()
  client.settle()
  t.is(acceptedId(waiting), 'one')
  const messages = waiting.receive(5).map(({ payload }) => Message.decodeMessage(payload))
  t.deepEqual(
    messages.map((message) => [message.text(), message.deliveryCount]),
    [
      ['a', 0],
      ['c', 0],
    ],
  )
})

test('a session whose lock ends is detached; its messages are counted, and given up at the last attempt [azure 8]', async (t) => {
  const { broker, clock } = await withSessions(2)
  const client = new EngineClient(broker, clock)
  send(client, 'one')
  for (const count of [0, 1]) {
    const receiver = accept(client, null)
    const [delivery] = receiver.receive()
    t.is(delivery && Message.decodeMessage(delivery.payload).deliveryCount, count)
    clock.advance(999)
    client.settle()
    t.false(receiver.ended)
    clock.advance(1)
    client.settle()
    t.is(receiver.endReason?.condition, 'com.microsoft:session-lock-lost')
  }
  t.is(broker.queue('orders').depth, 0)
  t.is(broker.queue('orders/$DeadLetterQueue').messages[0]?.properties?.groupId, 'one')
})

test('a message without group-id is refused, and a batch with one such as a whole [azure 6]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  t.like(client.sender().send(new Message('a').encodeMessage()).outcome, {
    kind: 'rejected',
    error: { condition: 'amqp:not-allowed' },
  })
  const inner = [{ groupId: 'one' }, {}].map((properties) => new Message('a', { properties }).encodeMessage())
  const batch = new Message(inner).encodeMessage()
  t.like(client.sender().send(batch, 0x80013700).outcome, { kind: 'rejected' })
  t.is(broker.queue('orders').depth, 0)
})

test('a session of which there is nothing to know is forgotten [management 3]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  const list = () => manager.ask('com.microsoft:get-message-sessions', { skip: 0, top: 10 })
  send(client, 'one')
  t.deepEqual(Array.from((await list()).field('sessions-ids') as Iterable<unknown>), ['one'])
  const receiver = accept(client, 'one')
  const [delivery] = receiver.receive()
  if (delivery !== undefined) receiver.settle(delivery, ACCEPTED)
  t.is((await list()).status, 204)
  await manager.ask('com.microsoft:set-session-state', {
    'session-id': 'one',
    'session-state': Uint8Array.of(1),
  })
  receiver.link.detach()
  client.settle()
  t.is((await list()).status, 200)
})

test('messages of one session are not to be had, or settled, in the name of another [management 3]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  send(client, 'one')
  const receiver = accept(client, 'one')
  const [delivery] = receiver.receive()
  if (delivery !== undefined) receiver.settle(delivery, { kind: 'modified', undeliverableHere: true })
  accept(client, 'two')
  const take = (sessionId: string) =>
    manager.ask('com.microsoft:receive-by-sequence-number', {
      'sequence-numbers': [1],
      'receiver-settle-mode': 0,
      'session-id': sessionId,
    })
  t.is((await take('two')).status, 404)
  t.is((await take('three')).status, 410)
  t.is((await take('one')).status, 200)
})

test('a session whose messages have expired is not the next one [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const options = { header: { ttl: 500 }, properties: { groupId: 'one' } }
  client.sender().send(new Message('a', options).encodeMessage())
  send(client, 'two')
  clock.advance(500)
  t.is(acceptedId(accept(client, null)), 'two')
})

test('a message that has no time to live makes no session: who waits does not get it, nor two the same [azure 4]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const waiting = accept(client, null)
  const options = { header: { ttl: 0 }, properties: { groupId: 'one' } }
  client.sender().send(new Message('a', options).encodeMessage())
  t.false(waiting.link.attached)
  t.is(acceptedId(accept(client, 'one')), 'one')
  send(client, 'one', 'b')
  t.false(waiting.link.attached)
  send(client, 'two')
  t.is(acceptedId(waiting), 'two')
})

test('a session lock that is renewed ends later [management 3]', async (t) => {
  const { broker, clock } = await withSessions()
  const client = new EngineClient(broker, clock)
  const manager = new Manager(client)
  const receiver = accept(client, 'one')
  clock.advance(900)
  const { field } = await manager.ask('com.microsoft:renew-session-lock', { 'session-id': 'one' })
  t.deepEqual(field('expiration'), new Date(clock.date() + 1_000))
  clock.advance(999)
  client.settle()
  t.false(receiver.ended)
  clock.advance(1)
  client.settle()
  t.is(receiver.endReason?.condition, 'com.microsoft:session-lock-lost')
})
