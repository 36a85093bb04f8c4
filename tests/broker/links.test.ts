// Attaching to the embedded broker: addresses, refusals, dynamic nodes, the anonymous terminus, links that end.
// rhea's client is at the other end.

import test from 'ava'
import { EmbeddedBroker } from '../../lib/broker/index.js'
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

function errorOf(link: unknown): { condition?: string; description?: string } {
  return (link as { error?: { condition?: string; description?: string } }).error ?? {}
}

test('an unknown address is refused when queues are not made by themselves [2.6.3]', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  broker.createQueue('known')
  const connection = await connect(broker)
  const sender = connection.open_sender('unknown')
  await next(sender, 'sender_error')
  t.is(errorOf(sender).condition, 'amqp:not-found')
  t.is((sender.target as unknown as { value: unknown }).value, null)
  const receiver = connection.open_receiver('unknown')
  await next(receiver, 'receiver_error')
  t.is(errorOf(receiver).condition, 'amqp:not-found')
  await sendAll(connection, 'known', ['a'])
  t.deepEqual([...broker.queueNames], ['known'])
})

test('the dead-letter queue of a queue is there although queues are not made by themselves', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  broker.createQueue('orders')
  const connection = await connect(broker)
  const { receiver } = openReceiver(connection, 'orders/$DeadLetterQueue')
  await next(receiver, 'receiver_open')
  t.is(receiver.source.address, 'orders/$DeadLetterQueue')
  const other = connection.open_receiver('others/$DeadLetterQueue')
  await next(other, 'receiver_error')
  t.is(errorOf(other).condition, 'amqp:not-found')
})

test('a source without an address is refused', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const receiver = connection.open_receiver({ source: {} as never })
  await next(receiver, 'receiver_error')
  t.is(errorOf(receiver).condition, 'amqp:invalid-field')
  t.deepEqual([...broker.queueNames], [])
})

test('deleting a queue detaches its links and drops its messages', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const sender = await openSender(connection, 'orders')
  const { receiver, inbox } = openReceiver(connection, { source: 'orders', ...MANUAL })
  sender.send({ body: 'a' })
  receiver.add_credit(1)
  await inbox.until(1)
  const ends = [next(sender, 'sender_error'), next(receiver, 'receiver_error')]
  t.true(broker.deleteQueue('orders'))
  t.false(broker.deleteQueue('orders'))
  await Promise.all(ends)
  t.is(errorOf(sender).condition, 'amqp:resource-deleted')
  t.is(errorOf(receiver).condition, 'amqp:resource-deleted')
  await roundTrip(connection)
  t.throws(() => broker.queue('orders'), { code: 'AMQP_QUEUE_NOT_FOUND' })
  broker.createQueue('orders')
  t.is(broker.queue('orders').depth, 0)
})

test('a dynamic source is a queue of its own, which goes with its link [3.5.3]', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  const connection = await connect(broker)
  const { receiver, inbox } = openReceiver(connection, {
    source: { address: undefined as never, dynamic: true },
  })
  await next(receiver, 'receiver_open')
  const { address } = receiver.source
  t.deepEqual([...broker.queueNames], [address])
  const sender = await openSender(await connect(broker), address)
  sender.send({ body: 'reply' })
  t.is((await inbox.until(1)).message?.body, 'reply')
  const end = next(sender, 'sender_error')
  receiver.close()
  await end
  t.is(errorOf(sender).condition, 'amqp:resource-deleted')
  t.deepEqual([...broker.queueNames], [])
})

test('a dynamic target is a queue of its own [3.5.4]', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  const connection = await connect(broker)
  const sender = await openSender(connection, { target: { address: undefined as never, dynamic: true } })
  const { inbox } = openReceiver(connection, sender.target.address)
  sender.send({ body: 'a' })
  t.is((await inbox.until(1)).message?.body, 'a')
})

test('by the anonymous terminus each message goes where it says', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  broker.createQueue('one')
  broker.createQueue('two')
  const connection = await connect(broker)
  t.deepEqual([connection['remote'].open.offered_capabilities].flat().map(String), ['ANONYMOUS-RELAY'])
  const sender = await openSender(connection, { target: {} as never })
  sender.send({ to: 'two', body: 'b' })
  await next(sender, 'accepted')
  sender.send({ to: 'one', body: 'a' })
  await next(sender, 'accepted')
  t.deepEqual(
    ['one', 'two'].map((name) => broker.queue(name).messages[0]?.body),
    ['a', 'b'],
  )
  for (const lost of [{ to: 'three', body: 'c' }, { body: 'd' }]) {
    sender.send(lost)
    const { delivery } = await next(sender, 'rejected')
    t.like(delivery?.remote_state, { error: { condition: 'amqp:not-found' } })
  }
})

