// Reading from an event hub of the embedded broker: what is kept, who may read, and how events come.

import test from 'ava'
import { SND_SETTLED } from '../../../lib/engine/link.js'
import { RELEASED } from '../../../lib/types/messaging.js'
import { type AMQPInput, AMQPLong } from '../../../lib/types/wrappers.js'
import { EngineClient } from '../engine-client.js'
import { hubInMemory, messageOf, reader, selector, sendEach, texts } from './engine-hub.js'

const EARLIEST = selector("amqp.annotation.x-opt-offset > '-1'")

// --- retention

test('a partition keeps so many events and no more; their numbers stay', async (t) => {
  const { client, hub } = await hubInMemory({ maxEvents: 3 })
  sendEach(client, ['0', '1', '2', '3', '4'])
  const [partition] = hub.partitions
  t.deepEqual([partition?.count, partition?.firstSequenceNumber, partition?.lastSequenceNumber], [3, 2, 4])
  t.deepEqual(texts(reader(client)), ['2', '3', '4'])
})

test('a partition keeps so many bytes and no more, but always the newest event', async (t) => {
  const { client, hub } = await hubInMemory({ maxBytes: 1_000 })
  sendEach(client, ['a'.repeat(500), 'b'.repeat(500), 'c'.repeat(500)])
  t.is(hub.partitions[0]?.count, 1)
  sendEach(client, ['d'.repeat(2_000)])
  t.deepEqual(texts(reader(client)), ['d'.repeat(2_000)])
})

test('a start whose event is gone is the oldest event, and so is the place of a reader that was too slow', async (t) => {
  const { client } = await hubInMemory({ maxEvents: 2 })
  sendEach(client, ['0', '1', '2'])
  const receiver = reader(client, { filter: selector("amqp.annotation.x-opt-sequence-number >= '0'") })
  t.deepEqual(texts(receiver, 1), ['1'])
  sendEach(client, ['3', '4', '5'])
  t.deepEqual(texts(receiver), ['4', '5'])
})

test('for a reader that has credit and does not read, a partition keeps no more than for others', async (t) => {
  const { broker, clock, client, hub } = await hubInMemory({ maxEvents: 300 })
  const slow = new EngineClient(broker, clock, { pair: { highWaterBytes: 1_000 } })
  const receiver = reader(slow)
  receiver.link.setCredit(10_000)
  slow.settle()
  slow.transport.pause?.()
  sendEach(client, [...Array(2_000).keys()].map(String))
  slow.transport.resume?.()
  slow.settle()
  const numbers = receiver.deliveries.map((delivery) => Number(messageOf(delivery).text()))
  t.deepEqual(numbers.slice(-300), [...Array(2_000).keys()].slice(-300))
  t.true(numbers.length < 700)
  t.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  )
  t.is(hub.partitions[0]?.count, 300)
})

test('large events come in order through a narrow line, and a drain after the last of them [2.6.7]', async (t) => {
  const { broker, clock, client } = await hubInMemory()
  const bodies = Array.from({ length: 250 }, (_, n) => `${n}`.padEnd(n % 3 === 0 ? 20_000 : 10))
  sendEach(client, bodies)
  const receiver = reader(new EngineClient(broker, clock, { pair: { highWaterBytes: 1_000 } }))
  receiver.link.setCredit(240)
  receiver.link.drain()
  client.settle()
  t.deepEqual(
    receiver.deliveries.map((delivery) => messageOf(delivery).text()),
    bodies.slice(0, 240),
  )
  t.false(receiver.link.isDraining)
  receiver.link.setCredit(20)
  receiver.link.drain()
  client.settle()
  t.is(receiver.deliveries.length, 250)
  t.is(receiver.link.credit.linkCredit, 0)
})

// --- reading

test('readers have places of their own, and reading takes nothing out', async (t) => {
  const { client, hub } = await hubInMemory()
  sendEach(client, ['0', '1', '2'])
  const [one, other] = [reader(client), reader(client)]
  t.deepEqual(texts(one, 2), ['0', '1'])
  t.deepEqual(texts(other), ['0', '1', '2'])
  t.deepEqual(texts(one, 2), ['2'])
  t.deepEqual([hub.partitions[0]?.count, hub.partitions[0]?.readers], [3, 2])
  one.link.detach()
  client.settle()
  t.is(hub.partitions[0]?.readers, 1)
})

test('an event comes once, whatever its receiver makes of it [3.4]', async (t) => {
  const { client } = await hubInMemory()
  sendEach(client, ['0', '1'])
  const receiver = reader(client)
  const [first] = receiver.receive(1)
  if (first === undefined) return t.fail()
  receiver.settle(first, RELEASED)
  t.deepEqual(texts(receiver), ['1'])
})

