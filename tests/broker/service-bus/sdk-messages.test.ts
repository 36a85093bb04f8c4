// Azure's SDK as the judge of messages in a Service Bus queue: sending, receiving, settling, dead letters.

import test from 'ava'
import { nothingComes, receiveOne, send, serviceBus } from './sdk-client.js'

test('a message is received with its numbers and lock, completed, and gone [azure 5, 7]', async (t) => {
  const { broker, client, clock } = await serviceBus(t)
  const sender = client.createSender('orders')
  await sender.sendMessages({
    body: { total: 1 },
    messageId: 'first',
    subject: 'new',
    applicationProperties: { kind: 'book' },
    timeToLive: 60_000,
  })
  const receiver = client.createReceiver('orders')
  const message = await receiveOne(receiver)
  t.deepEqual(message.body, { total: 1 })
  t.is(message.messageId, 'first')
  t.is(message.subject, 'new')
  t.deepEqual({ ...message.applicationProperties }, { kind: 'book' })
  t.is(message.timeToLive, 60_000)
  t.is(message.sequenceNumber?.toString(), '1')
  t.is(String(message.enqueuedSequenceNumber), '1')
  t.is(message.deliveryCount, 0)
  t.is(message.state, 'active')
  t.regex(message.lockToken ?? '', /^[0-9a-f-]{36}$/)
  t.is(message.enqueuedTimeUtc?.getTime(), clock.date())
  t.is(message.lockedUntilUtc?.getTime(), clock.date() + 60_000)
  t.is(broker.queue('orders').locked, 1)
  await receiver.completeMessage(message)
  t.is(broker.queue('orders').locked, 0)
  t.deepEqual(await receiver.peekMessages(1), [])
})

test('with receiveAndDelete a message is gone when it is there [azure 7]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await send(client, 'a', 'b')
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  const message = await receiveOne(receiver)
  t.is(message.body, 'a')
  t.is(message.lockToken, undefined)
  t.deepEqual(
    broker.queue('orders').messages.map(({ deliveryCount }) => deliveryCount),
    [0],
  )
  t.is(broker.queue('orders').locked, 0)
})

test('an abandoned message comes again, counted, with its properties changed [azure 7]', async (t) => {
  const { client } = await serviceBus(t)
  await send(client, 'a', 'b')
  const receiver = client.createReceiver('orders')
  await receiver.abandonMessage(await receiveOne(receiver), { tries: 1 })
  const again = await receiveOne(receiver)
  t.is(again.body, 'a')
  t.is(again.deliveryCount, 1)
  t.deepEqual({ ...again.applicationProperties }, { tries: 1 })
  await receiver.completeMessage(again)
})

test('a deferred message is to be had by its number only, and is settled by its token [azure 7, management 3]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await send(client, 'a')
  const receiver = client.createReceiver('orders')
  const first = await receiveOne(receiver)
  await receiver.deferMessage(first, { later: true })
  t.is(broker.queue('orders').depth, 0)
  await nothingComes(t, receiver)
  const [deferred] = await receiver.receiveDeferredMessages(first.sequenceNumber as never)
  t.is(deferred?.state, 'deferred')
  t.deepEqual({ ...deferred?.applicationProperties }, { later: true })
  t.truthy(deferred?.lockedUntilUtc)
  if (deferred === undefined) return
  await receiver.completeMessage(deferred)
  t.deepEqual(await receiver.peekMessages(1, { fromSequenceNumber: first.sequenceNumber as never }), [])
})

test('a dead letter tells why it is one, and is read at its own address [azure 2, 7]', async (t) => {
  const { client } = await serviceBus(t)
  await send(client, 'a')
  const receiver = client.createReceiver('orders')
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'unreadable',
    deadLetterErrorDescription: 'not a word of it',
    by: 'me',
  })
  const dead = client.createReceiver('orders', { subQueueType: 'deadLetter' })
  const message = await receiveOne(dead)
  t.is(message.body, 'a')
  t.is(message.deadLetterReason, 'unreadable')
  t.is(message.deadLetterErrorDescription, 'not a word of it')
  t.is(message.deadLetterSource, 'orders')
  t.is(message.applicationProperties?.['by'], 'me')
  await dead.completeMessage(message)
})

