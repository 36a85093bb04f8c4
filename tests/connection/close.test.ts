// Closing: idempotent, bounded, and nothing that was pending is left without an answer.

import test from 'ava'
import type { Connection } from '../../lib/connection/connection.js'
import { AMQPConnectionError, AMQPError, LinkDetach, SessionEnd } from '../../lib/errors.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import type { Peer } from '../support/peer.js'
import { answerDrains, Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

const never = (): void => {}

/** Answers nothing that ends anything. */
function neverLetGo(peer: Peer): void {
  for (const kind of ['detach', 'end', 'close'] as const) peer.on(kind, never)
}

test('closing a connection detaches its links, ends its sessions and closes, each once and in this order [2.4.3]', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect()
  await rig.until(connection.createSession())
  await rig.sender(1, {}, connection)
  await rig.receiver({}, connection)
  await rig.until(Promise.all([connection.close(), connection.close()]))
  const kinds = rig.peer.inbox.map(({ body }) => body.kind).filter((kind) => kind !== 'flow')
  t.deepEqual(kinds.sort(), ['close', 'detach', 'detach', 'end', 'end'])
  t.is(rig.peer.inbox.at(-1)?.body.kind, 'close')
  t.is(await connection.closed, undefined)
  await connection.close()
  await connection[Symbol.asyncDispose]()
  t.is(rig.clock.pendingTimers, 0)
})

test('links and sessions can be closed alone and again, and tell the end', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const sender = await rig.until(session.createSender('q'))
  const receiver = await rig.until(session.createReceiver('q'))
  await rig.until(Promise.all([sender.close(), receiver.close()]))
  t.is(await sender.closed, undefined)
  t.is(await receiver.closed, undefined)
  t.false(sender.isOpen || receiver.isOpen)
  await Promise.all([
    sender.close(),
    receiver.close(),
    sender[Symbol.asyncDispose](),
    receiver[Symbol.asyncDispose](),
  ])
  await rig.until(session.close())
  t.is(await session.closed, undefined)
  t.false(session.isOpen)
  await session.close()
  await session[Symbol.asyncDispose]()
  t.true(connection.isOpen)
})

test('detach leaves the terminus where it is, close does not [2.6.4]', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect()
  const sender = await rig.sender(1, {}, connection)
  const receiver = await rig.receiver({}, connection)
  await rig.until(Promise.all([sender.detach(), receiver.detach()]))
  t.deepEqual(
    rig.peer.takeAll('detach').map(({ closed }) => closed ?? false),
    [false, false],
  )
})

test('closing a sender waits for what is pending, then detaches', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  const sending = watch(sender.send('x'))
  const closing = [sender.close(), sender.close()].map(watch)
  await rig.run()
  t.deepEqual(states(closing), ['pending', 'pending'])
  t.is(rig.peer.takeAll('detach').length, 0)
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(sending.state, 'resolved')
  t.deepEqual(states(closing), ['resolved', 'resolved'])
  t.is(rig.peer.takeAll('detach').length, 1)
  t.is(rig.clock.pendingTimers, 0)
})

test('a sender that is being closed takes no more messages', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  watch(sender.send('x'))
  watch(sender.close())
  t.false(sender.isOpen)
  await t.throwsAsync(sender.send('y'), { instanceOf: LinkDetach, message: /closed/ })
  await t.throwsAsync(sender.ready(), { instanceOf: LinkDetach })
  await rig.run()
  t.deepEqual(rig.texts(), ['x'])
})

for (const [how, options, passMs] of [
  ['timeoutMs', { timeoutMs: 100 }, 100],
  ['the default bound', {}, 5000],
] as const) {
  test(`what is not settled within ${how} when a sender is closed rejects: queued as not sent, written as in doubt`, async (t) => {
    const rig = new Rig({ prepare: neverLetGo })
    const connection = await rig.connect()
    const sender = await rig.sender(1, {}, connection)
    const sending = [sender.send('written'), sender.send('queued')].map(watch)
    const waiting = watch(sender.ready())
    const closing = watch(sender.close(options))
    await rig.run(passMs - 1)
    t.deepEqual(states([...sending, closing, waiting]), ['pending', 'pending', 'pending', 'pending'])
    await rig.run(1)
    t.is(closing.state, 'resolved')
    t.like(sending[0]?.error, { name: 'MessageSendFailed', inDoubt: true, retryable: false })
    t.like(sending[1]?.error, { name: 'MessageSendFailed', inDoubt: false, retryable: true })
    t.true(waiting.error instanceof AMQPError)
    t.is(sender.pending, 0)
    t.truthy(await sender.closed, 'the peer has not agreed')
    t.is(rig.clock.pendingTimers, 0)
    t.true(connection.isOpen)
  })
}

