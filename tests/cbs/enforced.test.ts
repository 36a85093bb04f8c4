// Claims against a broker that checks them: signature, expiry, what they are for. It gives no link without a claim, and
// takes links away when the claim expires, as cloud brokers do.

import { generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import type { CbsOptions } from '../../lib/broker/index.js'
import { CbsClient } from '../../lib/cbs/cbs-client.js'
import { JWTTokenAuth } from '../../lib/cbs/jwt.js'
import { createSasToken, SASTokenAuth } from '../../lib/cbs/sas.js'
import { SendClient } from '../../lib/client/send-client.js'
import type { Connection } from '../../lib/connection/connection.js'
import { CBSAuthStatus } from '../../lib/constants.js'
import { LinkDetach, TokenAuthFailure, TokenExpired } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { MgmtOperation } from '../../lib/mgmt/mgmt-operation.js'
import { SASLAnonymous } from '../../lib/sasl/anonymous.js'
import { Stage } from '../client/support/stage.js'
import { keepTidy } from '../connection/support/tidy.js'
import { connectTo } from './support/connect.js'
import { HOST, MINUTE } from './support/desk.js'
import { pass } from './support/pass.js'

keepTidy(test)

const KEYS: CbsOptions = { sasKeys: { Root: 'c2VjcmV0LWtleQ==' } }
const SECRET: CbsOptions = { jwtSecret: 'shared', jwtAudience: 'https://audience.test' }

const uriOf = (path: string): string => `sb://${HOST}/${path}`

function sas(
  path: string,
  options: { keyName?: string; key?: string; expiryMs?: number; audience?: string } = {},
) {
  const { keyName = 'Root', key = 'c2VjcmV0LWtleQ==', expiryMs, audience } = options
  return new SASTokenAuth({ uri: uriOf(path), keyName, sharedAccessKey: key, expiryMs, audience })
}

function jwt(claims: object, secret = 'shared', audience = uriOf('orders'), tokenType?: string) {
  const token = jsonwebtoken.sign(claims, secret, { noTimestamp: true })
  return new JWTTokenAuth({ uri: audience, getToken: async () => ({ token }), tokenType })
}

async function stageWith(t: ExecutionContext, cbs: CbsOptions): Promise<Stage> {
  return Stage.open(t, { cbs })
}

const inAnHour = (stage: Stage): number => Math.floor(stage.clock.date() / 1000) + 3600

async function refused(t: ExecutionContext, stage: Stage, connection: Connection, queue = 'orders') {
  return t.throwsAsync<TokenAuthFailure>(stage.until(connection.createSender(queue)), {
    instanceOf: TokenAuthFailure,
  })
}

test('with a signature that is right messages go through, by MSSBCBS', async (t) => {
  const stage = await stageWith(t, KEYS)
  const sender = stage.sender('orders', { auth: sas('orders') })
  await stage.until(sender.sendMessage('a'))
  await stage.until(sender.close())
  t.deepEqual(stage.waiting('orders'), ['a'])
  t.true(stage.frames.some((line) => line.includes('MSSBCBS') && line.startsWith('->')))
})

test('without a claim no link is given; the connection may stay', async (t) => {
  const stage = await stageWith(t, KEYS)
  const connection = await connectTo(t, stage, { auth: SASLAnonymous() })
  const attempts: readonly (() => Promise<object>)[] = [
    () => connection.createSender('orders'),
    () => connection.createReceiver('orders'),
  ]
  for (const attempt of attempts) {
    const error = await t.throwsAsync(stage.until(attempt()), { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:unauthorized-access')
  }
  t.deepEqual(stage.broker.queueNames, [])
  t.true(connection.isOpen)
})

test('a user who logs in by PLAIN needs no claim', async (t) => {
  const stage = await Stage.open(t, { cbs: KEYS, users: { me: 'secret' } })
  const client = new SendClient(stage.url('orders').replace('//', '//me:secret@'), stage.base)
  await stage.until(client.sendMessage('a'))
  await stage.until(client.close())
  t.deepEqual(stage.waiting('orders'), ['a'])
})

for (const [claimed, attached, covered] of [
  ['orders', 'orders', true],
  ['orders', 'orders/$DeadLetterQueue', true],
  ['orders', '/orders', true],
  ['orders/', 'orders', true],
  ['', 'orders', true],
  ['hub/$management', '$management', true],
  ['hub/ConsumerGroups', 'hub/ConsumerGroups/a/Partitions/0', true],
  ['orders', 'orders2', false],
  ['orders/a', 'orders', false],
  ['orders', 'Orders', false],
  ['orders', 'other', false],
] as const) {
  test(`a claim for "${claimed}" ${covered ? 'covers' : 'does not cover'} "${attached}"`, async (t) => {
    const stage = await stageWith(t, KEYS)
    for (const name of ['orders', '$management']) stage.broker.createQueue(name)
    const connection = await connectTo(t, stage, { auth: sas(claimed) })
    const attempt = stage.until(connection.createSender(attached))
    if (covered) {
      t.true((await attempt).isOpen)
      return
    }
    const error = await t.throwsAsync(attempt, { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:unauthorized-access')
  })
}

for (const [what, options, reason] of [
  ['an unknown key', { keyName: 'Nobody' }, /not known/],
  ['the name of what every object has', { keyName: 'constructor' }, /not known/],
  ['a wrong key', { key: 'wrong' }, /signature is wrong/],
  ['the key decoded', { key: Buffer.from('c2VjcmV0LWtleQ==', 'base64').toString() }, /signature is wrong/],
  ['another audience than it names', { audience: uriOf('other') }, /another audience/],
  ['another host', { audience: 'sb://elsewhere.test/orders' }, /another audience/],
] as const) {
  test(`a signature with ${what} is refused with status 401`, async (t) => {
    const stage = await stageWith(t, KEYS)
    const connection = await connectTo(t, stage, { auth: sas('orders', options) })
    const error = await refused(t, stage, connection)
    t.is(error.statusCode, 401)
    t.is(error.condition, 'amqp:unauthorized-access')
    t.regex(error.description ?? '', reason)
  })
}

test('a signature for a parent serves an audience below it', async (t) => {
  const stage = await stageWith(t, KEYS)
  const connection = await connectTo(t, stage, { auth: sas('', { audience: uriOf('orders') }) })
  t.true((await stage.until(connection.createSender('orders'))).isOpen)
  await t.throwsAsync(stage.until(connection.createSender('other')), { instanceOf: LinkDetach })
})

test('a JSON Web Token is checked by its secret, audience and expiry', async (t) => {
  const stage = await stageWith(t, SECRET)
  const exp = inAnHour(stage)
  const aud = 'https://audience.test'
  const good = await connectTo(t, stage, { auth: jwt({ exp, aud }) })
  t.true((await stage.until(good.createSender('orders'))).isOpen)
  for (const [auth, reason] of [
    [jwt({ exp, aud }, 'other'), /invalid signature/],
    [jwt({ exp, aud: 'https://other.test' }), /audience invalid/],
    [jwt({ exp }), /audience invalid/],
    [jwt({ aud }), /does not say when it expires/],
  ] as const) {
    const connection = await connectTo(t, stage, { auth })
    const error = await refused(t, stage, connection)
    t.is(error.statusCode, 401)
    t.regex(error.description ?? '', reason)
  }
})

test('a token that is not signed, or no token, is refused and not quoted', async (t) => {
  const stage = await stageWith(t, SECRET)
  const unsigned = jsonwebtoken.sign({ exp: inAnHour(stage), aud: 'https://audience.test' }, null, {
    algorithm: 'none',
  })
  for (const token of [unsigned, 'x.y.z', 'eyJhbGciOiJIUzI1NiJ9.aHVzaC1odXNo.x']) {
    const auth = new JWTTokenAuth({ uri: uriOf('orders'), getToken: async () => ({ token }) })
    const error = await refused(t, stage, await connectTo(t, stage, { auth }))
    t.is(error.statusCode, 401)
    t.false(error.message.includes('hush-hush'))
  }
})

test('a JSON Web Token may be signed with a private key; the public one is no secret to sign with', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const stage = await stageWith(t, { jwtPublicKey: pem })
  const claims = { exp: inAnHour(stage) }
  const token = jsonwebtoken.sign(claims, privateKey, { algorithm: 'ES256' })
  const auth = new JWTTokenAuth({ uri: uriOf('orders'), getToken: async () => ({ token }) })
  t.true((await stage.until((await connectTo(t, stage, { auth })).createSender('orders'))).isOpen)
  const head = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
  const forged = `${head}.${token.split('.')[1]}.${token.split('.')[2]}`
  const forger = new JWTTokenAuth({ uri: uriOf('orders'), getToken: async () => ({ token: forged }) })
  t.is((await refused(t, stage, await connectTo(t, stage, { auth: forger }))).statusCode, 401)
})

test('when a claim expires its links are detached with amqp:unauthorized-access, others stay; then TokenExpired', async (t) => {
  const stage = await stageWith(t, KEYS)
  const expiresAtMs = stage.clock.date() + 10 * MINUTE
  const token = await createSasToken('Root', 'c2VjcmV0LWtleQ==', uriOf('orders'), expiresAtMs)
  const auth = new SASTokenAuth({ uri: uriOf('orders'), token })
  const connection = await connectTo(t, stage, { auth })
  const orders = await stage.until(connection.createSender('orders'))
  const other = sas('other')
  await stage.until(connection.authorize(other))
  const others = await stage.until(connection.createSender('other'))
  await pass(stage, 9 * MINUTE)
  t.true(orders.isOpen)
  await pass(stage, 65_000)
  t.false(orders.isOpen)
  const reason = await stage.until(orders.closed)
  t.true(reason instanceof LinkDetach)
  t.is(reason?.condition, 'amqp:unauthorized-access')
  t.regex(reason?.message ?? '', /the claim for "orders" has expired/)
  t.true(others.isOpen)
  t.is(auth.status, CBSAuthStatus.Expired)
  await t.throwsAsync(stage.until(connection.createSender('orders')), { instanceOf: TokenExpired })
})

test('a claim that is renewed in time keeps its links for hours', async (t) => {
  const stage = await stageWith(t, { jwtSecret: 'shared' })
  const getToken = async () => ({ token: jsonwebtoken.sign({ exp: inAnHour(stage) }, 'shared') })
  const auth = new JWTTokenAuth({ uri: uriOf('orders'), getToken })
  const connection = await connectTo(t, stage, { auth })
  const sender = await stage.until(connection.createSender('orders'))
  await pass(stage, 4 * 60 * MINUTE)
  t.true(sender.isOpen)
  t.is((await stage.until(sender.send('x'))).kind, 'accepted')
})

test('requests that make no sense have status 400', async (t) => {
  const stage = await stageWith(t, KEYS)
  const connection = await connectTo(t, stage, { auth: SASLAnonymous() })
  const cbs = new MgmtOperation(connection, { node: '$cbs', clock: stage.clock })
  const token = new Message('token', { bodyType: 1 })
  const type = 'servicebus.windows.net:sastoken'
  const name = { applicationProperties: { name: uriOf('orders') } }
  for (const attempt of [
    () => cbs.execute('delete-token', type, token, name),
    () => cbs.execute('put-token', type, token),
    () => cbs.execute('put-token', type, new Message(Uint8Array.of(1)), name),
    () => cbs.execute('put-token', 'swt', token, name),
  ]) {
    const error = await t.throwsAsync(stage.until(attempt()), { name: 'MgmtError' })
    t.is((error as { statusCode?: number }).statusCode, 400)
  }
})

test('where the draft is offered, a token is set for the whole connection by one link', async (t) => {
  const stage = await stageWith(t, { jwtSecret: 'shared', draft: true })
  const connection = await connectTo(t, stage, { auth: jwt({ exp: inAnHour(stage) }) })
  await stage.until(Promise.all([connection.createSender('orders'), connection.createSender('other')]))
  const nodes = stage.written('attach').filter((line) => line.includes('$cbs'))
  t.is(nodes.length, 1)
  const wrong = await connectTo(t, stage, { auth: jwt({ exp: inAnHour(stage) }, 'wrong') })
  const error = await refused(t, stage, wrong)
  t.is(error.condition, 'amqp:unauthorized-access')
  t.regex(error.description ?? '', /invalid signature/)
})

test('in the form of the draft, a link that was lost is made anew', async (t) => {
  const stage = await stageWith(t, { jwtSecret: 'shared', draft: true })
  const connection = await connectTo(t, stage, { auth: SASLAnonymous() })
  const token = jsonwebtoken.sign({ exp: inAnHour(stage) }, 'shared')
  const claim = { audience: uriOf('orders'), tokenType: 'jwt', token, expiresAtMs: undefined }
  const client = CbsClient.of(connection)
  await stage.until(client.putToken(claim, {}))
  stage.broker.addNode('$cbs', () => undefined)
  await stage.run()
  await stage.until(client.putToken(claim, {}))
  t.is(stage.written('attach').length, 2)
})

test('options that make no sense are refused', async (t) => {
  for (const cbs of [{ keys: {} }, { sasKeys: { '': 'x' } }, { sasKeys: { a: 1 } }, { jwtSecret: 1 }]) {
    await t.throwsAsync(stageWith(t, cbs as unknown as CbsOptions), { instanceOf: TypeError })
  }
})
