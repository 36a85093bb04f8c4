// Claims on a connection: put before any link attaches, renewed before they expire, retried when that fails.

import test, { type ExecutionContext } from 'ava'
import type { AccessToken } from '../../lib/cbs/claim-keeper.js'
import { JWTTokenAuth, type JWTTokenAuthOptions } from '../../lib/cbs/jwt.js'
import { SendClient } from '../../lib/client/send-client.js'
import { CBSAuthStatus } from '../../lib/constants.js'
import {
  AMQPConnectionError,
  AMQPTimeoutError,
  AuthenticationError,
  TokenAuthFailure,
  TokenExpired,
} from '../../lib/errors.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import { Desk, HOST, MINUTE } from './support/desk.js'
import { pass } from './support/pass.js'

keepTidy(test)

const HOUR = 60 * MINUTE

/** Tokens that are numbered, each good for an hour. */
class Mint {
  readonly desk: Desk
  made = 0
  lifeMs = HOUR
  failure: Error | undefined = undefined
  /** Given instead of a new one. */
  fixed: AccessToken | undefined = undefined
  readonly refreshed: (number | undefined)[] = []
  readonly failures: unknown[] = []

  constructor(desk: Desk) {
    this.desk = desk
  }

  auth(queue = 'orders', options: Partial<JWTTokenAuthOptions> = {}): JWTTokenAuth {
    return new JWTTokenAuth({
      uri: `sb://${HOST}/${queue}`,
      getToken: async () => {
        if (this.failure !== undefined) throw this.failure
        this.made++
        return this.fixed ?? { token: `token ${this.made}`, expiresAtMs: this.desk.nowMs + this.lifeMs }
      },
      onRefreshed: (expiresAtMs) => this.refreshed.push(expiresAtMs),
      onFailure: (error) => this.failures.push(error),
      ...options,
    })
  }
}

async function open(t: ExecutionContext): Promise<{ desk: Desk; mint: Mint }> {
  const desk = await Desk.open(t)
  return { desk, mint: new Mint(desk) }
}

test('the claim is in before any link attaches, and its request is as Azure wants it', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  t.is(auth.status, CBSAuthStatus.Idle)
  const sender = await desk.stage.until(connection.createSender('orders'))
  await desk.stage.until(sender.send('x'))
  const kinds = desk.written
  t.is(kinds.length, 5)
  t.deepEqual(
    kinds.map((kind) =>
      kind === 'attach orders' || kind === 'attach $cbs' || kind === 'transfer' ? kind : 'attach reply',
    ),
    ['attach reply', 'attach $cbs', 'transfer', 'attach orders', 'transfer'],
  )
  t.deepEqual(
    desk.puts.map(({ audience, type, token }) => ({ audience, type, token })),
    [{ audience: `sb://${HOST}/orders`, type: 'jwt', token: 'token 1' }],
  )
  t.is(auth.status, CBSAuthStatus.Complete)
  t.deepEqual(mint.refreshed, [desk.nowMs + HOUR])
})

test('links that are attached at the same time wait for one claim', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth() })
  const links = ['orders', 'orders', 'orders'].map((queue) => connection.createSender(queue))
  const receivers = ['orders', 'orders'].map((queue) => connection.createReceiver(queue))
  await desk.stage.until(Promise.all([...links, ...receivers]))
  t.is(mint.made, 1)
  t.is(desk.puts.length, 1)
})

test('many audiences share one pair of links to $cbs', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth('a') })
  const auths = ['b', 'c', 'd'].map((queue) => mint.auth(queue))
  await desk.stage.until(Promise.all(auths.map((auth) => connection.authorize(auth))))
  await desk.stage.until(connection.createSender('a'))
  t.deepEqual(
    desk.puts.map(({ audience }) => audience).sort(),
    ['a', 'b', 'c', 'd'].map((q) => `sb://${HOST}/${q}`),
  )
  t.is(desk.written.filter((kind) => kind.startsWith('attach')).length, 3)
})

