// Where tokens come from: whatever gives a token and its expiry will do, what it gives is checked, and several sources for
// one audience do not get into each other's way.

import type { TokenCredential } from '@azure/service-bus'
import test from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import type { AccessToken } from '../../lib/cbs/claim-keeper.js'
import { JWTTokenAuth, type JWTTokenAuthOptions } from '../../lib/cbs/jwt.js'
import { SASTokenAuth } from '../../lib/cbs/sas.js'
import { CBSAuthStatus } from '../../lib/constants.js'
import { AMQPTimeoutError, AuthenticationError, TokenAuthFailure } from '../../lib/errors.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import { Desk, HOST, MINUTE } from './support/desk.js'

keepTidy(test)

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const URI = `sb://${HOST}/orders`

function auth(
  getToken: JWTTokenAuthOptions['getToken'],
  options: Partial<JWTTokenAuthOptions> = {},
): JWTTokenAuth {
  return new JWTTokenAuth({ uri: URI, getToken, ...options })
}

for (const [what, tokenOf] of [
  ['expiresAtMs', (expiresAtMs: number) => ({ token: 'opaque', expiresAtMs })],
  ['expiresOnTimestamp, as Azure has it', (ms: number) => ({ token: 'opaque', expiresOnTimestamp: ms })],
  ['exp of the token itself', (ms: number) => ({ token: jsonwebtoken.sign({ exp: ms / 1000 }, 'secret') })],
  [
    'expiresAtMs, whatever else there is',
    (expiresAtMs: number) => ({
      token: jsonwebtoken.sign({ exp: 1 }, 'x'),
      expiresAtMs,
      expiresOnTimestamp: 2,
    }),
  ],
] as const) {
  test(`a token is renewed before it expires by ${what}`, async (t) => {
    const desk = await Desk.open(t)
    const refreshed: (number | undefined)[] = []
    const expiryMs = (): number => Math.floor(desk.nowMs / 1000) * 1000 + HOUR
    const connection = await desk.connect(t, {
      auth: auth(async () => tokenOf(expiryMs()), { onRefreshed: (ms) => refreshed.push(ms) }),
    })
    const first = expiryMs()
    await desk.stage.until(connection.createSender('orders'))
    t.deepEqual(refreshed, [first])
    t.is(desk.puts[0]?.expirationMs, first)
  })
}

for (const [what, given, message] of [
  ['nothing', null, /no token/],
  ['undefined', undefined, /no token/],
  ['an empty token', { token: '' }, /no token/],
  ['a token that is no text', { token: new Uint8Array(3) }, /no token/],
  ['an expiry that is no number', { token: 'hush-hush', expiresAtMs: '2030-01-01' }, /expiry is no number/],
  ['an expiry of NaN', { token: 'hush-hush', expiresOnTimestamp: Number.NaN }, /expiry is no number/],
] as const) {
  test(`a source that gives ${what} is an AuthenticationError that names the audience`, async (t) => {
    const desk = await Desk.open(t)
    const failures: unknown[] = []
    const source = auth(async () => given as unknown as AccessToken, {
      onFailure: (error) => failures.push(error),
    })
    const connection = await desk.connect(t, { auth: source })
    const error = await t.throwsAsync(desk.stage.until(connection.createSender('orders')), {
      instanceOf: AuthenticationError,
      message,
    })
    t.true(error?.message.includes(URI))
    t.false(error?.message.includes('hush-hush'))
    t.deepEqual(failures, [error])
    t.is(source.status, CBSAuthStatus.Error)
    t.deepEqual(desk.puts, [])
  })
}

test("a credential of Azure's is asked for its scope, and may be told to stop", async (t) => {
  const desk = await Desk.open(t)
  const expiresOnTimestamp = desk.nowMs + HOUR
  const asked: unknown[] = []
  const credential: TokenCredential = {
    getToken: async (scopes, options) => {
      asked.push(scopes, options?.abortSignal instanceof AbortSignal)
      return { token: 'opaque', expiresOnTimestamp }
    },
  }
  const scope = 'https://servicebus.azure.net//.default'
  const source = auth(({ signal }) => credential.getToken(scope, { abortSignal: signal }))
  const connection = await desk.connect(t, { auth: source })
  await desk.stage.until(connection.createSender('orders'))
  t.deepEqual(asked, [scope, true])
  t.deepEqual(
    desk.puts.map(({ type, token, expirationMs }) => [type, token, expirationMs]),
    [['jwt', 'opaque', expiresOnTimestamp]],
  )
})

test('a source is handed a signal of the platform, which aborts when it has taken too long', async (t) => {
  const desk = await Desk.open(t)
  const signals: unknown[] = []
  const source = auth(({ signal }) => {
    signals.push(signal)
    return new Promise(() => {})
  })
  const connection = await desk.connect(t, { auth: source })
  const attempt = watch(connection.createSender('orders'))
  await desk.stage.run()
  const signal = signals[0] as AbortSignal
  t.true(signal instanceof AbortSignal)
  t.false(signal.aborted)
  await desk.stage.run(60_000)
  t.true(attempt.error instanceof AMQPTimeoutError)
  t.true(signal.aborted)
})

test('the signal of a source stays quiet when its token was in time', async (t) => {
  const desk = await Desk.open(t)
  let aborted = false
  const source = auth(async ({ signal }) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return { token: 'x' }
  })
  const connection = await desk.connect(t, { auth: source })
  await desk.stage.until(connection.createSender('orders'))
  await desk.stage.until(connection.close())
  t.false(aborted)
})

