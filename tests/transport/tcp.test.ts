import { once } from 'node:events'
import { createConnection, Socket } from 'node:net'
import test from 'ava'
import { AMQPConnectionError, AMQPTimeoutError } from '../../lib/errors.js'
import { listen } from '../../lib/transport/listen.js'
import { SocketTransport } from '../../lib/transport/socket.js'
import { connectTcp } from '../../lib/transport/tcp.js'
import { fromHex } from '../../lib/util/bytes.js'
import { testAnyTransport } from './any-transport.js'
import { closed, failed, holdTimers, rawServer, read, Server } from './support.js'

async function pair(t: { teardown(fn: () => unknown): void }) {
  const server = await Server.start()
  t.teardown(() => server.listener.close())
  const client = await connectTcp(server.listener)
  return { server, client, peer: await server.accept() }
}

/** Runs `fn` with timers that fire only by hand. */
function withTimersHeld<T>(fn: () => T): { result: T; timers: { fn: () => void; ms: number }[] } {
  const { timers, release } = holdTimers()
  try {
    return { result: fn(), timers }
  } finally {
    release()
  }
}

testAnyTransport(pair)

test('a writer is held back while the peer does not read, and told when it has', async (t) => {
  const { client, peer } = await pair(t)
  const chunk = new Uint8Array(65536).fill(1)
  let written = 0
  for (let more = true; more && written < 1024; written++) more = client.write([chunk])
  t.true(written < 1024)
  t.true(client.bufferedBytes >= 65536)
  const drained = new Promise<void>((resolve) => {
    client.onDrain = resolve
  })
  const arrived = read(peer, written * chunk.length)
  await drained
  t.is(client.bufferedBytes, 0)
  await arrived
})