test('after so many attempts a message is a dead letter [azure 2]', async (t) => {
  const { broker, client } = await serviceBus(t)
  broker.createQueue('twice', { serviceBus: true, maxDeliveryCount: 2 })
  await client.createSender('twice').sendMessages({ body: 'a' })
  const receiver = client.createReceiver('twice')
  await receiver.abandonMessage(await receiveOne(receiver))
  await receiver.abandonMessage(await receiveOne(receiver))
  const [dead] = await client.createReceiver('twice', { subQueueType: 'deadLetter' }).peekMessages(1)
  t.is(dead?.deadLetterReason, 'MaxDeliveryCountExceeded')
})

test('a lock is renewed, and lasts on [management 3]', async (t) => {
  const { client, clock } = await serviceBus(t)
  await send(client, 'a')
  const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 })
  const message = await receiveOne(receiver)
  clock.advance(50_000)
  t.is((await receiver.renewMessageLock(message)).getTime(), clock.date() + 60_000)
  clock.advance(50_000)
  await receiver.completeMessage(message)
})

test('who settles after the lock has ended is told so [azure 7, 8]', async (t) => {
  const { broker, client, clock } = await serviceBus(t, { lockDurationMs: 5_000 })
  await send(client, 'a')
  const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 })
  const late = await receiveOne(receiver)
  clock.advance(5_000)
  const other = client.createReceiver('orders', {
    maxAutoLockRenewalDurationInMs: 0,
    receiveMode: 'receiveAndDelete',
  })
  const again = await receiveOne(other)
  t.is(again.deliveryCount, 1)
  await t.throwsAsync(receiver.completeMessage(late), { code: 'MessageLockLost' })
  await t.throwsAsync(receiver.renewMessageLock(late), { code: 'MessageLockLost' })
  t.is(broker.queue('orders').locked, 0)
})

test('a lock outlives its link: the message is completed by its token [azure 7]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await send(client, 'a')
  const receiver = client.createReceiver('orders')
  const message = await receiveOne(receiver)
  await client.createReceiver('orders').peekMessages(1)
  const link = (receiver as unknown as { _batchingReceiver: { close(): Promise<void> } })._batchingReceiver
  await link.close()
  t.is(broker.queue('orders').locked, 1)
  await receiver.completeMessage(message)
  t.is(broker.queue('orders').locked, 0)
})

test('a batch is taken apart: a thousand messages come one by one, in order [azure 6]', async (t) => {
  const { broker, client } = await serviceBus(t, true, { maxMessageSize: 262_144 })
  const sender = client.createSender('orders')
  const batch = await sender.createMessageBatch()
  t.is(batch.maxSizeInBytes, 262_144)
  for (let index = 0; index < 1_000; index++)
    t.true(batch.tryAddMessage({ body: index, messageId: `m${index}` }))
  t.false(batch.tryAddMessage({ body: 'x'.repeat(262_144) }))
  await sender.sendMessages(batch)
  t.is(broker.queue('orders').depth, 1_000)
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })
  const bodies: unknown[] = []
  while (bodies.length < 1_000) {
    const messages = await receiver.receiveMessages(1_000 - bodies.length, { maxWaitTimeInMs: 1_000 })
    bodies.push(...messages.map(({ body }) => body as unknown))
  }
  t.deepEqual(
    bodies,
    Array.from({ length: 1_000 }, (_, index) => index),
  )
})

test('subscribe takes what comes and completes it [azure 7]', async (t) => {
  const { broker, client } = await serviceBus(t)
  const receiver = client.createReceiver('orders')
  const bodies: unknown[] = []
  const all = new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async ({ body }) => {
          bodies.push(body)
          if (bodies.length === 3) resolve()
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 2 },
    )
  })
  await send(client, 'a', 'b', 'c')
  await all
  await receiver.close()
  t.deepEqual(bodies, ['a', 'b', 'c'])
  t.is(broker.queue('orders').depth, 0)
})

test('names are not case sensitive, nor is a slash in front of them anything [azure 2]', async (t) => {
  const { broker, client } = await serviceBus(t)
  await client.createSender('Orders').sendMessages({ body: 'a' })
  const message = await receiveOne(client.createReceiver('/ORDERS'))
  t.is(message.body, 'a')
  t.deepEqual(broker.queueNames, ['orders'])
})

test('a key that is not right lets nobody in [cbs]', async (t) => {
  const { client } = await serviceBus(t, true, { cbs: { sasKeys: { Root: 'another' } } })
  await t.throwsAsync(send(client, 'a'), { code: 'UnauthorizedAccess' })
})