test('credit is kept to, and a drain ends it [2.6.7]', async (t) => {
  const { client } = await hubInMemory()
  const receiver = reader(client)
  receiver.link.setCredit(3)
  client.settle()
  sendEach(client, ['0', '1', '2', '3'])
  t.is(receiver.deliveries.length, 3)
  t.deepEqual(texts(receiver, 5), ['3'])
  receiver.link.drain()
  client.settle()
  t.is(receiver.link.credit.linkCredit, 0)
  sendEach(client, ['4'])
  t.is(receiver.deliveries.length, 4)
  t.deepEqual(texts(receiver, 1), ['4'])
})

test('events come settled to those who ask for that [2.8.2]', async (t) => {
  const { client } = await hubInMemory()
  sendEach(client, ['0'])
  t.true(reader(client, { sndSettleMode: SND_SETTLED }).receive()[0]?.settled)
  t.false(reader(client).receive()[0]?.settled)
})

test('a reader that takes smaller messages only is detached at a larger one, not led past it', async (t) => {
  const { client } = await hubInMemory()
  sendEach(client, ['small', 'x'.repeat(1_000), 'small'])
  const receiver = reader(client, { maxMessageSize: 500n })
  t.deepEqual(texts(receiver), ['small'])
  t.is(receiver.endReason?.condition, 'amqp:link:message-size-exceeded')
})

test('who desires runtime metrics is told of the newest event, by delivery annotations; others are not [3.2.2]', async (t) => {
  const { client, clock } = await hubInMemory()
  sendEach(client, ['0'])
  clock.advance(1_000)
  sendEach(client, ['1'])
  clock.advance(1_000)
  const capability = 'com.microsoft:enable-receiver-runtime-metric'
  const receiver = reader(client, { desiredCapabilities: [capability] })
  t.deepEqual(receiver.link.remoteAttach?.offeredCapabilities, [capability])
  const [first, second] = receiver.receive(2).map(messageOf)
  const date = Date.UTC(2030, 0, 1)
  t.deepEqual(
    { ...first?.deliveryAnnotations },
    {
      last_enqueued_sequence_number: 1n,
      last_enqueued_offset: second?.messageAnnotations?.['x-opt-offset'],
      last_enqueued_time_utc: new Date(date + 2_000),
      runtime_info_retrieval_time_utc: new Date(date + 3_000),
    },
  )
  t.is(first?.text(), '0')
  const [plain] = reader(client).receive(1).map(messageOf)
  t.is(plain?.deliveryAnnotations, undefined)
})

// --- owners

test('an equal or higher epoch takes the partition; a reader without epoch gives way to any', async (t) => {
  const { client } = await hubInMemory()
  let before = reader(client)
  for (const epoch of [0, 0, 7, 8]) {
    const next = reader(client, { epoch: new AMQPLong(epoch) })
    t.is(before.endReason?.condition, 'amqp:link:stolen')
    t.false(next.ended)
    before = next
  }
  sendEach(client, ['a'])
  t.deepEqual(texts(before), ['a'])
})

test('a lower epoch and none are refused while there is an owner, and told who it is', async (t) => {
  const { client } = await hubInMemory()
  const properties = { 'com.microsoft:epoch': new AMQPLong(3), 'com.microsoft:receiver-name': 'the owner' }
  const owner = reader(client, { properties: properties as never })
  for (const epoch of [new AMQPLong(2), undefined]) {
    const { endReason } = reader(client, { epoch })
    t.is(endReason?.condition, 'amqp:link:stolen')
    t.regex(endReason?.description ?? '', /receiver "the owner" of epoch 3/)
  }
  t.false(owner.ended)
  owner.link.detach()
  client.settle()
  t.false(reader(client, { epoch: new AMQPLong(2) }).ended)
})

test('five readers without epoch are the most for a group and a partition; one that leaves makes room', async (t) => {
  const { client } = await hubInMemory({ partitions: 2, consumerGroups: ['other'] })
  const five = Array.from({ length: 5 }, () => reader(client))
  t.is(reader(client).endReason?.condition, 'amqp:resource-limit-exceeded')
  for (const address of ['hub/ConsumerGroups/other/Partitions/0', 'hub/ConsumerGroups/$Default/Partitions/1'])
    t.false(reader(client, { address }).ended)
  five[0]?.link.detach()
  client.settle()
  t.false(reader(client).ended)
})

test('a client that is lost leaves its places', async (t) => {
  const { broker, clock, client, hub } = await hubInMemory()
  reader(client, { epoch: new AMQPLong(9) })
  client.transport.destroy()
  client.settle()
  t.is(hub.partitions[0]?.readers, 0)
  t.false(reader(new EngineClient(broker, clock), { filter: EARLIEST }).ended)
})

for (const epoch of ['1', 1.5, true] as readonly AMQPInput[]) {
  test(`an epoch that is ${typeof epoch} ${String(epoch)} is refused`, async (t) => {
    const { client } = await hubInMemory()
    t.is(reader(client, { epoch }).endReason?.condition, 'amqp:invalid-field')
  })
}
