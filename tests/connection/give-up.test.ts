// Sends that are given up: by a time limit, by a signal, by a connection that is lost. Each says whether the message may
// have arrived, and none that was given up in time goes out later.

import test from 'ava'
import type { MessageSender } from '../../lib/connection/message-sender.js'
import { MessageState } from '../../lib/constants.js'
import { type AMQPError, AMQPTimeoutError, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import type { Peer } from '../support/peer.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

/** Where a message can be when it is given up. */
const PLACES = [
  { place: 'queued for want of credit', credit: 0, inDoubt: false },
  { place: 'written and unanswered', credit: 10, inDoubt: true },
] as const

/** Grants credit; what goes out then should be nothing but this. */
async function goesOutLater(rig: Rig, sender: MessageSender): Promise<string[]> {
  const next = watch(sender.send('next'))
  rig.peer.grant(rig.peer.link('out'), 10)
  await rig.run()
  if (next.state !== 'pending') throw new Error('the next message should wait for its outcome')
  return rig.texts()
}

for (const { place, credit, inDoubt } of PLACES) {
  const fate = inDoubt ? 'in doubt' : 'not sent, and retryable'

  test(`a message that is ${place} at its time limit is ${fate}`, async (t) => {
    const rig = new Rig()
    const sender = await rig.sender(credit)
    const message = new Message('late')
    const sending = watch(sender.send(message, { timeoutMs: 100 }))
    await rig.run(99)
    t.is(sending.state, 'pending')
    await rig.run(1)
    t.true(sending.error instanceof AMQPTimeoutError)
    t.like(sending.error, {
      timeoutMs: 100,
      inDoubt,
      retryable: !inDoubt,
      context: { address: 'orders', linkName: 'out' },
    })
    t.is(message.state, MessageState.SendFailed)
    t.is(sender.pending, 0)
    t.is(sender.queued, 0)
    t.deepEqual(await goesOutLater(rig, sender), inDoubt ? ['late', 'next'] : ['next'])
  })

  test(`a message that is ${place} when its signal aborts rejects with the reason`, async (t) => {
    const rig = new Rig()
    const sender = await rig.sender(credit)
    const message = new Message('late')
    const controller = new AbortController()
    const sending = watch(sender.send(message, { signal: controller.signal }))
    await rig.run()
    t.is(sending.state, 'pending')
    const reason = new Error('enough')
    controller.abort(reason)
    await rig.run()
    t.is(sending.error, reason)
    t.is(message.state, MessageState.SendFailed)
    t.is(sender.pending, 0)
    t.deepEqual(await goesOutLater(rig, sender), inDoubt ? ['late', 'next'] : ['next'])
  })

  test(`a message that is ${place} when the connection is lost is ${fate}`, async (t) => {
    const rig = new Rig()
    const connection = await rig.connect()
    const sender = await rig.sender(credit, {}, connection)
    const message = new Message('lost')
    const sending = watch(sender.send(message))
    await rig.run()
    await rig.drop()
    const error = sending.error as MessageSendFailed
    t.true(error instanceof MessageSendFailed)
    t.like(error, {
      inDoubt,
      retryable: !inDoubt,
      outcome: undefined,
      context: { address: 'orders', linkName: 'out' },
    })
    t.is(error.cause, await connection.closed)
    t.is(message.state, MessageState.SendFailed)
    t.is(sender.pending, 0)
  })

  test(`a message that is ${place} when the link is detached is ${fate}`, async (t) => {
    const rig = new Rig()
    const sender = await rig.sender(credit)
    const sending = watch(sender.send('lost'))
    await rig.run()
    const error = { kind: 'error', condition: 'amqp:link:detach-forced', description: 'idle' } as const
    rig.peer.detach(rig.peer.link('out'), { closed: true, error })
    await rig.run()
    t.like(sending.error, {
      name: 'MessageSendFailed',
      inDoubt,
      retryable: !inDoubt,
      condition: 'amqp:link:detach-forced',
      description: 'idle',
    })
    t.is((sending.error as AMQPError).cause, await sender.closed)
  })
}

test('a link that ends for good makes what was queued not sent, and not to be tried again', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  const sending = watch(sender.send('lost'))
  await rig.run()
  rig.peer.detach(rig.peer.link('out'), {
    closed: true,
    error: { kind: 'error', condition: 'amqp:resource-deleted' },
  })
  await rig.run()
  t.like(sending.error, { inDoubt: false, retryable: false })
})

test('an outcome that comes after the time limit changes nothing, and its delivery is forgotten', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  const message = new Message('late')
  const sending = watch(sender.send(message, { timeoutMs: 100 }))
  await rig.run(100)
  t.is(sending.state, 'rejected')
  t.regex(connection.explain(), /1 unsettled out/)
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(message.state, MessageState.SendFailed)
  t.is(sender.pending, 0)
  t.regex(connection.explain(), /0 unsettled out/)
})

test('messages with many limits each keep to their own', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  const limits = [50, 10, 30, 10, Number.POSITIVE_INFINITY, 20]
  const sending = limits.map((timeoutMs) => watch(sender.send('x', { timeoutMs })))
  const pending = (): number => states(sending).filter((state) => state === 'pending').length
  for (const [ms, left] of [
    [9, 6],
    [1, 4],
    [9, 4],
    [1, 3],
    [10, 2],
    [20, 1],
    [1e9, 1],
  ] as const) {
    await rig.run(ms)
    t.is(pending(), left)
  }
  t.is(sending[4]?.state, 'pending')
})

