// Owners of partitions, what readers are told besides events, and how they go on, judged by @azure/event-hubs.

import { earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs'
import test from 'ava'
import { HUB, readersAt, SdkBench, Subscription } from './sdk.js'

test('a higher owner level takes the partition from a lower one, which is told', async (t) => {
  const bench = await SdkBench.start(t)
  const [partition] = bench.broker.createEventHub(HUB).partitions
  const low = new Subscription(bench.consumer(), '0', earliestEventPosition, { ownerLevel: 1 })
  await readersAt(partition, 1)
  const high = new Subscription(bench.consumer(), '0', earliestEventPosition, { ownerLevel: 2 })
  const lost = await low.failure()
  t.is(lost.code, 'ReceiverDisconnectedError')
  t.regex(lost.message, /of epoch 2 has taken the partition/)
  await bench.producer().sendBatch([{ body: 'a' }], { partitionId: '0' })
  await high.until(1)
  t.deepEqual([low.bodies, high.bodies], [[], ['a']])
})

test('while a partition has an owner, lower levels and none are refused', async (t) => {
  const bench = await SdkBench.start(t)
  const [partition] = bench.broker.createEventHub(HUB).partitions
  const owner = new Subscription(bench.consumer(), '0', earliestEventPosition, { ownerLevel: 5 })
  await readersAt(partition, 1)
  for (const options of [{ ownerLevel: 4 }, {}]) {
    const refused = await new Subscription(bench.consumer(), '0', earliestEventPosition, options).failure()
    t.is(refused.code, 'ReceiverDisconnectedError')
  }
  await bench.producer().sendBatch([{ body: 'a' }], { partitionId: '0' })
  await owner.until(1)
  t.deepEqual(owner.bodies, ['a'])
})

test('a sixth receiver without owner level is one too many, for the same consumer group', async (t) => {
  const bench = await SdkBench.start(t)
  const [partition] = bench.broker.createEventHub(HUB, { consumerGroups: ['reports'] }).partitions
  const five = [1, 2, 3, 4, 5].map(() => new Subscription(bench.consumer(), '0', earliestEventPosition))
  await readersAt(partition, 5)
  const refused = await new Subscription(bench.consumer(), '0', earliestEventPosition).failure()
  t.is(refused.code, 'QuotaExceededError')
  const other = new Subscription(bench.consumer('reports'), '0', earliestEventPosition)
  await bench.producer().sendBatch([{ body: 'a' }], { partitionId: '0' })
  for (const one of [...five, other]) await one.until(1)
  t.deepEqual(
    [...five, other].map(({ bodies }) => bodies),
    [['a'], ['a'], ['a'], ['a'], ['a'], ['a']],
  )
})

test('a reader that tracks the last enqueued event is told of it with each event', async (t) => {
  const bench = await SdkBench.start(t)
  const hub = bench.broker.createEventHub(HUB)
  await bench.producer().sendBatch([{ body: 'a' }, { body: 'b' }, { body: 'c' }], { partitionId: '0' })
  const options = { trackLastEnqueuedEventProperties: true, maxBatchSize: 1 }
  const subscription = new Subscription(bench.consumer(), '0', earliestEventPosition, options)
  const events = await subscription.until(3)
  const last = subscription.context?.lastEnqueuedEventProperties
  t.is(last?.sequenceNumber, 2)
  t.is(last?.offset, events[2]?.offset)
  t.deepEqual(last?.enqueuedOn, events[2]?.enqueuedTimeUtc)
  t.true((last?.retrievedOn?.getTime() ?? 0) >= (last?.enqueuedOn?.getTime() ?? 0))
  t.is(hub.partitions[0]?.count, 3)
})

test('when connections break the SDK goes on behind the last event that it had', async (t) => {
  const bench = await SdkBench.start(t)
  const [partition] = bench.broker.createEventHub(HUB).partitions
  const producer = bench.producer()
  await producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' })
  const retryOptions = { maxRetries: 10, retryDelayInMs: 20, timeoutInMs: 5_000 }
  const subscription = new Subscription(
    bench.consumer('$Default', { retryOptions }),
    '0',
    earliestEventPosition,
  )
  await subscription.reached(2)
  bench.broker.dropConnections()
  await readersAt(partition, 0)
  await bench.producer().sendBatch([{ body: 3 }, { body: 4 }], { partitionId: '0' })
  await subscription.until(4)
  t.deepEqual(subscription.bodies, [1, 2, 3, 4])
})

test('the event processor of the SDK reads all partitions', async (t) => {
  const bench = await SdkBench.start(t)
  bench.broker.createEventHub(HUB, { partitions: 3 })
  const producer = bench.producer()
  for (const partitionId of ['0', '1', '2'])
    await producer.sendBatch([{ body: partitionId }], { partitionId })
  const seen: ReceivedEventData[] = []
  await new Promise<void>((resolve, reject) => {
    const subscription = bench.consumer().subscribe(
      {
        processEvents: async (events) => {
          seen.push(...events)
          if (seen.length === 3) subscription.close().then(resolve, reject)
        },
        processError: async (error) => reject(error),
      },
      { startPosition: earliestEventPosition, maxBatchSize: 10 },
    )
  })
  t.deepEqual(seen.map(({ body }) => body as string).sort(), ['0', '1', '2'])
})
