// Sending to an event hub of the embedded broker: which partition, what is stored, and what is refused.

import test from 'ava'
import { BATCH_MESSAGE_FORMAT } from '../../../lib/constants.js'
import { Message } from '../../../lib/message/message.js'
import { decodeTyped } from '../../../lib/types/decode-typed.js'
import { ACCEPTED } from '../../../lib/types/messaging.js'
import {
  AMQPDescribed,
  type AMQPInput,
  AMQPLong,
  AMQPMap,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
} from '../../../lib/types/wrappers.js'
import { concatBytes, fromHex, toHex } from '../../../lib/util/bytes.js'
import { EngineClient, type Sent } from '../engine-client.js'
import { batch, event, hubInMemory, messageOf, reader, sendEach, stored, texts } from './engine-hub.js'

/** A header that says durable, in more bytes than it needs. */
const HEADER = '005370d000000006000000024140'
/** Properties with message-id "m", in more bytes than they need, and amqp-value "a". */
const BARE = '00800000000000000073d00000000700000001a1016d005377a10161'

function conditionOf({ outcome }: Sent): string | undefined {
  return outcome?.kind === 'rejected' ? outcome.error?.condition : outcome?.kind
}

// --- what is stored

test('an event gets its place as annotations of their types; the bare message stays byte for byte [3.2]', async (t) => {
  const { client } = await hubInMemory()
  client.sender({ address: 'hub' }).send(fromHex(HEADER + BARE))
  const [delivery] = reader(client).receive()
  const hex = toHex(delivery?.payload ?? new Uint8Array(0))
  t.true(hex.startsWith(HEADER))
  t.true(hex.endsWith(BARE))
  const section = hex.slice(HEADER.length, -BARE.length)
  t.true(
    decodeTyped(fromHex(section)).equals(
      new AMQPDescribed(
        0x72,
        new AMQPMap<AMQPInput, AMQPInput>([
          [new AMQPSymbol('x-opt-sequence-number'), new AMQPLong(0)],
          [new AMQPSymbol('x-opt-offset'), new AMQPString('0')],
          [new AMQPSymbol('x-opt-enqueued-time'), new AMQPTimestamp(Date.UTC(2030, 0, 1) + 1_000)],
        ]),
      ),
    ),
  )
})

test('annotations of the sender stay, but for those that are the partition’s to say', async (t) => {
  const { client } = await hubInMemory()
  const sent = {
    mine: 'kept',
    'x-opt-sequence-number': new AMQPLong(77),
    'x-opt-offset': 'x',
    'x-opt-publisher': 'y',
  }
  const sender = client.sender({ address: 'hub' })
  sender.send(event('0'))
  sender.send(event('1', sent))
  const [, second] = reader(client).receive(2).map(messageOf)
  const {
    mine,
    'x-opt-sequence-number': number,
    'x-opt-publisher': publisher,
  } = second?.messageAnnotations ?? {}
  t.deepEqual([mine, number, publisher], ['kept', 1n, undefined])
})

test('enqueued times never fall, though the calendar does', async (t) => {
  const { client, clock, hub } = await hubInMemory()
  sendEach(client, ['0'])
  clock.dateMs -= 60_000
  sendEach(client, ['1'])
  const times = hub.events.map(({ messageAnnotations }) =>
    Number(messageAnnotations?.['x-opt-enqueued-time']),
  )
  t.deepEqual(times, [Date.UTC(2030, 0, 1) + 1_000, Date.UTC(2030, 0, 1) + 1_000])
})

// --- which partition

test('messages without a key go round, those with one stay together', async (t) => {
  const { client, hub } = await hubInMemory({ partitions: 3 })
  sendEach(client, ['0', '1', '2', '3'])
  t.deepEqual(stored(hub), [['0', '3'], ['1'], ['2']])
  const sender = client.sender({ address: 'hub' })
  const keys = Array.from({ length: 30 }, (_, n) => `device-${n}`)
  for (const n of [1, 2])
    for (const key of keys) sender.send(event(`${key} ${n}`, { 'x-opt-partition-key': key }))
  const after = stored(hub)
  for (const key of keys) {
    const homes = after.filter((bodies) => bodies.some((body) => body.startsWith(`${key} `)))
    t.is(homes.length, 1)
  }
  t.true(after.every((bodies) => bodies.some((body) => body.startsWith('device'))))
})

test('a partition or a publisher in the address decides; a publisher is the key of its events', async (t) => {
  const { client, hub } = await hubInMemory({ partitions: 3 })
  client.sender({ address: 'hub/Partitions/2' }).send(event('x', { 'x-opt-partition-key': 'k' }))
  t.deepEqual(stored(hub), [[], [], ['x']])
  const publisher = client.sender({ address: 'hub/Publishers/sensor' })
  publisher.send(event('y'))
  publisher.send(event('z'))
  const [y, z] = hub.events.filter((message) => message.text() !== 'x')
  for (const message of [y, z]) {
    t.is(message?.messageAnnotations?.['x-opt-publisher'], 'sensor')
    t.is(message?.messageAnnotations?.['x-opt-partition-key'], 'sensor')
  }
  t.is(stored(hub).filter((bodies) => bodies.includes('y') && bodies.includes('z')).length, 1)
})

// --- batches

