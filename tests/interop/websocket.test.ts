// AMQP in WebSockets, without and with TLS, and what each broker wants of their opening.
import { randomBytes } from 'node:crypto'
import {
  AMQPConnectionError,
  AuthenticationError,
  Connection,
  type ConnectionOptions,
  Message,
  SASLPassword,
  SASLPlain,
} from '../../lib/index.js'
import {
  artemis,
  brokerJ,
  type Peer,
  peersWithWebSocket,
  tlsFile,
  webSocketTlsUrlOf,
  webSocketUrlOf,
} from './support/peers.js'
import { next, type Stage, stepMs, story, storyWith } from './support/story.js'

/** By SCRAM where there is no TLS: Broker-J lets nobody in there who shows the password. */
const auth = SASLPassword('test', 'test')

const attempt = (peer: Peer, options: ConnectionOptions): Promise<Connection> =>
  Connection.connect(webSocketUrlOf(peer), { timeoutMs: stepMs, auth, ...options })

/** Sends the body there, and answers what comes back. */
async function thereAndBack({ t, peer }: Stage, connection: Connection, body: Buffer): Promise<void> {
  const queue = peer.address(`amqp1-${randomBytes(6).toString('hex')}`)
  const sender = await connection.createSender(queue)
  const receiver = await connection.createReceiver(queue)
  await sender.sendAccepted(new Message(body), { timeoutMs: stepMs })
  const message = await next(receiver)
  t.true(Buffer.from(message.data ?? []).equals(body), 'the body is the one that was sent')
  await message.accept()
}

storyWith(
  peersWithWebSocket,
  'messages of 3 bytes and of 3 MB go there and back by WebSocket, login by SCRAM',
  async (_t, stage) => {
    const connection = await stage.connect({ auth }, webSocketUrlOf(stage.peer))
    await thereAndBack(stage, connection, Buffer.from('abc'))
    await thereAndBack(stage, connection, randomBytes(3_000_000))
  },
)

storyWith(
  peersWithWebSocket,
  'messages of 3 bytes and of 3 MB go there and back by WebSocket over TLS, login by PLAIN',
  async (_t, stage) => {
    const connection = await stage.connect({ tls: { ca: tlsFile('ca.pem') } }, webSocketTlsUrlOf(stage.peer))
    await thereAndBack(stage, connection, Buffer.from('abc'))
    await thereAndBack(stage, connection, randomBytes(3_000_000))
  },
)

storyWith(
  peersWithWebSocket,
  'a WebSocket over TLS to an authority that is not trusted is not opened [5.2]',
  async (t, { peer }) => {
    const connecting = Connection.connect(webSocketTlsUrlOf(peer), { timeoutMs: stepMs })
    const error = await t.throwsAsync(connecting, { instanceOf: AMQPConnectionError })
    t.is(error.phase, 'tls')
    t.regex(error.message, /the issuer of its certificate is not trusted here/)
  },
)

story(
  artemis,
  'takes a WebSocket of any path, and chooses no sub-protocol but amqp: that is told',
  async (t, stage) => {
    const connection = await stage.connect({ webSocket: { path: '/any/path' } }, webSocketUrlOf(stage.peer))
    t.true(connection.isOpen)
    const error = await t.throwsAsync(attempt(stage.peer, { webSocket: { protocol: 'AMQPWSB10' } }), {
      instanceOf: AMQPConnectionError,
    })
    t.is(error.phase, 'websocket')
    t.regex(error.message, /it chose no sub-protocol where AMQPWSB10 was asked for/)
  },
)

story(
  brokerJ,
  'takes a WebSocket of the path / alone, and breaks down at a sub-protocol other than amqp: both are told',
  async (t, { peer }) => {
    const elsewhere = await t.throwsAsync(attempt(peer, { webSocket: { path: '/any/path' } }), {
      instanceOf: AMQPConnectionError,
    })
    t.is(elsewhere.phase, 'websocket')
    t.regex(elsewhere.message, /it refuses the WebSocket \/any\/path \(HTTP 404 Not Found\)/)
    const otherwise = await t.throwsAsync(attempt(peer, { webSocket: { protocol: 'AMQPWSB10' } }), {
      instanceOf: AMQPConnectionError,
    })
    t.is(otherwise.phase, 'websocket')
    t.regex(otherwise.message, /it refuses the WebSocket \/ \(HTTP 500 /)
  },
)

story(
  brokerJ,
  'offers no PLAIN by WebSocket without TLS: the error says what it offers, and what to try [5.3.3.1]',
  async (t, { peer }) => {
    const error = await t.throwsAsync(attempt(peer, { auth: SASLPlain('test', 'test') }), {
      instanceOf: AuthenticationError,
    })
    t.regex(error.message, /offers only .*SCRAM-SHA-256, and our credentials need PLAIN; .*try .*wss:/)
  },
  { lacks: 'PLAIN without TLS, unless it is told to' },
)
