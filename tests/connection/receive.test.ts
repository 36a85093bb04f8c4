// Receiving: who gets which message, how long a reader waits, and what becomes of messages that nobody reads.

import test from 'ava'
import { AMQPTimeoutError } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import type { DeliveryState } from '../../lib/types/messaging.js'
import { answerDrains, Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

const textOf = (message: Message | undefined): string | undefined => message?.text()

test('readers who wait are served in the order in which they came', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const reading = [receiver.receive(), receiver.receive(), receiver.receive()].map(watch)
  await rig.run()
  t.deepEqual(states(reading), ['pending', 'pending', 'pending'])
  const link = rig.peer.link('in')
  rig.deliver(link, 'a')
  rig.deliver(link, 'b')
  await rig.run()
  t.deepEqual(states(reading), ['resolved', 'resolved', 'pending'])
  rig.deliver(link, 'c')
  await rig.run()
  t.deepEqual(
    reading.map(({ value }) => textOf(value)),
    ['a', 'b', 'c'],
  )
})

test('messages that came before anybody asked are given in the order in which they came', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  for (const text of ['a', 'b', 'c']) rig.deliver(rig.peer.link('in'), text)
  await rig.run()
  t.is(receiver.queued, 3)
  t.is(textOf(await receiver.receive()), 'a')
  t.is(textOf(await receiver.receive({ timeoutMs: 0 })), 'b')
  t.is(textOf(await receiver.receive()), 'c')
  t.is(receiver.queued, 0)
})

test('a reader whose time is over gets undefined, and the next message goes to the next reader', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const late = watch(receiver.receive({ timeoutMs: 100 }))
  const patient = watch(receiver.receive())
  await rig.run(99)
  t.is(late.state, 'pending')
  await rig.run(1)
  t.is(late.state, 'resolved')
  t.is(late.value, undefined)
  rig.deliver(rig.peer.link('in'), 'a')
  await rig.run()
  t.is(textOf(patient.value), 'a')
  t.is(rig.clock.pendingTimers, 0)
})

test('a reader whose signal aborts rejects with the reason, and takes no message with it', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const controller = new AbortController()
  const aborted = watch(receiver.receive({ signal: controller.signal }))
  await rig.run()
  controller.abort('enough')
  rig.deliver(rig.peer.link('in'), 'a')
  await rig.run()
  t.is(aborted.error, 'enough')
  t.is(receiver.queued, 1)
  const refused = watch(receiver.receive({ signal: controller.signal }))
  await rig.run()
  t.is(refused.error, 'enough')
  t.is(textOf(await receiver.receive()), 'a')
})

test('many readers with one signal leave no warning and no listener behind', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const controller = new AbortController()
  const reading = Array.from({ length: 50 }, () => watch(receiver.receive({ signal: controller.signal })))
  await rig.run()
  controller.abort('enough')
  await rig.run()
  t.true(reading.every(({ error }) => error === 'enough'))
})

test('a batch waits for its first message and takes what is there by then', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const batch = watch(receiver.receiveBatch({ maxBatchSize: 3 }))
  await rig.run()
  t.is(batch.state, 'pending')
  for (const text of ['a', 'b', 'c', 'd']) rig.deliver(rig.peer.link('in'), text)
  await rig.run()
  t.deepEqual(batch.value?.map(textOf), ['a', 'b', 'c'])
  t.deepEqual((await receiver.receiveBatch()).map(textOf), ['d'])
})

test('a batch that nothing came for in time is empty', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const batch = watch(receiver.receiveBatch({ maxBatchSize: 3, timeoutMs: 50 }))
  await rig.run(50)
  t.deepEqual(batch.value, [])
})

test('a loop over messages goes on until the link is closed', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const receiver = await rig.receiver()
  const texts: (string | undefined)[] = []
  const loop = watch(
    (async () => {
      for await (const message of receiver) texts.push(textOf(message))
    })(),
  )
  for (const text of ['a', 'b']) rig.deliver(rig.peer.link('in'), text)
  await rig.run()
  t.deepEqual(texts, ['a', 'b'])
  t.is(loop.state, 'pending')
  await rig.until(receiver.close())
  t.is(loop.state, 'resolved')
})

test('a loop over messages throws what the link was lost for', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const loop = watch(
    (async () => {
      for await (const message of receiver) t.fail(`${message}`)
    })(),
  )
  await rig.run()
  await rig.drop()
  t.like(loop.error, { name: 'AMQPConnectionError' })
})

for (const [how, leave] of [
  ['break', undefined],
  ['an error', new Error('thrown in the loop')],
] as const) {
  test(`leaving a loop by ${how} releases what was prefetched, accepts nothing, and a new loop goes on`, async (t) => {
    const rig = new Rig()
    const receiver = await rig.receiver({ prefetch: 10 })
    const link = rig.peer.link('in')
    const ids = ['a', 'b', 'c'].map((text) => rig.deliver(link, text))
    const taken: (string | undefined)[] = []
    const loop = async (): Promise<void> => {
      for await (const message of receiver) {
        taken.push(textOf(message))
        if (leave !== undefined) throw leave
        break
      }
    }
    await rig.run()
    rig.peer.forget()
    const looping = watch(loop())
    await rig.run()
    t.is(looping.state, 'pending', 'it waits for what is on its way')
    t.like(rig.peer.takeAll('flow').at(-1), { drain: true })
    rig.peer.drained(link, receiver.credit)
    await rig.run()
    t.is(looping.state, leave === undefined ? 'resolved' : 'rejected')
    t.is(looping.error, leave)
    const dispositions = rig.peer.takeAll('disposition')
    t.deepEqual(
      dispositions.map(({ first, last, state, settled }) => [
        first,
        last,
        (state as DeliveryState).kind,
        settled,
      ]),
      [[ids[1], ids[2], 'released', true]],
    )
    t.is(receiver.credit, 0)
    rig.peer.forget()
    const again = watch(receiver.receive())
    await rig.run()
    t.like(rig.peer.takeAll('flow').at(-1), { linkCredit: 10 })
    rig.deliver(link, 'd')
    await rig.run()
    t.is(textOf(again.value), 'd')
    t.deepEqual(taken, ['a'])
  })
}

