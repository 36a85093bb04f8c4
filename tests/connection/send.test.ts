// Sending: what the promise of a message tells, and what goes over the wire for it.

import test from 'ava'
import type { MessageSender } from '../../lib/connection/message-sender.js'
import { MessageState } from '../../lib/constants.js'
import { EncodeError, LinkDetach, MessageContentTooLarge, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, type Outcome, RELEASED } from '../../lib/types/messaging.js'
import { serialAdd } from '../../lib/util/serial.js'
import type { Peer } from '../support/peer.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, type Watched, watch } from './support/watch.js'

keepTidy(test)

const rejected: Outcome = {
  kind: 'rejected',
  error: { kind: 'error', condition: 'amqp:not-allowed', description: 'too blue' },
}

const OUTCOMES: readonly (readonly [string, DeliveryState])[] = [
  ['accepted', ACCEPTED],
  ['rejected', rejected],
  ['released', RELEASED],
  ['modified', { kind: 'modified', deliveryFailed: true }],
]

/** Sends one message, which the peer then settles so. */
async function settledAs(
  rig: Rig,
  send: (sender: MessageSender) => Promise<unknown>,
  state: DeliveryState | undefined,
  settled = true,
): Promise<Watched<unknown>> {
  const sender = await rig.sender(10)
  const sending = watch(send(sender))
  await rig.run()
  if (sending.state !== 'pending') throw new Error('settled before the peer had said a word')
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled, state })
  await rig.run()
  return sending
}

for (const [name, state] of OUTCOMES) {
  test(`send resolves with the outcome ${name} [3.4]`, async (t) => {
    const sending = await settledAs(new Rig(), (sender) => sender.send('x'), state)
    t.is(sending.state, 'resolved')
    t.like(sending.value, { kind: name })
  })

  test(`an outcome ${name} that the peer leaves unsettled counts, and is settled by us [2.6.12]`, async (t) => {
    const rig = new Rig()
    const sending = await settledAs(rig, (sender) => sender.send('x'), state, false)
    t.like(sending.value, { kind: name })
    const [disposition] = rig.peer.takeAll('disposition')
    t.like(disposition, { role: false, settled: true })
  })
}

test('a rejection that is looked at tells its error', async (t) => {
  const sending = await settledAs(new Rig(), (sender) => sender.send('x'), rejected)
  t.deepEqual((sending.value as { error?: { condition: string } }).error?.condition, 'amqp:not-allowed')
})

test('a peer that settles without a word has its default outcome taken, else none is known [3.5.3]', async (t) => {
  const plain = await settledAs(new Rig(), (sender) => sender.send('x'), undefined)
  t.deepEqual(plain.value, { kind: 'settled' })
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) =>
        peer.attach(peer.link(body.name), { source: { kind: 'source', defaultOutcome: RELEASED } }),
      ),
  })
  t.like((await settledAs(rig, (sender) => sender.send('x'), undefined)).value, { kind: 'released' })
})

test('a state that is no outcome settles nothing [3.4.1]', async (t) => {
  const received: DeliveryState = { kind: 'received', sectionNumber: 0, sectionOffset: 0n }
  const sending = await settledAs(new Rig(), (sender) => sender.send('x'), received, false)
  t.is(sending.state, 'pending')
})

test('sendAccepted resolves on acceptance', async (t) => {
  const sending = await settledAs(new Rig(), (sender) => sender.sendAccepted('x'), ACCEPTED)
  t.is(sending.state, 'resolved')
})

for (const [name, state, retryable] of [
  ['rejected', rejected, false],
  ['rejected', { kind: 'rejected', error: { kind: 'error', condition: 'amqp:resource-locked' } }, true],
  ['rejected', { kind: 'rejected' }, false],
  ['released', RELEASED, true],
  ['modified', { kind: 'modified', undeliverableHere: true }, true],
] as const) {
  const condition = 'error' in state ? state.error?.condition : undefined
  test(`sendAccepted rejects for ${name} ${condition ?? ''} with outcome and condition, retryable ${retryable}`, async (t) => {
    const sending = await settledAs(new Rig(), (sender) => sender.sendAccepted('x'), state)
    t.true(sending.error instanceof MessageSendFailed)
    t.like(sending.error, {
      outcome: name,
      condition,
      retryable,
      inDoubt: false,
      code: 'AMQP_MESSAGE_SEND_FAILED',
      context: { address: 'orders', linkName: 'out' },
    })
  })
}

