import test from 'ava'
import { chooseMechanism } from '../../lib/sasl/mechanism.js'
import { SASLPassword } from '../../lib/sasl/password.js'
import { ScramExchange } from '../../lib/sasl/scram.js'
import { toHex } from '../../lib/util/bytes.js'

const host = { hostname: 'h', secure: true }

test('SCRAM is preferred to PLAIN, and the longer hash to the shorter', (t) => {
  const auth = SASLPassword('user', 'pencil')
  const choose = (...offered: string[]): string => chooseMechanism(auth, offered, host).name
  t.is(choose('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'), 'SCRAM-SHA-512')
  t.is(choose('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'), 'SCRAM-SHA-256')
  t.is(choose('PLAIN', 'SCRAM-SHA-1'), 'SCRAM-SHA-1')
  t.is(choose('ANONYMOUS', 'PLAIN'), 'PLAIN')
  t.throws(() => choose('ANONYMOUS'), { message: /SCRAM-SHA-512 or .* or PLAIN/ })
})

test('either mechanism has the credentials', async (t) => {
  const auth = SASLPassword('user', 'pencil')
  t.is(toHex((await auth.create('PLAIN').initial(host)) ?? new Uint8Array()), '00757365720070656e63696c')
  t.true(auth.create('SCRAM-SHA-256') instanceof ScramExchange)
  t.true(Object.isFrozen(auth))
})

test('what neither can carry is refused by name', (t) => {
  t.throws(() => SASLPassword('', 'p'), { instanceOf: TypeError, message: /username/ })
  t.throws(() => SASLPassword('u', 'a\0'), { instanceOf: TypeError, message: /password/ })
})