test('a token is renewed before it expires, on the same links, while messages go on', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  const sender = await desk.stage.until(connection.createSender('orders'))
  const attached = desk.stage.written('attach').length
  for (let minute = 0; minute < 180; minute++) {
    await pass(desk.stage, MINUTE)
    if (minute % 10 === 0) t.is((await desk.stage.until(sender.send(String(minute)))).kind, 'accepted')
  }
  t.is(desk.puts.length, 1 + 4)
  for (const [i, put] of desk.puts.slice(1).entries()) {
    const ageMs = put.atMs - (desk.puts[i]?.atMs ?? 0)
    t.true(ageMs > 42 * MINUTE && ageMs <= 46 * MINUTE, String(ageMs))
  }
  t.is(desk.stage.written('attach').length, attached)
  t.is(mint.refreshed.length, 5)
  t.is(auth.status, CBSAuthStatus.Complete)
})

test('while a renewal is under way messages go on, and links attach', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth() })
  const sender = await desk.stage.until(connection.createSender('orders'))
  desk.silent = true
  while (desk.puts.length < 2) await desk.stage.clock.run(1_000)
  t.is((await desk.stage.until(sender.send('x'))).kind, 'accepted')
  t.true((await desk.stage.until(connection.createSender('orders'))).isOpen)
})

test('a renewal that fails is reported and tried again, later each time, until it succeeds', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  const sender = await desk.stage.until(connection.createSender('orders'))
  desk.status = 503
  desk.description = 'busy'
  for (let second = 0; second < 46 * 60; second++) await desk.stage.clock.run(1_000)
  t.is(auth.status, CBSAuthStatus.RefreshRequired)
  const times = desk.puts.slice(1).map(({ atMs }) => atMs)
  t.true(times.length >= 4 && times.length < 12, String(times.length))
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
  for (const [i, gap] of gaps.slice(0, 3).entries())
    t.true(gap >= 2_400 * 2 ** i && gap <= 3_600 * 2 ** i + 1_000, String(gap))
  t.true(mint.failures[0] instanceof TokenAuthFailure)
  t.is(mint.failures.length, times.length)
  t.true(sender.isOpen)
  desk.status = 200
  await pass(desk.stage, MINUTE * 1.3)
  t.is(auth.status, CBSAuthStatus.Complete)
  t.is(mint.refreshed.length, 2)
  const before = desk.puts.length
  desk.status = 503
  while (desk.puts.length < before + 2) await desk.stage.clock.run(1_000)
  const [first, second] = desk.puts.slice(-2)
  t.true((second?.atMs ?? 0) - (first?.atMs ?? 0) <= 4_600, 'the back-off begins anew after a success')
})

test('a source that gives the same token again is no storm: nothing is put, and it is asked seldom', async (t) => {
  const { desk, mint } = await open(t)
  mint.fixed = { token: 'the same', expiresAtMs: desk.nowMs + HOUR }
  const connection = await desk.connect(t, { auth: mint.auth() })
  await desk.stage.until(connection.createSender('orders'))
  for (let minute = 0; minute < 59; minute++) await pass(desk.stage, MINUTE)
  t.is(desk.puts.length, 1)
  t.true(mint.made <= 8, String(mint.made))
  t.is(mint.refreshed.length, 1)
})

test('a token that does not expire is put once', async (t) => {
  const { desk, mint } = await open(t)
  mint.fixed = { token: 'for ever' }
  const connection = await desk.connect(t, { auth: mint.auth() })
  await desk.stage.until(connection.createSender('orders'))
  const timers = desk.stage.clock.pendingTimers
  await desk.stage.run(1_000 * HOUR)
  t.is(desk.puts.length, 1)
  t.true(timers <= 1)
})

for (const expiresAtMs of [Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
  test(`a token that expires beyond all dates, at ${expiresAtMs}, is put without its expiry`, async (t) => {
    const { desk, mint } = await open(t)
    mint.fixed = { token: 'for ages', expiresAtMs }
    const connection = await desk.connect(t, { auth: mint.auth() })
    await desk.stage.until(connection.createSender('orders'))
    t.is(desk.puts[0]?.expirationMs, undefined)
    await desk.stage.run(1_000 * HOUR)
    t.is(desk.puts.length, 1)
  })
}

test('tokens with a short life are renewed when half of it is over, not without end', async (t) => {
  const { desk, mint } = await open(t)
  mint.lifeMs = 10 * MINUTE
  const connection = await desk.connect(t, { auth: mint.auth() })
  await desk.stage.until(connection.createSender('orders'))
  for (let minute = 0; minute < 30; minute++) await pass(desk.stage, MINUTE)
  t.true(desk.puts.length >= 6 && desk.puts.length <= 8, String(desk.puts.length))
})

test('own window: the renewal comes so long before the expiry', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth('orders', { refreshWindowMs: 5 * MINUTE }) })
  await desk.stage.until(connection.createSender('orders'))
  await pass(desk.stage, 52 * MINUTE)
  t.is(desk.puts.length, 1)
  await pass(desk.stage, 3 * MINUTE)
  t.is(desk.puts.length, 2)
})

