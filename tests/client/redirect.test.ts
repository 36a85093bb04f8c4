// Redirects [2.8.16, 2.8.18]: told as they are, or followed, with nothing lost that had not left yet. Where a new place
// matters, the brokers listen on ports of their own.

import test, { type ExecutionContext } from 'ava'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { placeOf, redirectedPlace } from '../../lib/client/place.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { SenderSettleMode } from '../../lib/constants.js'
import { ConnectionRedirect, LinkRedirect } from '../../lib/errors.js'
import { SASLPlain } from '../../lib/sasl/plain.js'
import { keepTidy } from '../connection/support/tidy.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const WAIT = { timeoutMs: 10_000 }

async function broker(t: ExecutionContext, options = {}): Promise<EmbeddedBroker> {
  const started = await EmbeddedBroker.start(options)
  t.teardown(() => started.stop())
  return started
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const textsIn = (where: EmbeddedBroker, queue: string): string[] =>
  where.queue(queue).messages.map((message) => message.text())

/** Two brokers; links to `old` of the first are sent to `new` of the second. */
async function moved(t: ExecutionContext, options = {}): Promise<[EmbeddedBroker, EmbeddedBroker]> {
  const [first, second] = [await broker(t, options), await broker(t, options)]
  first.redirect('old', { networkHost: '127.0.0.1', port: second.port, address: 'new' })
  return [first, second]
}

test('a redirect that is not to be followed is told with all that the peer said [2.8.18]', async (t) => {
  const stage = await Stage.open(t)
  const address = 'amqps://elsewhere.example:5671/new/name'
  stage.broker.redirect('orders', { hostname: 'virtual', networkHost: '10.1.2.3', port: 5679, address })
  const error = await t.throwsAsync(stage.until(stage.sender().open()), { instanceOf: LinkRedirect })
  t.like(error, {
    hostname: 'virtual',
    networkHost: '10.1.2.3',
    port: 5679,
    address,
    scheme: 'amqps',
    path: 'new/name',
  })
})

test('messages of every kind go where the peer redirects to', async (t) => {
  const [first, second] = await moved(t)
  const client = new SendClient(`${first.url}/old`, { followRedirects: true })
  client.queueMessage('queued')
  await client.sendMessage('sent', WAIT)
  await client.sendAllMessages({ ...WAIT, closeOnDone: false })
  await client.sendBatch(['one', 'two'], WAIT)
  t.is(client.address, 'new')
  await client.close()
  const got = second.queue('new').messages.flatMap((message) => message.innerMessages() ?? [message])
  t.deepEqual(
    got.map((message) => message.text()),
    ['sent', 'queued', 'one', 'two'],
  )
  t.deepEqual(first.queueNames, [])
  t.is(first.connections, 0)
})

test('what waits for credit is sent at the new place when the link is redirected under way', async (t) => {
  const [first, second] = [await broker(t, { credit: 1 }), await broker(t)]
  first.createQueue('old', { answer: 'none' })
  const client = new SendClient(`${first.url}/old`, { followRedirects: true })
  await client.open()
  const doubtful = t.throwsAsync(client.sendMessage('in doubt', WAIT))
  const waiting = client.sendMessage('waiting', WAIT)
  while (first.queue('old').depth === 0) await nextTurn()
  first.redirect('old', { networkHost: '127.0.0.1', port: second.port })
  t.like(await doubtful, { inDoubt: true })
  await waiting
  t.deepEqual(textsIn(second, 'old'), ['waiting'])
  await client.close()
})

test('receiving goes on at the new place: one at a time, in batches, in a loop and by a handler', async (t) => {
  const [first, second] = await moved(t)
  second.createQueue('new')
  const client = new ReceiveClient(`${first.url}/old`, { followRedirects: true, prefetch: 0 })
  const sender = new SendClient(`${second.url}/new`)
  await sender.sendMessage('one', WAIT)
  const one = await client.receive(WAIT)
  t.is(one?.text(), 'one')
  await one?.accept()

  const batch = client.receiveMessageBatch(WAIT)
  await sender.sendMessage('two', WAIT)
  t.deepEqual(
    (await batch).map((message) => message.text()),
    ['two'],
  )
  await client.close()

  for (const way of ['loop', 'handler'] as const) {
    const receiver = new ReceiveClient(`${first.url}/old`, { followRedirects: true })
    await sender.sendMessage(way, WAIT)
    if (way === 'loop') {
      for await (const message of receiver) {
        t.is(message.text(), 'two', 'it was given back by the batch')
        await message.accept()
        break
      }
    } else {
      const got: string[] = []
      const done = receiver.receiveMessages((message) => {
        got.push(message.text())
        if (got.length === 2) receiver.close()
      })
      await done
      t.deepEqual(got, ['loop', 'handler'])
    }
    await receiver.close()
  }
  await sender.close()
})

test('a receiver that waits is taken along when its link is redirected', async (t) => {
  const [first, second] = [await broker(t), await broker(t)]
  const client = new ReceiveClient(`${first.url}/old`, { followRedirects: true })
  await client.open()
  const waiting = client.receive(WAIT)
  const sender = new SendClient(`${second.url}/new`)
  await sender.sendMessage('over here', WAIT)
  first.redirect('old', { networkHost: '127.0.0.1', port: second.port, address: 'new' })
  t.is((await waiting)?.text(), 'over here')
  await Promise.all([client.close(), sender.close()])
})

test('a connection that is redirected is followed, too [2.8.16]', async (t) => {
  const [first, second] = [await broker(t), await broker(t)]
  const info = { 'network-host': '127.0.0.1', hostname: 'virtual', port: second.port }
  const strict = new SendClient(`${first.url}/q`)
  const client = new SendClient(`${first.url}/q`, { followRedirects: true })
  await Promise.all([strict.open(), client.open()])
  const closed = strict.connection?.closed
  first.closeConnections('amqp:connection:redirect', 'moved', info)
  const reason = await closed
  t.true(reason instanceof ConnectionRedirect)
  t.like(reason, { networkHost: '127.0.0.1', hostname: 'virtual', port: second.port })
  while (client.connection?.isOpen === true) await nextTurn()
  await client.sendMessage('x', WAIT)
  t.deepEqual(textsIn(second, 'q'), ['x'])
  await Promise.all([strict.close(), client.close()])
})

test('redirect() goes by hand, with other credentials, and keeps what is queued', async (t) => {
  const first = await broker(t)
  const second = await broker(t, { users: { ann: 'other' } })
  first.redirect('old', { networkHost: '127.0.0.1', port: second.port, address: 'new' })
  const client = new SendClient(`${first.url}/old`)
  client.queueMessage('kept')
  const error = await t.throwsAsync(client.open(WAIT), { instanceOf: LinkRedirect })
  await client.redirect(error as LinkRedirect, { auth: SASLPlain('ann', 'other'), ...WAIT })
  await client.sendAllMessages(WAIT)
  t.deepEqual(textsIn(second, 'new'), ['kept'])
})

test('user and password of the URL go along', async (t) => {
  const users = { ann: 'p@ss/word' }
  const [first, second] = await moved(t, { users })
  const url = first.url.replace('//', '//ann:p%40ss%2Fword@')
  const client = new SendClient(`${url}/old`, { followRedirects: true })
  await client.sendMessage('x', WAIT)
  t.deepEqual(textsIn(second, 'new'), ['x'])
  await client.close()
})

test('a circle of redirects ends with the redirect as the error', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.redirect('orders', { address: 'orders' })
  const client = stage.sender('orders', { followRedirects: true })
  await t.throwsAsync(stage.until(client.sendMessage('x')), { instanceOf: LinkRedirect })
  t.is(stage.connects, 6)
  await stage.until(client.close())
  t.is(stage.clock.pendingTimers, 0)
})