test('timeoutMs 0 sends only what can go and be answered at once', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  const sending = watch(sender.send('x', { timeoutMs: 0 }))
  await rig.run(0)
  t.like(sending.error, { name: 'AMQPTimeoutError', timeoutMs: 0, inDoubt: false })
})

test('a signal that is aborted already sends nothing', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  const message = new Message('x')
  const reason = new Error('too late')
  t.is((await t.throwsAsync(sender.send(message, { signal: AbortSignal.abort(reason) }))) as unknown, reason)
  t.is(message.state, MessageState.SendFailed)
  await rig.run()
  rig.peer.done()
})

test('a settled message that is given up before it is with the transport stays failed', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10, { sndSettleMode: 'settled' })
  const message = new Message('x')
  const controller = new AbortController()
  const sending = watch(sender.send(message, { signal: controller.signal }))
  controller.abort('enough')
  await rig.run()
  t.is(sending.error, 'enough')
  t.is(message.state, MessageState.SendFailed)
  t.is(sender.pending, 0)
  await rig.until(sender.send('next'))
})

test('one signal serves any number of messages, and has no listener left when they are done', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(1000)
  const controller = new AbortController()
  const listeners = countListeners(controller.signal)
  const sending = Array.from({ length: 100 }, () => watch(sender.send('x', { signal: controller.signal })))
  await rig.run()
  t.is(listeners(), 1)
  const transfers = rig.peer.takeAll('transfer')
  for (const { deliveryId = -1 } of transfers.slice(0, 60))
    rig.peer.dispose({ first: deliveryId, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(listeners(), 1)
  controller.abort('enough')
  await rig.run()
  t.is(states(sending).filter((state) => state === 'resolved').length, 60)
  t.is(sending.filter(({ error }) => error === 'enough').length, 40)
  t.is(listeners(), 0)
})

test('a message of several frames that is given up half-way is aborted, and is not in doubt [2.6.14]', async (t) => {
  const narrow = (peer: Peer): void => peer.on('begin', () => peer.begin(peer.session, { incomingWindow: 2 }))
  const rig = new Rig({ peer: { open: { maxFrameSize: 512 } }, prepare: narrow })
  const sender = await rig.sender(10)
  const sending = watch(sender.send(new Uint8Array(5000), { timeoutMs: 100 }))
  await rig.run(100)
  t.like(sending.error, { name: 'AMQPTimeoutError', inDoubt: false, retryable: true })
  rig.peer.forget()
  rig.peer.flow(rig.peer.session, { incomingWindow: 10 })
  await rig.run()
  t.like(rig.peer.takeAll('transfer')[0], { aborted: true })
  const next = watch(sender.send('next'))
  await rig.run()
  t.deepEqual(rig.texts(), ['next'])
  t.is(next.state, 'pending')
})

test('everything that is pending when the connection is lost ends in the same turn, and no timer is left', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({ idleTimeoutMs: 60_000 })
  const session = await rig.until(connection.createSession())
  const sender = await rig.sender(1, {}, connection)
  const receiver = await rig.receiver({ prefetch: 10, rcvSettleMode: 'second' }, connection)
  rig.deliver(rig.peer.link('in'), 'locked')
  const message = await rig.until(receiver.receive())
  const controller = new AbortController()
  const { signal } = controller
  for (const kind of ['attach', 'begin', 'detach', 'end', 'close'] as const) rig.peer.on(kind, () => {})
  const pending = [
    sender.send('written', { timeoutMs: 1000, signal }),
    sender.send('queued', { timeoutMs: 2000, signal }),
    sender.ready({ timeoutMs: 1000, signal }),
    receiver.receive({ timeoutMs: 1000, signal }),
    receiver.receive(),
    receiver.receiveBatch({ maxBatchSize: 3 }),
    receiver.drain({ timeoutMs: 1000 }),
    receiver.resetLinkCredit(5, { drain: true }),
    message?.accept({ timeoutMs: 1000, signal }),
    session.createSender('q', { timeoutMs: 1000, signal }),
    connection.createReceiver('q', { timeoutMs: 1000 }),
    connection.createSession({ timeoutMs: 1000 }),
  ].map((promise) => watch(promise as Promise<unknown>))
  await rig.run()
  const closing = [sender.close(), session.close(), connection.close()].map(watch)
  await rig.run()
  t.deepEqual(
    pending.filter(({ state }) => state !== 'pending').map(({ error }) => String(error)),
    [],
  )
  await rig.drop()
  t.deepEqual(
    pending.map(({ error }) => error instanceof Error),
    pending.map(() => true),
  )
  t.deepEqual(states(closing), ['resolved', 'resolved', 'resolved'])
  t.deepEqual(
    [0, 1, 8].map((i) => (pending[i]?.error as AMQPError | undefined)?.inDoubt),
    [true, false, true],
  )
  t.is((pending[8]?.error as AMQPError | undefined)?.cause, await connection.closed)
  t.is(rig.clock.pendingTimers, 0)
})

/** Counts the abort listeners that are on a signal now. */
function countListeners(signal: AbortSignal): () => number {
  const [add, remove] = [signal.addEventListener, signal.removeEventListener]
  let count = 0
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++
    add.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--
    remove.apply(signal, args)
  }
  return () => count
}
