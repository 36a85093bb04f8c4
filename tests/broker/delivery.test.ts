// Messages through the embedded broker, with rhea's client at the other end: what comes in goes out, to whom, and when.

import test from 'ava'
import {
  connect,
  Inbox,
  MANUAL,
  next,
  openReceiver,
  openSender,
  roundTrip,
  sendAll,
  startBroker,
} from './rhea-client.js'

test('a message that is sent is received by another connection', async (t) => {
  const broker = await startBroker(t)
  const producer = await connect(broker)
  const consumer = await connect(broker)
  t.is(broker.connections, 2)
  const { inbox } = openReceiver(consumer, 'orders')
  const sender = await openSender(producer, 'orders')
  sender.send({
    body: 'first',
    subject: 'greeting',
    message_id: 'id-1',
    durable: true,
    application_properties: { colour: 'red' },
  })
  const { message } = await inbox.until(1)
  t.is(message?.body, 'first')
  t.is(message?.subject, 'greeting')
  t.is(message?.message_id, 'id-1')
  t.true(message?.durable)
  t.deepEqual(message?.application_properties, { colour: 'red' })
  t.is(message?.delivery_count ?? 0, 0)
})

test('messages wait in the queue in the order in which they came', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b', 'c'])
  const queue = broker.queue('orders')
  t.is(queue.depth, 3)
  t.deepEqual(
    queue.messages.map(({ body }) => body),
    ['a', 'b', 'c'],
  )
  const { inbox } = openReceiver(connection, 'orders')
  await inbox.until(3)
  t.deepEqual(inbox.bodies, ['a', 'b', 'c'])
  await roundTrip(connection)
  t.is(queue.depth, 0)
  t.is(queue.locked, 0)
})

test('thousands of messages go both ways at once, each exactly once', async (t) => {
  const broker = await startBroker(t, { credit: 200 })
  const producer = await connect(broker)
  const consumer = await connect(broker)
  const { inbox } = openReceiver(consumer, { source: 'orders', credit_window: 100 })
  const bodies = Array.from({ length: 5000 }, (_, i) => i)
  await sendAll(producer, 'orders', bodies)
  await inbox.until(5000)
  t.deepEqual(inbox.bodies, bodies)
})

test('consumers with credit are served by turns', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const one = openReceiver(connection, { source: 'orders', credit_window: 50 })
  await next(one.receiver, 'receiver_open')
  const other = openReceiver(await connect(broker), { source: 'orders', credit_window: 50 })
  await next(other.receiver, 'receiver_open')
  await roundTrip(one.receiver.connection)
  await roundTrip(other.receiver.connection)
  t.is(broker.queue('orders').consumers, 2)
  await sendAll(connection, 'orders', ['a', 'b', 'c', 'd'])
  await Promise.all([one.inbox.until(2), other.inbox.until(2)])
  t.deepEqual(one.inbox.bodies, ['a', 'c'])
  t.deepEqual(other.inbox.bodies, ['b', 'd'])
})

test('a consumer gets no more than its credit [2.6.7]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b', 'c'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  receiver.add_credit(2)
  await inbox.until(2)
  await roundTrip(connection)
  t.deepEqual(inbox.bodies, ['a', 'b'])
  t.is(broker.queue('orders').depth, 1)
  t.is(broker.queue('orders').locked, 2)
  receiver.add_credit(1)
  t.is((await inbox.until(3)).message?.body, 'c')
})

test('a consumer that drains gets what there is, then its credit back [2.6.7]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  await next(receiver, 'receiver_open')
  receiver.drain = true
  receiver.add_credit(5)
  await next(receiver, 'receiver_drained')
  t.deepEqual(inbox.bodies, ['a', 'b'])
  t.is((receiver as unknown as { credit: number }).credit, 0)

  await sendAll(connection, 'orders', ['c'])
  await roundTrip(connection)
  t.is(inbox.contexts.length, 2)
  receiver.drain = false
  receiver.add_credit(1)
  t.is((await inbox.until(3)).message?.body, 'c')
})

test('a drain without messages is answered at once', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  await next(receiver, 'receiver_open')
  receiver.drain = true
  receiver.add_credit(10)
  await next(receiver, 'receiver_drained')
  t.is(inbox.contexts.length, 0)
})

test('a megabyte goes in and out in frames of 4096 bytes [2.7.5]', async (t) => {
  const broker = await startBroker(t, { maxFrameSize: 4096 })
  const producer = await connect(broker, { max_frame_size: 4096 })
  const consumer = await connect(broker, { max_frame_size: 4096 })
  const body = Buffer.alloc(1_048_576)
  for (let i = 0; i < body.length; i++) body[i] = (i * 31 + (i >>> 8)) & 0xff
  const { inbox } = openReceiver(consumer, 'large')
  const sender = await openSender(producer, 'large')
  sender.send({ body, message_id: 'large' })
  await next(sender, 'accepted')
  sender.send({ body: 'small' })
  const { message } = await inbox.until(1)
  t.true(body.equals(message?.body as Buffer))
  t.is((await inbox.until(2)).message?.body, 'small')
})

test('a consumer that asks for settled deliveries has them taken from the queue at once [2.8.2]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b'])
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', snd_settle_mode: 1, ...MANUAL })
  receiver.add_credit(1)
  const { delivery } = await inbox.until(1)
  t.true(delivery?.remote_settled)
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
  t.is(broker.queue('orders').locked, 0)
})

test('a browser sees the messages and leaves them there [3.5.3]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a', 'b'])
  const browser = openReceiver(connection, { source: { address: 'orders', distribution_mode: 'copy' } })
  await browser.inbox.until(2)
  t.is(browser.receiver.source.distribution_mode, 'copy')
  await sendAll(connection, 'orders', ['c'])
  await browser.inbox.until(3)
  t.deepEqual(browser.inbox.bodies, ['a', 'b', 'c'])
  t.is(broker.queue('orders').depth, 3)
  t.is(broker.queue('orders').consumers, 0)
})

test('settled messages are stored without an answer', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const sender = await openSender(connection, { target: 'orders', snd_settle_mode: 1 })
  sender.on('accepted', () => t.fail('nothing is owed for a settled delivery'))
  sender.send({ body: 'a' })
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
})

test('a sender with rcv-settle-mode second settles last [2.8.3]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const sender = await openSender(connection, { target: 'orders', rcv_settle_mode: 1, autosettle: false })
  const delivery = sender.send({ body: 'a' })
  await next(sender, 'accepted')
  t.false(delivery.remote_settled)
  delivery.update(true)
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
})

test('a consumer with rcv-settle-mode second is told that its outcome has come [2.8.3]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['a'])
  const receiver = connection.open_receiver({ source: 'orders', rcv_settle_mode: 1, ...MANUAL })
  const inbox = new Inbox(receiver)
  receiver.add_credit(1)
  const { delivery } = await inbox.until(1)
  delivery?.accept()
  await next(receiver, 'settled')
  t.is(broker.queue('orders').depth + broker.queue('orders').locked, 0)
})
