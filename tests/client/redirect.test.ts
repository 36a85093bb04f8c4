// Redirects [2.8.16, 2.8.18]: told as they are, or followed, with nothing lost that had not left yet. Where a new place
// matters, the brokers listen on ports of their own.

import test, { type ExecutionContext } from 'ava'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { hostOptions, type Place, placeOf, redirectedPlace } from '../../lib/client/place.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { Redirects } from '../../lib/client/redirects.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import type { MessageSender } from '../../lib/connection/message-sender.js'
import { MessageState, SenderSettleMode, TransportType } from '../../lib/constants.js'
import { AMQPConnectionError, ConnectionRedirect, LinkRedirect, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { SASLPlain } from '../../lib/sasl/plain.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import { Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { testCertificates } from '../support/certificates.js'
import type { PeerLink } from '../support/peer-state.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const WAIT = { timeoutMs: 10_000 }

async function broker(t: ExecutionContext, options = {}): Promise<EmbeddedBroker> {
  const started = await EmbeddedBroker.start(options)
  t.teardown(() => started.stop())
  return started
}

const redirect = (info: Record<string, unknown>): LinkRedirect => new LinkRedirect('moved', { info })

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

const WAYS: Readonly<Record<string, (client: ReceiveClient) => Promise<Message | undefined>>> = {
  receive: (client) => client.receive(WAIT),
  receiveMessageBatch: async (client) => (await client.receiveMessageBatch(WAIT))[0],
  'for await': async (client) => {
    for await (const message of client) return message
    return undefined
  },
  receiveMessages: (client) =>
    new Promise((resolve, reject) => {
      client.receiveMessages(resolve, {}).catch(reject)
    }),
}

for (const [way, wait] of Object.entries(WAYS)) {
  test(`who waits by ${way} is taken along when the link is redirected`, async (t) => {
    const [first, second] = [await broker(t), await broker(t)]
    const client = new ReceiveClient(`${first.url}/old`, { followRedirects: true })
    await client.open()
    const waiting = wait(client)
    const sender = new SendClient(`${second.url}/new`)
    await sender.sendMessage('over here', WAIT)
    first.redirect('old', { networkHost: '127.0.0.1', port: second.port, address: 'new' })
    t.is((await waiting)?.text(), 'over here')
    await Promise.all([client.close(), sender.close()])
  })
}

test("a redirect that a handler fails by is not the receiver's to follow", async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver('orders', { followRedirects: true })
  const elsewhere = redirect({ address: 'elsewhere' })
  const running = client.receiveMessages(() => {
    throw new MessageSendFailed('forwarding failed', { cause: elsewhere })
  })
  await t.throwsAsync(stage.until(running), { message: 'forwarding failed' })
  t.is(client.address, 'orders')
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['a'])
})

