// Credit of a receiver [2.6.7]: how much the peer has at any moment, by prefetch, on demand and by hand.

import test from 'ava'
import type { Message } from '../../lib/message/message.js'
import { seededRandom } from '../support/splitter.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

const textOf = (message: Message | undefined): string | undefined => message?.text()

test('prefetch is granted once the link is attached', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const receiver = await rig.until(connection.createReceiver('q', { prefetch: 10 }))
  await rig.run()
  t.deepEqual(rig.flows(), [10])
  t.is(receiver.credit, 10)
})

test('nobody reads: unread messages and credit together never exceed the prefetch, so the peer has to stop', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  for (let i = 0; i < 10; i++) {
    rig.deliver(link, `m${i}`)
    await rig.run()
    t.is(receiver.credit + receiver.queued, 10)
  }
  t.is(receiver.credit, 0)
  t.deepEqual(rig.flows(), [])
})

test('whatever is read when, the peer never has more than the prefetch', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  const random = seededRandom(7)
  let [sent, read, most] = [0, 0, 0]
  for (let step = 0; step < 400; step++) {
    if (random() < 0.6 && receiver.credit > 0) {
      rig.deliver(link, `m${sent++}`)
    } else if (receiver.queued > 0) {
      t.is(textOf(await receiver.receive()), `m${read++}`)
    }
    await rig.run()
    most = Math.max(most, sent - read + receiver.credit)
    if (sent - read + receiver.credit > 10) break
  }
  t.true(read > 100, `${read} read`)
  t.is(most, 10)
})

test('credit is renewed by halves, not by every message', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 100 })
  const link = rig.peer.link('in')
  for (let i = 0; i < 200; i++) {
    rig.deliver(link, 'x')
    await rig.run()
    await receiver.receive()
  }
  await rig.run()
  t.is(rig.flows().length, 4)
})

test('prefetch 0: no credit until somebody asks, then exactly as much as was asked for', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  t.is(receiver.credit, 0)
  const reading = [receiver.receive(), receiver.receive()].map(watch)
  await rig.run()
  t.is(receiver.credit, 2)
  rig.deliver(rig.peer.link('in'), 'a')
  await rig.run()
  t.deepEqual(states(reading), ['resolved', 'pending'])
  t.is(receiver.credit, 1)
  const third = watch(receiver.receive())
  await rig.run()
  t.is(receiver.credit, 2)
  t.is(third.state, 'pending')
})

test('prefetch 0: a reader whose time is over takes the credit back before it gives up', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.deepEqual(rig.flows(), [1, -1])
  t.is(reading.state, 'pending', 'a message may be on its way')
  rig.peer.drained(rig.peer.link('in'), 1)
  await rig.run()
  t.is(reading.state, 'resolved')
  t.is(reading.value, undefined)
  t.is(receiver.credit, 0)
  t.is(rig.clock.pendingTimers, 0)
})

test('prefetch 0: a message that comes while the credit is taken back is not lost', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  rig.deliver(rig.peer.link('in'), 'raced')
  await rig.run()
  t.is(textOf(reading.value), 'raced')
  t.is(receiver.credit, 0)
})

test('prefetch 0: a message that comes after its reader was aborted is kept for the next', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const controller = new AbortController()
  const aborted = watch(receiver.receive({ signal: controller.signal }))
  await rig.run()
  controller.abort('enough')
  rig.deliver(rig.peer.link('in'), 'raced')
  await rig.run()
  t.is(aborted.error, 'enough')
  t.is(receiver.queued, 1)
  rig.flows()
  t.is(textOf(await rig.until(receiver.receive())), 'raced')
  t.deepEqual(rig.flows(), [], 'no credit was needed')
})

test('prefetch 0: a signal that is aborted already grants nothing', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  t.is((await t.throwsAsync(receiver.receive({ signal: AbortSignal.abort(new Error('no')) }))).message, 'no')
  await rig.run()
  t.deepEqual(rig.flows(), [])
})

test('prefetch 0: one reader giving up takes nothing from another who waits', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const late = watch(receiver.receive({ timeoutMs: 100 }))
  const patient = watch(receiver.receive())
  await rig.run(100)
  t.is(late.value, undefined)
  t.is(late.state, 'resolved')
  rig.deliver(rig.peer.link('in'), 'a')
  await rig.run()
  t.is(textOf(patient.value), 'a')
  t.deepEqual(rig.flows(), [2, -1], 'what is left over goes back')
})

test('prefetch 0: a reader who comes during a drain waits for its end, and calls nothing off', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const late = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  const next = watch(receiver.receive({ timeoutMs: 1000 }))
  await rig.run()
  t.deepEqual(rig.flows(), [1, -1])
  rig.peer.drained(link, 1)
  await rig.run()
  t.is(late.state, 'resolved')
  t.deepEqual(rig.flows(), [1])
  rig.deliver(link, 'a')
  await rig.run()
  t.is(textOf(next.value), 'a')
})

