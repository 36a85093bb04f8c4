import { inspect } from 'node:util'
import test from 'ava'
import { AMQPConnectionError } from '../../lib/errors.js'
import { parseAddress } from '../../lib/transport/address.js'
import { connectTransport } from '../../lib/transport/connect.js'
import { listen } from '../../lib/transport/listen.js'
import { listenWebSocket } from '../../lib/transport/listen-websocket.js'
import { checkHttpProxy, type HttpProxyOptions } from '../../lib/transport/proxy-options.js'
import type { ConnectOptions, Transport } from '../../lib/transport/transport.js'
import { fromHex, toHex } from '../../lib/util/bytes.js'
import { testCertificates } from '../support/certificates.js'
import { ProxyProcess } from '../support/proxy-process.js'
import { closed, failed, holdTimers, rawServer, read, Server } from './support.js'

interface Context {
  teardown(fn: () => unknown): void
}

const SCHEMES = ['amqp', 'amqps', 'ws', 'wss'] as const
type Scheme = (typeof SCHEMES)[number]

test.after.always(() => ProxyProcess.end())

/** A server for clients of this scheme. */
async function serverFor(t: Context, scheme: Scheme): Promise<Server> {
  const { serverCert: cert, serverKey: key } = await testCertificates()
  const tls = scheme.endsWith('s') && scheme !== 'ws' ? { cert, key } : undefined
  const server = await Server.start({ tls }, scheme.startsWith('w') ? listenWebSocket : listen)
  t.teardown(() => server.listener.close())
  return server
}

async function connectBy(
  url: string,
  httpProxy: HttpProxyOptions,
  options: ConnectOptions = {},
): Promise<Transport> {
  const { ca } = await testCertificates()
  return connectTransport(parseAddress(url), { tls: { ca }, httpProxy }, options)
}

for (const scheme of SCHEMES) {
  for (const credentials of [undefined, 'user:p:äss']) {
    const how = credentials === undefined ? 'without credentials' : 'with credentials'
    test(`${scheme}:// goes through a proxy ${how}, and bytes both ways`, async (t) => {
      const server = await serverFor(t, scheme)
      const proxy = await ProxyProcess.start({ credentials })
      const { host, port } = proxy
      const login = credentials === undefined ? {} : { username: 'user', password: 'p:äss' }
      const url = `${scheme}://localhost:${server.listener.port}/`
      const client = await connectBy(url, { host, port, ...login })
      const peer = await server.accept()
      t.is(client.description, `localhost:${server.listener.port}`)
      t.is(client.secure, scheme === 'amqps' || scheme === 'wss')
      const atPeer = read(peer, 3)
      client.write([fromHex('010203')])
      t.is(toHex(await atPeer), '010203')
      const atClient = read(client, 100_000)
      peer.write([new Uint8Array(100_000)])
      t.is((await atClient).length, 100_000)
      const target = `localhost:${server.listener.port}`
      const [seen, ...more] = await proxy.seen()
      t.is(seen?.target, target)
      t.is(seen?.host, target)
      t.is(seen?.authorization === undefined, credentials === undefined)
      t.deepEqual(more, [])
      const end = closed(peer)
      client.end()
      t.is(await end, null)
    })
  }

  test(`${scheme}:// through a proxy that wants other credentials is an error of phase proxy`, async (t) => {
    const { host, port } = await ProxyProcess.start({ credentials: 'user:right' })
    const url = `${scheme}://broker.example:1234/`
    const without = await failed(connectBy(url, { host, port }))
    t.true(without instanceof AMQPConnectionError)
    t.is(without.phase, 'proxy')
    t.false(without.retryable)
    t.deepEqual(without.info, { httpStatus: 407 })
    t.regex(
      without.message,
      /wants credentials.*httpProxy\.username.*\(HTTP 407 Proxy Authentication Required\)$/,
    )
    const wrong = await failed(connectBy(url, { host, port, username: 'user', password: 'hunter2' }))
    t.regex(wrong.message, /does not accept the credentials.*HTTP 407/)
    const encoded = Buffer.from('user:hunter2').toString('base64')
    const shown = inspect(wrong, { depth: 9, showHidden: true })
    t.false(shown.includes('hunter2') || shown.includes(encoded))
  })
}

