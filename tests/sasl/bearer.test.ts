import { inspect } from 'node:util'
import test from 'ava'
import { AuthenticationError } from '../../lib/errors.js'
import type { BearerToken } from '../../lib/sasl/bearer.js'
import type { SaslAuth, SaslMechanism } from '../../lib/sasl/mechanism.js'
import { SASLOAuthBearer, type SASLOAuthBearerOptions } from '../../lib/sasl/oauthbearer.js'
import { SASLXOAuth2, type SASLXOAuth2Options } from '../../lib/sasl/xoauth2.js'
import { utf8Decode, utf8Encode } from '../../lib/util/bytes.js'

const host = { hostname: 'broker.example', secure: true }

function exchangeOf(auth: SaslAuth): SaslMechanism {
  return auth.create(auth.mechanisms[0] as string)
}

async function initial(auth: SaslAuth): Promise<string> {
  const bytes = (await exchangeOf(auth).initial(host)) ?? new Uint8Array()
  return utf8Decode(bytes, 0, bytes.length)
}

const both: readonly ((source: BearerToken) => SaslAuth)[] = [
  (source) => SASLOAuthBearer(source),
  (source) => SASLXOAuth2({ user: 'u', ...source }),
]

test('OAUTHBEARER names user, host and port where they are given (RFC 7628, 3.1)', async (t) => {
  t.is(await initial(SASLOAuthBearer({ token: 'tok' })), 'n,,\x01auth=Bearer tok\x01\x01')
  t.is(
    await initial(SASLOAuthBearer({ token: 'tok', user: 'a=b,c', host: 'h.example', port: 5671 })),
    'n,a=a=3Db=2Cc,\x01host=h.example\x01port=5671\x01auth=Bearer tok\x01\x01',
  )
})

test("OAUTHBEARER's first message is that of the example (RFC 7628, 4.1)", async (t) => {
  const auth = SASLOAuthBearer({
    token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
    user: 'user@example.com',
    host: 'server.example.com',
    port: 143,
  })
  t.is(
    btoa(await initial(auth)),
    'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
  )
})

test('a token is fetched for each exchange, in either of its forms', async (t) => {
  for (const make of both) {
    let count = 0
    const auth = make({ getToken: async () => `t${++count}` })
    t.true((await initial(auth)).endsWith('Bearer t1\x01\x01'))
    t.true((await initial(auth)).endsWith('Bearer t2\x01\x01'))
    t.true((await initial(make({ getToken: () => ({ token: 'sync' }) }))).endsWith('Bearer sync\x01\x01'))
    t.regex(await initial(make({ getToken: ({ signal }) => `${signal}` })), /Bearer undefined/)
  }
})

test('a token source that fails is named, and its error kept as the cause', async (t) => {
  const cause = new TypeError('hunter2')
  for (const make of both) {
    const exchange = exchangeOf(make({ getToken: () => Promise.reject(cause) }))
    const error = await t.throwsAsync(async () => exchange.initial(host), { instanceOf: AuthenticationError })
    t.is(error?.cause, cause)
    t.regex(error?.message ?? '', /getToken.*broker\.example/)
    t.false(error?.message.includes('hunter2'))
  }
})

test('what is no token is never sent', async (t) => {
  for (const make of both) {
    for (const wrong of ['', 'hunter 2', 'hunter2\x01', 'hunter2\n', undefined, 5, {}]) {
      const exchange = exchangeOf(make({ getToken: () => wrong as string }))
      const error = await t.throwsAsync(async () => exchange.initial(host), {
        instanceOf: AuthenticationError,
      })
      t.regex(error?.message ?? '', /is no token/)
      t.false(error?.message.includes('hunter'))
    }
  }
})

const refusal = (outcomeCode: number): AuthenticationError =>
  new AuthenticationError('refused', { outcomeCode, condition: 'amqp:unauthorized-access' })