test('what becomes of a message to the anonymous terminus is told without an address [3.5.4]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.until(connection.createSender(null, { name: 'out' }))
  rig.peer.grant(rig.peer.link('out'), 10)
  await rig.run()
  const sending = ['refused', 'lost'].map((text) => watch(sender.sendAccepted(text)))
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: rejected })
  rig.peer.detach(rig.peer.link('out'))
  await rig.run()
  const messages = sending.map(({ error }) => (error as MessageSendFailed).message)
  t.regex(messages[0] ?? '', /^The message to the anonymous terminus was rejected/)
  t.regex(messages[1] ?? '', /^The message to the anonymous terminus was lost on the way/)
})

test('messages settle by themselves, in whatever order the peer likes, and by ranges [2.7.6]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  const sending = ['a', 'b', 'c', 'd'].map((text) => watch(sender.sendAccepted(text)))
  await rig.run()
  const [first = -1] = rig.peer.takeAll('transfer').map(({ deliveryId }) => deliveryId)
  rig.peer.dispose({ first: serialAdd(first, 3), settled: true, state: RELEASED })
  await rig.run()
  t.deepEqual(states(sending), ['pending', 'pending', 'pending', 'rejected'])
  t.is(sender.pending, 3)
  rig.peer.dispose({ first, last: serialAdd(first, 2), settled: true, state: ACCEPTED })
  await rig.run()
  t.deepEqual(states(sending), ['resolved', 'resolved', 'resolved', 'rejected'])
  t.is(sender.pending, 0)
})

test('a settled message resolves when its bytes are with the transport, not before [2.6.12]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10, { sndSettleMode: 'mixed' })
  const sending = watch(sender.send('x', { settled: true }))
  await new Promise((resolve) => setImmediate(resolve))
  t.is(sending.state, 'pending', 'the turn is not over')
  await rig.run()
  t.deepEqual(sending.value, { kind: 'settled' })
  t.like(rig.peer.takeAll('transfer')[0], { settled: true })
})

test('a settled message without credit waits for it', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0, { sndSettleMode: 'settled' })
  const sending = watch(sender.send('x'))
  await rig.run()
  t.is(sending.state, 'pending')
  rig.peer.grant(rig.peer.link('out'), 1)
  await rig.run()
  t.is(sending.state, 'resolved')
})

test('a burst of settled messages is complete, each in its own state, whenever the output is written', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(1000, { sndSettleMode: 'settled' })
  const messages = Array.from({ length: 300 }, () => new Message(new Uint8Array(1000)))
  const sending = messages.map((message) => watch(sender.send(message, { timeoutMs: 1000 })))
  await rig.run()
  t.true(states(sending).every((state) => state === 'resolved'))
  t.true(messages.every((message) => message.state === MessageState.SendComplete))
  t.is(sender.pending, 0)
  await rig.run(1000)
  t.true(
    messages.every((message) => message.state === MessageState.SendComplete),
    'no time limit is left',
  )
  t.is(rig.peer.takeAll('transfer').length, 300)
})

test('on a link that is unsettled or settled, a message has no say of its own [2.8.2]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10, { sndSettleMode: 'unsettled' })
  const sending = watch(sender.send('x', { settled: true }))
  await rig.run()
  t.is(sending.state, 'pending')
  t.not(rig.peer.takeAll('transfer')[0]?.settled, true)
})

test('delivery tags are numbered, unless one is given [2.7.5]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  for (const options of [{}, { deliveryTag: Uint8Array.of(1, 2, 3) }, {}])
    sender.send('x', options).catch(() => {})
  await rig.run()
  const tags = rig.peer
    .takeAll('transfer')
    .map(({ deliveryTag }) => Buffer.from(deliveryTag ?? []).toString('hex'))
  t.is(tags[1], '010203')
  t.is(new Set(tags).size, 3)
})

