// Event hubs of the embedded broker, judged by @azure/event-hubs: what it sends, receives and asks for, with claims.

import {
  EventHubBufferedProducerClient,
  type EventPosition,
  earliestEventPosition,
  latestEventPosition,
} from '@azure/event-hubs'
import test from 'ava'
import { HUB, readersAt, SdkBench, Subscription } from './sdk.js'

test('the SDK reads the properties of a hub and its partitions', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB, { partitions: 3 })
  const producer = bench.producer()
  const before = Date.now()
  const hub = await producer.getEventHubProperties()
  t.is(hub.name, HUB)
  t.deepEqual(hub.partitionIds, ['0', '1', '2'])
  t.deepEqual(await producer.getPartitionIds(), ['0', '1', '2'])
  t.true(Math.abs(hub.createdOn.getTime() - before) < 60_000)
  const empty = await producer.getPartitionProperties('1')
  t.true(empty.isEmpty)
  t.is(empty.lastEnqueuedSequenceNumber, -1)
  await producer.sendBatch([{ body: 'a' }, { body: 'b' }], { partitionId: '1' })
  const full = await producer.getPartitionProperties('1')
  t.false(full.isEmpty)
  t.is(full.eventHubName, HUB)
  t.is(full.partitionId, '1')
  t.is(full.beginningSequenceNumber, 0)
  t.is(full.lastEnqueuedSequenceNumber, 1)
  t.true(full.lastEnqueuedOnUtc.getTime() >= before)
})

test('the SDK is told of a hub and a partition that are not there', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  await t.throwsAsync(bench.producer('other').getEventHubProperties(), {
    code: 'MessagingEntityNotFoundError',
  })
  await t.throwsAsync(bench.producer().getPartitionProperties('9'), { code: 'ArgumentOutOfRangeError' })
  await t.throwsAsync(bench.producer().sendBatch([{ body: 'a' }], { partitionId: '9' }), {
    code: 'ArgumentOutOfRangeError',
  })
  const failure = await new Subscription(bench.consumer('nobody'), '0', earliestEventPosition).failure()
  t.is(failure.code, 'MessagingEntityNotFoundError')
})

test('the SDK is refused with a wrong key', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  await t.throwsAsync(bench.producer(HUB, 'wrong').sendBatch([{ body: 'a' }]), { code: 'UnauthorizedError' })
  t.is(bench.broker.eventHub(HUB).events.length, 0)
})

test('the SDK sends to a partition and receives from the earliest event', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  const event = {
    body: { n: 1 },
    properties: { kind: 'x' },
    messageId: 'id',
    contentType: 'application/json',
  }
  await bench.producer().sendBatch([event, { body: 'two' }], { partitionId: '2' })
  const [first, second] = await new Subscription(bench.consumer(), '2', earliestEventPosition).until(2)
  t.deepEqual([first?.body, second?.body], [{ n: 1 }, 'two'])
  t.deepEqual(first?.properties, { kind: 'x' })
  t.deepEqual([first?.messageId, first?.contentType], ['id', 'application/json'])
  t.deepEqual([first?.sequenceNumber, second?.sequenceNumber], [0, 1])
  t.is(typeof first?.offset, 'string')
  t.true(Math.abs(Date.now() - (first?.enqueuedTimeUtc.getTime() ?? 0)) < 60_000)
})

test('events with one partition key come to one partition, and tell the key', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB)
  const producer = bench.producer()
  for (const body of ['a', 'b', 'c']) await producer.sendBatch([{ body }], { partitionKey: 'device-7' })
  const used = hub.partitions.filter(({ count }) => count > 0)
  t.deepEqual(
    used.map(({ count }) => count),
    [3],
  )
  const events = await new Subscription(bench.consumer(), used[0]?.id ?? '', earliestEventPosition).until(3)
  t.deepEqual(
    events.map(({ body, partitionKey }) => [body, partitionKey]),
    [
      ['a', 'device-7'],
      ['b', 'device-7'],
      ['c', 'device-7'],
    ],
  )
})

