import { once } from 'node:events'
import test from 'ava'
import { AMQPConnectionError } from '../../lib/errors.js'
import { connectTcp } from '../../lib/transport/tcp.js'
import { connectTls } from '../../lib/transport/tls.js'
import type { TlsOptions, TlsServerOptions } from '../../lib/transport/tls-options.js'
import { equalBytes, fromHex, toHex, utf8Encode } from '../../lib/util/bytes.js'
import { testCertificates } from '../support/certificates.js'
import { closed, failed, holdTimers, rawServer, read, Server, silentPort } from './support.js'

type Context = { teardown(fn: () => unknown): void }

async function tlsServer(t: Context, options: TlsServerOptions = {}): Promise<Server> {
  const { serverCert: cert, serverKey: key, ca } = await testCertificates()
  const server = await Server.start({ tls: { cert, key, ca, ...options } })
  t.teardown(() => server.listener.close())
  return server
}

async function trusting(options: TlsOptions = {}): Promise<TlsOptions> {
  const { ca } = await testCertificates()
  return { ca, ...options }
}

test('with its authority trusted a server is connected to, and bytes go both ways', async (t) => {
  const server = await tlsServer(t)
  const client = await connectTls({ ...server.listener, tls: await trusting() })
  const peer = await server.accept()
  t.true(client.secure)
  t.true(peer.secure)
  t.is(client.description, `127.0.0.1:${server.listener.port}`)
  t.is(client.peerName, 'localhost')
  t.is(peer.peerName, undefined)
  const size = 500_000
  const atPeer = read(peer, size)
  const large = new Uint8Array(size).fill(5)
  client.write([large.subarray(0, 1000), large.subarray(1000)])
  t.true(equalBytes(await atPeer, large))
  const atClient = read(client, 1)
  peer.write([fromHex('07')])
  t.is(toHex(await atClient), '07')
  const ends = Promise.all([closed(client), closed(peer)])
  client.end()
  t.deepEqual(await ends, [null, null])
})

test('a host name is asked for and checked, an IP address is checked', async (t) => {
  const server = await tlsServer(t)
  for (const host of ['localhost', '127.0.0.1']) {
    const client = await connectTls({ host, port: server.listener.port, tls: await trusting() })
    t.is(client.peerName, 'localhost')
    client.destroy()
  }
})

test('certificates may be bytes, and lists', async (t) => {
  const { ca, otherCa, serverCert, serverKey } = await testCertificates()
  const server = await tlsServer(t, { cert: [utf8Encode(serverCert)], key: utf8Encode(serverKey) })
  const client = await connectTls({ ...server.listener, tls: { ca: [otherCa, utf8Encode(ca)] } })
  t.true(client.secure)
  client.destroy()
})

test('a server whose authority is not trusted is refused, and the error says how to trust it', async (t) => {
  const server = await tlsServer(t)
  const { otherCa } = await testCertificates()
  for (const tls of [undefined, {}, { ca: otherCa }]) {
    const error = await failed(connectTls({ ...server.listener, tls }))
    t.true(error instanceof AMQPConnectionError)
    t.is(error.phase, 'tls')
    t.false(error.retryable)
    t.regex(error.message, /could not connect to 127\.0\.0\.1:\d+: .*tls\.ca/)
    t.truthy(error.cause)
  }
  t.is(server.connections, 0)
})

test('a server with a certificate for another name is refused', async (t) => {
  const server = await tlsServer(t)
  const tls = await trusting({ servername: 'broker.example' })
  const error = await failed(connectTls({ ...server.listener, tls }))
  t.is(error.phase, 'tls')
  t.false(error.retryable)
  t.regex(error.message, /another name.*tls\.servername.*ERR_TLS_CERT_ALTNAME_INVALID/)
})

test('the name to expect can be said', async (t) => {
  const server = await tlsServer(t)
  const client = await connectTls({ ...server.listener, tls: await trusting({ servername: 'localhost' }) })
  t.true(client.secure)
  client.destroy()
})

test.serial('no environment variable switches the verification off', async (t) => {
  const server = await tlsServer(t)
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    t.is((await failed(connectTls(server.listener))).phase, 'tls')
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
})

test('only the word false switches the verification off', async (t) => {
  const server = await tlsServer(t)
  const careless = { rejectUnauthorized: 0 as unknown as boolean }
  t.is((await failed(connectTls({ ...server.listener, tls: careless }))).phase, 'tls')
  const client = await connectTls({ ...server.listener, tls: { rejectUnauthorized: false } })
  t.true(client.secure)
  t.is(client.peerName, undefined)
  client.destroy()
})