test('prefetch 0: a peer that ignores drains delays a reader, but keeps none for ever', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const late = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  await rig.run(5000)
  t.is(late.state, 'resolved')
  const next = watch(receiver.receive())
  await rig.run()
  rig.deliver(rig.peer.link('in'), 'a')
  await rig.run()
  t.is(textOf(next.value), 'a')
})

test('prefetch 0: a batch asks for all of it at once, and drains what did not come', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const batch = watch(receiver.receiveBatch({ maxBatchSize: 5 }))
  await rig.run()
  t.deepEqual(rig.flows(), [5])
  for (const text of ['a', 'b']) rig.deliver(link, text)
  await rig.run()
  t.deepEqual(rig.flows(), [-3])
  t.is(batch.state, 'pending')
  rig.deliver(link, 'c')
  rig.peer.drained(link, 2)
  await rig.run()
  t.deepEqual(batch.value?.map(textOf), ['a', 'b', 'c'])
  t.is(receiver.credit, 0)
})

test('prefetch 0: a batch that came whole is given without a drain', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const batch = watch(receiver.receiveBatch({ maxBatchSize: 2 }))
  await rig.run()
  for (const text of ['a', 'b']) rig.deliver(rig.peer.link('in'), text)
  await rig.run()
  t.deepEqual(batch.value?.map(textOf), ['a', 'b'])
  t.deepEqual(rig.flows(), [2])
})

test('drain: the peer sends what it has and gives back the rest; what came is there to be read', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  const draining = watch(receiver.drain())
  await rig.run()
  t.deepEqual(rig.flows(), [-10])
  rig.deliver(link, 'a')
  await rig.run()
  t.is(draining.state, 'pending')
  rig.peer.drained(link, 9)
  await rig.run()
  t.is(draining.state, 'resolved')
  t.is(textOf(await receiver.receive()), 'a')
  await rig.run()
  t.is(receiver.credit, 9, 'the window is open again')
})

test('drain: a peer that uses all of the credit, and says nothing more, has drained', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 2 })
  const link = rig.peer.link('in')
  const draining = watch(receiver.drain())
  await rig.run()
  for (const text of ['a', 'b']) rig.deliver(link, text)
  await rig.run()
  t.is(draining.state, 'resolved')
  for (const text of ['a', 'b']) t.is(textOf(await receiver.receive()), text)
  await rig.run()
  t.is(receiver.credit, 2)
})

test('drain: without credit there is nothing to wait for', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  await receiver.drain()
  await rig.run()
  t.deepEqual(rig.flows(), [])
})

test('drain: several at once end together', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const draining = [receiver.drain(), receiver.drain(), receiver.drain({ timeoutMs: 50 })].map(watch)
  await rig.run()
  rig.peer.drained(rig.peer.link('in'), 10)
  await rig.run()
  t.deepEqual(states(draining), ['resolved', 'resolved', 'resolved'])
  t.is(rig.clock.pendingTimers, 0)
})

test('a broker that breaks on drains is told that there is no credit, and asked whether it knows [2.6.7]', async (t) => {
  const properties = { product: 'RabbitMQ', version: '3.13.7' }
  const rig = new Rig({ peer: { open: { properties } } })
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  const came = rig.peer
    .takeAll('flow')
    .map(({ linkCredit, drain, echo }) => [linkCredit, drain ?? false, echo ?? false])
  t.deepEqual(came, [
    [1, false, false],
    [0, false, true],
  ])
  t.is(reading.state, 'pending', 'a message may be on its way')
  rig.peer.flow(link.session, { handle: link.handle, deliveryCount: link.deliveryCount, linkCredit: 0 })
  await rig.run()
  t.is(reading.state, 'resolved')
  t.is(reading.value, undefined)
})

test('a message that crosses the end of its credit is not lost, by a broker that breaks on drains either', async (t) => {
  const properties = { product: 'RabbitMQ', version: '3.13.7' }
  const rig = new Rig({ peer: { open: { properties } } })
  const receiver = await rig.receiver({ prefetch: 0 })
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  rig.deliver(rig.peer.link('in'), 'raced')
  await rig.run(5000)
  t.is(textOf(reading.value), 'raced')
})

test('other versions of that broker drain like any other', async (t) => {
  const rig = new Rig({ peer: { open: { properties: { product: 'RabbitMQ', version: '4.1.0' } } } })
  const receiver = await rig.receiver({ prefetch: 0 })
  watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.deepEqual(rig.flows(), [1, -1])
})