test('a token that is refused is TokenAuthFailure with status and description, and no link attaches', async (t) => {
  const { desk, mint } = await open(t)
  desk.status = 401
  desk.description = 'InvalidSignature: the token has an invalid signature'
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  const error = await t.throwsAsync(desk.stage.until(connection.createSender('orders')), {
    instanceOf: TokenAuthFailure,
  })
  t.true(error instanceof AuthenticationError)
  t.is(error.statusCode, 401)
  t.is(error.description, desk.description)
  t.regex(
    error.message,
    /^The token for "sb:\/\/embedded.invalid\/orders" was refused: status 401, InvalidSignature/,
  )
  t.false(error.retryable)
  t.is(auth.status, CBSAuthStatus.Error)
  t.deepEqual(mint.failures, [error])
  t.false(desk.written.includes('attach orders'))
  desk.status = 202
  await desk.stage.until(connection.createSender('orders'))
  t.is(auth.status, CBSAuthStatus.Complete)
})

test('a source that fails is the error of whoever wants a link, and is asked again for the next', async (t) => {
  const { desk, mint } = await open(t)
  mint.failure = new RangeError('no token today')
  const connection = await desk.connect(t, { auth: mint.auth() })
  await t.throwsAsync(desk.stage.until(connection.createSender('orders')), { is: mint.failure })
  mint.failure = undefined
  t.true((await desk.stage.until(connection.createSender('orders'))).isOpen)
})

test('a token that has expired before it is put is TokenExpired, and is not put', async (t) => {
  const { desk, mint } = await open(t)
  mint.lifeMs = -1
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  await t.throwsAsync(desk.stage.until(connection.createSender('orders')), { instanceOf: TokenExpired })
  t.is(desk.puts.length, 0)
  t.is(auth.status, CBSAuthStatus.Expired)
})

test('a node that does not answer is a timeout of the put, 10 s by default', async (t) => {
  const { desk, mint } = await open(t)
  desk.silent = true
  const connection = await desk.connect(t, { auth: mint.auth() })
  const attempt = watch(connection.createSender('orders'))
  await desk.stage.run(9_999)
  t.is(attempt.state, 'pending')
  await desk.stage.run(1)
  t.true(attempt.error instanceof AMQPTimeoutError)
})

test('a source that hangs does not hang those who wait, nor itself for ever', async (t) => {
  const { desk, mint } = await open(t)
  let asked = 0
  const getToken = () => {
    asked++
    return new Promise<AccessToken>(() => {})
  }
  const connection = await desk.connect(t, { auth: mint.auth('orders', { getToken }) })
  const bounded = watch(connection.createSender('orders', { timeoutMs: 100 }))
  const patient = watch(connection.createSender('orders'))
  await desk.stage.run(100)
  t.deepEqual(states([bounded, patient]), ['rejected', 'pending'])
  t.true(bounded.error instanceof AMQPTimeoutError)
  await desk.stage.run(60_000)
  t.is(patient.state, 'rejected')
  t.true(patient.error instanceof AMQPTimeoutError)
  t.is(asked, 1)
})

test('a connection that ends while a token is awaited says so, and its signal aborts', async (t) => {
  const { desk, mint } = await open(t)
  let aborted = false
  const auth = mint.auth('orders', {
    getToken: ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise<AccessToken>(() => {})
    },
  })
  const connection = await desk.connect(t, { auth })
  const attempt = watch(connection.createSender('orders'))
  await desk.stage.run()
  await desk.stage.until(connection.close())
  t.true(aborted)
  t.true(attempt.error instanceof AMQPConnectionError)
})

