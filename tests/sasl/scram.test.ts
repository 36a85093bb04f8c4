import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { AuthenticationError } from '../../lib/errors.js'
import { SASLScram, ScramExchange } from '../../lib/sasl/scram.js'
import { type ScramName, saltPassword, sameSecret } from '../../lib/sasl/scram-keys.js'
import { fromBase64 } from '../../lib/util/base64.js'
import { toHex, utf8Decode, utf8Encode } from '../../lib/util/bytes.js'
import { type ScramVector, vector, vectors } from './scram-vectors.js'

const host = { hostname: 'broker.example', secure: false }

const text = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '' : utf8Decode(bytes, 0, bytes.length)

function exchangeOf({ mechanism, username, password, clientNonce }: ScramVector): ScramExchange {
  return new ScramExchange(mechanism, username, password, clientNonce)
}

/** An exchange that has sent its first message. */
async function begun(row: ScramVector = vector): Promise<ScramExchange> {
  const exchange = exchangeOf(row)
  await exchange.initial(host)
  return exchange
}

/** An exchange that has sent its proof, and waits for the server's. */
async function proved(row: ScramVector = vector): Promise<ScramExchange> {
  const exchange = await begun(row)
  await exchange.step(utf8Encode(row.serverFirst))
  return exchange
}

async function refuses(t: ExecutionContext, attempt: () => unknown, why: RegExp): Promise<void> {
  const error = await t.throwsAsync(async () => attempt(), { instanceOf: AuthenticationError })
  t.regex(error?.message ?? '', why)
  t.regex(error?.message ?? '', /broker\.example/)
  t.is(error?.phase, 'sasl')
  t.false(error?.retryable)
  t.false(error?.stack?.includes(vector.password))
}

for (const row of vectors) {
  test(`${row.mechanism} says what the vectors say: ${row.source} [5.3.3]`, async (t) => {
    const salt = fromBase64(row.salt) as Uint8Array
    t.is(
      toHex(await saltPassword(row.mechanism, utf8Encode(row.password), salt, row.iterations)),
      row.saltedPasswordHex,
    )
    const exchange = exchangeOf(row)
    t.is(exchange.name, row.mechanism)
    t.is(text(await exchange.initial(host)), row.clientFirst)
    t.is(text(await exchange.step(utf8Encode(row.serverFirst))), row.clientFinal)
    t.is(text(await exchange.step(utf8Encode(row.serverFinal))), '')
    t.notThrows(() => exchange.finish(undefined))
  })
}

test('the proof of the server may come with the outcome [5.3.3.6]', async (t) => {
  for (const row of vectors) {
    const exchange = await proved(row)
    t.notThrows(() => exchange.finish(utf8Encode(row.serverFinal)))
  }
})

test('a server that proves nothing is refused, however it says ok [5.3.3.6]', async (t) => {
  const why = /without proving/
  await refuses(t, async () => (await begun()).finish(undefined), why)
  await refuses(t, async () => (await begun()).finish(utf8Encode(vector.serverFinal)), why)
  await refuses(t, async () => (await proved()).finish(undefined), why)
  await refuses(t, async () => (await proved()).finish(new Uint8Array()), why)
  const hurried = await begun()
  const computing = hurried.step(utf8Encode(vector.serverFirst))
  await refuses(t, () => hurried.finish(utf8Encode(vector.serverFinal)), why)
  await computing
})

test('a server whose signature is wrong is refused', async (t) => {
  const { serverFinal } = vector
  const wrong = [
    serverFinal.replace('v=r', 'v=s'),
    `v=${vectors[1]?.serverFinal.slice(2)}`,
    'v=',
    'v=AAAA',
    'v=no Base64',
    'x=1',
    serverFinal.replace('v=', 'V='),
    `x=1,${serverFinal}`,
  ]
  for (const message of wrong) {
    await refuses(t, async () => (await proved()).step(utf8Encode(message)), /signature is wrong/)
    await refuses(t, async () => (await proved()).finish(utf8Encode(message)), /signature is wrong/)
  }
})

