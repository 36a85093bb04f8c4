// AMQP over WebSocket as users have it: clients and the embedded broker, with frames cut and joined at will
// between.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { WebSocket, WebSocketServer } from 'ws'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { TransportType } from '../../lib/constants.js'
import { AMQPConnectionError } from '../../lib/errors.js'
import { listenWebSocket, type WebSocketListenOptions } from '../../lib/transport/listen-websocket.js'
import { concatBytes } from '../../lib/util/bytes.js'
import { testCertificates } from '../support/certificates.js'
import { ProxyProcess } from '../support/proxy-process.js'

interface Context {
  teardown(fn: () => unknown): void
}

test.after.always(() => ProxyProcess.end())

/** A broker without a port of its own. */
async function brokerOf(t: Context): Promise<EmbeddedBroker> {
  const broker = await EmbeddedBroker.start({ listen: false })
  t.teardown(() => broker.stop())
  return broker
}

/** The port by which a broker is reached over WebSocket. */
async function portOf(
  t: Context,
  broker: EmbeddedBroker,
  options: WebSocketListenOptions = {},
): Promise<number> {
  const listener = await listenWebSocket(options, (transport) => broker.serve(transport))
  t.teardown(() => listener.close())
  return listener.port
}

const TEXTS = ['one', 'two', 'x'.repeat(70_000), 'four']

/** Sends messages to a queue and has them back. */
async function roundTrip(send: SendClient, receive: ReceiveClient): Promise<string[]> {
  for (const text of TEXTS) await send.sendMessage(text)
  const texts: string[] = []
  for (const _ of TEXTS) {
    const message = await receive.receive()
    texts.push(message?.text() ?? '')
    await message?.accept()
  }
  await Promise.all([send.close(), receive.close()])
  return texts
}

test('messages go to a queue and back; the path is the address of the node', async (t) => {
  const broker = await brokerOf(t)
  const url = `ws://127.0.0.1:${await portOf(t, broker)}/orders`
  t.deepEqual(await roundTrip(new SendClient(url), new ReceiveClient(url)), TEXTS)
  t.deepEqual(broker.queueNames, ['orders'])
})

test('with the option address, the path is for the WebSocket alone', async (t) => {
  const broker = await brokerOf(t)
  const port = await portOf(t, broker, { path: '/$servicebus/websocket' })
  const url = `ws://127.0.0.1:${port}/$servicebus/websocket`
  const options = { address: 'orders' }
  t.deepEqual(await roundTrip(new SendClient(url, options), new ReceiveClient(url, options)), TEXTS)
  t.deepEqual(broker.queueNames, ['orders'])
})

test('TransportType.AmqpOverWebsocket makes a WebSocket of amqps://, through a proxy as well', async (t) => {
  const broker = await brokerOf(t)
  const { serverCert: cert, serverKey: key, ca } = await testCertificates()
  const port = await portOf(t, broker, { path: '/$servicebus/websocket', tls: { cert, key } })
  const url = `amqps://localhost:${port}/orders`
  const options = { transportType: TransportType.AmqpOverWebsocket, tls: { ca } }
  t.deepEqual(await roundTrip(new SendClient(url, options), new ReceiveClient(url, options)), TEXTS)
  const proxy = await ProxyProcess.start({ credentials: 'user:pass' })
  const httpProxy = { proxyHostname: proxy.host, proxyPort: proxy.port, username: 'user', password: 'pass' }
  const proxied = { ...options, httpProxy }
  t.deepEqual(await roundTrip(new SendClient(url, proxied), new ReceiveClient(url, proxied)), TEXTS)
  t.is((await proxy.seen()).length, 2)
  t.deepEqual(broker.queueNames, ['orders'])
})

type Cut = (bytes: Uint8Array) => Uint8Array[]

/** Hands on what comes from one WebSocket to another, cut as `cut` does. */
function pipe(from: WebSocket, to: WebSocket, cut: Cut): void {
  from.on('message', (data: Buffer) => {
    for (const piece of cut(new Uint8Array(data))) to.send(piece)
  })
  // What is held back goes first.
  from.on('close', () => setImmediate(() => to.close(1000)))
}

/** Joins a client to a server, and cuts what either says. */
async function relay(client: WebSocket, url: string, cutter: (to: WebSocket) => Cut): Promise<void> {
  client.pause()
  const server = new WebSocket(url, ['amqp'])
  await once(server, 'open')
  pipe(client, server, cutter(server))
  pipe(server, client, cutter(client))
  client.resume()
}

const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte))

/** Holds everything back until this turn is over, and then says it in one message. */
function joiner(socket: WebSocket): Cut {
  let held: Uint8Array[] = []
  return (bytes) => {
    if (held.push(bytes) === 1) {
      setImmediate(() => {
        socket.send(concatBytes(held))
        held = []
      })
    }
    return []
  }
}

for (const [how, cutter] of [
  ['one byte a message', () => byteByByte],
  ['many frames a message', joiner],
  [
    'cut at odd places',
    () => (bytes: Uint8Array) => [bytes.subarray(0, 5), bytes.subarray(5, 13), bytes.subarray(13)],
  ],
] as const) {
  test(`frames arrive whole at both ends, whatever messages they come in: ${how} [2.3.1]`, async (t) => {
    const broker = await brokerOf(t)
    const onward = `ws://127.0.0.1:${await portOf(t, broker)}/`
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    t.teardown(() => {
      for (const client of server.clients) client.terminate()
      server.close()
    })
    await once(server, 'listening')
    server.on('connection', (socket) => relay(socket, onward, cutter))
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
    t.deepEqual(await roundTrip(new SendClient(url), new ReceiveClient(url)), TEXTS)
  })
}

test('user and password of the URL are for SASL, not for HTTP [5.3]', async (t) => {
  const broker = await EmbeddedBroker.start({ listen: false, users: { user: 'p@ss' } })
  t.teardown(() => broker.stop())
  const port = await portOf(t, broker)
  const connection = await Connection.connect(`ws://user:p%40ss@127.0.0.1:${port}/`)
  t.true(connection.isOpen)
  await connection.close()
})

test('a WebSocket that is cut is a lost connection, and one that closes in order ends AMQP first [2.4.3]', async (t) => {
  const broker = await brokerOf(t)
  const url = `ws://127.0.0.1:${await portOf(t, broker)}/`
  const lost = await Connection.connect(url)
  broker.dropConnections()
  const reason = await lost.closed
  t.true(reason instanceof AMQPConnectionError)
  t.is((reason as AMQPConnectionError).phase, 'established')
  t.true(reason?.retryable)
  const closed = await Connection.connect(url)
  await closed.close()
  t.is(await closed.closed, undefined)
})

test('a refused WebSocket tells its phase and status to who connects', async (t) => {
  const broker = await brokerOf(t)
  const port = await portOf(t, broker, { path: '/amqp' })
  const error = await t.throwsAsync(Connection.connect(`ws://127.0.0.1:${port}/other`), {
    instanceOf: AMQPConnectionError,
  })
  t.is(error?.phase, 'websocket')
  t.deepEqual(error?.info, { httpStatus: 404 })
})
