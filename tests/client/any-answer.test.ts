// Whatever a node answers, in whatever types and with whatever damage: who asked gets a result or an error of the library
// within the time limit, and the next request is answered as if nothing had been.

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { JWTTokenAuth } from '../../lib/cbs/jwt.js'
import { Connection } from '../../lib/connection/connection.js'
import { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import type { Writer } from '../../lib/types/cursor.js'
import type { AMQPInput } from '../../lib/types/wrappers.js'
import { keepTidy } from '../connection/support/tidy.js'
import { scalar, typedValue } from '../support/arbitraries.js'
import { damage, damaged } from '../support/damage.js'
import { seed } from '../support/scenario.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const LIMITS = { seed, numRuns: 200 }
const LIMIT_MS = 1_000
const TOKEN = 'hush-hush'

/** An answer whose bytes are as they are. */
class RawAnswer extends Message {
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super()
    this.bytes = bytes
  }

  override encodeTo(w: Writer): void {
    w.raw(this.bytes)
  }
}

const NAMES = ['statusCode', 'status-code', 'statusDescription', 'status-description', 'error-condition']
const said = fc.oneof(
  fc.constantFrom<AMQPInput>(200, 202, 401n, '404', 2 ** 31, -1, Number.NaN, `no ${TOKEN}`, null),
  scalar as fc.Arbitrary<AMQPInput>,
)
const conditions = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  'amqp:internal-error',
  'amqp:not-allowed',
  TOKEN,
)
const recipe = fc.record({
  /** Rejects the request instead. */
  rejection: conditions,
  properties: fc.dictionary(fc.constantFrom(...NAMES), said),
  body: fc.oneof(fc.constant(null), typedValue),
  damages: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(damage, { maxLength: 3 }) },
  ),
  /** Answers of that kind before it is known who asks, and after. */
  copies: fc.integer({ min: 1, max: 5 }),
})

type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never

function answerOf({ rejection, properties, body, damages }: Recipe, request: Message): Message {
  if (rejection !== undefined) throw new AMQPError(`no ${TOKEN}`, { condition: rejection })
  const correlationId = request.properties?.messageId
  const answer = new Message(body, {
    properties: { correlationId },
    applicationProperties: properties,
  } as never)
  return new RawAnswer(damaged(answer.encodeMessage(), damages))
}

function sound(): Message {
  return new Message('sound', { applicationProperties: { statusCode: 200 } })
}

/** The error of what was asked for, once its time is over. */
async function errorOf(t: ExecutionContext, stage: Stage, asked: Promise<unknown>): Promise<unknown> {
  let over = false
  let failure: unknown
  asked
    .catch((error) => {
      failure = error
    })
    .finally(() => {
      over = true
    })
  await stage.run()
  if (!over) await stage.run(LIMIT_MS)
  t.true(over, 'neither a result nor an error came in time')
  return failure
}

function isClear(t: ExecutionContext, failure: unknown): void {
  if (failure === undefined) return
  t.true(failure instanceof AMQPError, String(failure))
}

test('requests to a management node', async (t) => {
  const stage = await Stage.open(t)
  let next: Recipe | undefined
  stage.broker.addNode('$management', (request) => (next === undefined ? sound() : answerOf(next, request)))
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  const ask = (): Promise<unknown> => connection.mgmtRequest('x', 'READ', { timeoutMs: LIMIT_MS })
  await fc.assert(
    fc.asyncProperty(recipe, async (made) => {
      next = made
      const failures = await Promise.all(
        Array.from({ length: made.copies }, ask).map((one) => errorOf(t, stage, one)),
      )
      for (const failure of failures) isClear(t, failure)
      next = undefined
      t.is(await errorOf(t, stage, ask()), undefined)
    }),
    LIMITS,
  )
  t.true(connection.isOpen)
  await stage.until(connection.close())
})

test('claims', async (t) => {
  const stage = await Stage.open(t)
  let next: Recipe | undefined
  stage.broker.addNode('$cbs', (request) => (next === undefined ? sound() : answerOf(next, request)))
  await fc.assert(
    fc.asyncProperty(recipe, async (made) => {
      next = made
      const getToken = async () => ({ token: TOKEN, expiresAtMs: stage.clock.date() + 3_600_000 })
      const auth = new JWTTokenAuth({ uri: 'sb://host/orders', timeoutMs: LIMIT_MS, getToken })
      const connection = await stage.until(Connection.connect(stage.url(''), { ...stage.base, auth }))
      const failure = await errorOf(t, stage, connection.createSender('orders'))
      isClear(t, failure)
      for (let cause = failure; cause instanceof Error; cause = cause.cause)
        t.false(`${cause.message}${cause.stack}${JSON.stringify(cause)}`.includes(TOKEN), cause.message)
      next = undefined
      t.is(await errorOf(t, stage, connection.createReceiver('orders')), undefined)
      await stage.until(connection.close())
    }),
    LIMITS,
  )
  t.is(stage.clock.pendingTimers, 0)
})
