import test from 'ava'
import { WebSocket } from 'ws'
import { TransportType } from '../../lib/constants.js'
import { parseAddress } from '../../lib/transport/address.js'
import { connectTransport, type TransportSettings, transportAddress } from '../../lib/transport/connect.js'
import { listenWebSocket } from '../../lib/transport/listen-websocket.js'
import {
  checkWebSocketOptions,
  type WebSocketClass,
  type WebSocketLike,
  type WebSocketOptions,
} from '../../lib/transport/websocket-options.js'
import { equalBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import { closed, failed, read, Server } from './support.js'

const { Amqp, AmqpOverWebsocket } = TransportType
const AZURE = '/$servicebus/websocket'

function place(url: string, settings: TransportSettings = {}): string {
  const { scheme, host, port, resource } = transportAddress(parseAddress(url), settings)
  return `${scheme}://${host}:${port}${scheme.startsWith('ws') ? resource : ''}`
}

test('an address leads where its scheme says', (t) => {
  t.is(place('amqp://h'), 'amqp://h:5672')
  t.is(place('amqps://h', { transportType: Amqp }), 'amqps://h:5671')
  t.is(place('ws://h'), 'ws://h:80/')
  t.is(place('wss://h/a/b%20c?d', { transportType: AmqpOverWebsocket }), 'wss://h:443/a/b%20c?d')
})

test('AMQP over WebSocket may be asked for beside an address of AMQP', (t) => {
  const transportType = AmqpOverWebsocket
  t.is(place('amqps://h/queue', { transportType }), `wss://h:443${AZURE}`)
  t.is(place('amqps://h:5671/queue', { transportType }), `wss://h:443${AZURE}`)
  t.is(place('amqps://h:8443/queue', { transportType }), `wss://h:8443${AZURE}`)
  t.is(place('amqp://h/queue', { transportType }), `ws://h:80${AZURE}`)
  t.is(place('amqp://h:8080/queue', { transportType, webSocket: { path: '/ws' } }), 'ws://h:8080/ws')
})

test('with a path of its own for the WebSocket, that of the address is the node alone', (t) => {
  t.is(place('wss://h/queue', { webSocket: { path: AZURE } }), `wss://h:443${AZURE}`)
  t.is(transportAddress(parseAddress('wss://h/queue'), { webSocket: { path: AZURE } }).path, 'queue')
  t.is(transportAddress(parseAddress('amqps://h/queue'), { transportType: AmqpOverWebsocket }).path, 'queue')
})

test('settings that contradict the address or each other are refused', (t) => {
  const implementation = WebSocket as WebSocketClass
  const wrong: readonly (readonly [url: string, settings: TransportSettings, named: RegExp])[] = [
    ['wss://h', { transportType: Amqp }, /transportType Amqp contradicts .*wss:/],
    ['amqps://h', { webSocket: {} }, /option webSocket needs/],
    ['amqps://h', { webSocket: {}, transportType: Amqp }, /option webSocket needs/],
    ['wss://h', { webSocket: { implementation }, tls: {} }, /option tls has no effect/],
    [
      'wss://h',
      { webSocket: { implementation }, httpProxy: { host: 'p', port: 1 } },
      /httpProxy has no effect/,
    ],
    ['wss://h', { webSocket: { implementation, headers: {} } }, /webSocket\.headers has no effect/],
    [
      'amqps://h',
      { webSocket: { implementation }, tls: {}, transportType: AmqpOverWebsocket },
      /tls has no effect/,
    ],
  ]
  for (const [url, settings, message] of wrong)
    t.throws(() => place(url, settings), { instanceOf: TypeError, message })
})

test('options of a WebSocket that cannot be are refused by name, without their values', (t) => {
  const wrong: readonly (readonly [option: string, options: object | null])[] = [
    ['webSocket', null],
    ['webSocket.path', { path: 'hunter2' }],
    ['webSocket.path', { path: '/hunter2#' }],
    ['webSocket.path', { path: '/hunter 2' }],
    ['webSocket.protocol', { protocol: '' }],
    ['webSocket.protocol', { protocol: 'a,hunter2' }],
    ['webSocket.headers', { headers: 'hunter2' }],
    ['webSocket.headers', { headers: { 'X Y': 'hunter2' } }],
    ['webSocket.headers', { headers: { Authorization: 'hunter2\r\n' } }],
    ['webSocket.headers', { headers: { Authorization: 5 } }],
    ['webSocket.implementation', { implementation: 'ws' }],
    ['webSocket.subprotocol', { subprotocol: 'hunter2' }],
  ]
  for (const [option, options] of wrong) {
    const error = t.throws(() => checkWebSocketOptions(options as WebSocketOptions), {
      instanceOf: TypeError,
    })
    t.regex(error?.message ?? '', new RegExp(`\\b${option}(?: |;)`))
    t.false(error?.stack?.includes('hunter2'))
  }
  t.notThrows(() => checkWebSocketOptions({ path: undefined, headers: { Authorization: 'Bearer x' } }))
})

/** Has what the standard knows of a WebSocket, and nothing else; the rest is left to `ws`. */
class StandardWebSocket implements WebSocketLike {
  readonly #socket: WebSocket
  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols)
  }
  get protocol(): string {
    return this.#socket.protocol
  }
  get readyState(): number {
    return this.#socket.readyState
  }
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }
  get binaryType(): string {
    return this.#socket.binaryType
  }
  set binaryType(type: string) {
    if (type === 'arraybuffer') this.#socket.binaryType = type
  }
  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: unknown) => void): void {
    this.#socket.addEventListener(type, listener)
  }
  send(data: Uint8Array): void {
    this.#socket.send(data)
  }
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }
}

