// What a Service Bus queue takes in, and which queues are of this kind.

import test from 'ava'
import { EmbeddedBroker, type QueueOptions } from '../../../lib/broker/index.js'
import { Message } from '../../../lib/message/message.js'
import { utf8Encode } from '../../../lib/util/bytes.js'
import { brokerInMemory, EngineClient } from '../engine-client.js'
import { inMemory, sendTo } from './memory-queue.js'

const BATCH = 0x80013700

function batchOf(...messages: readonly Uint8Array[]): Uint8Array {
  return new Message(messages, { messageAnnotations: { 'x-opt-partition-key': 'p' } }).encodeMessage()
}

test('the messages of a batch are those that were put in, byte for byte, each with its number [azure 6]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const properties = { messageId: 'm' }
  const inner = ['a', 'b'].map((text) => new Message(text, { properties }).encodeMessage())
  t.is(client.sender().send(batchOf(...inner), BATCH).outcome?.kind, 'accepted')
  const { messages } = broker.queue('orders')
  t.deepEqual(
    messages.map((message) => [message.text(), message.messageAnnotations?.['x-opt-sequence-number']]),
    [
      ['a', 1n],
      ['b', 2n],
    ],
  )
  t.is(messages[0]?.messageFormat, 0)
  t.is(messages[0]?.messageAnnotations?.['x-opt-partition-key'], undefined)
})

test('a batch with a message that cannot be decoded is refused as a whole [azure 6]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const good = new Message('a').encodeMessage()
  for (const payload of [
    batchOf(good, utf8Encode('no message')),
    new Message({ no: 'data' }).encodeMessage(),
  ]) {
    t.like(client.sender().send(payload, BATCH).outcome, {
      kind: 'rejected',
      error: { condition: 'amqp:decode-error' },
    })
  }
  t.is(broker.queue('orders').depth, 0)
})

test('a plain queue beside it keeps a batch as it came', async (t) => {
  const { broker, clock } = await inMemory()
  broker.createQueue('plain')
  const client = new EngineClient(broker, clock)
  const payload = batchOf(new Message('a').encodeMessage())
  client.sender({ address: 'plain' }).send(payload, BATCH)
  const [delivery] = client.receiver({ address: 'plain' }).receive()
  t.deepEqual(delivery?.payload, payload)
})

test('attempts that were counted elsewhere do not count here, however many [3.2.1]', async (t) => {
  const { broker, clock } = await inMemory({ maxDeliveryCount: 2 })
  const client = new EngineClient(broker, clock)
  client.sender().send(new Message('a', { header: { deliveryCount: 0xffffffff } }).encodeMessage())
  const receiver = client.receiver()
  const [delivery] = receiver.receive()
  t.is(delivery && Message.decodeMessage(delivery.payload).deliveryCount, 0)
  if (delivery !== undefined) receiver.settle(delivery, { kind: 'modified', deliveryFailed: true })
  t.is(broker.queue('orders').messages[0]?.deliveryCount, 1)
})

test('the anonymous terminus finds a Service Bus queue by any spelling [3.2.4]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const sender = client.sender({ target: { kind: 'target' } })
  sender.send(new Message('a', { properties: { to: '/ORDERS' } }).encodeMessage())
  t.is(broker.queue('orders').depth, 1)
})

test('two names that differ in case are one Service Bus queue, and two plain ones', async (t) => {
  const broker = await EmbeddedBroker.start({ listen: false })
  const serviceBus: QueueOptions = { serviceBus: true }
  broker.createQueue('orders', serviceBus)
  t.throws(() => broker.createQueue('Orders', serviceBus), { code: 'AMQP_QUEUE_EXISTS' })
  broker.createQueue('plain')
  broker.createQueue('Plain')
  t.is(broker.queue('ORDERS').name, 'orders')
  t.is(broker.queue('Orders/$deadletterqueue').name, 'orders/$DeadLetterQueue')
  t.throws(() => broker.queue('plain/$deadletterqueue'), { code: 'AMQP_QUEUE_NOT_FOUND' })
  t.is(broker.queue('plain/$DeadLetterQueue').name, 'plain/$DeadLetterQueue')
})

test('a dead-letter queue has none of its own, so that clients make no queues where they may not', async (t) => {
  const { broker, clock } = await brokerInMemory({ autoCreate: false })
  broker.createQueue('orders', { serviceBus: true })
  broker.createQueue('plain')
  const client = new EngineClient(broker, clock)
  for (const name of ['orders', 'plain']) {
    const address = `${name}/$DeadLetterQueue`
    t.true(client.sender({ address }).link.attached)
    t.is(client.sender({ address: `${address}/$DeadLetterQueue` }).endReason?.condition, 'amqp:not-found')
  }
  t.is(broker.queueNames.length, 4)
})

test('the option of the broker is for all queues that do not say otherwise', async (t) => {
  const { broker, clock } = await brokerInMemory({ serviceBus: { lockDurationMs: 1_000 } })
  const client = new EngineClient(broker, clock)
  broker.createQueue('own', { serviceBus: { requiresSession: true } })
  broker.createQueue('plain', { serviceBus: false })
  sendTo(client, 'fresh', 'a')
  sendTo(client, 'plain', 'a')
  t.is(broker.queue('fresh').messages[0]?.messageAnnotations?.['x-opt-sequence-number'], 1n)
  t.is(broker.queue('plain').messages[0]?.messageAnnotations, undefined)
  const filter = { 'com.microsoft:session-filter': 'one' } as never
  const own = client.receiver({ source: { kind: 'source', address: 'own', filter } })
  clock.advance(1_000)
  client.settle()
  t.is(own.endReason?.condition, 'com.microsoft:session-lock-lost')
  const dynamic = client.receiver({ source: { kind: 'source', dynamic: true } })
  const address = dynamic.link.remoteSource?.address ?? ''
  sendTo(client, address, 'a')
  t.is(broker.queue(address).messages[0]?.messageAnnotations, undefined)
})

test('looking at a queue by distribution-mode copy is for plain queues only [3.5.3]', async (t) => {
  const { broker, clock } = await inMemory()
  const client = new EngineClient(broker, clock)
  const source = { kind: 'source', address: 'orders', distributionMode: 'copy' } as const
  t.is(client.receiver({ source }).endReason?.condition, 'amqp:not-implemented')
})