test('a batch comes apart at the partition of its key, which all of its events tell', async (t) => {
  const { client, hub } = await hubInMemory({ partitions: 4 })
  const payload = batch(['a', 'b', 'c'], { 'x-opt-partition-key': 'k' })
  const sent = client.sender({ address: 'hub' }).send(payload, BATCH_MESSAGE_FORMAT)
  t.is(sent.outcome, ACCEPTED)
  t.deepEqual(stored(hub).flat(), ['a', 'b', 'c'])
  t.is(hub.partitions.filter(({ count }) => count > 0).length, 1)
  t.deepEqual(
    hub.events.map(({ messageAnnotations: m }) => [m?.['x-opt-partition-key'], m?.['x-opt-sequence-number']]),
    [
      ['k', 0n],
      ['k', 1n],
      ['k', 2n],
    ],
  )
})

const data = (bytes: Uint8Array): Uint8Array =>
  concatBytes([fromHex('005375b0'), fromHex(bytes.length.toString(16).padStart(8, '0')), bytes])

for (const [what, payload, condition] of [
  [
    'an event that is cut off',
    concatBytes([data(event('a')), data(event('b').subarray(0, -1))]),
    'amqp:decode-error',
  ],
  ['an event without bytes', concatBytes([data(event('a')), data(new Uint8Array(0))]), 'amqp:decode-error'],
  [
    'annotations that are none',
    concatBytes([data(event('a')), data(fromHex('00 53 72 c1 03 02 a1 09'))]),
    'amqp:decode-error',
  ],
  [
    'a key that is no string',
    concatBytes([data(event('a')), data(event('b', { 'x-opt-partition-key': 5 }))]),
    'amqp:invalid-field',
  ],
  ['a value for a body', new Message('a').encodeMessage(), 'amqp:decode-error'],
  ['no body', fromHex('005372c10100'), 'amqp:decode-error'],
] as const) {
  test(`a batch with ${what} is rejected, and nothing of it is stored`, async (t) => {
    const { client, hub } = await hubInMemory()
    const sender = client.sender({ address: 'hub' })
    t.is(conditionOf(sender.send(payload, BATCH_MESSAGE_FORMAT)), condition)
    t.is(hub.events.length, 0)
    t.is(sender.send(event('next')).outcome, ACCEPTED)
  })
}

test('a message that is none, and one in a transaction, are rejected', async (t) => {
  const { client, hub } = await hubInMemory()
  const sender = client.sender({ address: 'hub' })
  t.is(conditionOf(sender.send(new Uint8Array(0))), 'amqp:decode-error')
  t.is(conditionOf(sender.send(fromHex('00 53 99 40'))), 'amqp:decode-error')
  const state = { kind: 'transactional-state', txnId: Uint8Array.of(1) } as const
  t.is(conditionOf(sender.send(event('a'), 0, state)), 'amqp:transaction:unknown-id')
  t.is(hub.events.length, 0)
})

test('the largest message is told in the attach and kept to: 1 MiB, or what the broker was told [2.7.3]', async (t) => {
  const { client } = await hubInMemory()
  t.is(client.sender({ address: 'hub' }).link.maxMessageSize, 1_048_576)
  const { client: other } = await hubInMemory({}, { maxMessageSize: 1_000 })
  t.is(other.sender({ address: 'hub' }).link.maxMessageSize, 1_000)
})

// --- links

test('links of one name do not take each other’s place', async (t) => {
  const { broker, clock, client, hub } = await hubInMemory()
  const one = client.sender({ address: 'hub', name: 'hub' })
  const other = new EngineClient(broker, clock).sender({ address: 'hub', name: 'hub' })
  one.send(event('1'))
  other.send(event('2'))
  t.deepEqual([one.ended, other.ended], [false, false])
  t.deepEqual(stored(hub), [['1', '2']])
})

const SENDERS: readonly (readonly [string, string])[] = [
  ['hub/Partitions/1', 'com.microsoft:argument-out-of-range'],
  ['hub/Partitions/00', 'com.microsoft:argument-out-of-range'],
  ['hub/Partitions/', 'amqp:not-allowed'],
  ['hub/', 'amqp:not-allowed'],
  ['hub/else', 'amqp:not-allowed'],
  ['hub/ConsumerGroups/$Default/Partitions/0', 'amqp:not-allowed'],
]
for (const [address, condition] of SENDERS) {
  test(`nothing can be sent to ${address}`, async (t) => {
    const { broker, client } = await hubInMemory()
    t.is(client.sender({ address }).endReason?.condition, condition)
    t.deepEqual([...broker.queueNames], [])
  })
}

const RECEIVERS: readonly (readonly [string, string])[] = [
  ['hub', 'amqp:not-allowed'],
  ['hub/Partitions/0', 'amqp:not-allowed'],
  ['hub/ConsumerGroups/$Default', 'amqp:not-allowed'],
  ['hub/ConsumerGroups/$Default/Partitions/1', 'com.microsoft:argument-out-of-range'],
  ['hub/ConsumerGroups/nobody/Partitions/0', 'amqp:not-found'],
]
for (const [address, condition] of RECEIVERS) {
  test(`nothing can be received from ${address}`, async (t) => {
    const { broker, client } = await hubInMemory()
    t.is(reader(client, { address }).endReason?.condition, condition)
    t.deepEqual([...broker.queueNames], [])
  })
}

test('capitals in addresses do not matter, nor does a slash before', async (t) => {
  const { client } = await hubInMemory({ consumerGroups: ['Reports'] })
  sendEach(client, ['a'], '/HUB/partitions/0')
  t.deepEqual(texts(reader(client, { address: '/Hub/consumergroups/reports/PARTITIONS/0' })), ['a'])
})

test('a producer that wants to be idempotent is refused', async (t) => {
  const { client } = await hubInMemory()
  const { endReason } = client.sender({
    address: 'hub',
    desiredCapabilities: ['com.microsoft:idempotent-producer'],
  })
  t.is(endReason?.condition, 'amqp:not-implemented')
})
