// Locks on messages of a Service Bus queue, on a fake clock: when they end, what is answered to whom, and what they cost.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { tagOf } from '../../../lib/broker/service-bus/lock-token.js'
import type { IncomingDelivery } from '../../../lib/engine/delivery.js'
import { Message } from '../../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../../lib/types/messaging.js'
import { AMQPUuid } from '../../../lib/types/wrappers.js'
import { toHex } from '../../../lib/util/bytes.js'
import { EngineClient, type EngineReceiver } from '../engine-client.js'
import { inMemory, sendTo } from './memory-queue.js'

const SECOND = { rcvSettleMode: 1, sndSettleMode: 0 } as const

/** The outcome of a receiver that lets the broker settle, and the broker's answer to it. */
function ask(
  client: EngineClient,
  { link }: EngineReceiver,
  delivery: IncomingDelivery,
  state: DeliveryState,
) {
  let answer: DeliveryState | undefined
  delivery.onRemoteSettled = (settled) => {
    answer = settled
  }
  link.dispose(delivery, state, false)
  client.settle()
  return (answer?.kind === 'rejected' ? answer.error?.condition : undefined) ?? answer?.kind
}

test('a delivery-tag is the token in the order of .NET [azure 7]', (t) => {
  const file = join('tests', 'vectors', 'security-vectors.json')
  const { lockTokens } = JSON.parse(readFileSync(file, 'utf8')) as {
    lockTokens: readonly {
      readonly text: string
      readonly dotNetBytes: string
      readonly amqpUuidBytes: string
    }[]
  }
  t.true(lockTokens.length > 1)
  for (const { text, dotNetBytes, amqpUuidBytes } of lockTokens) {
    t.is(toHex(tagOf(text)), dotNetBytes)
    t.is(toHex(new AMQPUuid(text).value), amqpUuidBytes)
  }
})

test('a lock that ends gives the message to the next, counted; at the last attempt it is a dead letter [azure 7]', async (t) => {
  const { broker, clock } = await inMemory({ serviceBus: { lockDurationMs: 1_000 }, maxDeliveryCount: 2 })
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver(SECOND)
  t.is(receiver.receive(5).length, 1)
  clock.advance(999)
  client.settle()
  t.is(receiver.deliveries.length, 1)
  clock.advance(1)
  client.settle()
  t.is(receiver.deliveries.length, 2)
  const [first, second] = receiver.deliveries.map(({ payload }) => Message.decodeMessage(payload))
  t.deepEqual([first?.deliveryCount, second?.deliveryCount], [0, 1])
  t.notDeepEqual(receiver.deliveries[0]?.tag, receiver.deliveries[1]?.tag)
  clock.advance(1_000)
  client.settle()
  t.is(broker.queue('orders').depth + broker.queue('orders').locked, 0)
  const [dead] = broker.queue('orders/$DeadLetterQueue').messages
  t.is(dead?.applicationProperties?.['DeadLetterReason'], 'MaxDeliveryCountExceeded')
  t.is(dead?.messageAnnotations?.['x-opt-enqueue-sequence-number'], 1n)
})

test('every settlement is answered: by the same outcome, or with an error when the lock has ended [azure 7]', async (t) => {
  const { broker, clock } = await inMemory({ serviceBus: { lockDurationMs: 1_000 } })
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a', 'b', 'c', 'd', 'e')
  const receiver = client.receiver(SECOND)
  const [a, b, c, d, e] = receiver.receive(5) as [IncomingDelivery, ...IncomingDelivery[]]
  t.is(ask(client, receiver, a, ACCEPTED), 'accepted')
  t.is(ask(client, receiver, b as IncomingDelivery, { kind: 'modified' }), 'modified')
  t.is(
    ask(client, receiver, c as IncomingDelivery, { kind: 'modified', undeliverableHere: true }),
    'modified',
  )
  t.is(ask(client, receiver, d as IncomingDelivery, { kind: 'rejected' }), 'rejected')
  clock.advance(1_000)
  t.is(ask(client, receiver, e as IncomingDelivery, ACCEPTED), 'com.microsoft:message-lock-lost')
  t.is(broker.queue('orders').depth, 2)
  t.is(broker.queue('orders/$DeadLetterQueue').depth, 1)
})

test('a receiver that settles on its own too late changes nothing [azure 7]', async (t) => {
  const { broker, clock } = await inMemory({ serviceBus: { lockDurationMs: 1_000 } })
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver()
  const [delivery] = receiver.receive()
  clock.advance(1_000)
  receiver.settle(delivery as IncomingDelivery, ACCEPTED)
  t.is(broker.queue('orders').depth, 1)
})

test('released is no attempt [3.4.4]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver()
  receiver.settle(receiver.receive()[0] as IncomingDelivery, RELEASED)
  t.is(broker.queue('orders').messages[0]?.deliveryCount, 0)
})

test('abandoned without properties to change, a message stays byte for byte but for header and annotations [3.2]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const bare = new Message('a', { properties: { messageId: 'm' } }).encodeMessage()
  client.sender().send(bare)
  const receiver = client.receiver()
  const [first] = receiver.receive()
  if (first !== undefined) receiver.settle(first, { kind: 'modified' })
  const [second] = receiver.receive()
  t.true(toHex(second?.payload as Uint8Array).endsWith(toHex(bare)))
})