for (const host of ['x:1/@elsewhere', ':', '::1]/q?#', 'a:\\b']) {
  test(`a redirect to the host "${host}", which cannot be, is told, and the client goes on where it was`, async (t) => {
    const stage = await Stage.open(t)
    stage.broker.redirect('orders', { networkHost: host })
    const client = stage.sender('orders', { followRedirects: true })
    const error = await t.throwsAsync(stage.until(client.open()), { instanceOf: LinkRedirect })
    await t.throwsAsync(stage.until(client.redirect(error as LinkRedirect)), { is: error })
    stage.broker.redirect('orders', undefined)
    await stage.until(client.sendMessage('x'))
    t.deepEqual(stage.waiting(), ['x'])
    await stage.until(client.close())
  })
}

test('a connection that was given is not left', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.redirect('orders', { address: 'new' })
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  const client = new SendClient('orders', { connection, followRedirects: true, clock: stage.clock })
  const error = await t.throwsAsync(stage.until(client.open()), { instanceOf: LinkRedirect })
  await t.throwsAsync(client.redirect(error as LinkRedirect), { instanceOf: TypeError })
  t.true(connection.isOpen)
  await stage.until(connection.close())
})

test('redirect() takes nothing but a redirect', async (t) => {
  const client = new SendClient('amqp://host/q')
  await t.throwsAsync(client.redirect(new Error('x') as never), { instanceOf: TypeError })
})