test('leaving a loop does not wait for ever for a peer that ignores the drain', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  rig.deliver(rig.peer.link('in'), 'a')
  const looping = watch(
    (async () => {
      for await (const message of receiver) return message
      return undefined
    })(),
  )
  await rig.run()
  t.is(looping.state, 'pending')
  await rig.run(5000)
  t.is(textOf(looping.value), 'a')
  t.is(rig.clock.pendingTimers, 0)
})

test('a reader who waits beside a loop that is left goes on waiting, and is served', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 4 })
  const link = rig.peer.link('in')
  const looping = watch(
    (async () => {
      for await (const message of receiver) return message
      return undefined
    })(),
  )
  const beside = watch(receiver.receive())
  await rig.run()
  rig.deliver(link, 'a')
  await rig.run()
  rig.peer.drained(link, receiver.credit)
  await rig.run()
  t.is(textOf(looping.value), 'a')
  t.true(receiver.credit > 0, 'the flow goes on for the other reader')
  rig.deliver(link, 'b')
  await rig.run()
  t.is(textOf(beside.value), 'b')
})

test('messages that came unsettled and were not read are gone with the link: the broker gives them out again', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const receiver = await rig.receiver({}, connection)
  for (const text of ['a', 'b']) rig.deliver(rig.peer.link('in'), text)
  await rig.run()
  t.is(receiver.queued, 2)
  await rig.drop()
  t.is(receiver.queued, 0)
  t.is((await t.throwsAsync(receiver.receive())) as unknown, await connection.closed)
})

test('messages that came settled and were not read stay to be read after the link was lost', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ sndSettleMode: 'settled' })
  for (const text of ['a', 'b', 'c']) rig.deliver(rig.peer.link('in'), text, true)
  await rig.run()
  await rig.drop()
  t.is(textOf(await receiver.receive()), 'a')
  t.deepEqual((await receiver.receiveBatch({ maxBatchSize: 5 })).map(textOf), ['b', 'c'])
  await t.throwsAsync(receiver.receive(), { name: 'AMQPConnectionError' })
})

test('messages that came settled stay to be read after close, those on their way included; then there are none', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ sndSettleMode: 'settled', prefetch: 5 })
  const link = rig.peer.link('in')
  for (const text of ['a', 'b']) rig.deliver(link, text, true)
  await rig.run()
  const closing = watch(receiver.close())
  await rig.run()
  t.is(closing.state, 'pending')
  rig.deliver(link, 'c', true)
  rig.peer.drained(link, receiver.credit - 1)
  await rig.run()
  t.is(closing.state, 'resolved')
  t.deepEqual((await receiver.receiveBatch({ maxBatchSize: 2 })).map(textOf), ['a', 'b'])
  t.is(textOf(await receiver.receive()), 'c')
  t.is(await receiver.receive(), undefined)
  t.deepEqual(await receiver.receiveBatch(), [])
  t.deepEqual(rig.peer.takeAll('disposition'), [])
})

test('a reader who waits when the link is closed gets undefined', async (t) => {
  const rig = new Rig()
  for (const prefetch of [300, 0]) {
    const connection = await rig.connect()
    const receiver = await rig.receiver({ prefetch }, connection)
    const reading = watch(receiver.receive())
    const batch = watch(receiver.receiveBatch())
    await rig.run()
    const closing = watch(receiver.close())
    await rig.run()
    rig.peer.drained(rig.peer.link('in'), receiver.credit)
    await rig.run()
    t.is(closing.state, 'resolved')
    t.is(reading.state, 'resolved')
    t.is(reading.value, undefined)
    t.deepEqual(batch.value, [])
  }
})

test('closing releases what was prefetched and not read, before the link goes [2.6.4]', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  const first = rig.deliver(link, 'a')
  rig.deliver(link, 'b')
  await rig.run()
  rig.peer.forget()
  const closing = watch(receiver.close())
  await rig.run()
  rig.peer.drained(link, receiver.credit)
  await rig.run()
  t.is(closing.state, 'resolved')
  rig.peer.expect('flow', { drain: true, linkCredit: 8 })
  t.like(rig.peer.expect('disposition', { first, settled: true }).state, { kind: 'released' })
  rig.peer.expect('detach', { closed: true })
  rig.peer.done()
})

test('a drain that nobody answers rejects after timeoutMs', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver()
  const draining = watch(receiver.drain({ timeoutMs: 70 }))
  await rig.run(70)
  t.true(draining.error instanceof AMQPTimeoutError)
  t.like(draining.error, { timeoutMs: 70, context: { operation: 'draining', address: 'orders' } })
})