test('receiving goes on after a redirect of the connection, whatever its handler is at [2.8.16]', async (t) => {
  const [first, second] = [await broker(t), await broker(t)]
  const [here, there] = [new SendClient(`${first.url}/q`), new SendClient(`${second.url}/q`)]
  await Promise.all([here.sendMessage('here', WAIT), there.sendMessage('there', WAIT)])
  await here.close()
  const client = new ReceiveClient(`${first.url}/q`, { followRedirects: true })
  const got: string[] = []
  await client.receiveMessages(async (message) => {
    got.push(message.text())
    if (got.length === 2) return void client.close()
    const info = { 'network-host': '127.0.0.1', port: second.port }
    const closed = client.connection?.closed
    first.closeConnections('amqp:connection:redirect', 'moved', info)
    await closed
  })
  t.deepEqual(got, ['here', 'there'])
  await Promise.all([client.close(), there.close()])
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

test('redirect() goes as often as it is told', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  for (const address of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    await stage.until(client.redirect(redirect({ address })))
  t.is(client.address, 'g')
  await stage.until(client.close())
})

test('redirect() takes along those who wait for the old place to open', async (t) => {
  const [first, second] = [await broker(t), await broker(t)]
  const client = new SendClient(`${first.url}/old`)
  const sending = client.sendMessage('waiting', WAIT)
  const place = { 'network-host': '127.0.0.1', port: second.port, address: 'new' }
  await client.redirect(redirect(place), WAIT)
  await sending
  t.deepEqual(first.queueNames, [])
  t.deepEqual(textsIn(second, 'new'), ['waiting'])
  await client.close()
  t.is(first.connections, 0)
})

test('redirect() does not wait for an old place that never answers', async (t) => {
  const stage = await Stage.open(t)
  let hang = true
  const transport = () => (hang ? new Promise<never>(() => {}) : stage.base.transport())
  const client = stage.sender('old', { transport })
  const sending = client.sendMessage('x')
  await stage.run()
  hang = false
  await stage.until(client.redirect(redirect({ address: 'new' })))
  await stage.until(sending)
  t.deepEqual(stage.waiting('new'), ['x'])
  await stage.until(client.close())
  t.is(stage.clock.pendingTimers, 0)
})

for (const kind of ['open', 'attach'] as const) {
  test(`redirect() when the peer's ${kind} is just being read leads those who wait to the new place`, async (t) => {
    for (let turns = 0; turns < 30; turns++) {
      const stage = await Stage.open(t)
      let going: Promise<void> | undefined
      const frame = async (direction: string, _: number, text: () => string): Promise<void> => {
        if (direction !== 'in' || !text().startsWith(`${kind}(`) || stage.connects > 1) return
        for (let turn = 0; turn < turns; turn++) await undefined
        going = client.redirect(redirect({ address: 'new' }))
      }
      const onAttach = (link: MessageSender): void => {
        t.true(link.isOpen, `after ${turns} turns`)
      }
      const client = stage.sender('old', { tracer: { frame }, onAttach })
      await stage.until(client.open())
      await stage.until(going ?? Promise.reject(new Error('no redirect')))
      await stage.until(client.sendMessage('x'))
      t.deepEqual(stage.waiting('new'), ['x'], `after ${turns} turns`)
      await stage.until(client.close())
      t.is(stage.broker.connections, 0, `after ${turns} turns`)
    }
  })
}

test('two who take up the same redirect by hand go there once', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  await stage.until(client.open())
  const to = redirect({ address: 'new' })
  await stage.until(Promise.all([client.redirect(to), client.redirect(to)]))
  const { connection } = client
  await stage.until(client.redirect(to))
  t.is(client.connection, connection)
  t.is(stage.connects, 2)
  await stage.until(client.close())
})

test('a message without credit goes where its link is redirected to; until then it waits to be sent', async (t) => {
  const rig = new Rig()
  let connects = 0
  const transport = () => (connects++ === 0 ? rig.transport() : rig.slow(100)())
  const client = new SendClient(URL, { ...rig.base, transport, followRedirects: true })
  const message = new Message('x')
  const sending = watch(client.sendMessage(message))
  await rig.run()
  t.is(message.state, MessageState.WaitingForSendAck)
  const info = { address: 'new' }
  rig.peer.detach(rig.peer.session.links[0] as PeerLink, {
    closed: true,
    error: { kind: 'error', condition: 'amqp:link:redirect', info },
  })
  await rig.run(50)
  t.is(message.state, MessageState.WaitingToBeSent)
  await rig.run(50)
  rig.peer.grant(rig.peer.session.links[0] as PeerLink, 1)
  await rig.run()
  t.deepEqual(rig.texts(), ['x'])
  rig.peer.dispose({ first: rig.lastDeliveryId, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(sending.state, 'resolved')
  t.is(message.state, MessageState.SendComplete)
  await rig.until(client.close())
})

test('the host that a redirect names is the one that TLS asks for, too [2.4.1, 2.8.16]', async (t) => {
  const { ca, serverCert: cert, serverKey: key } = await testCertificates()
  const tls = { cert, key }
  const [first, second] = [await broker(t, { tls }), await broker(t, { tls })]
  const to = { networkHost: '127.0.0.1', port: second.port, address: 'new' }
  for (const [hostname, name] of [
    ['localhost', 'right'],
    ['elsewhere.example', 'wrong'],
  ] as const) {
    first.redirect('old', { ...to, hostname })
    const client = new SendClient(`${first.url}/old`, { followRedirects: true, tls: { ca } })
    const sending = client.sendMessage(name, WAIT)
    if (name === 'right') await sending
    else await t.throwsAsync(sending, { instanceOf: AMQPConnectionError, message: /certificate/ })
    await client.close()
  }
  t.deepEqual(textsIn(second, 'new'), ['right'])
})

for (const [title, url, expected] of [
  ['TLS is told a name', 'amqps://a/q', { hostname: 'b.example', tls: { servername: 'b.example' } }],
  ['without TLS there is nothing to tell', 'amqp://a/q', { hostname: 'b.example' }],
] as const) {
  test(`the host of a redirect: ${title}`, (t) => {
    const place = redirectedPlace(placeOf(url, undefined, false), redirect({ hostname: 'b.example' }))
    t.deepEqual(hostOptions(place as Place, {}), expected)
  })
}

test('the host of a redirect: TLS is told no IP address', (t) => {
  for (const hostname of ['10.1.2.3', '::1', 'fe80::1']) {
    const place = redirectedPlace(placeOf('amqps://a/q', undefined, false), redirect({ hostname }))
    t.deepEqual(hostOptions(place as Place, {}), { hostname })
  }
})

test('the host of a redirect: another that says none does away with it, the same place keeps it', (t) => {
  const named = redirectedPlace(placeOf('amqp://a/q', undefined, false), redirect({ hostname: 'b' })) as Place
  t.is(redirectedPlace(named, redirect({ address: 'r' }))?.hostname, 'b')
  t.is((redirectedPlace(named, redirect({ 'network-host': 'c' })) as Place).hostname, undefined)
})

test('a WebSocket that transportType asks for keeps its own port, too', (t) => {
  const place = placeOf('amqps://a:8443/q', undefined, false)
  const to = redirect({ 'network-host': 'b', port: 5671 })
  t.is(redirectedPlace(place, to, TransportType.AmqpOverWebsocket)?.url, 'amqps://b:8443/q')
  t.is(redirectedPlace(place, to, TransportType.Amqp)?.url, 'amqps://b:5671/q')
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
test('five redirects in a row are followed, more are a circle; after a minute another row begins', (t) => {
  const redirects = new Redirects(placeOf('amqp://a/q', undefined, false), undefined)
  const taken = (nowMs: number): boolean[] =>
    [1, 2, 3, 4, 5, 6].map(() => redirects.take(redirect({ address: 'r' }), nowMs))
  t.deepEqual(taken(1_000), [true, true, true, true, true, false])
  t.deepEqual(taken(60_999), [false, false, false, false, false, false])
  t.deepEqual(taken(61_000), [true, true, true, true, true, false])
})

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
    'a host of other letters',
    'amqps://a/q',
    { 'network-host': 'bücher.example' },
    { url: 'amqps://b%C3%BCcher.example:5671/q', address: 'q', hostname: undefined },
  ],
  ['a host that would end the URL', 'amqps://a/q', { 'network-host': 'b/@c' }, undefined],
  ['a host that is none, with a colon', 'amqps://a/q', { 'network-host': 'b:1/c' }, undefined],
  [
    'an empty host is none',
    'amqps://a/q',
    { 'network-host': '', hostname: '' },
    { url: 'amqps://a:5671/q', address: 'q', hostname: undefined },
  ],
] as const) {
  test(`the place that a redirect names: ${title}`, (t) => {
    t.deepEqual(redirectedPlace(placeOf(url, undefined, false), redirect(info)), expected)
  })
}
