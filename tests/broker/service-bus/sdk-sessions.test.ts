// Azure's SDK as the judge of sessions: accepting one or the next, their order, their state and their locks.

import type { ServiceBusClient } from '@azure/service-bus'
import test from 'ava'
import { nothingComes, receiveOne, serviceBus } from './sdk-client.js'
import { until } from './stepped-clock.js'

/** Sends a message to each of the sessions. */
async function sendTo(client: ServiceBusClient, ...sessions: readonly string[]): Promise<void> {
  const sender = client.createSender('orders')
  await sender.sendMessages(sessions.map((sessionId, index) => ({ body: index, sessionId })))
  await sender.close()
}

test('the messages of a session are received in order, those of others are not [azure 4]', async (t) => {
  const { broker, client, clock } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one', 'two', 'one')
  const receiver = await client.acceptSession('orders', 'one')
  t.is(receiver.sessionId, 'one')
  t.is(receiver.sessionLockedUntilUtc.getTime(), clock.date() + 60_000)
  const messages = [await receiveOne(receiver), await receiveOne(receiver)]
  t.deepEqual(
    messages.map(({ body, sessionId }) => [body, sessionId]),
    [
      [0, 'one'],
      [2, 'one'],
    ],
  )
  for (const message of messages) await receiver.completeMessage(message)
  await nothingComes(t, receiver)
  t.is(broker.queue('orders').depth, 1)
})

test('the next session is one that nobody has and that has messages [azure 4]', async (t) => {
  const { client } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one', 'two')
  const first = await client.acceptNextSession('orders')
  const second = await client.acceptNextSession('orders')
  t.deepEqual([first.sessionId, second.sessionId], ['one', 'two'])
  const third = client.acceptNextSession('orders')
  await first.close()
  t.is((await third).sessionId, 'one')
})

test('who waits for a session gets the one that a message makes [azure 4]', async (t) => {
  const { client } = await serviceBus(t, { requiresSession: true })
  const waiting = client.acceptNextSession('orders')
  await sendTo(client, 'new')
  const receiver = await waiting
  t.is(receiver.sessionId, 'new')
  t.is((await receiveOne(receiver)).body, 0)
})

test('no session in time, and a session that another has, are told [azure 4, 8]', async (t) => {
  const { broker, client, clock } = await serviceBus(t, { requiresSession: true })
  const waiting = client.acceptNextSession('orders')
  await until(() => broker.queue('orders').consumers === 1)
  clock.advance(10_000)
  await t.throwsAsync(waiting, { code: 'ServiceTimeout', message: /no session became free in time/ })
  await client.acceptSession('orders', 'mine')
  await t.throwsAsync(client.acceptSession('orders', 'mine'), { code: 'SessionCannotBeLocked' })
})

test('receivers with sessions and without fit their own kind of queue only [azure 4]', async (t) => {
  const { broker, client } = await serviceBus(t, { requiresSession: true })
  broker.createQueue('plain', { serviceBus: true })
  await t.throwsAsync(client.createReceiver('orders').receiveMessages(1), {
    message: /queue "orders" has sessions/,
  })
  await t.throwsAsync(client.acceptNextSession('plain'), { message: /has no sessions/ })
  await t.throwsAsync(client.createSender('orders').sendMessages({ body: 'of no session' }), {
    message: /lacks a group-id/,
  })
})

test('a session keeps its state for whoever has it next [management 3]', async (t) => {
  const { client } = await serviceBus(t, { requiresSession: true })
  const receiver = await client.acceptSession('orders', 'one')
  t.is(await receiver.getSessionState(), null)
  await receiver.setSessionState({ step: 2 })
  await receiver.close()
  const next = await client.acceptSession('orders', 'one')
  t.deepEqual(await next.getSessionState(), { step: 2 })
  await next.setSessionState(null)
  t.is(await next.getSessionState(), null)
})

test('a session lock is renewed [management 3]', async (t) => {
  const { client, clock } = await serviceBus(t, { requiresSession: true })
  const receiver = await client.acceptSession('orders', 'one', { maxAutoLockRenewalDurationInMs: 0 })
  clock.advance(50_000)
  t.is((await receiver.renewSessionLock()).getTime(), clock.date() + 60_000)
  clock.advance(50_000)
  t.is(await receiver.getSessionState(), null)
})

test('when its lock ends a session is lost, and its messages come to the next, counted [azure 8]', async (t) => {
  const { client, clock } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one')
  const options = { maxAutoLockRenewalDurationInMs: 0 }
  const receiver = await client.acceptSession('orders', 'one', options)
  const message = await receiveOne(receiver)
  const lost = await new Promise<{ readonly code?: string }>((resolve) => {
    receiver.subscribe({
      processMessage: async () => {},
      processError: async ({ error }) => resolve(error as { readonly code?: string }),
    })
    clock.advance(60_000)
  })
  t.is(lost.code, 'SessionLockLost')
  await t.throwsAsync(receiver.completeMessage(message), { code: 'SessionLockLost' })
  const next = await client.acceptNextSession('orders', options)
  t.is((await receiveOne(next)).deliveryCount, 1)
})

test('deferred messages of a session are received and settled in it [management 3]', async (t) => {
  const { broker, client } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one')
  const receiver = await client.acceptSession('orders', 'one')
  const message = await receiveOne(receiver)
  await receiver.deferMessage(message)
  const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber as never)
  if (deferred === undefined) return t.fail('no message came')
  await receiver.deadLetterMessage(deferred, { deadLetterReason: 'done', deadLetterErrorDescription: '' })
  const [dead] = await client.createReceiver('orders', { subQueueType: 'deadLetter' }).peekMessages(1)
  t.is(dead?.sessionId, 'one')
  t.is(dead?.deadLetterReason, 'done')
  t.is(broker.queue('orders').locked, 0)
})

test('peeking in a session shows its messages only [management 3]', async (t) => {
  const { client } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one', 'two', 'one')
  const receiver = await client.acceptSession('orders', 'one')
  t.deepEqual(
    (await receiver.peekMessages(10)).map(({ body }) => body as unknown),
    [0, 2],
  )
})

test('sessions that have messages or a state are listed [management 3]', async (t) => {
  const { client, clock } = await serviceBus(t, { requiresSession: true })
  await sendTo(client, 'one', 'two', 'three')
  // The SDK has the request, and no public method for it.
  const { _connectionContext: context } = client as unknown as WithSessions
  const management = context.getManagementClient('orders')
  t.deepEqual(await management.listMessageSessions(0, 2), ['one', 'two'])
  t.deepEqual(await management.listMessageSessions(2, 2), ['three'])
  t.deepEqual(await management.listMessageSessions(0, 2, new Date(clock.date() + 1)), [])
})

interface WithSessions {
  readonly _connectionContext: {
    getManagementClient(entity: string): {
      listMessageSessions(skip: number, top: number, updatedSince?: Date): Promise<string[]>
    }
  }
}
