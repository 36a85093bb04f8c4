// How tokens are put, field by field, to a scripted peer: by request and answer as Azure has it, and in the form of the
// 1.0 draft, where the outcome of one message tells.

import test, { type ExecutionContext } from 'ava'
import { JWTTokenAuth, type JWTTokenAuthOptions } from '../../lib/cbs/jwt.js'
import type { Connection } from '../../lib/connection/connection.js'
import { AMQPTimeoutError, AuthenticationError, TokenAuthFailure } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { AMQPInt, AMQPLong, AMQPSymbol } from '../../lib/types/index.js'
import { ACCEPTED, type DeliveryState } from '../../lib/types/messaging.js'
import type { Attach } from '../../lib/types/transport.js'
import type { AMQPInput } from '../../lib/types/wrappers.js'
import { answerDrains, Rig } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'
import { SASL_HEADER } from '../support/peer-wire.js'

keepTidy(test)

const URI = 'sb://peer.test/orders'

function jwt(rig: Rig, options: Partial<JWTTokenAuthOptions> = {}): JWTTokenAuth {
  const expiresAtMs = rig.clock.date() + 3_600_000
  return new JWTTokenAuth({
    uri: URI,
    getToken: async () => ({ token: 'hush-hush', expiresAtMs }),
    ...options,
  })
}

async function connect(t: ExecutionContext, rig: Rig, auth: JWTTokenAuth): Promise<Connection> {
  const connection = await rig.connect({ auth })
  t.teardown(async () => {
    const closed = connection.close()
    await rig.run(5_000)
    await closed
  })
  return connection
}

function addressOf(terminus: unknown): string | undefined {
  return (terminus as { address?: string } | undefined)?.address
}

/** The addresses of an attach: what is received from, or sent to. */
function placeOf({ role, source, target }: Attach): string {
  return role ? `from ${addressOf(source)}` : `to ${addressOf(target)}`
}

/** A peer that speaks Azure's dialect, up to the request: links are there, and credit. */
async function azure(t: ExecutionContext) {
  const rig = new Rig({ prepare: answerDrains })
  const connection = await connect(t, rig, jwt(rig))
  rig.peer.forget()
  const attempt = watch(connection.createSender('orders'))
  await rig.run()
  const attaches = rig.peer.takeAll('attach')
  const [receive, send] = attaches
  const sender = rig.peer.link(send?.name ?? '')
  rig.peer.grant(sender, 10)
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  const request = Message.decodeMessage(transfer?.payload ?? new Uint8Array(0))
  const answer = async (applicationProperties: Readonly<Record<string, AMQPInput>>): Promise<void> => {
    const properties = { correlationId: request.properties?.messageId }
    const link = rig.peer.link(receive?.name ?? '')
    rig.deliver(link, new Message(null, { properties, applicationProperties }))
    await rig.run()
  }
  return { rig, attempt, attaches, request, answer }
}

test("put-token has every field of Azure's dialect, with its type, and a reply-to that is our receiver", async (t) => {
  const { rig, attempt, attaches, request, answer } = await azure(t)
  t.deepEqual(attaches.map(placeOf), ['from $cbs', 'to $cbs'])
  const { messageId, replyTo, to } = request.properties ?? {}
  t.is(to, '$cbs')
  t.is(replyTo, addressOf(attaches[0]?.target))
  t.regex(replyTo ?? '', /^.{10,}$/)
  t.is(typeof messageId, 'string')
  t.deepEqual(
    { ...request.applicationProperties },
    { operation: 'put-token', type: 'jwt', name: URI, expiration: new Date(rig.clock.date() + 3_600_000) },
  )
  t.is(request.value, 'hush-hush')
  t.is(attempt.state, 'pending')
  await answer({ 'status-code': new AMQPInt(202), 'status-description': 'Accepted' })
  t.deepEqual(rig.peer.takeAll('attach').map(placeOf), ['to orders'])
})

for (const [what, properties] of [
  ['status-code 200', { 'status-code': new AMQPInt(200) }],
  ['status-code 202', { 'status-code': new AMQPInt(202) }],
  ['statusCode', { statusCode: new AMQPInt(200), statusDescription: 'OK' }],
  ['a status of type long', { 'status-code': new AMQPLong(202n) }],
] as const) {
  test(`an answer with ${what} is good`, async (t) => {
    const { attempt, answer } = await azure(t)
    await answer(properties)
    t.is(attempt.state, 'resolved')
  })
}

for (const [status, retryable] of [
  [400, false],
  [401, false],
  [403, false],
  [404, false],
  [408, true],
  [500, true],
  [503, true],
] as const) {
  test(`status ${status} is TokenAuthFailure, ${retryable ? '' : 'not '}to be tried again`, async (t) => {
    const { rig, attempt, answer } = await azure(t)
    await answer({
      'status-code': new AMQPInt(status),
      'status-description': 'said by the peer',
      'error-condition': new AMQPSymbol('peer:condition'),
    })
    const error = attempt.error as TokenAuthFailure
    t.true(error instanceof TokenAuthFailure)
    t.true(error instanceof AuthenticationError)
    t.is(error.statusCode, status)
    t.is(error.description, 'said by the peer')
    t.is(error.condition, 'peer:condition')
    t.is(error.retryable, retryable)
    t.deepEqual(rig.peer.takeAll('attach'), [])
  })
}