test('what a server says in place of its signature is in the error', async (t) => {
  const error = await t.throwsAsync(async () => (await proved()).step(utf8Encode('e=invalid-proof')), {
    instanceOf: AuthenticationError,
    message: /it says "invalid-proof"/,
  })
  t.is(error?.condition, 'amqp:unauthorized-access')
  await refuses(t, async () => (await begun()).step(utf8Encode('e=unknown-user')), /it says "unknown-user"/)
})

const { clientNonce } = vector
const salted = 's=QSXCR+Q6sek8bf92'
const continued = `r=${clientNonce}more`

const firstMessages: readonly (readonly [what: string, message: string, why: RegExp])[] = [
  ['a nonce that does not begin with ours', `r=more${clientNonce},${salted},i=4096`, /nonce/],
  ['our nonce alone', `r=${clientNonce},${salted},i=4096`, /nonce/],
  ['a nonce with a space', `${continued} ,${salted},i=4096`, /nonce/],
  ['too few iterations', `${continued},${salted},i=4095`, /4095 is below 4096/],
  ['no iterations', `${continued},${salted},i=0`, /no number/],
  ['more iterations than we do', `${continued},${salted},i=1000001`, /1000001 is over our limit/],
  ['iterations beyond all numbers', `${continued},${salted},i=99999999999`, /no number/],
  ['iterations that are none', `${continued},${salted},i=4e3`, /no number/],
  ['a salt that is no Base64', `${continued},s=?,i=4096`, /salt/],
  ['an empty salt', `${continued},s=,i=4096`, /salt/],
  ['an extension that it demands', `m=new,${continued},${salted},i=4096`, /extension/],
  ['an extension that it demands in the wrong place', `${continued},${salted},i=4096,m=new`, /extension/],
  ['its attributes in another order', `${salted},${continued},i=4096`, /no sense/],
  ['no salt', `${continued},i=4096`, /no sense/],
  ['something else', 'hello', /no sense/],
  ['nothing', '', /no sense/],
]

for (const [what, message, why] of firstMessages) {
  test(`a server that sends ${what} is refused before it gets a proof`, async (t) => {
    await refuses(t, async () => (await begun()).step(utf8Encode(message)), why)
  })
}

test('bytes that are no UTF-8 are refused', async (t) => {
  await refuses(t, async () => (await begun()).step(Uint8Array.of(0xff)), /no sense/)
  await refuses(t, async () => (await proved()).step(Uint8Array.of(0xff)), /no sense/)
})

test('an optional extension of a server is part of what is signed', async (t) => {
  const exchange = await begun()
  const plain = text(await exchange.step(utf8Encode(vector.serverFirst)))
  const extended = text(await (await begun()).step(utf8Encode(`${vector.serverFirst},x=optional`)))
  t.not(plain, extended)
})

test('a challenge too many is refused, also while the first is being answered', async (t) => {
  const exchange = await begun()
  const first = exchange.step(utf8Encode(vector.serverFirst))
  await refuses(t, () => exchange.step(utf8Encode(vector.serverFirst)), /out of place/)
  await first
  await exchange.step(utf8Encode(vector.serverFinal))
  await refuses(t, () => exchange.step(utf8Encode(vector.serverFinal)), /out of place/)
})

test('names and passwords are prepared by SASLprep as in its examples (RFC 4013, 3)', async (t) => {
  const first = async (username: string): Promise<string> =>
    text(await new ScramExchange('SCRAM-SHA-1', username, 'p', 'n').initial(host))
  t.is(await first('I\u00adX'), 'n,,n=IX,r=n')
  t.is(await first('user'), 'n,,n=user,r=n')
  t.is(await first('USER'), 'n,,n=USER,r=n')
  t.is(await first('\u00aa'), 'n,,n=a,r=n')
  t.is(await first('\u2168'), 'n,,n=IX,r=n')
  t.is(await first('Jürgen'), 'n,,n=Jürgen,r=n')
  const final = async (password: string): Promise<string> => {
    const exchange = new ScramExchange('SCRAM-SHA-1', vector.username, password, clientNonce)
    await exchange.initial(host)
    return text(await exchange.step(utf8Encode(vector.serverFirst)))
  }
  t.is(await final('pen\u00adcil'), vector.clientFinal)
  t.not(await final('Pencil'), vector.clientFinal)
})

