// An HTTP proxy between us and a real broker: CONNECT for TCP, TLS and WebSocket alike.
import test from 'ava'
import { AMQPConnectionError, Connection, type ConnectionOptions, SASLPassword } from '../../lib/index.js'
import { ProxyProcess } from '../support/proxy-process.js'
import {
  artemis,
  type Peer,
  peersWithWebSocket,
  tlsFile,
  tlsUrlOf,
  urlOf,
  webSocketTlsUrlOf,
  webSocketUrlOf,
} from './support/peers.js'
import { next, stepMs, story, storyWith } from './support/story.js'

test.after.always(() => ProxyProcess.end())

interface Way {
  readonly name: string
  readonly url: (peer: Peer) => string
  readonly options: () => ConnectionOptions
  readonly host: string
  readonly port: (peer: Peer) => number | undefined
}

const secure = (): ConnectionOptions => ({ tls: { ca: tlsFile('ca.pem') } })
const login = (): ConnectionOptions => ({ auth: SASLPassword('test', 'test') })

const ways: readonly Way[] = [
  { name: 'TCP', url: urlOf, options: login, host: '127.0.0.1', port: (peer) => peer.port },
  { name: 'TLS', url: tlsUrlOf, options: secure, host: 'localhost', port: (peer) => peer.tlsPort },
  {
    name: 'WebSocket',
    url: webSocketUrlOf,
    options: login,
    host: '127.0.0.1',
    port: (peer) => peer.webSocketPort,
  },
  {
    name: 'WebSocket over TLS',
    url: webSocketTlsUrlOf,
    options: secure,
    host: 'localhost',
    port: (peer) => peer.webSocketTlsPort,
  },
]

for (const { name, url, options, host, port } of ways) {
  storyWith(
    peersWithWebSocket,
    `by ${name} through an HTTP proxy a message goes there and back; the proxy knows no more than where to`,
    async (t, stage) => {
      const { peer } = stage
      const proxy = await ProxyProcess.start({ credentials: 'user:secret' })
      const httpProxy = { host: proxy.host, port: proxy.port, username: 'user', password: 'secret' }
      const connection = await stage.connect({ ...options(), httpProxy }, url(peer))
      const queue = await stage.queue()
      const sender = await connection.createSender(queue)
      const receiver = await connection.createReceiver(queue)
      await sender.sendAccepted('through a proxy', { timeoutMs: stepMs })
      const message = await next(receiver)
      t.is(message.text(), 'through a proxy')
      await message.accept()
      t.deepEqual(
        (await proxy.seen()).map(({ target }) => target),
        [`${host}:${port(peer)}`],
      )
    },
  )
}

story(artemis, 'a proxy that refuses us is told apart from the broker behind it', async (t, { peer }) => {
  const proxy = await ProxyProcess.start({ credentials: 'user:secret' })
  const httpProxy = { host: proxy.host, port: proxy.port }
  const error = await t.throwsAsync(Connection.connect(urlOf(peer), { httpProxy, timeoutMs: stepMs }), {
    instanceOf: AMQPConnectionError,
  })
  t.is(error.phase, 'proxy')
  t.regex(error.message, /407/)
})