test('the proxy itself may want TLS, and be verified', async (t) => {
  const { serverCert: cert, serverKey: key, ca, otherCa } = await testCertificates()
  const { host, port } = await ProxyProcess.start({ tls: { cert, key } })
  for (const scheme of SCHEMES) {
    const server = await serverFor(t, scheme)
    const url = `${scheme}://127.0.0.1:${server.listener.port}/`
    const client = await connectBy(url, { host, port, tls: { ca } })
    const atPeer = read(await server.accept(), 1)
    client.write([fromHex('07')])
    t.is(toHex(await atPeer), '07')
    client.destroy()
    const error = await failed(connectBy(url, { host, port, tls: { ca: otherCa } }))
    t.is(error.phase, 'proxy')
    t.false(error.retryable)
  }
})

test('a proxy that speaks no TLS is named as the reason', async (t) => {
  const { host, port } = await ProxyProcess.start()
  const error = await failed(connectBy('amqp://h', { host, port, tls: true }))
  t.is(error.phase, 'proxy')
  t.regex(error.message, /httpProxy\.tls/)
})

test('what the broker shows is verified through a proxy, too', async (t) => {
  const { otherCa: ca } = await testCertificates()
  const server = await serverFor(t, 'amqps')
  const { host, port } = await ProxyProcess.start()
  const address = parseAddress(`amqps://localhost:${server.listener.port}`)
  const error = await failed(connectTransport(address, { tls: { ca }, httpProxy: { host, port } }, {}))
  t.is(error.phase, 'tls')
  t.regex(error.message, /tls\.ca/)
})

for (const [status, why, retryable] of [
  [403, /does not allow connections to \[::1\]:99/, false],
  [404, /check that it is an HTTP proxy/, false],
  [502, /could not reach \[::1\]:99/, true],
  [504, /could not reach/, true],
] as const) {
  test(`a proxy that answers ${status} is an error of phase proxy with that status`, async (t) => {
    const proxy = await ProxyProcess.start({ status })
    const error = await failed(connectBy('amqp://[::1]:99', { host: proxy.host, port: proxy.port }))
    t.is(error.phase, 'proxy')
    t.is(error.retryable, retryable)
    t.deepEqual(error.info, { httpStatus: status })
    t.regex(error.message, why)
    t.true(
      error.message.startsWith(`could not connect to [::1]:99 through the proxy 127.0.0.1:${proxy.port}: `),
    )
    t.is(error.context.host, '[::1]:99')
    t.is((await proxy.seen())[0]?.target, '[::1]:99')
  })
}

test('a broker that the proxy cannot reach is worth another try', async (t) => {
  const server = await serverFor(t, 'amqp')
  const url = `amqp://127.0.0.1:${server.listener.port}`
  await server.listener.close()
  const { host, port } = await ProxyProcess.start()
  const error = await failed(connectBy(url, { host, port }))
  t.is(error.info?.['httpStatus'], 502)
  t.true(error.retryable)
})

test('a proxy that is not there is of phase proxy', async (t) => {
  const server = await serverFor(t, 'amqp')
  const { port } = server.listener
  await server.listener.close()
  const error = await failed(connectBy('wss://broker.example', { host: '127.0.0.1', port }))
  t.is(error.phase, 'proxy')
  t.true(error.retryable)
  t.regex(
    error.message,
    /broker\.example:443 through the proxy 127\.0\.0\.1:\d+: .*check that the proxy is running/,
  )
})

