// Azure's SDK as the judge of the management node of a Service Bus queue: looking at messages, and scheduling them.

import test from 'ava'
import { nothingComes, receiveOne, send, serviceBus } from './sdk-client.js'

test('peeking shows all messages by number, whatever their state, and locks none [management 3]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await send(client, 'a', 'b', 'c')
  const sender = client.createSender('orders')
  await sender.scheduleMessages({ body: 'd' }, new Date(Date.now() + 3_600_000))
  const receiver = client.createReceiver('orders')
  await receiver.deferMessage(await receiveOne(receiver))
  await receiveOne(receiver)
  const peeker = client.createReceiver('orders')
  const first = await peeker.peekMessages(2)
  const rest = await peeker.peekMessages(10)
  t.deepEqual(
    [...first, ...rest].map(({ body, sequenceNumber, state }) => [body, sequenceNumber?.toString(), state]),
    [
      ['a', '1', 'deferred'],
      ['b', '2', 'active'],
      ['c', '3', 'active'],
      ['d', '4', 'scheduled'],
    ],
  )
  t.is(rest[0]?.lockedUntilUtc, undefined)
  t.deepEqual(await peeker.peekMessages(1), [])
  t.is(
    (await peeker.peekMessages(1, { fromSequenceNumber: first[1]?.sequenceNumber as never }))[0]?.body,
    'b',
  )
  t.is(broker.queue('orders').locked, 1)
})

test('a scheduled message appears when it is due, under a new number [management 3]', async (t) => {
  const { client, clock } = await serviceBus(t)
  const sender = client.createSender('orders')
  const due = new Date(clock.date() + 60_000)
  const [number] = await sender.scheduleMessages({ body: 'later', messageId: 'x' }, due)
  await sender.sendMessages({ body: 'now' })
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  t.is((await receiveOne(receiver)).body, 'now')
  clock.advance(60_000)
  const message = await receiveOne(receiver)
  t.is(message.body, 'later')
  t.is(message.messageId, 'x')
  t.is(message.scheduledEnqueueTimeUtc?.getTime(), due.getTime())
  t.is(number?.toString(), '1')
  t.is(message.sequenceNumber?.toString(), '3')
  t.is(String(message.enqueuedSequenceNumber), '1')
})

test('a message that is sent with a time for it appears then, in a batch too [azure 5, 6]', async (t) => {
  const { broker, client, clock } = await serviceBus(t)
  const sender = client.createSender('orders')
  const scheduledEnqueueTimeUtc = new Date(clock.date() + 60_000)
  await sender.sendMessages([{ body: 'later', scheduledEnqueueTimeUtc }, { body: 'now' }])
  t.is(broker.queue('orders').depth, 1)
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  t.is((await receiveOne(receiver)).body, 'now')
  clock.advance(60_000)
  t.is((await receiveOne(receiver)).body, 'later')
})

test('a scheduled message that is cancelled never appears; one that is not there is told [management 3]', async (t) => {
  const { client, clock } = await serviceBus(t)
  const sender = client.createSender('orders')
  const due = new Date(clock.date() + 60_000)
  const [kept, dropped] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'dropped' }], due)
  await sender.cancelScheduledMessages(dropped as never)
  await t.throwsAsync(sender.cancelScheduledMessages([kept, dropped] as never), { code: 'MessageNotFound' })
  clock.advance(60_000)
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  t.is((await receiveOne(receiver)).body, 'kept')
  await nothingComes(t, receiver)
})

test('deferred messages are received for good, or locked and abandoned, by number [management 3]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await send(client, 'a', 'b')
  const receiver = client.createReceiver('orders')
  const numbers: unknown[] = []
  for (const message of [await receiveOne(receiver), await receiveOne(receiver)]) {
    numbers.push(message.sequenceNumber)
    await receiver.deferMessage(message)
  }
  const [first] = await receiver.receiveDeferredMessages(numbers[0] as never)
  await t.throwsAsync(receiver.receiveDeferredMessages(numbers as never), { code: 'MessageNotFound' })
  if (first === undefined) return t.fail('no message came')
  await receiver.abandonMessage(first, { again: true })
  const taker = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  const taken = await taker.receiveDeferredMessages(numbers as never)
  t.deepEqual(
    taken.map(({ body, deliveryCount }) => [body, deliveryCount]),
    [
      ['a', 1],
      ['b', 0],
    ],
  )
  t.is(taken[0]?.applicationProperties?.['again'], true)
  t.is(broker.queue('orders').locked, 0)
  t.deepEqual(await taker.peekMessages(1), [])
})

test('the dead-letter queue has a management node of its own [azure 2]', async (t) => {
  const { client } = await serviceBus(t)
  await send(client, 'a')
  const receiver = client.createReceiver('orders')
  await receiver.deadLetterMessage(await receiveOne(receiver))
  const [dead] = await client.createReceiver('orders', { subQueueType: 'deadLetter' }).peekMessages(5)
  t.is(dead?.body, 'a')
  t.is(dead?.deadLetterReason, undefined)
})

test('queues that are made by use are of the kind that the broker makes', async (t) => {
  const { broker, client, clock } = await serviceBus(t, true, { serviceBus: { lockDurationMs: 5_000 } })
  const [number] = await client.createSender('fresh').scheduleMessages({ body: 'a' }, new Date(clock.date()))
  t.is(number?.toString(), '1')
  const message = await receiveOne(client.createReceiver('fresh'))
  t.true(message.lockedUntilUtc?.getTime() === clock.date() + 5_000)
  t.deepEqual(broker.queueNames, ['orders', 'fresh'])
})