test('settled messages that left are not sent again [2.8.2]', async (t) => {
  const [first, second] = [await broker(t), await broker(t)]
  const options = { followRedirects: true, sendSettleMode: SenderSettleMode.Settled }
  const client = new SendClient(`${first.url}/old`, options)
  await client.sendMessage('here', WAIT)
  while (!first.queueNames.includes('old') || first.queue('old').depth === 0) await nextTurn()
  first.redirect('old', { networkHost: '127.0.0.1', port: second.port })
  await client.sendMessage('there', WAIT).catch(() => {})
  await client.close()
  t.deepEqual(textsIn(first, 'old'), ['here'])
})

const redirect = (info: Record<string, unknown>): LinkRedirect => new LinkRedirect('moved', { info })

for (const [title, url, info, expected] of [
  [
    'host, port and address',
    'amqps://u:p@a:1/q',
    { 'network-host': 'b', port: 2, address: 'r' },
    { url: 'amqps://u:p@b:2/q', address: 'r', hostname: undefined },
  ],
  [
    'a hostname alone is where to connect to as well',
    'amqp://a/q',
    { hostname: 'b' },
    { url: 'amqp://b:5672/q', address: 'q', hostname: 'b' },
  ],
  [
    'a host of IPv6',
    'amqp://a/q',
    { hostname: 'v', 'network-host': '::1' },
    { url: 'amqp://[::1]:5672/q', address: 'q', hostname: 'v' },
  ],
  ['nothing', 'amqp://a:9/q', {}, { url: 'amqp://a:9/q', address: 'q', hostname: undefined }],
  [
    "a WebSocket keeps its own port: peers name AMQP's",
    'wss://a/q?x=1',
    { 'network-host': 'b', port: 5671, address: 'r' },
    { url: 'wss://b:443/q?x=1', address: 'r', hostname: undefined },
  ],
  [
    'a port that is none',
    'amqp://a:9/q',
    { port: 70_000 },
    { url: 'amqp://a:9/q', address: 'q', hostname: undefined },
  ],
  [
    'a host that is empty, a hostname and an address of no text',
    'amqp://[fe80::1%25a]:9/q',
    { 'network-host': '', hostname: new Map([['a', 'b']]), address: [] },
    { url: 'amqp://[fe80::1%25a]:9/q', address: 'q', hostname: undefined },
  ],
  ['a host that cannot be', 'amqp://u:p@a/q', { 'network-host': 'b:c@d' }, undefined],
  ['a host of blanks and brackets', 'amqp://a/q', { 'network-host': '[: ]' }, undefined],
  [
    'a host that would end the URL',
    'amqps://a/q',
    { 'network-host': 'b/@c' },
    { url: 'amqps://b%2F%40c:5671/q', address: 'q', hostname: undefined },
  ],
] as const) {
  test(`the place that a redirect names: ${title}`, (t) => {
    t.deepEqual(redirectedPlace(placeOf(url, undefined, false), redirect(info)), expected)
  })
}