test('a peer that answers a detach late disturbs nobody', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const connection = await rig.connect()
  const sender = await rig.sender(1, {}, connection)
  const other = await rig.sender(10, { name: 'other' }, connection)
  const link = rig.peer.link('out')
  await rig.run()
  const closing = watch(sender.close({ timeoutMs: 10 }))
  await rig.run(10)
  t.is(closing.state, 'resolved')
  rig.peer.detach(link)
  await rig.run()
  t.true(other.isOpen)
  watch(other.send('x'))
  await rig.run()
  t.deepEqual(rig.texts(), ['x'])
  const again = await rig.until(connection.createSender('orders', { name: 'out' }))
  t.true(again.isOpen)
})

test('closing a receiver is bounded, too: readers, drains and confirmations are told', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const connection = await rig.connect()
  const receiver = await rig.receiver({ rcvSettleMode: 'second' }, connection)
  rig.deliver(rig.peer.link('in'), 'x')
  const message = await rig.until(receiver.receive())
  const settling = watch(message?.accept() as Promise<void>)
  const reading = watch(receiver.receive())
  const draining = watch(receiver.drain())
  await rig.run()
  const closing = watch(receiver.close({ timeoutMs: 100 }))
  await rig.run(99)
  t.deepEqual(states([settling, reading, draining, closing]), ['pending', 'pending', 'pending', 'pending'])
  await rig.run(1)
  t.is(closing.state, 'resolved')
  t.like(settling.error, { code: 'AMQP_SETTLEMENT_LOST', inDoubt: true })
  t.not(reading.state, 'pending')
  t.is(draining.state, 'rejected')
  t.is(rig.clock.pendingTimers, 0)
  t.true(connection.isOpen)
})

const shuts: readonly (readonly [
  string,
  (c: Connection, rig: Rig) => Promise<{ close: Connection['close'] }>,
])[] = [
  ['a connection', async (connection) => connection],
  ['a session', (connection, rig) => rig.until(connection.createSession())],
  ['a sender', (connection, rig) => rig.sender(0, {}, connection)],
  ['a receiver', (connection, rig) => rig.receiver({}, connection)],
]

for (const [what, make] of shuts) {
  test(`closing ${what} takes no longer than timeoutMs, whatever else is silent`, async (t) => {
    const rig = new Rig({ prepare: neverLetGo })
    const connection = await rig.connect()
    const it = await make(connection, rig)
    const sender = await rig.sender(1, { name: 'stuck' }, connection)
    const receiver = await rig.receiver({ name: 'full' }, connection)
    const pending = [sender.send('a'), sender.send('b'), receiver.receive()].map((p) => watch<unknown>(p))
    await rig.run()
    const closing = watch(it.close({ timeoutMs: 100 }))
    await rig.run(100)
    t.is(closing.state, 'resolved')
    if (it !== connection) return
    t.true(states(pending).every((state) => state !== 'pending'))
    t.is(rig.clock.pendingTimers, 0)
    t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
    t.true((await connection.closed) instanceof AMQPConnectionError)
  })

  test(`a signal that aborts the closing of ${what} ends it at once, with the reason`, async (t) => {
    const rig = new Rig({ prepare: neverLetGo })
    const connection = await rig.connect()
    const it = await make(connection, rig)
    const controller = new AbortController()
    const closing = watch(it.close({ signal: controller.signal }))
    await rig.run()
    t.is(closing.state, 'pending')
    controller.abort('enough')
    await rig.run()
    t.is(closing.error, 'enough')
    t.is(rig.clock.pendingTimers, 0)
    const again = watch(it.close({ timeoutMs: 10 }))
    await rig.run(10)
    t.is(again.state, 'resolved', 'closing again is harmless')
  })
}