test('the certificate of a client arrives at the server', async (t) => {
  const { clientCert: cert, clientKey: key } = await testCertificates()
  const server = await tlsServer(t, { requestCert: true })
  const client = await connectTls({ ...server.listener, tls: await trusting({ cert, key }) })
  t.is((await server.accept()).peerName, 'test-client')
  client.destroy()
})

test('a client whose certificate is missing is turned away, and told why', async (t) => {
  const server = await tlsServer(t, { requestCert: true })
  // TLS 1.3 takes the handshake for done before the server has spoken; TLS 1.2 does not.
  const client = await connectTls({ ...server.listener, tls: await trusting({ minVersion: 'TLSv1.3' }) })
  client.onBytes = () => {}
  const error = await closed(client)
  t.is(error?.phase, 'tls')
  t.false(error?.retryable)
  t.regex(error?.message ?? '', /tls\.cert, tls\.key/)
  t.is(server.connections, 0)
})

test('a port that does not speak TLS is named as the reason', async (t) => {
  const port = await rawServer(t, (socket) => socket.end('AMQP\x03\x01\x00\x00'))
  const error = await failed(connectTls({ host: '127.0.0.1', port, tls: await trusting() }))
  t.is(error.phase, 'tls')
  t.false(error.retryable)
  t.regex(error.message, /does not speak TLS/)
})

test('a handshake that is cut is of phase tls, and worth another try', async (t) => {
  const port = await rawServer(t, (socket) => socket.once('data', () => socket.destroy()))
  const error = await failed(connectTls({ host: '127.0.0.1', port, tls: await trusting() }))
  t.is(error.phase, 'tls')
  t.true(error.retryable)
  t.regex(error.message, /handshake/)
})

test('a handshake that never ends is given up, and its socket with it', async (t) => {
  const { port, begun } = await silentPort(t)
  const controller = new AbortController()
  const tls = await trusting()
  const attempt = connectTls({ host: '127.0.0.1', port, tls }, { signal: controller.signal })
  const gone = once(await begun, 'end')
  const reason = new TypeError('enough')
  controller.abort(reason)
  t.is(await t.throwsAsync(attempt), reason)
  await gone
})

test.serial('a handshake that takes too long is of phase tls', async (t) => {
  const { port, begun } = await silentPort(t)
  const tls = await trusting()
  const { timers, release } = holdTimers()
  try {
    const attempt = failed(connectTls({ host: '127.0.0.1', port, tls }, { timeoutMs: 60_000 }))
    await begun
    t.true(timers.every(({ ms }) => ms <= 60_000))
    timers.at(-1)?.fn()
    const error = await attempt
    t.is(error.phase, 'tls')
    t.true(error.retryable)
    t.regex(error.message, /TLS was not agreed on within 60000 ms/)
  } finally {
    release()
  }
})

test('a host without a listener is of phase tcp with TLS too', async (t) => {
  const server = await tlsServer(t)
  await server.listener.close()
  t.is((await failed(connectTls({ ...server.listener, tls: await trusting() }))).phase, 'tcp')
})

test('certificates and keys that are of no use are refused by client and server', async (t) => {
  const { serverCert: cert, clientKey: key } = await testCertificates()
  const server = await tlsServer(t)
  for (const tls of [{ cert: 'no certificate' }, { key: 'no key' }, { cert, key }]) {
    for (const attempt of [connectTls({ ...server.listener, tls }), Server.start({ tls })]) {
      const error = await failed(attempt)
      t.true(error instanceof AMQPConnectionError)
      t.is(error.phase, 'tls')
      t.false(error.retryable)
      t.regex(error.message, /of no use/)
    }
  }
})

test('a client that talks nonsense to a TLS listener harms nobody else', async (t) => {
  const server = await tlsServer(t)
  const rude = await connectTcp(server.listener)
  rude.onBytes = () => {}
  const end = closed(rude)
  rude.write([utf8Encode('GET / HTTP/1.1\r\n\r\n')])
  await end
  const client = await connectTls({ ...server.listener, tls: await trusting() })
  t.true(client.secure)
  t.is((await server.accept()).secure, true)
  t.is(server.connections, 0)
  client.destroy()
})

test('closing a listener drops those who are still in their handshake', async (t) => {
  const server = await tlsServer(t)
  const silent = await connectTcp(server.listener)
  silent.onBytes = () => {}
  const end = closed(silent)
  await server.listener.close()
  await end
  t.pass()
})
