// Who we are, and what each broker makes of it.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import {
  AMQPConnectionError,
  AuthenticationError,
  Connection,
  ConnectionClose,
  type ConnectionOptions,
  SASLAnonymous,
  SASLExternal,
  SASLPlain,
  sendMessage,
} from '../../lib/index.js'
import {
  artemis,
  brokerJ,
  brokerScripts,
  type Peer,
  peersWith,
  peersWithAccount,
  proton,
  protonC,
  rabbitmq4,
  tlsFile,
  urlOf,
} from './support/peers.js'
import { control } from './support/rabbitmq.js'
import { stepMs, story, storyWith } from './support/story.js'

const anonymousUrl = (peer: Peer): string => `amqp://127.0.0.1:${peer.port}`
const anonymousTlsUrl = (peer: Peer): string => `amqps://localhost:${peer.tlsPort}`

/** Connects where that should not be possible. */
function attempt(url: string, options: ConnectionOptions = {}): Promise<Connection> {
  return Connection.connect(url, { timeoutMs: stepMs, ...options })
}

const token = (): string =>
  execFileSync(join(brokerScripts, 'token.sh'), ['60'], { encoding: 'utf8', timeout: 5000 }).trim()

/** The token with another signature. */
function broken(jwt: string): string {
  const middle = jwt.length - 20
  return jwt.slice(0, middle) + (jwt[middle] === 'A' ? 'B' : 'A') + jwt.slice(middle + 1)
}

/** RabbitMQ takes three seconds to refuse somebody, so those who are wrong try side by side. */
storyWith(
  peersWithAccount,
  'wrong credentials are refused as AuthenticationError with the outcome code, without showing them [5.3.3.6]',
  async (t, { peer }) => {
    const url = anonymousUrl(peer)
    const attempts = [
      attempt(`amqp://test:wrong@127.0.0.1:${peer.port}`),
      attempt(url, { auth: SASLPlain('t\u00e9st', 'wrong') }),
      sendMessage(`amqp://test:wrong@127.0.0.1:${peer.port}/queues/any`, 'never sent'),
      ...(peer === rabbitmq4 ? [attempt(url, { auth: SASLPlain('whoever', broken(token())) })] : []),
    ]
    for (const one of attempts) {
      const error = await t.throwsAsync<AuthenticationError>(one, { instanceOf: AuthenticationError })
      t.like(error, { outcomeCode: 1, phase: 'sasl', code: 'AMQP_AUTHENTICATION', retryable: false })
      t.regex(error.message, /Authentication by PLAIN at 127.0.0.1 failed: the credentials were refused/)
      t.notRegex(JSON.stringify(error) + error.stack, /wrong|eyJ/)
    }
  },
)

storyWith(
  [proton, protonC],
  'offers no PLAIN: the error names what it offers [5.3.3.1]',
  async (t, { peer }) => {
    const error = await t.throwsAsync(attempt(anonymousUrl(peer), { auth: SASLPlain('test', 'test') }), {
      instanceOf: AuthenticationError,
    })
    t.is(error.outcomeCode, undefined)
    t.regex(error.message, /only ANONYMOUS.*our credentials need PLAIN/)
  },
  { lacks: 'PLAIN' },
)

story(
  brokerJ,
  'offers no ANONYMOUS: the error names what it offers [5.3.3.1]',
  async (t, { peer }) => {
    const error = await t.throwsAsync(attempt(anonymousUrl(peer), { auth: SASLAnonymous() }), {
      instanceOf: AuthenticationError,
    })
    t.is(error.outcomeCode, undefined)
    t.regex(error.message, /offers only .*SCRAM-SHA-256, and our credentials need ANONYMOUS/)
  },
  { lacks: 'ANONYMOUS' },
)

storyWith(
  peersWith('anonymous'),
  'lets us in as ANONYMOUS when the URL names no user [5.3.2]',
  async (t, stage) => {
    const queue = await stage.queue()
    const connection = await stage.connect({ auth: SASLAnonymous() }, anonymousUrl(stage.peer))
    const sender = await connection.createSender(queue)
    t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'accepted')
  },
)

storyWith(peersWithAccount, 'lets us in as PLAIN, by the URL or by the option [5.3.2]', async (t, stage) => {
  t.true((await stage.connect()).isOpen)
  t.true((await stage.connect({ auth: SASLPlain('test', 'test') }, anonymousUrl(stage.peer))).isOpen)
})

const clientCertificate = () => ({
  ca: tlsFile('ca.pem'),
  cert: tlsFile('client.pem'),
  key: tlsFile('client-key.pem'),
})

story(
  rabbitmq4,
  'lets us in as EXTERNAL: the name in our certificate is the user [5.3.2]',
  async (t, stage) => {
    const containerId = 'amqp1-external'
    const connection = await stage.connect(
      { auth: SASLExternal(), tls: clientCertificate(), containerId },
      anonymousTlsUrl(stage.peer),
    )
    t.true(connection.isOpen)
    const rows = await control(stage.peer, 'list_connections', 'container_id', 'user', 'auth_mechanism')
    t.true(rows.includes(`${containerId}\ttest\tEXTERNAL`), rows)
  },
)

story(
  artemis,
  'lets us in as EXTERNAL with a certificate, and refuses us without one [5.3.2]',
  async (t, stage) => {
    const url = anonymousTlsUrl(stage.peer)
    const queue = await stage.queue()
    const connection = await stage.connect({ auth: SASLExternal(), tls: clientCertificate() }, url)
    const sender = await connection.createSender(queue)
    t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'accepted')
    const error = await t.throwsAsync<AuthenticationError>(
      attempt(url, { auth: SASLExternal(), tls: { ca: tlsFile('ca.pem') } }),
      { instanceOf: AuthenticationError },
    )
    t.not(error.outcomeCode, 0)
  },
)

story(
  rabbitmq4,
  'offers no EXTERNAL to us without a certificate: refused, and the reason is readable [5.3.3.6]',
  async (t, { peer }) => {
    const options = { auth: SASLExternal(), tls: { ca: tlsFile('ca.pem') } }
    const error = await t.throwsAsync(attempt(anonymousTlsUrl(peer), options), {
      instanceOf: AuthenticationError,
    })
    t.regex(error.message, /EXTERNAL/)
  },
)

story(rabbitmq4, 'takes a JWT for a password [5.3.2]', async (t, stage) => {
  const queue = await stage.queue()
  const auth = SASLPlain('whoever', token())
  const connection = await stage.connect({ auth }, anonymousUrl(stage.peer))
  const sender = await connection.createSender(queue)
  t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'accepted')
})

story(
  rabbitmq4,
  'breaks off when the virtual host is unknown: the error tells that the connection was not open yet [2.4.1]',
  async (t, { peer }) => {
    const attempting = attempt(urlOf(peer), { hostname: 'vhost:there-is-none' })
    const error = await t.throwsAsync(attempting, { instanceOf: AMQPConnectionError })
    t.is(error.phase, 'open')
    t.regex(error.message, /before it opened the connection; it may refuse the host name/)
  },
)

story(
  brokerJ,
  'opens with max-frame-size 0 and closes when the host name is unknown: the reason is that of the close [2.4.1]',
  async (t, { peer }) => {
    const attempting = attempt(urlOf(peer), { hostname: 'there-is-none' })
    const error = await t.throwsAsync(attempting, { instanceOf: ConnectionClose })
    t.is(error.condition, 'amqp:not-found')
    t.regex(error.message, /Unknown hostname in connection open: 'there-is-none'/)
  },
)
