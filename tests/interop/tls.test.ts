// TLS: the server's certificate is checked unless one says otherwise, and what is wrong with it can be read.
import { AMQPConnectionError, Connection, type TlsOptions } from '../../lib/index.js'
import {
  artemis,
  brokerJ,
  type Peer,
  proton,
  protonC,
  rabbitmq3,
  rabbitmq4,
  tlsFile,
  tlsUrlOf,
} from './support/peers.js'
import { next, stepMs, story, storyWith } from './support/story.js'

const trusted = [rabbitmq4, rabbitmq3, proton, artemis, brokerJ]

const attempt = (peer: Peer, tls?: TlsOptions, url = tlsUrlOf(peer)): Promise<Connection> =>
  Connection.connect(url, { timeoutMs: stepMs, tls })

storyWith(
  trusted,
  'with the authority trusted a message goes there and back over TLS [5.2]',
  async (t, stage) => {
    const queue = await stage.queue()
    const connection = await stage.connect({ tls: { ca: tlsFile('ca.pem') } }, tlsUrlOf(stage.peer))
    const sender = await connection.createSender(queue)
    const receiver = await connection.createReceiver(queue)
    await sender.sendAccepted('over TLS', { timeoutMs: stepMs })
    const message = await next(receiver)
    t.is(message.text(), 'over TLS')
    await message.accept()
  },
)

storyWith(trusted, 'with an authority that is not trusted nothing is sent [5.2]', async (t, { peer }) => {
  const error = await t.throwsAsync(attempt(peer), { instanceOf: AMQPConnectionError })
  t.like(error, { phase: 'tls', retryable: false })
  t.regex(error.message, /the issuer of its certificate is not trusted here.*tls\.ca/)
  t.true(error.message.includes(`localhost:${peer.tlsPort}`), error.message)
})

story(
  rabbitmq4,
  'a certificate for another name is refused, unless that name is expected [5.2]',
  async (t, { peer }) => {
    const error = await t.throwsAsync(
      attempt(peer, { ca: tlsFile('ca.pem'), servername: 'broker.example' }),
      {
        instanceOf: AMQPConnectionError,
      },
    )
    t.is(error.phase, 'tls')
    t.regex(error.message, /its certificate is for another name/)
    const url = `amqps://test:test@127.0.0.1:${peer.tlsPort}`
    const connection = await attempt(peer, { ca: tlsFile('ca.pem'), servername: 'localhost' }, url)
    t.true(connection.isOpen)
    await connection.close()
  },
)

story(
  protonC,
  'its certificate has expired: that is the reason given, whoever issued it [5.2]',
  async (t, { peer }) => {
    const error = await t.throwsAsync(attempt(peer), { instanceOf: AMQPConnectionError })
    t.like(error, { phase: 'tls', retryable: false })
    t.regex(error.message, /its certificate has expired/)
  },
)

story(
  protonC,
  'takes a TLS connection of a client that says it takes any certificate [5.2]',
  async (t, stage) => {
    const connection = await stage.connect({ tls: { rejectUnauthorized: false } }, tlsUrlOf(stage.peer))
    t.true(connection.isOpen)
  },
)

story(rabbitmq4, 'plain AMQP to the TLS port fails and says what is there', async (t, { peer }) => {
  const error = await t.throwsAsync(attempt(peer, undefined, `amqp://test:test@127.0.0.1:${peer.tlsPort}`), {
    instanceOf: AMQPConnectionError,
  })
  t.is(error.phase, 'sasl')
  t.regex(error.message, /hung up, without a word; .* want TLS \(amqps:\/\/\)/)
})

story(rabbitmq4, 'TLS to the plain port fails and says what is there', async (t, { peer }) => {
  const error = await t.throwsAsync(
    attempt(peer, { ca: tlsFile('ca.pem') }, `amqps://test:test@localhost:${peer.port}`),
    {
      instanceOf: AMQPConnectionError,
    },
  )
  t.is(error.phase, 'tls')
  t.regex(error.message, /TLS/)
})
