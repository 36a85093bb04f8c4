import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { type WebSocket, WebSocketServer } from 'ws'
import { AMQPConnectionError } from '../../lib/errors.js'
import { listenWebSocket } from '../../lib/transport/listen-websocket.js'
import { connectWebSocket } from '../../lib/transport/websocket.js'
import { packMessages } from '../../lib/transport/websocket-transport.js'
import { concatBytes, equalBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import { testCertificates } from '../support/certificates.js'
import { testAnyTransport } from './any-transport.js'
import { closed, failed, holdTimers, rawServer, read, Server, silentPort } from './support.js'

interface Context {
  teardown(fn: () => unknown): void
}

const at = (port: number) => ({ host: '127.0.0.1', port, resource: '/' })

async function pair(t: Context) {
  const server = await Server.start({}, listenWebSocket)
  t.teardown(() => server.listener.close())
  const client = await connectWebSocket(at(server.listener.port))
  return { server, client, peer: await server.accept() }
}

/** A client of ours, and the other end as the package `ws` has it. */
async function rawPair(t: Context) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>
  const client = await connectWebSocket(at((server.address() as AddressInfo).port))
  const [peer, request] = await connected
  return { client, peer, request }
}

/** An HTTP server that answers a request to upgrade with this status and these headers. */
async function answering(t: Context, status: number, headers: readonly string[] = []): Promise<number> {
  const server = createServer()
  server.on('upgrade', (_request, socket: Socket) => {
    socket.on('error', () => {})
    socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', ''].join('\r\n'))
    t.teardown(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

testAnyTransport(pair)

test('small chunks of one write are joined, large ones cut: no message is over 64 KiB', async (t) => {
  const { client, peer } = await rawPair(t)
  const sizes: number[] = []
  const all = new Promise<void>((resolve) => {
    let total = 0
    peer.on('message', (data: Buffer, isBinary) => {
      t.true(isBinary)
      sizes.push(data.length)
      total += data.length
      if (total === 6 + 200_000) resolve()
    })
  })
  client.write([fromHex('0102'), fromHex('03'), fromHex('040506')])
  client.write([new Uint8Array(200_000)])
  await all
  t.deepEqual(sizes, [6, 65536, 65536, 65536, 200_000 - 3 * 65536])
})

test('what is packed into messages is what was written, in messages of the right size', (t) => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 })
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 30 }), (list, limit) => {
      const messages = packMessages(list, limit)
      t.true(equalBytes(concatBytes(messages), concatBytes(list)))
      t.true(messages.every(({ length }) => length > 0 && length <= limit))
      // Of two neighbours at least one is more than half full.
      t.true(
        messages.every(
          (message, i) => i === 0 || message.length + (messages[i - 1]?.length ?? 0) > limit / 2,
        ),
      )
    }),
  )
})

test('the sub-protocol amqp is asked for, and no extension', async (t) => {
  const { request } = await rawPair(t)
  t.is(request.headers['sec-websocket-protocol'], 'amqp')
  t.is(request.headers['sec-websocket-extensions'], undefined)
})

