// Nodes that answer requests, with rhea's client at the other end: whom an answer goes to, and what it says.

import test, { type ExecutionContext } from 'ava'
import type { Connection, EventContext, Receiver, Message as RheaMessage, Sender } from 'rhea'
import { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { connect, next, startBroker } from './rhea-client.js'

const echo = (request: Message): Message => new Message(`answer to ${request.text()}`)

async function attached<T extends Sender | Receiver>(link: T): Promise<T> {
  await next(link, link.is_sender() ? 'sender_open' : 'receiver_open')
  return link
}

async function openPair(
  connection: Connection,
  target: string,
): Promise<{ sender: Sender; receiver: Receiver; answers: string[]; ids: unknown[] }> {
  const answers: string[] = []
  const ids: unknown[] = []
  const receiver = connection.open_receiver({ source: 'node', target: { address: target } })
  receiver.on('message', ({ message }: EventContext) => {
    answers.push(String((message as RheaMessage).body.content))
    ids.push((message as RheaMessage).correlation_id)
  })
  await attached(receiver)
  const sender = connection.open_sender({ target: 'node' })
  if (!sender.sendable()) await next(sender, 'sendable')
  return { sender, receiver, answers, ids }
}

async function rejection(sender: Sender, message: RheaMessage): Promise<string> {
  sender.send(message)
  const { delivery } = await next(sender, 'rejected')
  return String((delivery?.remote_state as { error?: { condition?: string } } | undefined)?.error?.condition)
}

async function serve(
  t: ExecutionContext,
  handler: Parameters<Awaited<ReturnType<typeof startBroker>>['addNode']>[1],
) {
  const broker = await startBroker(t)
  broker.addNode('node', handler)
  return { broker, connection: await connect(broker) }
}

test('an answer goes to the link whose target is the reply-to, with the id of the request', async (t) => {
  const { connection } = await serve(t, echo)
  const one = await openPair(connection, 'one')
  const two = await openPair(connection, 'two')
  one.sender.send({ body: 'a', reply_to: 'two', message_id: 'x' })
  await next(two.receiver, 'message')
  one.sender.send({ body: 'b', reply_to: 'one', message_id: 7 })
  await next(one.receiver, 'message')
  t.deepEqual([one.answers, two.answers], [['answer to b'], ['answer to a']])
  t.deepEqual([one.ids, two.ids], [[7], ['x']])
})

test('without reply-to the only receiver of the session is told; of two, none', async (t) => {
  const { connection } = await serve(t, echo)
  const one = await openPair(connection, 'one')
  one.sender.send({ body: 'a' })
  await next(one.receiver, 'message')
  t.deepEqual(one.answers, ['answer to a'])
  await openPair(connection, 'two')
  t.is(await rejection(one.sender, { body: 'b' }), 'amqp:precondition-failed')
})

test('a link without a target of its own gets the answers to requests whose reply-to is its name', async (t) => {
  const { connection } = await serve(t, echo)
  const other = await openPair(connection, 'other')
  const receiver = await attached(
    connection.open_receiver({ source: 'node', name: 'me', target: {} as never }),
  )
  other.sender.send({ body: 'a', reply_to: 'me' })
  const { message } = await next(receiver, 'message')
  t.is(String((message as RheaMessage).body.content), 'answer to a')
  t.deepEqual(other.answers, [])
})

test('answers of one client never reach another', async (t) => {
  const { broker, connection } = await serve(t, echo)
  const mine = await openPair(connection, 'same')
  const theirs = await openPair(await connect(broker), 'same')
  mine.sender.send({ body: 'a', reply_to: 'same' })
  await next(mine.receiver, 'message')
  t.deepEqual([mine.answers.length, theirs.answers.length], [1, 0])
})

test('a handler that throws rejects the request with the condition, and goes on', async (t) => {
  const { connection } = await serve(t, (request) => {
    const text = request.text()
    if (text === 'known') throw new AMQPError('no', { condition: 'amqp:not-allowed' })
    if (text === 'unknown') throw new RangeError('oops')
    return undefined
  })
  const { sender } = await openPair(connection, 'me')
  t.is(await rejection(sender, { body: 'known' }), 'amqp:not-allowed')
  t.is(await rejection(sender, { body: 'unknown' }), 'amqp:internal-error')
  sender.send({ body: 'quiet' })
  await next(sender, 'accepted')
  t.pass()
})

test('a node is told who asks, stands before a queue of its name, and can be removed', async (t) => {
  const seen: string[] = []
  const { broker, connection } = await serve(t, (_request, { address, containerId }) => {
    seen.push(`${address} ${containerId}`)
    return undefined
  })
  broker.createQueue('node')
  const { sender } = await openPair(connection, 'me')
  sender.send({ body: 'a' })
  await next(sender, 'accepted')
  t.deepEqual(seen, [`node ${connection.container.id}`])
  t.is(broker.queue('node').depth, 0)
  const closed = next(sender, 'sender_error')
  t.true(broker.removeNode('node'))
  t.is(
    ((await closed).sender?.error as { condition?: string } | undefined)?.condition,
    'amqp:resource-deleted',
  )
  t.false(broker.removeNode('node'))
})

test('a node wants an address and a handler', async (t) => {
  const broker = await startBroker(t)
  t.throws(() => broker.addNode('', echo), { instanceOf: TypeError })
  t.throws(() => broker.addNode('node', undefined as never), { instanceOf: TypeError })
})
