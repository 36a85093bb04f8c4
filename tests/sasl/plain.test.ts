import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { SASLAnonymous } from '../../lib/sasl/anonymous.js'
import { SASLExternal } from '../../lib/sasl/external.js'
import type { SaslAuth } from '../../lib/sasl/mechanism.js'
import { SASLMssbcbs } from '../../lib/sasl/mssbcbs.js'
import { SASLOAuthBearer } from '../../lib/sasl/oauthbearer.js'
import { parsePlain, SASLPlain } from '../../lib/sasl/plain.js'
import { SASLXOAuth2 } from '../../lib/sasl/xoauth2.js'
import { fromHex, toHex, utf8Encode } from '../../lib/util/bytes.js'

interface Vector {
  readonly mechanism: string
  readonly username?: string
  readonly password?: string
  readonly authzid?: string
  readonly trace?: string
  readonly token?: string
  readonly initialResponseHex: string
}

const vectors = (
  JSON.parse(readFileSync('tests/vectors/security-vectors.json', 'utf8')) as { sasl: Vector[] }
).sasl

const makers: Readonly<Record<string, (vector: Vector) => SaslAuth>> = {
  PLAIN: ({ username = '', password = '', authzid }) => SASLPlain(username, password, { authzid }),
  EXTERNAL: ({ authzid }) => SASLExternal(authzid),
  ANONYMOUS: ({ trace }) => SASLAnonymous(trace),
  MSSBCBS: () => SASLMssbcbs(),
  OAUTHBEARER: ({ username, token }) => SASLOAuthBearer({ user: username, token }),
  XOAUTH2: ({ username = '', token }) => SASLXOAuth2({ user: username, token }),
}

function initial(auth: SaslAuth): Uint8Array | undefined {
  const response = auth.create(auth.mechanisms[0] as string).initial({ hostname: 'h', secure: true })
  if (response instanceof Promise) throw new TypeError('the response is not there yet')
  return response
}

for (const [name, make] of Object.entries(makers)) {
  const rows = vectors.filter((vector) => vector.mechanism === name)
  test(`the initial response of ${name} is that of the vectors [5.3.3.2]`, (t) => {
    t.true(rows.length > 0)
    for (const row of rows) {
      const auth = make(row)
      t.deepEqual(auth.mechanisms, [name])
      t.is(auth.create(name).name, name)
      t.is(toHex(initial(auth) ?? new Uint8Array()), row.initialResponseHex)
    }
  })
}

test('a password is sent in UTF-8', (t) => {
  const response = initial(SASLPlain('user', 'pässwörd€')) as Uint8Array
  t.is(toHex(response.subarray(0, 6)), `00${toHex(utf8Encode('user'))}00`)
  t.is(response.length - 6, 13)
  t.is(new TextDecoder('utf-8', { fatal: true }).decode(response.subarray(6)), 'pässwörd€')
})

test('ANONYMOUS and EXTERNAL say their text, or send an empty response and not none', (t) => {
  t.deepEqual(initial(SASLAnonymous('träce')), utf8Encode('träce'))
  t.deepEqual(initial(SASLExternal('someone')), utf8Encode('someone'))
  t.is(initial(SASLAnonymous())?.length, 0)
  t.is(initial(SASLExternal())?.length, 0)
})

test('what SASL cannot carry is refused by name, and never shown', (t) => {
  const wrong: readonly (readonly [option: string, make: () => unknown])[] = [
    ['username', () => SASLPlain('hunter2\0', 'p')],
    ['password', () => SASLPlain('u', 'hunter2\0')],
    ['authzid', () => SASLPlain('u', 'p', { authzid: 'hunter2\0' })],
    ['password', () => SASLPlain('u', 'hunter2\ud800')],
    ['password', () => SASLPlain('u', undefined as unknown as string)],
    ['username', () => SASLPlain(5 as unknown as string, 'p')],
    ['username', () => SASLPlain('', 'hunter2')],
    ['authzid', () => SASLExternal('hunter2\0')],
    ['trace', () => SASLAnonymous('hunter2\0')],
    ['authz', () => SASLPlain('u', 'p', { authz: 'hunter2' } as object)],
  ]
  for (const [option, make] of wrong) {
    const error = t.throws(make, { instanceOf: TypeError, message: new RegExp(`\\b${option}\\b`) })
    t.false(error?.stack?.includes('hunter2'))
  }
})

test('a third argument that is a text is taken for what other libraries want, a host name', (t) => {
  t.throws(() => SASLPlain('host.example', 'user', 'hunter2' as unknown as object), {
    instanceOf: TypeError,
    message: 'SASLPlain takes a user and a password, and no host name',
  })
})

test('MSSBCBS has nothing to say, and says so once if it is asked', (t) => {
  const exchange = SASLMssbcbs().create('MSSBCBS')
  t.is(exchange.initial({ hostname: 'h', secure: true }), undefined)
  t.deepEqual(exchange.step(new Uint8Array()), new Uint8Array())
  t.throws(() => exchange.step(new Uint8Array()), { message: /challenge/ })
})

test('an empty password is sent as it is', (t) => {
  t.is(toHex(initial(SASLPlain('u', '')) as Uint8Array), '007500')
})

test('a server reads from a response what a client put into it', (t) => {
  const text = fc.string({ unit: 'binary' }).filter((value) => !/[\0\p{Surrogate}]/u.test(value))
  fc.assert(
    fc.property(text, text, text, (authzid, name, password) => {
      const username = `u${name}`
      const response = initial(SASLPlain(username, password, { authzid })) as Uint8Array
      t.deepEqual(parsePlain(response), { authzid, username, password })
    }),
  )
})

test('what is no PLAIN response is not taken for one', (t) => {
  for (const hex of ['', '00', '7500', '000070', '0075', '0075007000', '0075ff0070', '00750070ff']) {
    t.is(parsePlain(fromHex(hex)), undefined, hex)
  }
  t.deepEqual(parsePlain(fromHex('00750070')), { authzid: '', username: 'u', password: 'p' })
})