test('the time limit of a put counts from its first frame: a session that is never begun is over in time', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('begin', (begin) => {
        if (answered-- > 0) peer.answer(begin, 0)
      }),
  })
  let answered = 1
  const connection = await connect(t, rig, jwt(rig, { timeoutMs: 2_000 }))
  const attempt = watch(connection.createSender('orders'))
  await rig.run(1_999)
  t.is(attempt.state, 'pending')
  await rig.run(1)
  t.true(attempt.error instanceof AMQPTimeoutError)
  t.is((attempt.error as AMQPTimeoutError).timeoutMs, 2_000)
})

test('a peer that offers neither MSSBCBS nor ANONYMOUS is refused by name, before any token is got', async (t) => {
  const prepare = (peer: Peer): void => {
    peer.on('header', () => {
      peer.sendRaw(SASL_HEADER)
      peer.sendSasl({ kind: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN', 'EXTERNAL'] })
    })
  }
  let asked = 0
  const rig = new Rig({ prepare })
  const getToken = async () => ({ token: `${++asked}` })
  const error = await t.throwsAsync(rig.connect({ auth: jwt(rig, { getToken }) }), {
    instanceOf: AuthenticationError,
  })
  t.regex(error?.message ?? '', /offers only PLAIN, EXTERNAL.*need MSSBCBS or ANONYMOUS/)
  t.is(asked, 0)
})

// --- the draft

const DRAFT = {
  open: { offeredCapabilities: ['AMQP_CBS_V1_0'], properties: { 'cbs-node': 'claims' } },
} as const

async function draft(t: ExecutionContext, options: (rig: Rig) => Partial<JWTTokenAuthOptions> = () => ({})) {
  const rig = new Rig({ prepare: answerDrains, peer: DRAFT })
  const connection = await connect(t, rig, jwt(rig, options(rig)))
  const open = rig.peer.takeAll('open')[0]
  const attempt = watch(connection.createSender('orders'))
  await rig.run()
  const attaches = rig.peer.takeAll('attach')
  rig.peer.grant(rig.peer.link(attaches[0]?.name ?? ''), 10)
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  const message = Message.decodeMessage(transfer?.payload ?? new Uint8Array(0))
  const answer = async (state: DeliveryState): Promise<void> => {
    rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state })
    await rig.run()
  }
  return { rig, connection, open, attempt, attaches, message, answer }
}

test('where the peer offers the draft, one link to its node takes set-token, and its outcome tells', async (t) => {
  const { rig, open, attempt, attaches, message, answer } = await draft(t)
  t.deepEqual(open?.desiredCapabilities, ['AMQP_CBS_V1_0'])
  t.deepEqual(attaches.map(placeOf), ['to claims'])
  t.is(message.properties?.subject, 'set-token')
  t.deepEqual({ ...message.applicationProperties }, { 'token-type': 'amqp:jwt' })
  t.is(message.value, 'hush-hush')
  t.is(attempt.state, 'pending')
  t.deepEqual(rig.peer.takeAll('attach'), [])
  await answer(ACCEPTED)
  t.deepEqual(rig.peer.takeAll('attach').map(placeOf), ['to orders'])
  t.is(attempt.state, 'resolved')
})

test('a type of token that has a family keeps it in the draft', async (t) => {
  const { message } = await draft(t, () => ({ tokenType: 'amqp:swt' }))
  t.is(message.applicationProperties?.['token-type'], 'amqp:swt')
})

for (const condition of ['amqp:unauthorized-access', 'amqp:internal-error'] as const) {
  test(`in the draft a token that is rejected with ${condition} is TokenAuthFailure, which does not quote it`, async (t) => {
    const { rig, attempt, answer } = await draft(t)
    await answer({
      kind: 'rejected',
      error: { kind: 'error', condition, description: 'no good: hush-hush' },
    })
    const error = attempt.error as TokenAuthFailure
    t.true(error instanceof TokenAuthFailure)
    t.is(error.condition, condition)
    t.is(error.retryable, condition === 'amqp:internal-error')
    t.is(error.description, 'no good: …')
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      t.false(`${cause.message} ${cause.stack} ${JSON.stringify(cause)}`.includes('hush-hush'))
    }
    t.deepEqual(rig.peer.takeAll('attach'), [])
  })
}

test('in the draft the renewal goes over the same link, and replaces the token of the connection', async (t) => {
  let made = 0
  const lifeMs = 600_000
  const scene = await draft(t, ({ clock }) => ({
    getToken: async () => ({ token: `token ${++made}`, expiresAtMs: clock.date() + lifeMs }),
  }))
  await scene.answer(ACCEPTED)
  await scene.rig.run(lifeMs / 2)
  const tokens = scene.rig.peer.takeAll('transfer').map(({ payload }) => Message.decodeMessage(payload).value)
  t.deepEqual(tokens, ['token 2'])
  t.is(scene.attaches.length, 1)
})

test('in the draft two audiences share the one link', async (t) => {
  const { rig, connection, attempt, answer } = await draft(t)
  const other = watch(connection.authorize(jwt(rig, { uri: 'sb://peer.test/other' })))
  await answer(ACCEPTED)
  t.deepEqual(states([attempt, other]), ['resolved', 'pending'])
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(other.state, 'resolved')
})
