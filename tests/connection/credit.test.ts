// Credit of a receiver [2.6.7]: how much the peer has at any moment, by prefetch, on demand and by hand.

import test from 'ava'
import { AMQPError } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import { seededRandom } from '../support/splitter.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

const textOf = (message: Message | undefined): string | undefined => message?.text()

/** The credit of the flows that came since they were last looked at: link-credit, negative when drained. */
function flows(rig: Rig): number[] {
  return rig.peer.takeAll('flow').map(({ linkCredit = 0, drain }) => (drain === true ? -linkCredit : linkCredit))
}

test('prefetch is granted once the link is attached', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const receiver = await rig.until(connection.createReceiver('q', { prefetch: 10 }))
  await rig.run()
  t.deepEqual(flows(rig), [10])
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
  t.deepEqual(flows(rig), [])
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
  t.is(flows(rig).length, 4)
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
  t.deepEqual(flows(rig), [1, -1])
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
  flows(rig)
  t.is(textOf(await rig.until(receiver.receive())), 'raced')
  t.deepEqual(flows(rig), [], 'no credit was needed')
})

test('prefetch 0: a signal that is aborted already grants nothing', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  t.is((await t.throwsAsync(receiver.receive({ signal: AbortSignal.abort(new Error('no')) }))).message, 'no')
  await rig.run()
  t.deepEqual(flows(rig), [])
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
  t.deepEqual(flows(rig), [2, -1], 'what is left over goes back')
})

test('prefetch 0: a reader who comes during a drain waits for its end, and calls nothing off', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const late = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  const next = watch(receiver.receive({ timeoutMs: 1000 }))
  await rig.run()
  t.deepEqual(flows(rig), [1, -1])
  rig.peer.drained(link, 1)
  await rig.run()
  t.is(late.state, 'resolved')
  t.deepEqual(flows(rig), [1])
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
  t.deepEqual(flows(rig), [5])
  for (const text of ['a', 'b']) rig.deliver(link, text)
  await rig.run()
  t.deepEqual(flows(rig), [-3])
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
  t.deepEqual(flows(rig), [2])
})

test('drain: the peer sends what it has and gives back the rest; what came is there to be read', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  const draining = watch(receiver.drain())
  await rig.run()
  t.deepEqual(flows(rig), [-10])
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
  t.deepEqual(flows(rig), [])
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

test('addCredit grants on top of what there is, and receive then grants nothing of its own', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  receiver.addCredit(2)
  receiver.addCredit(1)
  await rig.run()
  t.is(receiver.credit, 3)
  flows(rig)
  const reading = Array.from({ length: 4 }, () => watch(receiver.receive()))
  for (const text of ['a', 'b', 'c']) rig.deliver(link, text)
  await rig.run()
  t.deepEqual(states(reading), ['resolved', 'resolved', 'resolved', 'pending'])
  t.deepEqual(flows(rig), [])
  receiver.addCredit(1)
  await rig.run()
  rig.deliver(link, 'd')
  await rig.run()
  t.is(textOf(reading[3]?.value), 'd')
})

test('credit that was added by hand is not taken back by a reader whose time is over', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  receiver.addCredit(5)
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.is(reading.state, 'resolved')
  t.deepEqual(flows(rig), [5])
  t.is(receiver.credit, 5)
})

test('credit that is added during a drain is granted after it', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  receiver.addCredit(5)
  const draining = watch(receiver.drain())
  await rig.run()
  receiver.addCredit(3)
  await rig.run()
  t.deepEqual(flows(rig), [-5])
  rig.peer.drained(rig.peer.link('in'), 5)
  await rig.run()
  t.is(draining.state, 'resolved')
  t.deepEqual(flows(rig), [3])
  t.is(receiver.credit, 3)
})

test('credit that is added during a drain that nobody answers is granted when the drain is given up', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  receiver.addCredit(5)
  const draining = watch(receiver.drain({ timeoutMs: 50 }))
  await rig.run()
  receiver.addCredit(3)
  await rig.run(50)
  t.is(draining.state, 'rejected')
  t.is(receiver.credit, 8)
})

test('addCredit is refused where prefetch sees to it, and on a link that has ended', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const receiver = await rig.receiver({ prefetch: 10 }, connection)
  t.throws(() => receiver.addCredit(1), { instanceOf: TypeError, message: /prefetch/ })
  await rig.drop()
  const other = watch(receiver.resetLinkCredit(1))
  await rig.run()
  t.true(other.error instanceof AMQPError)
  t.throws(() => receiver.addCredit(1), { instanceOf: AMQPError })
})

test('resetLinkCredit sets the credit to exactly what is said, and ends the window', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 10 })
  const link = rig.peer.link('in')
  await rig.until(receiver.resetLinkCredit(3))
  t.deepEqual(flows(rig), [3])
  for (const text of ['a', 'b', 'c']) rig.deliver(link, text)
  for (const text of ['a', 'b', 'c']) t.is(textOf(await rig.until(receiver.receive())), text)
  await rig.run()
  t.deepEqual(flows(rig), [])
  receiver.addCredit(2)
  await rig.run()
  t.deepEqual(flows(rig), [2])
})

test('resetLinkCredit with drain resolves when the peer has used the credit or given it back', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const resetting = watch(receiver.resetLinkCredit(4, { drain: true }))
  await rig.run()
  t.deepEqual(flows(rig), [-4])
  rig.deliver(link, 'a')
  rig.peer.drained(link, 3)
  await rig.run()
  t.is(resetting.state, 'resolved')
  t.is(receiver.queued, 1)
  t.is(receiver.credit, 0)
})

test('a broker that breaks on drains is asked for none: its credit is set to nothing [2.6.7]', async (t) => {
  const properties = { product: 'RabbitMQ', version: '3.13.7' }
  const rig = new Rig({ peer: { open: { properties } } })
  const receiver = await rig.receiver({ prefetch: 0 })
  const reading = watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.is(reading.state, 'resolved')
  t.deepEqual(flows(rig), [1, 0])
  rig.deliver(rig.peer.link('in'), 'raced')
  await rig.run()
  t.is(textOf(await rig.until(receiver.receive())), 'raced', 'what was under way is kept')
})

test('other versions of that broker drain like any other', async (t) => {
  const rig = new Rig({ peer: { open: { properties: { product: 'RabbitMQ', version: '4.1.0' } } } })
  const receiver = await rig.receiver({ prefetch: 0 })
  watch(receiver.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.deepEqual(flows(rig), [1, -1])
})