test('a batch that the SDK fills knows the largest message, and comes apart at one partition', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB)
  const producer = bench.producer()
  const batch = await producer.createBatch()
  t.is(batch.maxSizeInBytes, 1_048_576)
  let added = 0
  while (batch.tryAdd({ body: 'x'.repeat(10_000) })) added++
  await producer.sendBatch(batch)
  t.deepEqual(
    hub.partitions.map(({ count }) => count),
    [added, 0, 0, 0],
  )
  t.true(added > 90)
})

test('without key and partition batches go round', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB, { partitions: 2 })
  const producer = bench.producer()
  for (const body of ['a', 'b', 'c', 'd']) await producer.sendBatch([{ body }])
  t.deepEqual(
    hub.partitions.map(({ events }) => events.map((event) => event.json())),
    [
      ['a', 'c'],
      ['b', 'd'],
    ],
  )
})

test('the buffered producer of the SDK sends what it was given', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB, { partitions: 2 })
  const failures: unknown[] = []
  const producer = new EventHubBufferedProducerClient(bench.connectionString(), HUB, {
    onSendEventsErrorHandler: async (context) => {
      failures.push(context.error)
    },
    maxWaitTimeInMs: 10,
  })
  t.teardown(() => producer.close({ flush: false }))
  for (let n = 0; n < 20; n++) await producer.enqueueEvent({ body: n })
  await producer.flush()
  t.deepEqual(failures, [])
  t.deepEqual(
    hub.events.map((event) => event.json() as number).sort((a, b) => a - b),
    [...Array(20).keys()],
  )
})

test('the SDK receives 1000 events in order', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  const producer = bench.producer()
  for (let start = 0; start < 1000; start += 50) {
    const events = Array.from({ length: 50 }, (_, i) => ({ body: start + i }))
    await producer.sendBatch(events, { partitionId: '0' })
  }
  const events = await new Subscription(bench.consumer(), '0', earliestEventPosition).until(1000)
  t.deepEqual(
    events.map(({ body }) => body as number),
    [...Array(1000).keys()],
  )
  t.deepEqual(
    events.map(({ sequenceNumber }) => sequenceNumber),
    [...Array(1000).keys()],
  )
})

test('the SDK starts at a sequence number, an offset or a time, and reads twice what is there', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  const producer = bench.producer()
  await producer.sendBatch([{ body: 0 }, { body: 1 }], { partitionId: '0' })
  const boundary = Date.now()
  while (Date.now() === boundary) await new Promise((resolve) => setImmediate(resolve))
  await producer.sendBatch([{ body: 2 }, { body: 3 }], { partitionId: '0' })
  const consumer = bench.consumer()
  const all = await new Subscription(consumer, '0', earliestEventPosition).until(4)
  const { offset = '' } = all[2] ?? {}
  const starts: readonly [EventPosition, number[]][] = [
    [{ sequenceNumber: 1 }, [2, 3]],
    [{ sequenceNumber: 1, isInclusive: true }, [1, 2, 3]],
    [{ offset }, [3]],
    [{ offset, isInclusive: true }, [2, 3]],
    [{ enqueuedOn: boundary }, [2, 3]],
  ]
  for (const [position, bodies] of starts) {
    const subscription = new Subscription(consumer, '0', position)
    await subscription.until(bodies.length)
    t.deepEqual(subscription.bodies, bodies, JSON.stringify(position))
  }
})

test('from the latest event on the SDK receives only what comes later', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB)
  const producer = bench.producer()
  await producer.sendBatch([{ body: 'old' }], { partitionId: '0' })
  const subscription = new Subscription(bench.consumer(), '0', latestEventPosition)
  await readersAt(hub.partitions[0], 1)
  await producer.sendBatch([{ body: 'new' }], { partitionId: '0' })
  await subscription.until(1)
  t.deepEqual(subscription.bodies, ['new'])
})

test('a start beyond the end of the partition is an error of the SDK', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB)
  const failure = await new Subscription(bench.consumer(), '0', { sequenceNumber: 500 }).failure()
  t.is(failure.code, 'ArgumentError')
  t.regex(failure.message, /sequence number 500 is not there yet/)
})
