// What becomes of a message that a consumer was given: every outcome, and the loss of the consumer. rhea's client is
// the consumer.

import test from 'ava'
import type { SenderOptions } from 'rhea'
import {
  connect,
  MANUAL,
  next,
  openReceiver,
  openSender,
  roundTrip,
  sendAll,
  startBroker,
} from './rhea-client.js'

test('an accepted message is gone [3.4.2]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  const { delivery } = await inbox.until(1)
  t.is(broker.queue('orders').locked, 1)
  t.is(broker.queue('orders').depth, 0)
  delivery?.accept()
  await roundTrip(connection)
  t.is(broker.queue('orders').locked, 0)
  t.is(broker.queue('orders').depth, 0)
})

test('released messages go back to their places, and their count stays [3.4.4]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b', 'c', 'd'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(3)
  await inbox.until(3)
  // In the wrong order, the middle one not at all.
  inbox.contexts[2]?.delivery?.release()
  inbox.contexts[0]?.delivery?.release()
  await roundTrip(connection)
  t.deepEqual(
    broker.queue('orders').messages.map(({ body }) => body),
    ['a', 'c', 'd'],
  )
  receiver.add_credit(3)
  await inbox.until(6)
  t.deepEqual(inbox.bodies.slice(3), ['a', 'c', 'd'])
  t.is(inbox.contexts[3]?.message?.delivery_count ?? 0, 0)
})

test('modified with delivery-failed counts the attempt and merges annotations [3.4.5]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const sender = await openSender(connection, 'orders')
  sender.send({ body: 'a', message_annotations: { kept: 1, changed: 'old' } })
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  const first = await inbox.until(1)
  first.delivery?.modified({
    delivery_failed: true,
    undeliverable_here: false,
    message_annotations: { changed: 'new', added: true },
  })
  receiver.add_credit(1)
  const { message } = await inbox.until(2)
  t.is(message?.body, 'a')
  t.is(message?.delivery_count, 1)
  t.deepEqual(message?.message_annotations, { kept: 1, changed: 'new', added: true })
})

test('modified without delivery-failed leaves the count [3.4.5]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  const first = await inbox.until(1)
  first.delivery?.modified({ delivery_failed: false, undeliverable_here: false })
  receiver.add_credit(1)
  t.is((await inbox.until(2)).message?.delivery_count ?? 0, 0)
})

test('modified with undeliverable-here goes to others only [3.4.5]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b'])
  const one = openReceiver(connection, { source: 'orders', ...MANUAL })
  one.receiver.add_credit(1)
  const first = await one.inbox.until(1)
  t.is(first.message?.body, 'a')
  first.delivery?.modified({ delivery_failed: true, undeliverable_here: true })
  one.receiver.add_credit(2)
  t.is((await one.inbox.until(2)).message?.body, 'b')
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
  const other = openReceiver(connection, { source: 'orders', ...MANUAL })
  other.receiver.add_credit(1)
  t.is((await other.inbox.until(1)).message?.body, 'a')
  await sendAll(connection, 'orders', ['c'])
  t.is((await one.inbox.until(3)).message?.body, 'c')
})

test('a rejected message is in the dead-letter queue, with the reason [3.4.3]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const sender = await openSender(connection, 'orders')
  sender.send({ body: 'bad', message_id: 'm1', application_properties: { colour: 'red' }, ttl: 60_000 })
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  const first = await inbox.until(1)
  first.delivery?.reject({ condition: 'app:no-such-item', description: 'item 7 is unknown' })
  const dead = openReceiver(connection, 'orders/$DeadLetterQueue')
  const { message } = await dead.inbox.until(1)
  t.is(message?.body, 'bad')
  t.is(message?.message_id, 'm1')
  t.is(message?.ttl ?? 0, 0)
  t.deepEqual(message?.application_properties, {
    colour: 'red',
    DeadLetterReason: 'app:no-such-item',
    DeadLetterErrorDescription: 'item 7 is unknown',
  })
  t.is(message?.message_annotations?.['x-opt-deadletter-source'], 'orders')
  t.is(broker.queue('orders').depth, 0)
})