test('after close no timer is left, and the status is idle', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth()
  const connection = await desk.connect(t, { auth })
  await desk.stage.until(connection.createSender('orders'))
  t.true(desk.stage.clock.pendingTimers > 0)
  await desk.stage.until(connection.close())
  t.is(desk.stage.clock.pendingTimers, 0)
  t.is(auth.status, CBSAuthStatus.Idle)
  await desk.stage.run(10 * HOUR)
  t.is(desk.puts.length, 1)
})

test('one object serves several connections, each with its own claim and renewal', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth()
  const [one, two] = [await desk.connect(t, { auth }), await desk.connect(t, { auth })]
  await desk.stage.until(one.createSender('orders'))
  await desk.stage.until(two.createSender('orders'))
  t.is(desk.puts.length, 2)
  await desk.stage.until(one.close())
  t.is(auth.status, CBSAuthStatus.Complete, 'the other connection has its claim')
  await pass(desk.stage, 46 * MINUTE)
  t.is(desk.puts.length, 3)
  await desk.stage.until(two.close())
  t.is(auth.status, CBSAuthStatus.Idle)
})

test('clients on one connection bring their own claims', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth('a') })
  const clients = ['b', 'c'].map(
    (queue) => new SendClient(queue, { connection, auth: mint.auth(queue), clock: desk.stage.clock }),
  )
  await desk.stage.until(Promise.all(clients.map((client) => client.sendMessage('x'))))
  t.deepEqual(desk.puts.map(({ audience }) => audience.slice(-1)).sort(), ['a', 'b', 'c'])
  await desk.stage.until(Promise.all(clients.map((client) => client.close())))
})

test('a client that asks a management node over a connection that was given puts its claim first', async (t) => {
  const { desk, mint } = await open(t)
  desk.stage.broker.addNode('$management', () => undefined)
  const connection = await desk.connect(t, {})
  const client = new SendClient('orders', { connection, auth: mint.auth(), clock: desk.stage.clock })
  const asked = t.throwsAsync(client.mgmtRequest(null, 'READ', { timeoutMs: 100 }), {
    instanceOf: AMQPTimeoutError,
  })
  await desk.stage.run(100)
  await asked
  t.deepEqual(
    desk.puts.map(({ audience }) => audience),
    [`sb://${HOST}/orders`],
  )
  const order = desk.written.filter((kind) => kind.includes('$'))
  t.deepEqual(order, ['attach $cbs', 'attach $management'])
  await desk.stage.until(client.close())
})

test('when the links to $cbs are lost, the next renewal makes new ones', async (t) => {
  const { desk, mint } = await open(t)
  const connection = await desk.connect(t, { auth: mint.auth() })
  const sender = await desk.stage.until(connection.createSender('orders'))
  desk.stage.broker.removeNode('$cbs')
  await desk.stage.run()
  const again = new Desk(desk.stage)
  await pass(desk.stage, 46 * MINUTE)
  t.is(again.puts.length, 1)
  t.true(sender.isOpen)
})

test('what an observer throws does no harm', async (t) => {
  const { desk, mint } = await open(t)
  const auth = mint.auth('orders', {
    onRefreshed: () => {
      throw new RangeError('oops')
    },
  })
  const connection = await desk.connect(t, { auth })
  t.true((await desk.stage.until(connection.createSender('orders'))).isOpen)
})

test('a token shows neither in a trace nor in any error', async (t) => {
  const { desk, mint } = await open(t)
  mint.fixed = { token: 'hush-hush', expiresAtMs: desk.nowMs + HOUR }
  desk.status = 401
  desk.description = 'bad token hush-hush'
  const connection = await desk.connect(t, { auth: mint.auth() })
  const error = await t.throwsAsync<TokenAuthFailure>(desk.stage.until(connection.createSender('orders')))
  const texts: unknown[] = [...desk.stage.frames, connection.explain()]
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    texts.push(cause.message, cause.stack, JSON.stringify(cause))
  }
  for (const text of texts) t.false(String(text).includes('hush-hush'), String(text))
  t.true(desk.stage.frames.length > 10)
  t.true(desk.stage.frames.some((line) => line.startsWith('-- the token for')))
})
