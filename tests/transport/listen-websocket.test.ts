import { once } from 'node:events'
import { type ClientRequestArgs, type IncomingMessage, request } from 'node:http'
import test from 'ava'
import { WebSocket } from 'ws'
import { listenWebSocket, type WebSocketListenOptions } from '../../lib/transport/listen-websocket.js'
import { connectTcp } from '../../lib/transport/tcp.js'
import type { Transport } from '../../lib/transport/transport.js'
import { connectWebSocket } from '../../lib/transport/websocket.js'
import { testCertificates } from '../support/certificates.js'
import { closed, failed, Server } from './support.js'

interface Context {
  teardown(fn: () => unknown): void
}

async function listening(t: Context, options: WebSocketListenOptions = {}): Promise<Server> {
  const listen = (_options: object, onConnection: (transport: Transport) => void) =>
    listenWebSocket(options, onConnection)
  const server = await Server.start({}, listen)
  t.teardown(() => server.listener.close())
  return server
}

const at = (server: Server) => ({ host: '127.0.0.1', port: server.listener.port, resource: '/' })

async function statusOf(server: Server, options: ClientRequestArgs): Promise<IncomingMessage> {
  const asking = request({ ...at(server), agent: false, ...options })
  asking.end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  response.resume()
  return response
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

test('amqp and AMQPWSB10 are spoken, the first that both know', async (t) => {
  const server = await listening(t)
  for (const [offered, chosen] of [
    [['amqp'], 'amqp'],
    [['AMQPWSB10'], 'AMQPWSB10'],
    [['mqtt', 'AMQPWSB10', 'amqp'], 'amqp'],
  ] as const) {
    const client = new WebSocket(`ws://127.0.0.1:${server.listener.port}/any/path`, [...offered])
    await once(client, 'open')
    t.is(client.protocol, chosen)
    t.is(client.extensions, '')
    client.terminate()
  }
})

test('a client that offers no sub-protocol of ours is refused with 400', async (t) => {
  const server = await listening(t)
  t.is((await statusOf(server, { headers: UPGRADE })).statusCode, 400)
  const headers = { ...UPGRADE, 'Sec-WebSocket-Protocol': 'mqtt' }
  t.is((await statusOf(server, { headers })).statusCode, 400)
  const error = await failed(connectWebSocket({ ...at(server), webSocket: { protocol: 'mqtt' } }))
  t.deepEqual(error.info, { httpStatus: 400 })
  t.is(server.connections, 0)
})

test('the sub-protocols can be said', async (t) => {
  const server = await listening(t, { protocols: ['binary'] })
  t.is((await failed(connectWebSocket(at(server)))).info?.['httpStatus'], 400)
  const client = await connectWebSocket({ ...at(server), webSocket: { protocol: 'binary' } })
  client.destroy()
})

test('with a path, others are refused with 404', async (t) => {
  const server = await listening(t, { path: '/amqp' })
  t.is((await failed(connectWebSocket(at(server)))).info?.['httpStatus'], 404)
  const client = await connectWebSocket({ ...at(server), resource: '/amqp?x=1' })
  client.destroy()
})

test('a request that wants no WebSocket is told to upgrade', async (t) => {
  const response = await statusOf(await listening(t), { method: 'GET' })
  t.is(response.statusCode, 426)
  t.is(response.headers.upgrade, 'websocket')
})

test('a handshake that is none is refused', async (t) => {
  const server = await listening(t)
  const headers = { ...UPGRADE, 'Sec-WebSocket-Protocol': 'amqp', 'Sec-WebSocket-Key': 'short' }
  t.is((await statusOf(server, { headers })).statusCode, 400)
  t.is(server.connections, 0)
})

test('a client that talks nonsense harms nobody else', async (t) => {
  const server = await listening(t)
  const rude = await connectTcp(server.listener)
  rude.onBytes = () => {}
  const end = closed(rude)
  rude.write([new TextEncoder().encode('AMQP\x03\x01\x00\x00')])
  await end
  const client = await connectWebSocket(at(server))
  t.false((await server.accept()).secure)
  client.destroy()
})

test('closing drops those who are connected, and those who have not upgraded yet', async (t) => {
  const server = await listening(t)
  const silent = await connectTcp(server.listener)
  const client = await connectWebSocket(at(server))
  client.onBytes = () => {}
  silent.onBytes = () => {}
  const ends = Promise.all([closed(client), closed(silent)])
  await server.listener.close()
  t.is((await ends)[0]?.phase, 'established')
})

test('an address or keys that cannot be used are an error', async (t) => {
  const server = await listening(t)
  const busy = await failed(listenWebSocket({ port: server.listener.port }, () => {}))
  t.is(busy.phase, 'tcp')
  t.regex(busy.message, /EADDRINUSE/)
  const { serverCert: cert, clientKey: key } = await testCertificates()
  const unfit = await failed(listenWebSocket({ tls: { cert, key } }, () => {}))
  t.is(unfit.phase, 'tls')
  t.regex(unfit.message, /of no use/)
})