test('a connection whose closing is aborted is shut, and what was pending is told', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const connection = await rig.connect()
  const sender = await rig.sender(1, {}, connection)
  const sending = [sender.send('written'), sender.send('queued')].map(watch)
  const controller = new AbortController()
  const closing = watch(connection.close({ signal: controller.signal }))
  await rig.run()
  controller.abort('enough')
  await rig.run()
  t.is(closing.error, 'enough')
  t.deepEqual(
    sending.map(({ error }) => (error as AMQPError).inDoubt),
    [true, false],
  )
  t.false(rig.line.write([Uint8Array.of(1)]))
})

test('closing a session or connection settles what its links still have to send', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const sender = await rig.until(session.createSender('orders', { name: 'out' }))
  rig.peer.grant(rig.peer.link('out'), 10)
  await rig.run()
  rig.peer.forget()
  const sending = watch(sender.send('x'))
  const closing = watch(connection.close())
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.send(
    'disposition',
    { role: true, first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED },
    rig.peer.session.channel,
  )
  await rig.run()
  t.is(sending.state, 'resolved')
  t.is(closing.state, 'resolved')
})

test('links and sessions that are still being opened are closed with their connection', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('attach', never) })
  const connection = await rig.connect()
  const attaching = [connection.createSender('q'), connection.createReceiver('q')].map((p) =>
    watch<unknown>(p),
  )
  await rig.run()
  rig.peer.on('detach', never)
  const closing = watch(connection.close({ timeoutMs: 100 }))
  await rig.run(100)
  t.is(closing.state, 'resolved')
  t.deepEqual(states(attaching), ['rejected', 'rejected'])
  t.true(attaching.every(({ error }) => error instanceof AMQPError))
  t.is(rig.clock.pendingTimers, 0)
})

test('what is used after it was closed says so clearly', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const sender = await rig.sender(1, {}, connection)
  const receiver = await rig.receiver({ prefetch: 0 }, connection)
  await rig.until(Promise.all([sender.close(), receiver.close(), session.close()]))
  await t.throwsAsync(sender.send('x'), { instanceOf: LinkDetach, message: /closed/ })
  await t.throwsAsync(sender.ready(), { instanceOf: LinkDetach, message: /closed/ })
  await t.throwsAsync(receiver.drain(), { instanceOf: LinkDetach, message: /closed/ })
  await t.throwsAsync(receiver.resetLinkCredit(1), { instanceOf: LinkDetach, message: /closed/ })
  t.throws(() => receiver.addCredit(1), { instanceOf: LinkDetach, message: /closed/ })
  t.is(await receiver.receive(), undefined)
  await t.throwsAsync(session.createSender('q'), { instanceOf: SessionEnd, message: /closed/ })
  await t.throwsAsync(session.createReceiver('q'), { instanceOf: SessionEnd, message: /closed/ })
  await rig.until(connection.close())
  for (const use of [
    connection.createSession(),
    connection.createSender('q'),
    connection.createReceiver('q'),
  ]) {
    await t.throwsAsync<Error>(use as Promise<unknown>, {
      instanceOf: AMQPConnectionError,
      message: /closed/,
    })
  }
})

test('a connection that is being closed takes nothing new', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const closing = watch(connection.close({ timeoutMs: 100 }))
  await rig.run()
  t.is(closing.state, 'pending')
  t.false(connection.isOpen)
  await t.throwsAsync(connection.createSession(), { instanceOf: AMQPConnectionError })
  await t.throwsAsync(session.createSender('q'), { instanceOf: SessionEnd })
  await rig.run(100)
})

test('a peer that closes at the same moment is fine [2.4.6]', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('close', never) })
  const connection = await rig.connect()
  const closing = watch(connection.close())
  await new Promise((resolve) => setImmediate(resolve))
  rig.peer.close()
  await rig.run()
  t.is(closing.state, 'resolved')
  t.is(await connection.closed, undefined)
  t.is(connection.explain(), 'connection to peer.test:5672: closed.')
  t.is(rig.clock.pendingTimers, 0)
})

test('after the last send no timer keeps the process alive beyond the connection', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  const sending = watch(sender.send('x', { timeoutMs: 60_000 }))
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(sending.state, 'resolved')
  await rig.until(connection.close())
  t.is(rig.clock.pendingTimers, 0)
  await t.throwsAsync(sender.send('y', { timeoutMs: 60_000 }), { instanceOf: AMQPError })
  t.is(rig.clock.pendingTimers, 0)
})