test('two who bring the same token for one audience at the same time put it once', async (t) => {
  const desk = await Desk.open(t)
  const connection = await desk.connect(t, {})
  desk.silent = true
  const attempts = [1, 2, 3].map(() => watch(connection.authorize(auth(async () => ({ token: 'same' })))))
  await desk.stage.run()
  t.is(desk.puts.length, 1)
  desk.answerHeld()
  await desk.stage.run()
  t.deepEqual(states(attempts), ['resolved', 'resolved', 'resolved'])
  t.is(desk.puts.length, 1)
})

test('two tokens for one audience are put one after the other, and a refusal is for the one it is meant for', async (t) => {
  const desk = await Desk.open(t)
  const connection = await desk.connect(t, {})
  desk.silent = true
  const [one, two, other] = [
    watch(connection.authorize(auth(async () => ({ token: 'one' })))),
    watch(connection.authorize(auth(async () => ({ token: 'two' })))),
    watch(connection.authorize(auth(async () => ({ token: 'one' }), { uri: `sb://${HOST}/other` }))),
  ]
  await desk.stage.run()
  t.deepEqual(
    desk.puts.map(({ audience, token }) => `${token} for ${audience.slice(-6)}`),
    ['one for orders', 'one for /other'],
  )
  desk.silent = false
  desk.status = 401
  desk.answerHeld()
  desk.status = 202
  await desk.stage.run()
  t.deepEqual(states([one, two, other]), ['rejected', 'resolved', 'rejected'])
  t.true(one.error instanceof TokenAuthFailure)
  t.is(desk.puts.at(-1)?.token, 'two')
})

/** How old a signature is when it is renewed. */
async function ageAtRenewal(desk: Desk): Promise<number> {
  while (desk.puts.length < 2) await desk.stage.clock.run(30_000)
  const [first, second] = desk.puts
  return (second?.atMs ?? 0) - (first?.atMs ?? 0)
}

test('a signature that is good for sixty days is put once, and renewed when three quarters are over', async (t) => {
  const desk = await Desk.open(t)
  const source = new SASTokenAuth({ uri: URI, keyName: 'Root', sharedAccessKey: 'key', expiryMs: 60 * DAY })
  const connection = await desk.connect(t, { auth: source })
  await desk.stage.until(connection.createSender('orders'))
  t.is(desk.puts[0]?.expirationMs, Math.floor((desk.nowMs + 60 * DAY) / 1000) * 1000)
  await desk.stage.run(42 * DAY)
  t.is(desk.puts.length, 1)
  const ageMs = await ageAtRenewal(desk)
  t.true(ageMs > 42 * DAY && ageMs <= 45 * DAY + MINUTE, String(ageMs))
})

test('fromSharedAccessKey hands its window on', async (t) => {
  const desk = await Desk.open(t)
  const source = SASTokenAuth.fromSharedAccessKey({
    uri: URI,
    keyName: 'Root',
    sharedAccessKey: 'key',
    refreshWindowMs: 2 * MINUTE,
  })
  const connection = await desk.connect(t, { auth: source })
  await desk.stage.until(connection.createSender('orders'))
  const ageMs = await ageAtRenewal(desk)
  t.true(ageMs > 55 * MINUTE && ageMs <= 59 * MINUTE, String(ageMs))
})

test('where there is no node for claims, that is a TokenAuthFailure of who wants a link', async (t) => {
  const desk = await Desk.open(t, { autoCreate: false })
  desk.stage.broker.removeNode('$cbs')
  const connection = await desk.connect(t, { auth: auth(async () => ({ token: 'x' })) })
  const error = await t.throwsAsync(desk.stage.until(connection.createSender('orders')), {
    instanceOf: TokenAuthFailure,
  })
  t.is(error?.condition, 'amqp:not-found')
  t.is(error?.statusCode, undefined)
  t.false(desk.written.includes('attach orders'))
})

for (const [what, tokens, stale, status, puts, refused] of [
  ['a fresh one is put in place of one that is refused', ['old', 'new'], ['old'], 202, ['old', 'new'], false],
  [
    'of two that are refused, no third is asked for',
    ['old', 'new', 'x'],
    ['old', 'new'],
    202,
    ['old', 'new'],
    true,
  ],
  ['the same token is not put twice', ['old', 'old'], ['old'], 202, ['old'], true],
  ['another status than 401 asks for no other token', ['old', 'new'], [], 403, ['old'], true],
] as const) {
  test(`a source may have kept a token too long: ${what}`, async (t) => {
    const desk = await Desk.open(t)
    desk.status = status
    for (const token of stale) desk.stale.add(token)
    const left: string[] = [...tokens]
    const source = auth(async () => ({ token: left.shift() ?? 'none', expiresAtMs: desk.nowMs + HOUR }))
    const connection = await desk.connect(t, { auth: source })
    const opened = watch(connection.createSender('orders'))
    await desk.stage.run()
    t.is(opened.state, refused ? 'rejected' : 'resolved')
    t.is(opened.error instanceof TokenAuthFailure, refused)
    t.deepEqual(
      desk.puts.map(({ token }) => token),
      [...puts],
    )
    t.is(source.status, refused ? CBSAuthStatus.Error : CBSAuthStatus.Complete)
  })
}
