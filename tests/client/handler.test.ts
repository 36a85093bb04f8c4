// receiveMessages: a handler is fed, a few messages at a time, and each message settled by how its handler ended.

import test from 'ava'
import { AMQPError } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import { Deferred } from '../../lib/util/deferred.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage, textOf } from './support/stage.js'

keepTidy(test)

/** A handler that waits to be let go, message by message. */
class Gate {
  readonly entered: string[] = []
  most = 0
  private inside = 0
  private readonly gates = new Map<string, Deferred<void>>()

  readonly handler = async (message: Message): Promise<void> => {
    const text = message.text()
    this.entered.push(text)
    this.most = Math.max(this.most, ++this.inside)
    const gate = new Deferred<void>()
    this.gates.set(text, gate)
    await gate.promise
    this.inside--
  }

  letGo(...texts: string[]): void {
    for (const text of texts) this.gates.get(text)?.resolve()
  }
}

/** A client that handles messages, with the gate that its handler waits at. */
async function running(stage: Stage) {
  const client = stage.receiver()
  const gate = new Gate()
  const run = watch(client.receiveMessages(gate.handler))
  await stage.run()
  return { client, gate, run }
}

test('messages are handled one at a time, and each is accepted after its handler returned', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const { client, gate, run } = await running(stage)
  t.deepEqual(gate.entered, ['a'])
  t.is(stage.broker.queue('orders').locked, 2)
  gate.letGo('a')
  await stage.run()
  t.deepEqual(gate.entered, ['a', 'b'])
  t.is(stage.broker.queue('orders').locked, 1)
  gate.letGo('b')
  await stage.run()
  t.is(stage.broker.queue('orders').locked, 0)
  t.is(run.state, 'pending')
  await stage.until(client.close())
  t.is(run.state, 'resolved')
})

test('concurrency is how many handlers run at a time, at most', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c', 'd', 'e')
  const client = stage.receiver()
  const gate = new Gate()
  watch(client.receiveMessages(gate.handler, { concurrency: 3 }))
  await stage.run()
  t.deepEqual(gate.entered, ['a', 'b', 'c'])
  gate.letGo('b')
  await stage.run()
  t.deepEqual(gate.entered, ['a', 'b', 'c', 'd'])
  gate.letGo('a', 'c', 'd')
  await stage.run()
  gate.letGo('e')
  await stage.run()
  t.is(gate.most, 3)
  t.is(stage.broker.queue('orders').locked, 0)
})

test('with autoComplete false nothing is accepted that the handler did not accept', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { autoComplete: false })
  const kept: Message[] = []
  watch(
    client.receiveMessages((message) => {
      kept.push(message)
    }),
  )
  await stage.run()
  t.is(kept.length, 2)
  t.is(stage.broker.queue('orders').locked, 2)
  await Promise.all(kept.map((message) => message.accept()))
  await stage.run()
  t.is(stage.broker.queue('orders').locked, 0)
})

test('what the handler settled itself is left alone', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver()
  const run = watch(client.receiveMessages((message) => message.reject({ condition: 'amqp:not-allowed' })))
  await stage.run()
  t.is(run.state, 'pending')
  t.deepEqual(stage.waiting('orders/$DeadLetterQueue'), ['a'])
})

test('what the handler settled itself without waiting for it is left alone, with confirmSettlement too', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { confirmSettlement: true })
  const settled: Promise<void>[] = []
  const run = watch(
    client.receiveMessages((message) => {
      settled.push(message.accept())
    }),
  )
  await stage.run()
  t.is(run.error, undefined)
  t.is(run.state, 'pending')
  await Promise.all(settled)
  t.is(settled.length, 2)
  t.is(stage.broker.queue('orders').locked, 0)
})

for (const [how, fail] of [
  ['throws', () => Promise.reject(new Error('broken'))],
  [
    'throws at once',
    () => {
      throw new Error('broken')
    },
  ],
] as const) {
  test(`a handler that ${how} gives its message back as a failed delivery, and ends the run with its error`, async (t) => {
    const stage = await Stage.open(t)
    await stage.fill('a', 'b', 'c')
    const client = stage.receiver('orders', { prefetch: 2 })
    await t.throwsAsync(stage.until(client.receiveMessages(fail)), { message: 'broken' })
    await stage.run()
    t.is(stage.broker.queue('orders').locked, 0)
    t.deepEqual(
      stage.broker.queue('orders').messages.map((message) => [message.text(), message.deliveryCount]),
      [
        ['a', 1],
        ['b', 0],
        ['c', 0],
      ],
    )
  })
}

