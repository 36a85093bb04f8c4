// The embedded broker over WebSocket, beside TCP and alone: our own clients, rhea's, and bare WebSockets.

import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { type Connection as RheaConnection, websocket_connect } from 'rhea'
import { WebSocket } from 'ws'
import { type BrokerOptions, EmbeddedBroker } from '../../lib/broker/index.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { TransportType } from '../../lib/constants.js'
import { AMQPConnectionError } from '../../lib/errors.js'
import { testCertificates } from '../support/certificates.js'
import { connect, openReceiver, sendAll, startBroker } from './rhea-client.js'

const AZURE_PATH = '/$servicebus/websocket'

/** Sends a message, and has it back. */
async function roundTrip(t: ExecutionContext, url: string, options: object = {}): Promise<void> {
  await using sender = new SendClient(url, options)
  await using receiver = new ReceiveClient(url, options)
  await sender.sendMessage('one pizza')
  const message = await receiver.receive()
  t.is(message?.text(), 'one pizza')
  await message?.accept()
}

test('what came by WebSocket goes by TCP, and the reverse', async (t) => {
  const broker = await startBroker(t, { webSocket: true })
  t.regex(broker.webSocketUrl, /^ws:\/\/127\.0\.0\.1:\d+$/)
  t.regex(broker.url, /^amqp:\/\/127\.0\.0\.1:\d+$/)
  for (const [there, back] of [
    [broker.webSocketUrl, broker.url],
    [broker.url, broker.webSocketUrl],
  ]) {
    await using sender = new SendClient(`${there}/orders`)
    await sender.sendMessage('one pizza')
    await using receiver = new ReceiveClient(`${back}/orders`)
    const message = await receiver.receive()
    t.is(message?.text(), 'one pizza')
    await message?.accept()
  }
})

test("any path is served, Azure's as well, by both sub-protocols", async (t) => {
  const broker = await startBroker(t, { webSocket: true })
  await roundTrip(t, `${broker.webSocketUrl}${AZURE_PATH}/`, { address: 'orders' })
  for (const protocol of ['amqp', 'AMQPWSB10']) {
    const webSocket = { path: AZURE_PATH, protocol }
    await roundTrip(t, `${broker.webSocketUrl}/orders`, { webSocket })
  }
  t.deepEqual(broker.queueNames, ['orders'])
})

test('with tls it is wss, which TransportType.AmqpOverWebsocket reaches', async (t) => {
  const { ca, serverCert: cert, serverKey: key } = await testCertificates()
  const broker = await startBroker(t, { tls: { cert, key }, webSocket: true })
  t.regex(broker.webSocketUrl, /^wss:\/\/127\.0\.0\.1:\d+$/)
  await roundTrip(t, `${broker.webSocketUrl}/orders`, { tls: { ca } })
  const url = `${broker.webSocketUrl.replace('wss', 'amqps')}/orders`
  await roundTrip(t, url, { tls: { ca }, transportType: TransportType.AmqpOverWebsocket })
})

test('with a path, no other is served, and the URL has it', async (t) => {
  const broker = await startBroker(t, { webSocket: { path: '/amqp' } })
  t.regex(broker.webSocketUrl, /^ws:\/\/127\.0\.0\.1:\d+\/amqp$/)
  await roundTrip(t, broker.webSocketUrl, { address: 'orders' })
  const other = Connection.connect(broker.webSocketUrl.replace('/amqp', '/other'))
  const error = await t.throwsAsync(other, { instanceOf: AMQPConnectionError })
  t.deepEqual(error?.info, { httpStatus: 404 })
})

test("rhea's client logs in over WebSocket, and has its messages back", async (t) => {
  const broker = await startBroker(t, { webSocket: true, users: { alice: 'secret' } })
  const details = websocket_connect(WebSocket as never)(broker.webSocketUrl, ['amqp'], {})
  const connection: RheaConnection = await connect(broker, {
    ...details,
    username: 'alice',
    password: 'secret',
  } as never)
  await sendAll(connection, 'orders', ['a', 'b'])
  const { inbox } = openReceiver(connection, 'orders')
  await inbox.until(2)
  t.deepEqual(inbox.bodies, ['a', 'b'])
})

test('without a port for TCP, WebSocket is all there is', async (t) => {
  const broker = await startBroker(t, { listen: false, webSocket: true })
  t.is(broker.port, 0)
  t.is(broker.url, 'amqp://embedded.invalid')
  await roundTrip(t, `${broker.webSocketUrl}/orders`)
})

test('without the option, the URL leads nowhere', async (t) => {
  for (const options of [{}, { webSocket: false }]) {
    t.is((await startBroker(t, options)).webSocketUrl, 'ws://embedded.invalid')
  }
})

test('a client of the broker that stops is told, and both ports are given back', async (t) => {
  const broker = await EmbeddedBroker.start({ webSocket: true })
  const client = new WebSocket(broker.webSocketUrl, ['amqp'])
  await once(client, 'open')
  const connection = await Connection.connect(broker.webSocketUrl)
  const ended = once(client, 'close')
  await broker.stop()
  t.is((await connection.closed)?.condition, 'amqp:connection:forced')
  await ended
  const port = Number(new URL(broker.webSocketUrl).port)
  const next = await EmbeddedBroker.start({ port: broker.port, webSocket: { port } })
  t.is(next.webSocketUrl, broker.webSocketUrl)
  await next.stop()
})

test('when the port for WebSocket cannot be had, the one for TCP is given back', async (t) => {
  const busy = await startBroker(t, { webSocket: true })
  const port = Number(new URL(busy.webSocketUrl).port)
  const free = await EmbeddedBroker.start()
  await free.stop()
  await t.throwsAsync(EmbeddedBroker.start({ port: free.port, webSocket: { port } }), {
    instanceOf: AMQPConnectionError,
    message: new RegExp(String(port)),
  })
  const again = await EmbeddedBroker.start({ port: free.port })
  t.is(again.port, free.port)
  await again.stop()
})

const WRONG: readonly (readonly [unknown, ErrorConstructor, RegExp])[] = [
  ['yes', TypeError, /"webSocket"/],
  [{ port: 65536 }, RangeError, /"port"/],
  [{ path: 'amqp' }, TypeError, /"path"/],
  [{ path: '/a b' }, TypeError, /"path"/],
  [{ path: '/a?b' }, TypeError, /"path"/],
  [{ protocol: 'amqp' }, TypeError, /"protocol"/],
]

for (const [webSocket, instanceOf, message] of WRONG) {
  test(`webSocket: ${JSON.stringify(webSocket)} is refused`, async (t) => {
    await t.throwsAsync(EmbeddedBroker.start({ webSocket } as BrokerOptions), { instanceOf, message })
  })
}
