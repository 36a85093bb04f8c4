import { inspect } from 'node:util'
import test from 'ava'
import { AuthenticationError } from '../../lib/errors.js'
import { SASLAnonymous } from '../../lib/sasl/anonymous.js'
import { SASLExternal } from '../../lib/sasl/external.js'
import { chooseMechanism, type SaslAuth } from '../../lib/sasl/mechanism.js'
import { SASLPlain } from '../../lib/sasl/plain.js'

const host = { hostname: 'broker.example', secure: true }

/** Credentials for several mechanisms, each of which only knows its name. */
function several(...mechanisms: string[]): SaslAuth {
  return {
    mechanisms,
    create: (name) => ({ name, initial: () => undefined, step: (challenge) => challenge }),
  }
}

test('the best of ours that the peer offers is chosen, whatever the order of its offer [5.3.3.1]', (t) => {
  t.is(chooseMechanism(several('A', 'B'), ['B', 'A'], host).name, 'A')
  t.is(chooseMechanism(several('A', 'B'), ['C', 'B'], host).name, 'B')
  t.is(chooseMechanism(SASLExternal(), ['PLAIN', 'EXTERNAL'], host).name, 'EXTERNAL')
})

test('when nothing fits, the error lists what each side has', (t) => {
  const error = t.throws(() => chooseMechanism(several('A', 'B'), ['C', 'D'], host), {
    instanceOf: AuthenticationError,
  })
  t.is(error?.message, 'broker.example offers only C, D, and our credentials need A or B')
  t.is(error?.phase, 'sasl')
  t.false(error?.retryable)
  t.is(error?.outcomeCode, undefined)
  t.is(error?.context.host, 'broker.example')
})

test('when nothing at all is offered, the error says that', (t) => {
  t.throws(() => chooseMechanism(several('A'), [], host), { message: /offers no SASL mechanism/ })
})

test('names are compared as they are written', (t) => {
  t.throws(() => chooseMechanism(several('PLAIN'), ['plain'], host), { instanceOf: AuthenticationError })
})

test('whoever wants PLAIN without TLS and is not offered it is told why that may be', (t) => {
  const choose = (auth: SaslAuth, secure: boolean) => () =>
    chooseMechanism(auth, ['ANONYMOUS'], { hostname: 'h', secure })
  t.throws(choose(SASLPlain('u', 'p'), false), { message: /over TLS only: try amqps:\/\// })
  t.false(t.throws(choose(SASLPlain('u', 'p'), true))?.message.includes('amqps'))
  t.false(t.throws(choose(SASLExternal(), false))?.message.includes('amqps'))
})

test('whoever names nobody is told where credentials go', (t) => {
  const host = { hostname: 'h', secure: true }
  t.throws(() => chooseMechanism(SASLAnonymous(), ['PLAIN'], host), {
    message: /ANONYMOUS, which names nobody: give user and password in the URL, or the option "auth"$/,
  })
})

const secrets = 'hunter2'

test('no secret shows when credentials or an exchange are printed', (t) => {
  for (const auth of [
    SASLPlain(secrets, secrets, { authzid: secrets }),
    SASLExternal(secrets),
    SASLAnonymous(secrets),
  ]) {
    const exchange = auth.create(auth.mechanisms[0] as string)
    for (const thing of [auth, exchange]) {
      const shown = [
        String(thing),
        JSON.stringify(thing),
        inspect(thing, { showHidden: true, depth: 9, getters: true }),
        JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(thing))),
      ].join('\n')
      t.false(shown.includes(secrets))
      t.false(shown.includes(Buffer.from(secrets).toString('hex')))
      t.false(shown.includes('104, 117, 110'))
    }
  }
})

test('credentials cannot be changed, and serve any number of exchanges', (t) => {
  const auth = SASLPlain('u', 'p')
  t.true(Object.isFrozen(auth))
  t.true(Object.isFrozen(auth.mechanisms))
  const one = auth.create('PLAIN')
  const other = auth.create('PLAIN')
  t.not(one, other)
  t.deepEqual(one.initial(host), other.initial(host))
})

test('a challenge is answered once if it is empty, and never otherwise [5.3.3.3]', (t) => {
  for (const auth of [SASLPlain('u', 'p'), SASLExternal('z'), SASLAnonymous()]) {
    const exchange = auth.create(auth.mechanisms[0] as string)
    t.deepEqual(exchange.step(new Uint8Array()), exchange.initial(host))
    const again = t.throws(() => exchange.step(new Uint8Array()), { instanceOf: AuthenticationError })
    t.regex(again?.message ?? '', /challenge/)
    const fresh = auth.create(auth.mechanisms[0] as string)
    t.throws(() => fresh.step(new Uint8Array([1])), { instanceOf: AuthenticationError })
  }
})