test('what SASLprep prohibits is refused by name, and not shown', async (t) => {
  for (const secret of ['hunter2\u0007', '\u00ad', '\u06271', 'hunter2\u{1f600}']) {
    const named = new ScramExchange('SCRAM-SHA-256', secret, 'p', 'n')
    const error = await t.throwsAsync(async () => named.initial(host), { instanceOf: AuthenticationError })
    t.regex(error?.message ?? '', /username.*SASLprep/)
    t.false(inspect(error).includes('hunter2'))
    const known = new ScramExchange('SCRAM-SHA-1', 'user', secret, clientNonce)
    await known.initial(host)
    const other = await t.throwsAsync(async () => known.step(utf8Encode(vector.serverFirst)), {
      instanceOf: AuthenticationError,
    })
    t.regex(other?.message ?? '', /password.*SASLprep/)
    t.false(inspect(other).includes('hunter2'))
  }
})

test('the strongest hash comes first, and the choice can be narrowed', (t) => {
  t.deepEqual(SASLScram('u', 'p').mechanisms, ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'])
  t.deepEqual(SASLScram('u', 'p', { mechanisms: ['SCRAM-SHA-256'] }).mechanisms, ['SCRAM-SHA-256'])
})

test('what cannot be is refused by name, and never shown', (t) => {
  const wrong: readonly (readonly [option: string, make: () => unknown])[] = [
    ['username', () => SASLScram('', 'hunter2')],
    ['username', () => SASLScram('hunter2\0', 'p')],
    ['password', () => SASLScram('u', 'hunter2\ud800')],
    ['password', () => SASLScram('u', undefined as unknown as string)],
    ['mechanisms', () => SASLScram('u', 'hunter2', { mechanisms: [] })],
    ['mechanisms', () => SASLScram('u', 'hunter2', { mechanisms: ['SCRAM-MD5' as ScramName] })],
    ['mechanism', () => SASLScram('u', 'hunter2', { mechanism: 'x' } as object)],
  ]
  for (const [option, make] of wrong) {
    const error = t.throws(make, { instanceOf: TypeError, message: new RegExp(`\\b${option}\\b`) })
    t.false(error?.stack?.includes('hunter2'))
  }
})

test('every exchange has a nonce of its own', async (t) => {
  const auth = SASLScram('user', 'p')
  const nonces = new Set<string>()
  for (let i = 0; i < 50; i++) {
    const nonce = text(await auth.create('SCRAM-SHA-256').initial(host)).split(',r=')[1] ?? ''
    t.regex(nonce, /^[A-Za-z0-9+/]{24}$/)
    nonces.add(nonce)
  }
  t.is(nonces.size, 50)
})

test('neither credentials nor an exchange show what is secret', async (t) => {
  const auth = SASLScram('user', 'hunter2')
  t.true(Object.isFrozen(auth))
  const exchange = await begun()
  for (const thing of [auth, auth.create('SCRAM-SHA-1'), exchange]) {
    const shown = inspect(thing, { showHidden: true, depth: 9, getters: true }) + JSON.stringify(thing)
    t.false(shown.includes('hunter2'))
    t.false(shown.includes(vector.password))
    t.false(shown.includes(clientNonce))
  }
})

test('secrets are compared by all of their bytes', (t) => {
  t.true(sameSecret(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)))
  for (const other of [[0, 2, 3], [1, 2, 2], [1, 2], [1, 2, 3, 0], []]) {
    t.false(sameSecret(Uint8Array.of(1, 2, 3), Uint8Array.from(other)))
  }
})