test('a settled message that leads nowhere ends the link of the anonymous terminus', async (t) => {
  const broker = await startBroker(t, { autoCreate: false })
  const connection = await connect(broker)
  const sender = await openSender(connection, { target: {} as never, snd_settle_mode: 1 })
  sender.send({ to: 'nowhere', body: 'a' })
  await next(sender, 'sender_error')
  t.is(errorOf(sender).condition, 'amqp:not-found')
})

test('a link that is attached anew elsewhere ends the old one [2.6.1]', async (t) => {
  const broker = await startBroker(t)
  const first = await connect(broker, { container_id: 'client' })
  const second = await connect(broker, { container_id: 'client' })
  await sendAll(first, 'orders', ['a'])
  const old = openReceiver(first, { name: 'reader', source: 'orders', ...MANUAL })
  old.receiver.add_credit(1)
  await old.inbox.until(1)
  const end = next(old.receiver, 'receiver_error')
  const { inbox } = openReceiver(second, { name: 'reader', source: 'orders' })
  await end
  t.is(errorOf(old.receiver).condition, 'amqp:link:stolen')
  t.is((await inbox.until(1)).message?.body, 'a')
})

test('links of one name are apart when container or role differ', async (t) => {
  const broker = await startBroker(t)
  const first = await connect(broker, { container_id: 'one' })
  const second = await connect(broker, { container_id: 'two' })
  const sender = await openSender(first, { name: 'same', target: 'orders' })
  const session = first.create_session()
  session.begin()
  const one = openReceiver(session, { name: 'same', source: 'orders' })
  await next(one.receiver, 'receiver_open')
  const other = openReceiver(second, { name: 'same', source: 'orders' })
  await next(other.receiver, 'receiver_open')
  sender.send({ body: 'a' })
  sender.send({ body: 'b' })
  await Promise.all([one.inbox.until(1), other.inbox.until(1)])
  t.is(broker.queue('orders').consumers, 2)
})

test('a name used twice in one session ends the session [2.6.1]', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  const session = connection.create_session()
  session.begin()
  const ended = next(session, 'session_error')
  session.open_receiver({ name: 'same', source: 'orders' })
  // rhea files links by name; the second one is slipped in under its own.
  const twin = session.open_receiver({ name: 'other', source: 'orders' })
  const { attach } = (twin as unknown as { local: { attach: { name: string } } }).local
  attach.name = 'same'
  await ended
  t.is(errorOf(session).condition, 'amqp:not-allowed')
})

test('a message over max-message-size ends its link [2.7.3]', async (t) => {
  const broker = await startBroker(t, { maxMessageSize: 1000 })
  const connection = await connect(broker)
  const sender = await openSender(connection, 'orders')
  t.is(sender.max_message_size, 1000)
  sender.send({ body: 'fits' })
  await next(sender, 'accepted')
  sender.send({ body: 'x'.repeat(1000) })
  await next(sender, 'sender_error')
  t.is(errorOf(sender).condition, 'amqp:link:message-size-exceeded')
  t.is(broker.queue('orders').depth, 1)
})

test('a message too large for a consumer is left for others', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(broker)
  await sendAll(connection, 'orders', ['x'.repeat(2000), 'small'])
  const { inbox } = openReceiver(connection, { source: 'orders', max_message_size: 1000 })
  t.is((await inbox.until(1)).message?.body, 'small')
  await roundTrip(connection)
  t.is(broker.queue('orders').depth, 1)
  const other = openReceiver(connection, 'orders')
  t.is((await other.inbox.until(1)).message?.body, 'x'.repeat(2000))
})

test('the broker can break and close connections on demand', async (t) => {
  const broker = await startBroker(t)
  const first = await connect(broker)
  const dropped = next(first, 'disconnected')
  broker.dropConnections()
  t.is(broker.connections, 0)
  await dropped
  const second = await connect(broker)
  const closed = next(second, 'connection_error')
  broker.closeConnections('amqp:resource-limit-exceeded', 'too many')
  await closed
  t.like(errorOf(second), { condition: 'amqp:resource-limit-exceeded', description: 'too many' })
})

test('a broker that stops closes its connections with amqp:connection:forced', async (t) => {
  const broker = await EmbeddedBroker.start()
  const connection = await connect(broker)
  const closed = next(connection, 'connection_error')
  await Promise.all([broker.stop(), broker.stop(), closed])
  t.is(errorOf(connection).condition, 'amqp:connection:forced')
  t.is(broker.connections, 0)
})