test("a message over the peer's max-message-size is refused before a byte of it is sent [2.7.3]", async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) => peer.attach(peer.link(body.name), { maxMessageSize: 1000n })),
  })
  const sender = await rig.sender(10)
  const message = new Message(new Uint8Array(5000))
  const error = await t.throwsAsync(sender.send(message), { instanceOf: MessageContentTooLarge })
  t.like(error, { limitInBytes: 1000, inDoubt: false, retryable: false })
  t.true((error as MessageContentTooLarge).sizeInBytes > 5000)
  t.is(message.state, MessageState.SendFailed)
  t.is(sender.pending, 0)
  const sending = watch(sender.send('small'))
  await rig.run()
  t.deepEqual(rig.texts(), ['small'])
  t.is(sending.state, 'pending')
})

test('a message that is too large is refused while there is no credit, too', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) => peer.attach(peer.link(body.name), { maxMessageSize: 1000n })),
  })
  const sender = await rig.sender(0)
  await t.throwsAsync(sender.send(new Uint8Array(50_000)), { instanceOf: MessageContentTooLarge })
  t.is(sender.queued, 0)
})

for (const credit of [10, 0]) {
  test(`what no AMQP type can hold is refused by its path, with credit ${credit}, and the next message is not harmed`, async (t) => {
    const rig = new Rig()
    const sender = await rig.sender(credit)
    const message = new Message({ items: [1, { callback: () => 1 }] })
    const error = await t.throwsAsync(sender.send(message, { timeoutMs: 50 }), { instanceOf: EncodeError })
    t.regex((error as EncodeError).path, /items\[1\].*callback/)
    t.is(message.state, MessageState.SendFailed)
    t.is(sender.pending, 0)
    const sending = watch(sender.send('next'))
    if (credit === 0) rig.peer.grant(rig.peer.link('out'), 1)
    await rig.run()
    t.deepEqual(rig.texts(), ['next'])
    rig.peer.done()
    t.is(sending.state, 'pending')
  })
}

test('a message goes through the states waiting, sent, complete or failed', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(10)
  const [good, bad] = [new Message('good'), new Message('bad')]
  t.is(good.state, MessageState.WaitingToBeSent)
  const sending = [sender.send(good), sender.send(bad)].map(watch)
  t.is(good.state, MessageState.WaitingForSendAck)
  t.false(good.settled)
  await rig.run()
  t.is(good.state, MessageState.WaitingForSendAck)
  const [first = -1] = rig.peer.takeAll('transfer').map(({ deliveryId }) => deliveryId)
  rig.peer.dispose({ first, settled: true, state: ACCEPTED })
  rig.peer.dispose({ first: serialAdd(first, 1), settled: true, state: rejected })
  await rig.run()
  t.deepEqual(states(sending), ['resolved', 'resolved'])
  t.is(good.state, MessageState.SendComplete)
  t.is(bad.state, MessageState.SendFailed)
  t.true(good.settled && bad.settled)
})

test('a link without credit delays no other link of the session [2.6.7]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const a = await rig.sender(0, { name: 'a' }, connection)
  const b = await rig.sender(10, { name: 'b' }, connection)
  const stuck = watch(a.send('stuck'))
  const flowing = Array.from({ length: 10 }, (_, i) => watch(b.send(`b${i}`)))
  await rig.run()
  t.deepEqual(rig.texts(), ['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8', 'b9'])
  t.is(stuck.state, 'pending')
  t.is(flowing.length, 10)
  t.is(a.queued, 1)
})

test('messages that waited leave in the order in which they came', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  for (const text of ['a', 'b', 'c']) sender.send(text).catch(() => {})
  await rig.run()
  t.is(sender.queued, 3)
  rig.peer.grant(rig.peer.link('out'), 2)
  await rig.run()
  t.deepEqual(rig.texts(), ['a', 'b'])
  rig.peer.grant(rig.peer.link('out'), 5)
  sender.send('d').catch(() => {})
  await rig.run()
  t.deepEqual(rig.texts(), ['c', 'd'])
})