/** What a request to upgrade looks like to the server. */
async function requestOf(t: Context, target: Partial<Parameters<typeof connectWebSocket>[0]>) {
  const server = createServer()
  const seen = new Promise<{ url: string | undefined; headers: IncomingHttpHeaders }>((resolve) => {
    server.on('upgrade', ({ url, headers }: IncomingMessage, socket: Socket) => {
      socket.destroy()
      resolve({ url, headers })
    })
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await failed(connectWebSocket({ ...at(port), ...target }))
  return { port, ...(await seen) }
}

test('path and query are asked for as they are written, headers as they are given', async (t) => {
  const resource = '/$servicebus/websocket/?a=b%20c&d'
  const webSocket = { protocol: 'AMQPWSB10', headers: { 'X-Tenant': 'one' } }
  const { port, url, headers } = await requestOf(t, { resource, webSocket })
  t.is(url, resource)
  t.is(headers.host, `127.0.0.1:${port}`)
  t.is(headers['sec-websocket-protocol'], 'AMQPWSB10')
  t.is(headers['x-tenant'], 'one')
  t.is(headers.authorization, undefined)
})

test("at the paths of Azure's services both names of the sub-protocol are offered, and either is taken", async (t) => {
  for (const resource of [
    '/$servicebus/websocket',
    '/$servicebus/websocket/',
    '/$iothub/websocket?iothub-no-client-cert=true',
  ]) {
    t.is((await requestOf(t, { resource })).headers['sec-websocket-protocol'], 'amqp,AMQPWSB10', resource)
  }
  for (const resource of ['/', '/orders', '/$servicebus/websocket/orders', '/a/$servicebus/websocket']) {
    t.is((await requestOf(t, { resource })).headers['sec-websocket-protocol'], 'amqp', resource)
  }
  for (const protocol of ['amqp', 'AMQPWSB10']) {
    const listener = await listenWebSocket({ protocols: [protocol] }, () => {})
    t.teardown(() => listener.close())
    const client = await connectWebSocket({ ...at(listener.port), resource: '/$servicebus/websocket' })
    client.destroy()
  }
})

test('a server that does not choose our sub-protocol is refused, and the error says how to ask for another', async (t) => {
  for (const [headers, did] of [
    [[], /chose no sub-protocol/],
    [['Sec-WebSocket-Protocol: AMQPWSB10'], /chose the sub-protocol "AMQPWSB10"/],
  ] as const) {
    const port = await answering(t, 101, ['Upgrade: websocket', 'Connection: Upgrade', ...headers])
    const error = await failed(connectWebSocket(at(port)))
    t.true(error instanceof AMQPConnectionError)
    t.is(error.phase, 'websocket')
    t.false(error.retryable)
    t.regex(error.message, did)
    t.regex(error.message, /webSocket\.protocol/)
  }
})

for (const [status, retryable] of [
  [401, false],
  [404, false],
  [426, false],
  [429, true],
  [503, true],
  [302, false],
  [200, false],
] as const) {
  test(`HTTP ${status} in answer to the upgrade is told with the status`, async (t) => {
    const port = await answering(t, status, ['Content-Length: 0', 'Location: /elsewhere'])
    const error = await failed(connectWebSocket(at(port)))
    t.is(error.phase, 'websocket')
    t.is(error.retryable, retryable)
    t.deepEqual(error.info, { httpStatus: status })
    t.true(error.message.includes(`(HTTP ${status} ${STATUS_CODES[status]})`), error.message)
  })
}

test('what does not speak HTTP, or breaks off, is of phase websocket', async (t) => {
  const deaf = await rawServer(t, (socket) => socket.once('data', () => socket.end('AMQP\x03\x01\x00\x00')))
  const error = await failed(connectWebSocket(at(deaf)))
  t.is(error.phase, 'websocket')
  t.false(error.retryable)
  t.regex(error.message, /does not speak HTTP/)
  const rude = await rawServer(t, (socket) => socket.once('data', () => socket.destroy()))
  const cut = await failed(connectWebSocket(at(rude)))
  t.is(cut.phase, 'websocket')
  t.true(cut.retryable)
  t.regex(cut.message, /could not connect to 127\.0\.0\.1:\d+/)
})

test('an answer with a wrong key is refused', async (t) => {
  const headers = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Protocol: amqp',
    'Sec-WebSocket-Accept: x',
  ]
  const error = await failed(connectWebSocket(at(await answering(t, 101, headers))))
  t.is(error.phase, 'websocket')
  t.regex(error.message, /Sec-WebSocket-Accept/)
})

test('a host without a listener is of phase tcp, as without WebSocket', async (t) => {
  const server = await Server.start({}, listenWebSocket)
  await server.listener.close()
  t.is((await failed(connectWebSocket(at(server.listener.port)))).phase, 'tcp')
})

test('an upgrade that never ends is given up, and its socket with it', async (t) => {
  const { port, begun } = await silentPort(t)
  const controller = new AbortController()
  const attempt = connectWebSocket(at(port), { signal: controller.signal })
  const gone = once(await begun, 'end')
  const reason = new TypeError('enough')
  controller.abort(reason)
  t.is(await t.throwsAsync(attempt), reason)
  await gone
})

test.serial('an upgrade that takes too long is of phase websocket', async (t) => {
  const { port, begun } = await silentPort(t)
  const { timers, release } = holdTimers()
  try {
    const attempt = failed(connectWebSocket(at(port), { timeoutMs: 60_000 }))
    await begun
    const own = timers.filter(({ ms }) => ms > 50_000)
    t.true(own.every(({ ms }) => ms <= 60_000))
    own.at(-1)?.fn()
    const error = await attempt
    t.is(error.phase, 'websocket')
    t.true(error.retryable)
    t.regex(error.message, /the WebSocket was not agreed on within 60000 ms/)
  } finally {
    release()
  }
})

test('a text message is an error, and closes with 1003', async (t) => {
  const { client, peer } = await rawPair(t)
  const chunks: string[] = []
  client.onBytes = (chunk) => chunks.push(toHex(chunk))
  const end = closed(client)
  const told = once(peer, 'close') as Promise<[code: number]>
  peer.send(fromHex('01'))
  peer.send('text')
  peer.send(fromHex('02'))
  const error = await end
  t.is(error?.phase, 'established')
  t.false(error?.retryable)
  t.regex(error?.message ?? '', /text message/)
  t.is((await told)[0], 1003)
  t.deepEqual(chunks, ['01'])
})

test('an orderly end closes with 1000, after what was written, and without an error at both ends', async (t) => {
  const { client, peer } = await rawPair(t)
  const told = once(peer, 'close') as Promise<[code: number]>
  const last = once(peer, 'message') as Promise<[data: Buffer]>
  client.write([fromHex('01')])
  client.end()
  t.false(client.write([fromHex('02')]))
  t.is(toHex((await last)[0]), '01')
  t.is((await told)[0], 1000)
  t.is(await closed(client), null)
})

for (const [code, reason, retryable] of [
  [1000, '', undefined],
  [undefined, '', undefined],
  [1001, 'bye', true],
  [1011, '', true],
  [1008, 'not you', false],
  [4000, 'own', true],
] as const) {
  test(`a peer that closes with ${code ?? 'no code'} ${reason}`.trim(), async (t) => {
    const { client, peer } = await rawPair(t)
    client.onBytes = () => {}
    const end = closed(client)
    peer.close(code, reason)
    const error = await end
    if (retryable === undefined) {
      t.is(error, null)
      return
    }
    t.is(error?.phase, 'established')
    t.is(error?.retryable, retryable)
    t.true(
      error?.message.endsWith(`it closed the WebSocket with ${code}${reason && ` "${reason}"`}`),
      error?.message,
    )
  })
}

test('a WebSocket that breaks off is a lost connection', async (t) => {
  const { client, peer } = await rawPair(t)
  client.onBytes = () => {}
  const end = closed(client)
  peer.terminate()
  const error = await end
  t.is(error?.phase, 'established')
  t.true(error?.retryable)
  t.regex(error?.message ?? '', /broke off the WebSocket/)
})

test('a message larger than can be held is refused', async (t) => {
  const { client, peer } = await rawPair(t)
  client.onBytes = () => {}
  const end = closed(client)
  const told = once(peer, 'close') as Promise<[code: number]>
  peer.send(new Uint8Array(16_777_217))
  t.regex((await end)?.message ?? '', /WS_ERR_UNSUPPORTED_MESSAGE_LENGTH/)
  t.is((await told)[0], 1009)
})

test('a destroyed connection is over for both, without an error for who wanted it', async (t) => {
  const { client, peer } = await pair(t)
  peer.onBytes = () => {}
  const ends = Promise.all([closed(client), closed(peer)])
  client.destroy()
  const [mine, theirs] = await ends
  t.is(mine, null)
  t.is(theirs?.phase, 'established')
  t.false(client.write([fromHex('01')]))
})

test('who asks late for the end is told, too', async (t) => {
  const { client, peer } = await rawPair(t)
  client.destroy()
  await once(peer, 'close')
  t.is(await closed(client), null)
})

test('nothing is read before somebody takes it, nor while it is paused, and nothing is lost', async (t) => {
  const { client, peer } = await rawPair(t)
  for (let i = 0; i < 100; i++) peer.send(Uint8Array.of(i))
  const seen: number[] = []
  await new Promise<void>((resolve) => {
    client.onBytes = (chunk) => {
      seen.push(...chunk)
      if (seen.length === 10) client.pause?.()
      if (seen.length === 10) setImmediate(resolve)
    }
  })
  t.is(seen.length, 10)
  const all = new Promise<void>((resolve) => {
    client.onBytes = (chunk) => {
      seen.push(...chunk)
      if (seen.length === 100) resolve()
    }
  })
  client.resume?.()
  await all
  t.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('a close that comes while nobody reads is told after what came before it', async (t) => {
  const { client, peer } = await rawPair(t)
  const seen: number[] = []
  const end = new Promise<number>((resolve) => {
    client.onClose = () => resolve(seen.length)
  })
  const first = new Promise<void>((resolve) => {
    client.onBytes = (chunk) => {
      seen.push(...chunk)
      client.pause?.()
      resolve()
    }
  })
  peer.send(fromHex('01'))
  peer.send(fromHex('02'))
  peer.send(fromHex('03'))
  peer.close(1000)
  await first
  client.onBytes = (chunk) => seen.push(...chunk)
  client.resume?.()
  t.is(await end, 3)
})

test('a writer is held back while the peer does not read, and told when it has', async (t) => {
  const { client, peer } = await pair(t)
  const chunk = new Uint8Array(1_000_000)
  let written = 0
  const drained = new Promise<void>((resolve) => {
    client.onDrain = resolve
  })
  while (client.write([chunk])) written += chunk.length
  written += chunk.length
  t.true(client.bufferedBytes > 0)
  const all = read(peer, written)
  await drained
  t.true(client.bufferedBytes < 65536)
  t.is((await all).length, written)
})

test('with TLS the certificate is verified, and bytes are secret', async (t) => {
  const { serverCert: cert, serverKey: key, ca, otherCa } = await testCertificates()
  const server = await Server.start({ tls: { cert, key } }, listenWebSocket)
  t.teardown(() => server.listener.close())
  const target = at(server.listener.port)
  for (const host of ['localhost', '127.0.0.1']) {
    const client = await connectWebSocket({ ...target, host, tls: { ca } })
    const peer = await server.accept()
    t.true(client.secure)
    t.true(peer.secure)
    t.is(client.peerName, 'localhost')
    const atPeer = read(peer, 1)
    client.write([fromHex('07')])
    t.is(toHex(await atPeer), '07')
    client.destroy()
  }
  for (const tls of [{}, { ca: otherCa }, { ca, servername: 'broker.example' }]) {
    const error = await failed(connectWebSocket({ ...target, tls }))
    t.is(error.phase, 'tls')
    t.false(error.retryable)
  }
})

test('the certificate of a client arrives at the server', async (t) => {
  const { serverCert, serverKey, clientCert: cert, clientKey: key, ca } = await testCertificates()
  const tls = { cert: serverCert, key: serverKey, ca, requestCert: true }
  const server = await Server.start({ tls }, listenWebSocket)
  t.teardown(() => server.listener.close())
  const client = await connectWebSocket({ ...at(server.listener.port), tls: { ca, cert, key } })
  t.is((await server.accept()).peerName, 'test-client')
  client.destroy()
})
