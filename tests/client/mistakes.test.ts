// What is said to a user about the usual mistakes: what was being done, with which node, what the peer said of it, and
// whether trying again can help.

import { inspect } from 'node:util'
import test from 'ava'
import { SASTokenAuth } from '../../lib/cbs/sas.js'
import type { AMQPClientOptions } from '../../lib/client/client-options.js'
import { receiveMessage, receiveMessages, sendBatch, sendMessage } from '../../lib/client/one-shot.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import type { Session } from '../../lib/connection/session.js'
import {
  AMQPError,
  AuthenticationError,
  EncodeError,
  LinkDetach,
  MessageSendFailed,
} from '../../lib/errors.js'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { Message } from '../../lib/message/message.js'
import type { Source, Target } from '../../lib/message/terminus.js'
import { SASLPlain } from '../../lib/sasl/plain.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const URL = 'amqp://127.0.0.1/orders'
const key = { keyName: 'root', sharedAccessKey: 'secret' }

test('credentials in place of the options are told where they go', async (t) => {
  for (const auth of [SASLPlain('u', 'hunter2'), new SASTokenAuth({ uri: 'sb://x/orders', ...key })]) {
    for (const Client of [SendClient, ReceiveClient]) {
      const error = t.throws(() => new Client(URL, auth as AMQPClientOptions), { instanceOf: TypeError })
      t.is(error?.message, `${Client.name}: credentials go into the options: { auth: … }`)
    }
    const options = auth as AMQPClientOptions
    for (const [name, call] of [
      ['sendMessage', () => sendMessage(URL, 'x', options)],
      ['sendBatch', () => sendBatch(URL, ['x'], options)],
      ['receiveMessage', () => receiveMessage(URL, options)],
      ['receiveMessages', () => receiveMessages(URL, options)],
    ] as const) {
      const error = await t.throwsAsync<TypeError>(call, { instanceOf: TypeError })
      t.is(error?.message, `${name}: credentials go into the options: { auth: … }`)
    }
  }
})

test('a URL without its scheme is told so', (t) => {
  for (const said of ['localhost:5672/orders', 'orders', '', 'amqp//localhost/orders']) {
    t.throws(() => new SendClient(said), { instanceOf: TypeError, message: /needs a URL with its scheme/ })
  }
})

test('an unknown queue: what was to be attached to it, and the words of the peer', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  for (const [client, link, operation] of [
    [stage.sender(), 'the sender to "orders"', 'attaching a sender'],
    [stage.receiver(), 'the receiver of "orders"', 'attaching a receiver'],
  ] as const) {
    const error = await t.throwsAsync(stage.until(client.open()), { instanceOf: LinkDetach })
    t.is(error?.message, `The peer refused ${link}: amqp:not-found: there is no queue "orders"`)
    t.is(error?.context.operation, operation)
    t.false(error?.retryable)
    await stage.until(client.close())
  }
})

test('a URL without a path: the anonymous terminus needs messages that say where they go', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender('')
  await t.throwsAsync(stage.until(sender.sendMessage('x')), {
    instanceOf: MessageSendFailed,
    message:
      /anonymous terminus was rejected: .*the link names no address, and there is no queue where the `to`/,
  })
  await stage.until(sender.close())
})

test('no credentials, and wrong ones: with whom, and where to give them', async (t) => {
  const stage = await Stage.open(t, { users: { guest: 'secret' } })
  const none = stage.sender()
  await t.throwsAsync(stage.until(none.open()), {
    instanceOf: AuthenticationError,
    message: /offers only .*PLAIN, and our credentials need ANONYMOUS, .*the URL, or the option "auth"/,
  })
  const wrong = stage.sender('orders', { auth: SASLPlain('guest', 'hunter2') })
  const error = await t.throwsAsync(stage.until(wrong.open()), { instanceOf: AuthenticationError })
  t.regex(error?.message ?? '', /^Authentication by PLAIN at .* failed: the credentials were refused/)
  t.like(error?.context, { operation: 'authenticating', host: 'embedded.invalid' })
  t.false(error?.message.includes('hunter2'))
  for (const client of [none, wrong]) await stage.until(client.close())
})

test('a token for a broker that takes none is refused at once, and nothing waits for an answer', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender('orders', { auth: new SASTokenAuth({ uri: 'sb://x/orders', ...key }) })
  await t.throwsAsync(stage.until(sender.open()), {
    instanceOf: AMQPError,
    message: /there is no node "\$cbs": the broker was started without the option "cbs"/,
  })
  t.deepEqual(stage.broker.queueNames, [])
  await stage.until(sender.close())
})