test('a peer that breaks off is an error of phase established, worth another try', async (t) => {
  const port = await rawServer(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  const client = await connectTcp({ host: '127.0.0.1', port })
  client.onBytes = () => {}
  const end = closed(client)
  client.write([fromHex('01')])
  const error = await end
  t.true(error instanceof AMQPConnectionError)
  t.is(error?.phase, 'established')
  t.true(error?.retryable)
  t.regex(
    error?.message ?? '',
    new RegExp(`^lost the connection to 127\\.0\\.0\\.1:${port}: .*\\(ECONNRESET\\)$`),
  )
  t.false(client.write([fromHex('02')]))
})

test('the close is told once, with no error when we asked for it, and also to who comes late', async (t) => {
  const { client, peer } = await pair(t)
  let closes = 0
  const end = new Promise<void>((resolve) => {
    client.onClose = (error) => {
      closes++
      t.is(error, undefined)
      resolve()
    }
  })
  const peerEnd = closed(peer)
  peer.onBytes = () => {}
  client.destroy()
  client.destroy()
  t.is(closes, 0)
  await end
  t.is(await peerEnd, null)
  await new Promise((resolve) => setImmediate(resolve))
  let toldAgain = false
  client.onClose = () => {
    toldAgain = true
  }
  await new Promise((resolve) => setImmediate(resolve))
  t.false(toldAgain)
  t.is(closes, 1)
})

test('who listens for the close only after it is told soon', async (t) => {
  const { client, peer } = await pair(t)
  const peerEnd = closed(peer)
  peer.onBytes = () => {}
  client.destroy()
  await peerEnd
  t.is(await closed(client), null)
})

test('a socket that failed before it was wrapped says so', async (t) => {
  const port = await rawServer(t, () => {})
  const socket = createConnection(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  const gone = new Promise((resolve) => socket.on('close', resolve))
  socket.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
  await gone
  const error = await closed(new SocketTransport(socket, 'h:1'))
  t.regex(error?.message ?? '', /ECONNRESET/)
})

test('a host without a listener is an error of phase tcp that says what to check', async (t) => {
  const server = await listen({}, () => {})
  await server.close()
  const error = await failed(connectTcp(server))
  t.true(error instanceof AMQPConnectionError)
  t.is(error.phase, 'tcp')
  t.true(error.retryable)
  t.regex(error.message, new RegExp(`could not connect to 127\\.0\\.0\\.1:${server.port}: nobody listens`))
  t.is((error.cause as { code?: string }).code, 'ECONNREFUSED')
})

test('a name that does not exist is an error of phase dns', async (t) => {
  const error = await failed(connectTcp({ host: 'no-such-host.invalid', port: 5672 }))
  t.true(error instanceof AMQPConnectionError)
  t.is(error.phase, 'dns')
  t.regex(error.message, /no-such-host\.invalid:5672/)
})

test('a port that cannot be is a rejection, not an exception', async (t) => {
  const attempt = connectTcp({ host: '127.0.0.1', port: 70_000 })
  await t.throwsAsync(attempt, { instanceOf: RangeError })
})

test.serial('an attempt that takes too long is an error that says how far it came', async (t) => {
  const port = await rawServer(t, () => {})
  for (const [host, phase] of [
    ['127.0.0.1', 'tcp'],
    ['localhost', 'dns'],
  ] as const) {
    const { result, timers } = withTimersHeld(() => failed(connectTcp({ host, port }, { timeoutMs: 1234 })))
    timers.find(({ ms }) => ms === 1234)?.fn()
    const error = await result
    t.true(error instanceof AMQPConnectionError)
    t.is(error.phase, phase)
    t.true(error.retryable)
    t.regex(error.message, /within 1234 ms/)
    t.true(error.cause instanceof AMQPTimeoutError)
  }
})

test.serial('an attempt takes thirty seconds at most unless told otherwise', async (t) => {
  const port = await rawServer(t, () => {})
  const { result, timers } = withTimersHeld(() => connectTcp({ host: '127.0.0.1', port }))
  t.true(timers.some(({ ms }) => ms === 30_000))
  ;(await result).destroy()
})

test('an aborted attempt rejects with the reason of the signal, before and during', async (t) => {
  const port = await rawServer(t, () => {})
  const target = { host: '127.0.0.1', port }
  const reason = new TypeError('enough')
  t.is(await t.throwsAsync(connectTcp(target, { signal: AbortSignal.abort(reason) })), reason)
  const controller = new AbortController()
  const attempt = connectTcp(target, { signal: controller.signal })
  controller.abort(reason)
  t.is(await t.throwsAsync(attempt), reason)
})

test('sockets do not wait to fill a packet', async (t) => {
  const calls: unknown[] = []
  const socket = new Socket()
  socket.setNoDelay = (on) => {
    calls.push(on)
    return socket
  }
  new SocketTransport(socket, 'h:1').destroy()
  await once(socket, 'close')
  t.deepEqual(calls, [true])
})

test.serial('a peer that does not follow our end is left after five seconds', async (t) => {
  const port = await rawServer(t, () => {})
  const client = await connectTcp({ host: '127.0.0.1', port })
  const { timers } = withTimersHeld(() => client.end())
  const bound = timers.find(({ ms }) => ms === 5000)
  t.truthy(bound)
  const end = closed(client)
  bound?.fn()
  t.is(await end, null)
})

test('an address that is taken cannot be listened on', async (t) => {
  const server = await listen({}, () => {})
  t.teardown(() => server.close())
  const error = await failed(listen({ port: server.port }, () => {}))
  t.true(error instanceof AMQPConnectionError)
  t.regex(error.message, /could not listen on 127\.0\.0\.1:\d+: another process/)
})

test('closing a listener drops its connections and takes no more', async (t) => {
  const { server, client, peer } = await pair(t)
  client.onBytes = () => {}
  const ends = Promise.all([closed(client), closed(peer)])
  await server.listener.close()
  t.is((await ends).length, 2)
  t.is((await failed(connectTcp(server.listener))).phase, 'tcp')
})
