// Credit of a receiver by hand [2.6.7]: what is granted is what was said, and nothing is taken back unasked.

import test from 'ava'
import { AMQPError } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

const textOf = (message: Message | undefined): string | undefined => message?.text()

test('addCredit grants on top of what there is, and receive then grants nothing of its own', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  receiver.addCredit(2)
  receiver.addCredit(1)
  await rig.run()
  t.is(receiver.credit, 3)
  rig.flows()
  const reading = Array.from({ length: 4 }, () => watch(receiver.receive()))
  for (const text of ['a', 'b', 'c']) rig.deliver(link, text)
  await rig.run()
  t.deepEqual(states(reading), ['resolved', 'resolved', 'resolved', 'pending'])
  t.deepEqual(rig.flows(), [])
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
  t.deepEqual(rig.flows(), [5])
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
  t.deepEqual(rig.flows(), [-5])
  rig.peer.drained(rig.peer.link('in'), 5)
  await rig.run()
  t.is(draining.state, 'resolved')
  t.deepEqual(rig.flows(), [3])
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
  t.deepEqual(rig.flows(), [3])
  for (const text of ['a', 'b', 'c']) rig.deliver(link, text)
  for (const text of ['a', 'b', 'c']) t.is(textOf(await rig.until(receiver.receive())), text)
  await rig.run()
  t.deepEqual(rig.flows(), [])
  receiver.addCredit(2)
  await rig.run()
  t.deepEqual(rig.flows(), [2])
})

test('resetLinkCredit with drain resolves when the peer has used the credit or given it back', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ prefetch: 0 })
  const link = rig.peer.link('in')
  const resetting = watch(receiver.resetLinkCredit(4, { drain: true }))
  await rig.run()
  t.deepEqual(rig.flows(), [-4])
  rig.deliver(link, 'a')
  rig.peer.drained(link, 3)
  await rig.run()
  t.is(resetting.state, 'resolved')
  t.is(receiver.queued, 1)
  t.is(receiver.credit, 0)
})