test('a token for another address, and none at all: which claims are in force', async (t) => {
  const stage = await Stage.open(t, { anonymous: false, cbs: { sasKeys: { root: 'secret' } } })
  const other = new SASTokenAuth({ uri: 'sb://x/other', ...key })
  for (const [auth, what] of [
    [other, 'only for "other"'],
    [undefined, 'there is none at all'],
  ] as const) {
    const sender = stage.sender('orders', { auth })
    const error = await t.throwsAsync(stage.until(sender.open()), { instanceOf: LinkDetach })
    t.is(error?.description, `there is no claim in force for "orders", ${what}`)
    await stage.until(sender.close())
  }
})

test('a body that is no text is named by what it is', (t) => {
  t.throws(() => new Message({ a: 1 }).text(), { instanceOf: TypeError, message: /not text but Object/ })
})

test('a request to a management node that is not there is refused at once', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender()
  for (const node of ['$management', 'orders/$management']) {
    await t.throwsAsync(stage.until(sender.mgmtRequest(new Message(null), 'READ', { node })), {
      instanceOf: AMQPError,
      message: new RegExp(`there is no node "${node.replace('$', '\\$')}"`),
    })
  }
  await stage.until(sender.close())
})

test('what cannot be encoded is told with its way, in a batch with the message too', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender()
  const bad = { items: [{ callback: () => 1 }] }
  for (const [send, path] of [
    [() => sender.sendMessage(bad), 'body.items[0].callback'],
    [() => sender.sendBatch(['a', bad as object]), 'messages[1].body.items[0].callback'],
    [async () => void new BatchMessage(['a', 'b', bad]), 'messages[2].body.items[0].callback'],
  ] as const) {
    const error = await t.throwsAsync(stage.until(send()), { instanceOf: EncodeError })
    t.is(error?.message, `function has no AMQP type (at ${path})`)
    t.is(error?.path, path)
  }
  await stage.until(sender.close())
})

test('a message that is under way when its client is closed is in doubt, and nothing says that it was not sent', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('silent', { answer: 'none' })
  const sender = stage.sender('silent')
  const sending = watch(sender.sendMessage('x'))
  await stage.run()
  const closing = watch(sender.close({ timeoutMs: 100 }))
  await stage.run(100)
  t.is(closing.state, 'resolved')
  const error = sending.error as MessageSendFailed
  t.true(error.inDoubt)
  t.is(
    error.message,
    'The message to "silent" was lost on the way: it is in doubt, the peer may have it. The sender to "silent" was closed',
  )
})

test('a broken connection is not told as one that was being opened', async (t) => {
  const stage = await Stage.open(t)
  const receiver = stage.receiver()
  await stage.until(receiver.open())
  const reading = watch(receiver.receive())
  await stage.run()
  stage.broker.dropConnections()
  await stage.run()
  const error = reading.error as AMQPError
  t.true(error.retryable)
  t.is(error.context.operation, undefined)
  await stage.until(receiver.close())
})

test('a terminus with a field that does not exist is refused, and not taken for the anonymous one', async (t) => {
  const stage = await Stage.open(t)
  const connection = await stage.until(Connection.connect(stage.broker.url, stage.base))
  const wrong = { adress: 'orders' } as unknown as Target & Source
  const options = { instanceOf: TypeError, message: /has no adress, did you mean "address"\?/ }
  await t.throwsAsync(stage.until(connection.createSender(wrong)), options)
  await t.throwsAsync(stage.until(connection.createReceiver(wrong)), options)
  await stage.until(connection.close())
})

test('a password that is not percent-encoded is told how to be, and not shown', (t) => {
  const error = t.throws(() => new SendClient('amqp://user:hunter2/@host/orders'), { instanceOf: TypeError })
  t.regex(error?.message ?? '', /in user and password write '\/' as %2F$/)
  t.false(error?.message.includes('hunter2'))
})

test('what is printed of a client, its connection and its links says how they stand, without secrets', async (t) => {
  const stage = await Stage.open(t, { users: { guest: 'hunter2' } })
  const url = 'amqp://guest:hunter2@embedded.invalid/orders'
  const [sender, receiver] = [new SendClient(url, stage.base), new ReceiveClient(url, stage.base)]
  t.is(inspect(sender), 'client of "orders": not open yet')
  await stage.until(Promise.all([sender.open(), receiver.open()]))
  const { connection } = sender
  const session = await stage.until(connection?.createSession() as Promise<Session>)
  const links = [
    await stage.until(session.createSender('orders')),
    await stage.until(session.createReceiver('orders')),
  ]
  for (const one of [sender, receiver, connection, session, ...links, stage.broker]) {
    const printed = inspect(one, { depth: 20 })
    t.false(printed.includes('hunter2'), printed)
    t.true(printed.length < 1000, printed)
  }
  for (const link of links) t.is(inspect(link), link.explain())
  t.regex(inspect(stage.broker), /^EmbeddedBroker at amqp:.*, connections: 2, queues: orders$/)
  await stage.until(Promise.all([sender.close(), receiver.close()]))
})
