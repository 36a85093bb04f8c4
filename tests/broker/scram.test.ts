// SCRAM by the embedded broker, with our own client at the other end; rhea, which knows PLAIN alone, must still come in.

import test, { type ExecutionContext } from 'ava'
import { Authentication } from '../../lib/broker/authentication.js'
import type { EmbeddedBroker } from '../../lib/broker/index.js'
import { Connection } from '../../lib/connection/connection.js'
import { AuthenticationError } from '../../lib/errors.js'
import type { SaslAuth } from '../../lib/sasl/mechanism.js'
import { SASLPassword } from '../../lib/sasl/password.js'
import { SASLPlain } from '../../lib/sasl/plain.js'
import { SASLScram } from '../../lib/sasl/scram.js'
import { SCRAM_NAMES } from '../../lib/sasl/scram-keys.js'
import { utf8Encode } from '../../lib/util/bytes.js'
import { brokerInMemory, EngineClient } from './engine-client.js'
import { connect, startBroker } from './rhea-client.js'

const USERS = { alice: 'secret', 'jörg=,x': 'pässword', bob: '' }

/** Logs in, and says by which mechanism. */
async function logIn(t: ExecutionContext, broker: EmbeddedBroker, auth: SaslAuth): Promise<string> {
  const frames: string[] = []
  const tracer = { frame: (_way: string, _channel: number, text: () => string) => frames.push(text()) }
  const connection = await Connection.connect(broker.url, { auth, tracer })
  t.true(connection.isOpen)
  await connection.close()
  return (
    /mechanism=:?"?([A-Z0-9-]+)/.exec(frames.find((frame) => frame.startsWith('sasl-init')) ?? '')?.[1] ?? ''
  )
}

for (const name of SCRAM_NAMES) {
  test(`${name} lets in who knows the password, time and again [5.3.3]`, async (t) => {
    const broker = await startBroker(t, { users: USERS })
    for (const [username, password] of Object.entries(USERS)) {
      t.is(await logIn(t, broker, SASLScram(username, password, { mechanisms: [name] })), name)
    }
    t.is(await logIn(t, broker, SASLScram('alice', 'secret', { mechanisms: [name] })), name)
  })

  for (const [what, username, password] of [
    ['a wrong password', 'alice', 'secrets'],
    ['an unknown user', 'carol', 'secret'],
    ['a name of every object', 'constructor', 'secret'],
  ] as const) {
    test(`${name} refuses ${what} [5.3.3.6]`, async (t) => {
      const broker = await startBroker(t, { users: USERS })
      const auth = SASLScram(username, password, { mechanisms: [name] })
      const error = await t.throwsAsync(Connection.connect(broker.url, { auth }), {
        instanceOf: AuthenticationError,
      })
      t.is(error?.outcomeCode, 1)
      t.is(error?.condition, 'amqp:unauthorized-access')
      t.false(error?.retryable)
      t.regex(error?.message ?? '', new RegExp(`${name}.*the credentials were refused`))
      t.false(error?.message.includes(password))
    })
  }
}

test('SCRAM is offered before PLAIN, the strongest first, and only when there are users [5.3.3.1]', (t) => {
  const offered = (users: Record<string, string> | undefined) =>
    new Authentication({ users, anonymous: true, certificates: true }).mechanisms
  t.deepEqual(offered(USERS), ['EXTERNAL', ...SCRAM_NAMES, 'PLAIN', 'ANONYMOUS'])
  t.deepEqual(offered(undefined), ['EXTERNAL', 'ANONYMOUS'])
})

test('user and password without a mechanism log in by the strongest SCRAM, and by PLAIN where that is asked for', async (t) => {
  const broker = await startBroker(t, { users: USERS })
  t.is(await logIn(t, broker, SASLPassword('alice', 'secret')), 'SCRAM-SHA-512')
  t.is(await logIn(t, broker, SASLPlain('alice', 'secret')), 'PLAIN')
})

test('a client that knows PLAIN alone still comes in', async (t) => {
  const broker = await startBroker(t, { users: USERS })
  const connection = await connect(broker, { username: 'alice', password: 'secret' })
  t.true(connection.is_open())
})

test('with claims, who logged in by SCRAM has told who it is and needs none', async (t) => {
  const broker = await startBroker(t, { users: USERS, cbs: { sasKeys: { Root: 'key' } } })
  const auth = SASLScram('alice', 'secret')
  const connection = await Connection.connect(broker.url, { auth })
  const sender = await connection.createSender('orders')
  await sender.sendAccepted('a')
  t.is(broker.queue('orders').depth, 1)
  await connection.close()
})

test('a client that begins without its first message is asked for it [5.3.3.3]', async (t) => {
  const begin = new Authentication({ users: USERS, anonymous: false, certificates: false })
  const exchange = begin.begin('SCRAM-SHA-256', undefined)
  t.deepEqual(await exchange(undefined), { kind: 'challenge', challenge: new Uint8Array(0) })
  const challenge = await exchange(utf8Encode('n,,n=alice,r=abc'))
  t.is(challenge.kind, 'challenge')
})

test('SCRAM that is not offered is refused', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock, {
    mechanism: 'SCRAM-SHA-256',
    response: utf8Encode('n,,n=alice,r=abc'),
  })
  t.true(client.ended)
  t.is((client.endReason as AuthenticationError).outcomeCode, 1)
  t.is(broker.connections, 0)
})