test('ready resolves once a message would leave at once', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  const waiting = watch(sender.ready())
  await rig.run()
  t.is(waiting.state, 'pending')
  rig.peer.grant(rig.peer.link('out'), 1)
  await rig.run()
  t.is(waiting.state, 'resolved')
  t.is(sender.credit, 1)
  await sender.ready()
})

test('ready does not resolve for credit that messages in the queue use up', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  sender.send('a').catch(() => {})
  const waiting = watch(sender.ready())
  rig.peer.grant(rig.peer.link('out'), 1)
  await rig.run()
  t.is(waiting.state, 'pending')
  rig.peer.grant(rig.peer.link('out'), 1)
  await rig.run()
  t.is(waiting.state, 'resolved')
})

test('ready ends with timeoutMs, with the signal, and with the link, each with its reason', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(0)
  const controller = new AbortController()
  const late = watch(sender.ready({ timeoutMs: 30 }))
  const aborted = watch(sender.ready({ signal: controller.signal }))
  const lost = watch(sender.ready())
  await rig.run(30)
  t.like(late.error, { name: 'AMQPTimeoutError', timeoutMs: 30 })
  controller.abort('enough')
  await rig.run()
  t.is(aborted.error, 'enough')
  rig.peer.detach(rig.peer.link('out'), {
    closed: true,
    error: { kind: 'error', condition: 'amqp:resource-deleted' },
  })
  await rig.run()
  t.like(lost.error, { condition: 'amqp:resource-deleted' })
  await t.throwsAsync(sender.ready(), { instanceOf: LinkDetach })
})

const frugal = (peer: Peer): void => peer.on('begin', () => peer.begin(peer.session, { incomingWindow: 2 }))

test("ready resolves when messages that waited for the session's window are gone [2.5.6]", async (t) => {
  const rig = new Rig({ prepare: frugal })
  const sender = await rig.sender(10)
  const sending = ['a', 'b', 'c'].map((text) => watch(sender.send(text)))
  const waiting = watch(sender.ready())
  await rig.run()
  t.deepEqual(rig.texts(), ['a', 'b'])
  t.is(waiting.state, 'pending')
  rig.peer.flow(rig.peer.session, { incomingWindow: 10 })
  await rig.run()
  t.deepEqual(rig.texts(), ['c'])
  rig.peer.dispose({ first: rig.lastDeliveryId, settled: true, state: ACCEPTED })
  await rig.run()
  t.is(waiting.state, 'resolved')
  t.deepEqual(states(sending), ['pending', 'pending', 'resolved'])
})

for (const [name, state] of [
  ['no outcome', undefined],
  ['received', { kind: 'received', sectionNumber: 0, sectionOffset: 0n }],
  ['declared', { kind: 'declared', txnId: new Uint8Array(1) }],
  ['a transaction without outcome', { kind: 'transactional-state', txnId: new Uint8Array(1) }],
] as const) {
  test(`sendAccepted takes a settlement with ${name} for no acceptance: the message is in doubt`, async (t) => {
    const sending = await settledAs(new Rig(), (sender) => sender.sendAccepted('x'), state)
    t.true(sending.error instanceof MessageSendFailed)
    t.like(sending.error, { outcome: undefined, inDoubt: true, retryable: false })
  })
}

test('within a transaction the outcome decides [4.5.8]', async (t) => {
  const within = (outcome: Outcome): DeliveryState => ({
    kind: 'transactional-state',
    txnId: new Uint8Array(1),
    outcome,
  })
  const good = await settledAs(new Rig(), (sender) => sender.sendAccepted('x'), within(ACCEPTED))
  t.is(good.state, 'resolved')
  const bad = await settledAs(new Rig(), (sender) => sender.sendAccepted('x'), within(rejected))
  t.like(bad.error, { outcome: 'rejected', condition: 'amqp:not-allowed' })
})