test('a proxy that is none, or breaks off, is of phase proxy', async (t) => {
  const deaf = await rawServer(t, (socket) => socket.once('data', () => socket.end('220 hello\r\n')))
  const error = await failed(connectBy('amqp://h', { host: '127.0.0.1', port: deaf }))
  t.is(error.phase, 'proxy')
  t.false(error.retryable)
  t.regex(error.message, /does not speak HTTP/)
  const rude = await rawServer(t, (socket) => socket.once('data', () => socket.destroy()))
  const cut = await failed(connectBy('amqp://h', { host: '127.0.0.1', port: rude }))
  t.is(cut.phase, 'proxy')
  t.true(cut.retryable)
})

test('what the broker sent together with the answer of the proxy is not lost', async (t) => {
  const port = await rawServer(t, (socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nAMQP')),
  )
  const client = await connectBy('amqp://h', { host: '127.0.0.1', port })
  t.is(toHex(await read(client, 4)), '414d5150')
  client.destroy()
})

test('an attempt through a proxy is given up when the signal says so', async (t) => {
  const { host, port } = await ProxyProcess.start({ silent: true })
  const controller = new AbortController()
  const attempt = connectBy('amqp://h', { host, port }, { signal: controller.signal })
  const reason = new TypeError('enough')
  setImmediate(() => controller.abort(reason))
  t.is(await t.throwsAsync(attempt), reason)
})

test.serial('a proxy that never answers is of phase proxy when the time is over', async (t) => {
  let ask: () => void
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  const port = await rawServer(t, (socket) => socket.once('data', () => ask()))
  const { timers, release } = holdTimers()
  try {
    const attempt = failed(connectBy('amqp://h', { host: '127.0.0.1', port }, { timeoutMs: 60_000 }))
    await asked
    timers
      .filter(({ ms }) => ms > 50_000 && ms <= 60_000)
      .at(-1)
      ?.fn()
    const error = await attempt
    t.is(error.phase, 'proxy')
    t.true(error.retryable)
    t.regex(error.message, /it did not answer within 60000 ms/)
  } finally {
    release()
  }
})

test("uAMQP's names for host and port do as well", (t) => {
  const proxy = { host: 'p', port: 3128, credentials: undefined, tls: undefined }
  t.deepEqual(checkHttpProxy({ host: 'p', port: 3128 }), proxy)
  t.deepEqual(checkHttpProxy({ proxyHostname: 'p', proxyPort: 3128, tls: false }), proxy)
  t.deepEqual(checkHttpProxy({ host: 'p', port: 3128, username: 'u', tls: true }), {
    ...proxy,
    credentials: 'u:',
    tls: {},
  })
})

test('options of a proxy that cannot be are refused by name, without user and password', (t) => {
  const wrong: readonly (readonly [option: string, options: object | null])[] = [
    ['httpProxy', null],
    ['httpProxy.host', { port: 1 }],
    ['httpProxy.host', { host: 'http://p', port: 1 }],
    ['httpProxy.host', { host: 'hunter2@p', port: 1 }],
    ['httpProxy.port', { host: 'p' }],
    ['httpProxy.port', { host: 'p', port: '3128' }],
    ['httpProxy.username', { host: 'p', port: 1, username: 'hunter2:' }],
    ['httpProxy.username', { host: 'p', port: 1, username: 5 }],
    ['httpProxy.password', { host: 'p', port: 1, username: 'u', password: 5 }],
    ['httpProxy.password', { host: 'p', port: 1, password: 'hunter2' }],
    ['httpProxy.tls', { host: 'p', port: 1, tls: 'yes' }],
    ['tls.cas', { host: 'p', port: 1, tls: { cas: '' } }],
    ['httpProxy.proxy', { host: 'p', port: 1, proxy: 'hunter2' }],
  ]
  for (const [option, options] of wrong) {
    const error = t.throws(() => checkHttpProxy(options as HttpProxyOptions), { instanceOf: TypeError })
    t.true(error?.message.includes(option), `${option}: ${error?.message}`)
    t.false(error?.stack?.includes('hunter2'))
  }
  for (const port of [0, 65536, 1.5]) {
    t.throws(() => checkHttpProxy({ host: 'p', port }), {
      instanceOf: RangeError,
      message: /httpProxy\.port/,
    })
  }
})