const webSocket = { implementation: StandardWebSocket }

test('a WebSocket class of the standard carries bytes both ways, and both ends', async (t) => {
  const server = await Server.start({}, listenWebSocket)
  t.teardown(() => server.listener.close())
  const address = parseAddress(`ws://127.0.0.1:${server.listener.port}/`)
  const client = await connectTransport(address, { webSocket }, {})
  const peer = await server.accept()
  const chunk = new Uint8Array(1_000_000).fill(7)
  let count = 1
  const drained = new Promise<void>((resolve) => {
    client.onDrain = resolve
  })
  while (client.write([chunk])) count++
  const atPeer = read(peer, count * chunk.length)
  await drained
  t.is((await atPeer).length, count * chunk.length)
  const atClient = read(client, chunk.length)
  peer.write([chunk])
  t.true(equalBytes(await atClient, chunk))
  const ends = Promise.all([closed(client), closed(peer)])
  client.end()
  t.deepEqual(await ends, [null, null])
  const another = await connectTransport(address, { webSocket }, {})
  const late = await server.accept()
  late.write([fromHex('0102')])
  t.is(toHex(await read(another, 2)), '0102')
  const over = closed(late)
  late.onBytes = () => {}
  another.destroy()
  t.is(await closed(another), null)
  t.is(await over, null)
})

test('a WebSocket class that will not even begin is of phase websocket, and its error the cause', async (t) => {
  const cause = new TypeError('not in a secure page')
  class Unwilling {
    constructor() {
      throw cause
    }
  }
  const implementation = Unwilling as unknown as WebSocketClass
  const address = parseAddress('ws://127.0.0.1:1/')
  const error = await failed(connectTransport(address, { webSocket: { implementation } }, {}))
  t.is(error.phase, 'websocket')
  t.is(error.cause, cause)
})

test('a WebSocket class of the standard tells no reason, but that it failed', async (t) => {
  const server = await Server.start({}, listenWebSocket)
  t.teardown(() => server.listener.close())
  const address = parseAddress(`ws://127.0.0.1:${server.listener.port}/`)
  const refused = await failed(
    connectTransport(address, { webSocket: { ...webSocket, protocol: 'mqtt' } }, {}),
  )
  t.is(refused.phase, 'websocket')
  const reason = new TypeError('enough')
  const signal = AbortSignal.abort(reason)
  t.is(await t.throwsAsync(connectTransport(address, { webSocket }, { signal })), reason)
})