test('what a rejection says in its info goes before condition and description', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['bad'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  const first = await inbox.until(1)
  first.delivery?.reject({
    condition: 'com.microsoft:dead-letter',
    description: 'not this',
    info: { DeadLetterReason: 'Expired', DeadLetterErrorDescription: 'came too late' },
  } as never)
  await roundTrip(connection)
  const [message] = broker.queue('orders/$DeadLetterQueue').messages
  t.deepEqual(
    { ...message?.applicationProperties },
    { DeadLetterReason: 'Expired', DeadLetterErrorDescription: 'came too late' },
  )
})

test('a message rejected from a dead-letter queue is gone', async (t) => {
  const broker = await startBroker(t)
  broker.createQueue('orders')
  const connection = await connect(broker)
  await sendAll(connection, 'orders/$DeadLetterQueue', ['bad'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders/$DeadLetterQueue', ...MANUAL })
  receiver.add_credit(1)
  const first = await inbox.until(1)
  first.delivery?.reject()
  await roundTrip(connection)
  t.is(broker.queue('orders/$DeadLetterQueue').depth, 0)
  t.deepEqual([...broker.queueNames].sort(), ['orders', 'orders/$DeadLetterQueue'])
})

test('after the last attempt allowed a message is a dead letter', async (t) => {
  const broker = await startBroker(t, { maxDeliveryCount: 9 })
  broker.createQueue('orders', { maxDeliveryCount: 2 })
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  for (const attempt of [1, 2]) {
    receiver.add_credit(1)
    const { message, delivery } = await inbox.until(attempt)
    t.is(message?.delivery_count ?? 0, attempt - 1)
    delivery?.modified({ delivery_failed: true, undeliverable_here: false })
  }
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 0)
  const [dead] = broker.queue('orders/$DeadLetterQueue').messages
  t.is(dead?.body, 'a')
  t.is(dead?.header?.deliveryCount, 2)
  t.is(dead?.applicationProperties?.['DeadLetterReason'], 'MaxDeliveryCountExceeded')
})

test('what a lost connection held goes to another consumer, counted as a failed attempt', async (t) => {
  const broker = await startBroker(t)
  const producer = await connect(broker)
  await sendAll(producer, 'orders', ['a', 'b', 'c'])
  const lost = await connect(broker)
  const one = openReceiver(lost, { source: 'orders', ...MANUAL })
  one.receiver.add_credit(2)
  await one.inbox.until(2)
  const { inbox } = openReceiver(producer, 'orders')
  await inbox.until(1)
  ;(lost as unknown as { socket: { destroy(): void } }).socket.destroy()
  await inbox.until(3)
  t.deepEqual(inbox.bodies, ['c', 'a', 'b'])
  t.deepEqual(
    inbox.contexts.map(({ message }) => message?.delivery_count ?? 0),
    [0, 1, 1],
  )
})

test('what a closed link held goes back; outcomes sent before the close count [2.6.6]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b', 'c'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(2)
  await inbox.until(2)
  inbox.contexts[0]?.delivery?.accept()
  await roundTrip(connection)
  receiver.close()
  await next(receiver, 'receiver_close')
  await roundTrip(connection)
  t.deepEqual(
    broker.queue('orders').messages.map(({ body, header }) => [body, header?.deliveryCount ?? 0]),
    [
      ['b', 1],
      ['c', 0],
    ],
  )
})

test('an ended session gives its messages back', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a'])
  const session = connection.create_session()
  session.begin()
  const receiver = session.open_receiver({ source: 'orders', ...MANUAL })
  receiver.add_credit(1)
  await next(receiver, 'message')
  session.close()
  await next(session, 'session_close')
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
})

for (const outcome of ['rejected', 'released', 'modified'] as const) {
  test(`a queue that is set to answer ${outcome} does so and keeps nothing`, async (t) => {
    const broker = await startBroker(t)
    broker.createQueue('orders', { answer: outcome })
    const connection = await connect(broker)
    const sender = await openSender(connection, {
      target: 'orders',
      treat_modified_as_released: false,
    } as SenderOptions)
    sender.send({ body: 'a' })
    await next(sender, outcome)
    t.is(broker.queue('orders').depth, 0)
  })
}

test('a queue that is set to answer nothing keeps the message', async (t) => {
  const broker = await startBroker(t)
  broker.createQueue('orders', { answer: 'none' })
  const connection = await connect(broker)
  const sender = await openSender(connection, 'orders')
  sender.on('settled', () => t.fail('no answer was to come'))
  sender.send({ body: 'a' })
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
})
