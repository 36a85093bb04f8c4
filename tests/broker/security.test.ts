// Who may come in: SASL PLAIN, ANONYMOUS and EXTERNAL, no SASL at all, and TLS. rhea's client at the other end.

import test from 'ava'
import { create_container, type EventContext } from 'rhea'
import { Authentication } from '../../lib/broker/authentication.js'
import { utf8Encode } from '../../lib/util/bytes.js'
import { testCertificates } from '../support/certificates.js'
import { connect, openReceiver, sendAll, startBroker } from './rhea-client.js'

const USERS = { alice: 'secret', bob: '' }

async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
  } catch (context) {
    const { error, connection } = context as EventContext
    return String((error as { message?: string } | undefined)?.message ?? connection?.error)
  }
  return 'no refusal'
}

test('PLAIN with the right password comes in', async (t) => {
  const broker = await startBroker(t, { users: USERS })
  const connection = await connect(broker, { username: 'alice', password: 'secret' })
  await sendAll(connection, 'orders', ['a'])
  t.is(broker.queue('orders').depth, 1)
})

for (const [name, username, password] of [
  ['a wrong password', 'alice', 'secrets'],
  ['the start of the password', 'alice', 'secre'],
  ['an unknown user', 'carol', 'secret'],
  ['a name of every object', 'constructor', 'secret'],
] as const) {
  test(`PLAIN with ${name} is refused, and the socket shut [5.3.3.6]`, async (t) => {
    const broker = await startBroker(t, { users: USERS })
    t.regex(await refusal(connect(broker, { username, password })), /Failed to authenticate: 1/)
    t.is(broker.connections, 0)
  })
}

test('with users, ANONYMOUS and clients without SASL are refused', async (t) => {
  const broker = await startBroker(t, { users: USERS })
  t.regex(await refusal(connect(broker, { username: 'anyone' })), /No suitable mechanism/)
  t.not(await refusal(connect(broker)), 'no refusal')
})

test('with users and anonymous, both come in', async (t) => {
  const broker = await startBroker(t, { users: USERS, anonymous: true })
  await connect(broker, { username: 'alice', password: 'secret' })
  await connect(broker, { username: 'anyone' })
  await connect(broker)
  t.is(broker.connections, 3)
})

test('without users, ANONYMOUS comes in and PLAIN is not offered', async (t) => {
  const broker = await startBroker(t)
  await connect(broker, { username: 'anyone' })
  t.regex(await refusal(connect(broker, { username: 'alice', password: 'secret' })), /No suitable mechanism/)
})

test('over TLS messages come and go', async (t) => {
  const { ca, serverCert, serverKey } = await testCertificates()
  const broker = await startBroker(t, { tls: { cert: serverCert, key: serverKey }, users: USERS })
  t.regex(broker.url, /^amqps:\/\/127\.0\.0\.1:\d+$/)
  const connection = await connect(broker, {
    transport: 'tls',
    ca,
    username: 'alice',
    password: 'secret',
  } as never)
  await sendAll(connection, 'orders', ['a', 'b'])
  const { inbox } = openReceiver(connection, 'orders')
  await inbox.until(2)
  t.deepEqual(inbox.bodies, ['a', 'b'])
})

test('EXTERNAL comes in with a certificate that is trusted, and only so', async (t) => {
  const { ca, serverCert, serverKey, clientCert, clientKey } = await testCertificates()
  const broker = await startBroker(t, {
    tls: { cert: serverCert, key: serverKey, ca, requestCert: true, rejectUnauthorized: false },
    anonymous: false,
  })
  const sasl = { enable_sasl_external: true, transport: 'tls', ca }
  const connection = await connect(broker, { ...sasl, cert: clientCert, key: clientKey } as never)
  await sendAll(connection, 'orders', ['a'])

  const container = create_container()
  const mechanisms = container.sasl.client_mechanisms() as unknown as { enable_external(): void }
  mechanisms.enable_external()
  const without = { transport: 'tls', ca, sasl_mechanisms: mechanisms } as never
  t.regex(await refusal(connect(broker, without)), /Failed to authenticate: 1/)
})

test('EXTERNAL may name whom the certificate names, and nobody else', (t) => {
  const authentication = new Authentication({ users: undefined, anonymous: false, certificates: true })
  t.deepEqual(authentication.mechanisms, ['EXTERNAL'])
  t.true(authentication.accepts('EXTERNAL', utf8Encode(''), 'alice'))
  t.true(authentication.accepts('EXTERNAL', utf8Encode('alice'), 'alice'))
  t.false(authentication.accepts('EXTERNAL', utf8Encode('bob'), 'alice'))
  t.false(authentication.accepts('EXTERNAL', Uint8Array.of(0xff), 'alice'))
  t.false(authentication.accepts('EXTERNAL', utf8Encode('alice'), undefined))
  t.false(authentication.accepts('PLAIN', utf8Encode('\0alice\0secret'), 'alice'))
})