test('a transaction is refused, and the lock stays [azure 7]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver(SECOND)
  const [delivery] = receiver.receive() as [IncomingDelivery]
  const state = { kind: 'transactional-state', txnId: Uint8Array.of(1), outcome: ACCEPTED } as const
  t.is(ask(client, receiver, delivery, state), 'amqp:not-implemented')
  t.is(broker.queue('orders').locked, 1)
})

test('properties that are to be changed go among the application properties; compound ones are refused [azure 7]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const body = new Message('a', { applicationProperties: { kept: 1, changed: 'old', dropped: true } })
  client.sender().send(body.encodeMessage())
  const receiver = client.receiver(SECOND)
  const [delivery] = receiver.receive() as [IncomingDelivery]
  const refused: DeliveryState = { kind: 'modified', messageAnnotations: { list: [1] } }
  t.is(ask(client, receiver, delivery, refused), 'com.microsoft:argument-error')
  t.is(broker.queue('orders').locked, 1)
  clock.advance(60_000)
  client.settle()
  const [again] = receiver.receive() as [IncomingDelivery]
  const messageAnnotations = { changed: 'new', dropped: null, added: 'x' }
  t.is(ask(client, receiver, again, { kind: 'modified', messageAnnotations }), 'modified')
  const [message] = broker.queue('orders').messages
  t.deepEqual({ ...message?.applicationProperties }, { kept: 1, changed: 'new', added: 'x' })
  t.is(message?.text(), 'a')
})

test('a lock outlives its receiver [azure 7]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver()
  receiver.receive(1)
  receiver.link.detach()
  client.settle()
  t.is(broker.queue('orders').locked, 1)
  t.is(broker.queue('orders').consumers, 0)
  clock.advance(60_000)
  t.is(broker.queue('orders').depth, 1)
})

for (const [mode, locked] of [
  [0, 1],
  [1, 0],
] as const) {
  test(`what a lost connection did not carry any more is back at once: snd-settle-mode ${mode} [azure 7]`, async (t) => {
    const { broker, clock } = await inMemory()
    sendTo(new EngineClient(broker, clock), 'orders', 'carried', 'not carried')
    const client = new EngineClient(broker, clock, { pair: { highWaterBytes: 1 } })
    const receiver = client.receiver({ sndSettleMode: mode })
    client.transport.pause?.()
    for (const credit of [1, 2]) {
      receiver.link.setCredit(credit)
      client.settle()
    }
    t.is(broker.queue('orders').depth, 0)
    broker.dropConnections()
    client.settle()
    t.deepEqual(
      broker.queue('orders').messages.map((message) => [message.text(), message.deliveryCount]),
      [['not carried', 0]],
    )
    t.is(broker.queue('orders').locked, locked)
  })
}

test('a message that its receiver has no room for ends the link and stays where it was [2.7.3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'x'.repeat(2_000))
  const receiver = client.receiver({ maxMessageSize: 1_000n })
  receiver.receive(1)
  t.is(receiver.endReason?.condition, 'amqp:link:message-size-exceeded')
  t.is(broker.queue('orders').messages[0]?.deliveryCount, 0)
  t.is(broker.queue('orders').locked, 0)
})

test('however many locks there are, a queue has one timer, and none without locks', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const before = clock.pendingTimers
  sendTo(client, 'orders', ...Array.from({ length: 200 }, String))
  const receiver = client.receiver()
  const deliveries = receiver.receive(200)
  t.is(deliveries.length, 200)
  t.is(clock.pendingTimers, before + 1)
  for (const delivery of deliveries) receiver.settle(delivery, ACCEPTED)
  t.is(clock.pendingTimers, before)
})

test('when a broker stops, nothing of its queues is due any more', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  client.receiver().receive()
  const stopped = broker.stop()
  await clock.run()
  await stopped
  t.is(clock.pendingTimers, 0)
})

test('a message that expires is no more to be had, and one in the dead-letter queue never does [3.2.1]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const sender = client.sender()
  for (const body of ['dead', 'old'])
    sender.send(new Message(body, { header: { ttl: 5_000 } }).encodeMessage())
  const receiver = client.receiver()
  receiver.settle(receiver.receive()[0] as IncomingDelivery, { kind: 'rejected' })
  clock.advance(5_000)
  t.is(broker.queue('orders').depth, 0)
  t.deepEqual(receiver.receive(), [])
  t.is(broker.queue('orders/$DeadLetterQueue').messages[0]?.text(), 'dead')
})

test('a message without an id gets one, and keeps it; the rest of it stays as it was [azure 5]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const options = { properties: { subject: 's' }, applicationProperties: { k: 'v' } }
  client.sender().send(new Message('a', options).encodeMessage())
  const [first] = broker.queue('orders').messages
  const [second] = broker.queue('orders').messages
  t.regex(String(first?.properties?.messageId), /^[0-9a-f]{32}$/)
  t.is(second?.properties?.messageId, first?.properties?.messageId)
  t.is(first?.properties?.subject, 's')
  t.deepEqual({ ...first?.applicationProperties }, { k: 'v' })
  t.is(first?.text(), 'a')
})

test('a deleted queue ends its links, and what it held is gone', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  sendTo(client, 'orders', 'a')
  const receiver = client.receiver()
  receiver.receive()
  t.true(broker.deleteQueue('ORDERS'))
  client.settle()
  t.is(receiver.endReason?.condition, 'amqp:resource-deleted')
  t.throws(() => broker.queue('orders'), { code: 'AMQP_QUEUE_NOT_FOUND' })
  t.false(broker.deleteQueue('orders'))
})