test('with onError a failure is told, and the run goes on', async (t) => {
  const stage = await Stage.open(t, { maxDeliveryCount: 2 })
  await stage.fill('bad', 'good')
  const client = stage.receiver()
  const told: unknown[] = []
  const done: string[] = []
  const run = watch(
    client.receiveMessages(
      (message) => {
        if (message.text() === 'bad') throw new Error('broken')
        done.push(message.text())
      },
      { onError: (error, message) => told.push([String(error), textOf(message)]) },
    ),
  )
  await stage.run()
  t.is(run.state, 'pending')
  t.deepEqual(done, ['good'])
  t.deepEqual(told, [
    ['Error: broken', 'bad'],
    ['Error: broken', 'bad'],
  ])
  t.deepEqual(stage.waiting('orders/$DeadLetterQueue'), ['bad'])
})

test('an onError that throws ends the run with what it threw, after the other handlers', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('bad', 'slow')
  const client = stage.receiver()
  const gate = new Gate()
  const run = watch(
    client.receiveMessages(
      async (message) => {
        if (message.text() === 'bad') throw new Error('broken')
        await gate.handler(message)
      },
      {
        concurrency: 2,
        onError: () => {
          throw new Error('no more')
        },
      },
    ),
  )
  await stage.run()
  t.is(run.state, 'pending')
  gate.letGo('slow')
  await stage.run()
  t.like(run.error, { message: 'no more' })
  t.deepEqual(stage.waiting(), ['bad'])
})

test('a signal stops: running handlers are waited for, what was prefetched is given back, the reason comes out', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver()
  const gate = new Gate()
  const controller = new AbortController()
  const run = watch(client.receiveMessages(gate.handler, { signal: controller.signal }))
  await stage.run()
  controller.abort('enough')
  await stage.run()
  t.is(run.state, 'pending', 'a handler is running')
  gate.letGo('a')
  await stage.run()
  t.is(run.error, 'enough')
  t.deepEqual(gate.entered, ['a'])
  t.deepEqual(stage.waiting(), ['b', 'c'], 'what was handled is accepted, the rest released')
  t.is(stage.broker.queue('orders').locked, 0)
  t.is(textOf(await stage.until(client.receive())), 'b', 'the client goes on')
})

test('a signal that is aborted already handles nothing', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const reason = new Error('no')
  const run = stage.receiver().receiveMessages(() => t.fail(), { signal: AbortSignal.abort(reason) })
  t.is((await t.throwsAsync(stage.until(run))) as unknown, reason)
  const client = stage.receiver()
  await stage.until(client.open())
  const again = client.receiveMessages(() => t.fail(), { signal: AbortSignal.abort(reason) })
  t.is((await t.throwsAsync(stage.until(again))) as unknown, reason)
  await stage.run()
  t.deepEqual(stage.waiting(), ['a'])
})

test('closing waits for running handlers, and their messages are accepted', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const { client, gate, run } = await running(stage)
  const closing = watch(client.close())
  await stage.run()
  t.is(closing.state, 'pending')
  gate.letGo('a')
  await stage.run()
  t.is(closing.state, 'resolved')
  t.is(run.state, 'resolved')
  t.deepEqual(gate.entered, ['a'])
  t.deepEqual(stage.waiting(), ['b'])
  t.is(stage.clock.pendingTimers, 0)
})

test('closing does not wait for a handler beyond its bound', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const { client, gate, run } = await running(stage)
  const closing = watch(client.close({ timeoutMs: 100 }))
  await stage.run(100)
  t.is(closing.state, 'resolved')
  gate.letGo('a')
  await stage.run()
  t.like(run.error, { code: 'AMQP_SETTLEMENT_LOST' })
  t.deepEqual(stage.waiting(), ['a'], 'the broker gives it out again')
})

test('a lost link ends the run with its reason, once the running handlers are done', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver()
  const gate = new Gate()
  const run = watch(client.receiveMessages(gate.handler, { concurrency: 2 }))
  await stage.run()
  stage.broker.closeConnections('amqp:connection:forced', 'maintenance')
  await stage.run()
  t.is(run.state, 'pending')
  gate.letGo('a')
  await stage.run()
  t.true(run.error instanceof AMQPError)
  t.like(run.error, { condition: 'amqp:connection:forced' })
  const next = watch(client.receiveMessages(gate.handler))
  await stage.run()
  t.deepEqual(gate.entered, ['a', 'a'], 'a new run opens the client again')
  gate.letGo('a')
  await stage.run()
  t.is(next.state, 'pending')
})

test('two runs on one client share its messages', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.receiver()
  const got: string[] = []
  const runs = ['x', 'y'].map((name) =>
    watch(client.receiveMessages((m) => void got.push(`${name}${m.text()}`))),
  )
  await stage.run()
  await stage.fill('1', '2', '3', '4')
  await stage.run()
  t.deepEqual(got.map((one) => one.slice(1)).sort(), ['1', '2', '3', '4'])
  t.is(new Set(got.map((one) => one[0])).size, 2)
  await stage.until(client.close())
  t.deepEqual(
    runs.map(({ state }) => state),
    ['resolved', 'resolved'],
  )
})