test('a refusal is acknowledged, and what it says ends up in the error (RFC 7628, 3.2.3)', async (t) => {
  for (const [make, answer] of [
    [both[0], Uint8Array.of(1)],
    [both[1], new Uint8Array()],
  ] as const) {
    const exchange = exchangeOf((make as (source: BearerToken) => SaslAuth)({ token: 'tok' }))
    await exchange.initial(host)
    const said = { status: 'invalid_token', scope: 'amqp "all"', 'openid-configuration': 'https://x' }
    t.deepEqual(await exchange.step(utf8Encode(JSON.stringify(said))), answer)
    const error = exchange.refused?.(refusal(1))
    t.is(error?.message, 'refused: the peer says status "invalid_token", scope "amqp \\"all\\""')
    t.is(error?.outcomeCode, 1)
    t.is(error?.condition, 'amqp:unauthorized-access')
    t.is(error?.description, 'invalid_token')
    t.deepEqual(error?.info, { status: 'invalid_token', scope: 'amqp "all"' })
    t.throws(() => exchange.step(new Uint8Array()), {
      instanceOf: AuthenticationError,
      message: /second challenge/,
    })
  }
})

test('a refusal that says nothing, or nonsense, leaves the error as it is', async (t) => {
  for (const said of ['', 'nonsense', '5', 'null', '[]', '{}', '{"status":{}}', '\u00ff']) {
    const exchange = exchangeOf(SASLOAuthBearer({ token: 'tok' }))
    await exchange.initial(host)
    const error = refusal(1)
    t.is(exchange.refused?.(error), error, 'before it said anything')
    await exchange.step(said === '\u00ff' ? Uint8Array.of(0xff) : utf8Encode(said))
    t.is(exchange.refused?.(error), error, said)
  }
})

test('a refusal without end is cut, and numbers are taken for text', async (t) => {
  const exchange = exchangeOf(SASLXOAuth2({ user: 'u', token: 'tok' }))
  await exchange.step(
    utf8Encode(JSON.stringify({ status: 401, schemes: 'bearer', scope: 'x'.repeat(100_000) })),
  )
  const error = exchange.refused?.(refusal(1))
  t.is(error?.description, '401')
  t.true((error?.message.length ?? 0) < 400)
})

test('options that cannot be are refused by name, and tokens never shown', (t) => {
  const bearer = (options: object) => () => SASLOAuthBearer(options as SASLOAuthBearerOptions)
  const xoauth2 = (options: object) => () => SASLXOAuth2(options as SASLXOAuth2Options)
  const token = 'hunter2'
  const wrong: readonly (readonly [option: string, make: () => unknown])[] = [
    ['token', bearer({})],
    ['getToken', bearer({ token, getToken: () => token })],
    ['token', bearer({ token: 'hunter2 ' })],
    ['token', bearer({ token: '' })],
    ['getToken', bearer({ getToken: token })],
    ['port', bearer({ token, port: '1' })],
    ['host', bearer({ token, host: 'hunter2\x01' })],
    ['user', bearer({ token, user: '' })],
    ['tokens', bearer({ tokens: token })],
    ['options', bearer(undefined as unknown as object)],
    ['user', xoauth2({ token })],
    ['user', xoauth2({ token, user: 'hunter2\x01' })],
    ['host', xoauth2({ token, user: 'u', host: 'h' })],
  ]
  for (const [option, make] of wrong) {
    const error = t.throws(make, { instanceOf: TypeError, message: new RegExp(`\\b${option}\\b`) })
    t.false(error?.stack?.includes('hunter2'))
  }
  t.throws(bearer({ token, port: 0 }), { instanceOf: RangeError, message: /port/ })
})

test('neither credentials nor an exchange show the token', (t) => {
  for (const make of both) {
    for (const auth of [make({ token: 'hunter2' }), make({ getToken: () => 'hunter2' })]) {
      t.true(Object.isFrozen(auth))
      for (const thing of [auth, exchangeOf(auth)]) {
        const shown = inspect(thing, { showHidden: true, depth: 9, getters: true }) + JSON.stringify(thing)
        t.false(shown.includes('hunter2'))
      }
    }
  }
})
