// Settling received messages [2.6.12, 3.4]: what goes over the wire, and when a settlement is known to hold.

import test from 'ava'
import type { MessageReceiver } from '../../lib/connection/message-receiver.js'
import { MessageState } from '../../lib/constants.js'
import { AMQPError, AMQPTimeoutError, MessageAlreadySettled } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { answerDrains, Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { states, watch } from './support/watch.js'

keepTidy(test)

/** Messages that a receiver has taken, with their delivery-ids. */
async function received(
  rig: Rig,
  rcvSettleMode: 'first' | 'second',
  count = 1,
): Promise<{ receiver: MessageReceiver; messages: Message[]; ids: number[] }> {
  const receiver = await rig.receiver({ rcvSettleMode })
  const ids = Array.from({ length: count }, (_, i) => rig.deliver(rig.peer.link('in'), `m${i}`))
  await rig.run()
  const messages = await receiver.receiveBatch({ maxBatchSize: count })
  rig.peer.forget()
  return { receiver, messages, ids }
}

const only = ({ messages }: { messages: Message[] }): Message => messages[0] as Message

const FORMS: readonly (readonly [string, (message: Message) => Promise<void>, object])[] = [
  ['accept', (m) => m.accept(), { kind: 'accepted' }],
  ['release', (m) => m.release(), { kind: 'released' }],
  ['reject without a reason', (m) => m.reject(), { kind: 'rejected', error: undefined }],
  [
    'reject with a reason',
    (m) => m.reject({ condition: 'amqp:decode-error', description: 'unreadable', info: { line: 3 } }),
    {
      kind: 'rejected',
      error: { condition: 'amqp:decode-error', description: 'unreadable', info: { line: 3 } },
    },
  ],
  [
    'modify',
    (m) =>
      m.modify({
        deliveryFailed: true,
        undeliverableHere: true,
        messageAnnotations: { 'x-opt-why': 'busy' },
      }),
    {
      kind: 'modified',
      deliveryFailed: true,
      undeliverableHere: true,
      messageAnnotations: { 'x-opt-why': 'busy' },
    },
  ],
]

for (const [name, settle, state] of FORMS) {
  test(`${name} goes out settled where the receiver settles first, and is done at once [3.4]`, async (t) => {
    const rig = new Rig()
    const { messages, ids } = await received(rig, 'first')
    const message = only({ messages })
    t.is(message.state, MessageState.ReceivedUnsettled)
    t.false(message.settled)
    const settling = watch(settle(message))
    await new Promise((resolve) => setImmediate(resolve))
    t.is(settling.state, 'resolved')
    t.true(message.settled)
    t.is(message.state, MessageState.ReceivedSettled)
    await rig.run()
    const disposition = rig.peer.expect('disposition', { role: true, first: ids[0] as number, settled: true })
    t.like(disposition.state, state)
    rig.peer.done()
  })

  test(`${name} goes out unsettled where the sender settles first, and is done when the peer says so [2.6.12]`, async (t) => {
    const rig = new Rig()
    const { messages, ids } = await received(rig, 'second')
    const message = only({ messages })
    const settling = watch(settle(message))
    await rig.run()
    t.is(settling.state, 'pending')
    t.false(message.settled)
    const { settled, state: said } = rig.peer.expect('disposition', { role: true, first: ids[0] as number })
    t.not(settled, true)
    t.like(said, state)
    rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state: said as DeliveryState })
    await rig.run()
    t.is(settling.state, 'resolved')
    t.true(message.settled)
    rig.peer.done()
  })
}

test('settlements of one turn go out as ranges [2.7.6]', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'first', 6)
  for (const message of messages.slice(0, 3)) message.accept().catch(() => {})
  messages[3]?.release().catch(() => {})
  for (const message of messages.slice(4)) message.accept().catch(() => {})
  await rig.run()
  const came = rig.peer.takeAll('disposition')
  t.deepEqual(
    came.map(({ first, last = first, state }) => [first, last, (state as DeliveryState).kind]),
    [
      [ids[0], ids[2], 'accepted'],
      [ids[3], ids[3], 'released'],
      [ids[4], ids[5], 'accepted'],
    ],
  )
})

for (const mode of ['first', 'second'] as const) {
  test(`a message can be settled only once, rcv-settle-mode ${mode}`, async (t) => {
    const rig = new Rig()
    const message = only(await received(rig, mode))
    const first = watch(message.accept())
    await t.throwsAsync(message.release(), {
      instanceOf: MessageAlreadySettled,
      message: 'The message from "orders" cannot be released: it was accepted before',
    })
    await t.throwsAsync(message.accept(), { instanceOf: MessageAlreadySettled })
    await rig.run()
    t.is(rig.peer.takeAll('disposition').length, 1)
    t.is(first.state, mode === 'first' ? 'resolved' : 'pending')
  })

  test(`a message whose link has ended cannot be settled any more, rcv-settle-mode ${mode}`, async (t) => {
    const rig = new Rig()
    const connection = await rig.connect()
    const { messages } = await receivedOn(rig, mode, connection)
    await rig.drop()
    const error = await t.throwsAsync(only({ messages }).accept(), { instanceOf: AMQPError })
    t.like(error, {
      code: 'AMQP_SETTLEMENT_LOST',
      inDoubt: false,
      context: { address: 'orders', linkName: 'in' },
    })
    t.is((error as AMQPError).cause, await connection.closed)
    t.regex(String(error), /give it out again/)
  })

  test(`a message cannot be settled once its receiver is being closed, rcv-settle-mode ${mode}`, async (t) => {
    const rig = new Rig({ prepare: answerDrains })
    const { receiver, messages } = await received(rig, mode)
    rig.peer.on('detach', () => {})
    const closing = watch(receiver.close())
    await rig.run()
    t.is(closing.state, 'pending')
    await t.throwsAsync(only({ messages }).accept(), {
      instanceOf: AMQPError,
      message: /no longer be settled/,
    })
    await rig.run(5000)
    t.is(closing.state, 'resolved')
  })

  test(`an aborted signal settles nothing, and the message can still be settled, rcv-settle-mode ${mode}`, async (t) => {
    const rig = new Rig()
    const message = only(await received(rig, mode))
    const reason = new Error('no')
    t.is((await t.throwsAsync(message.accept({ signal: AbortSignal.abort(reason) }))) as unknown, reason)
    await rig.run()
    rig.peer.done()
    const again = watch(message.accept())
    await rig.run()
    t.is(rig.peer.takeAll('disposition').length, 1)
    t.not(again.state, 'rejected')
  })
}

async function receivedOn(
  rig: Rig,
  rcvSettleMode: 'first' | 'second',
  connection: Awaited<ReturnType<Rig['connect']>>,
) {
  const receiver = await rig.receiver({ rcvSettleMode }, connection)
  rig.deliver(rig.peer.link('in'), 'm0')
  await rig.run()
  return { receiver, messages: await receiver.receiveBatch({ maxBatchSize: 1 }) }
}

test("a message that came settled is nobody's to settle", async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ sndSettleMode: 'settled' })
  rig.deliver(rig.peer.link('in'), 'x', true)
  await rig.run()
  const message = (await receiver.receive()) as Message
  t.true(message.settled)
  await t.throwsAsync(message.accept(), { instanceOf: MessageAlreadySettled })
})

test('a message that the peer settles by itself, as when its lock expires, is settled', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'first')
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state: RELEASED })
  await rig.run()
  t.true(only({ messages }).settled)
  await t.throwsAsync(only({ messages }).accept(), { instanceOf: MessageAlreadySettled })
})

test('a confirmation without a state confirms what was said', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'second')
  const settling = watch(only({ messages }).accept())
  await rig.run()
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: true })
  await rig.run()
  t.is(settling.state, 'resolved')
})

test('a disposition that settles nothing confirms nothing [2.7.6]', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'second')
  const settling = watch(only({ messages }).accept())
  await rig.run()
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: false, state: ACCEPTED })
  await rig.run()
  t.is(settling.state, 'pending')
})

test('a range of confirmations resolves each message of it', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'second', 3)
  const settling = messages.map((message) => watch(message.accept()))
  await rig.run()
  rig.peer.dispose({
    role: false,
    first: ids[0] as number,
    last: ids[2] as number,
    settled: true,
    state: ACCEPTED,
  })
  await rig.run()
  t.deepEqual(states(settling), ['resolved', 'resolved', 'resolved'])
})

test('a peer that says otherwise is believed, and its reason told', async (t) => {
  const rig = new Rig()
  const { messages, ids } = await received(rig, 'second')
  const settling = watch(only({ messages }).accept())
  await rig.run()
  const state: DeliveryState = {
    kind: 'rejected',
    error: { kind: 'error', condition: 'com.microsoft:message-lock-lost', description: 'too late' },
  }
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state })
  await rig.run()
  t.like(settling.error, {
    code: 'AMQP_SETTLEMENT_REFUSED',
    condition: 'com.microsoft:message-lock-lost',
    description: 'too late',
    retryable: false,
  })
})

const lockLost: DeliveryState = {
  kind: 'rejected',
  error: { kind: 'error', condition: 'com.microsoft:message-lock-lost' },
}

const bareRejection: DeliveryState = { kind: 'rejected', error: undefined }

for (const [outcome, settle, bare] of [
  ['rejected', (m: Message) => m.reject({ condition: 'com.microsoft:dead-letter' }), 'resolved'],
  ['released', (m: Message) => m.release(), 'rejected'],
  ['modified', (m: Message) => m.modify({ deliveryFailed: true }), 'rejected'],
] as const) {
  for (const [title, state, expected] of [
    ['accepted, as Azure says whatever was done,', ACCEPTED, 'resolved'],
    ['the same', undefined, 'resolved'],
    ['rejected for another reason', lockLost, 'rejected'],
    ['rejected for no reason', bareRejection, bare],
  ] as const) {
    test(`a message that is ${outcome} and answered with ${title} is ${expected} [2.6.12]`, async (t) => {
      const rig = new Rig()
      const { messages, ids } = await received(rig, 'second')
      const settling = watch(settle(only({ messages })))
      await rig.run()
      const asked = rig.peer.takeAll('disposition').at(-1)?.state
      rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state: state ?? asked })
      await rig.run()
      t.is(settling.state, expected)
    })
  }
}

test('a confirmation that does not come within timeoutMs leaves the settlement in doubt', async (t) => {
  const rig = new Rig()
  const { receiver, messages, ids } = await received(rig, 'second')
  const message = only({ messages })
  const settling = watch(message.accept({ timeoutMs: 100 }))
  await rig.run(99)
  t.is(settling.state, 'pending')
  t.regex(receiver.explain(), /1 settlements unconfirmed/)
  await rig.run(1)
  t.true(settling.error instanceof AMQPTimeoutError)
  t.like(settling.error, { timeoutMs: 100, inDoubt: true, retryable: false })
  t.notRegex(receiver.explain(), /unconfirmed/)
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state: ACCEPTED })
  await rig.run()
  t.true(message.settled)
})

test('a signal that aborts ends the wait for a confirmation with its reason', async (t) => {
  const rig = new Rig()
  const { messages } = await received(rig, 'second')
  const controller = new AbortController()
  const settling = watch(only({ messages }).accept({ signal: controller.signal }))
  await rig.run()
  controller.abort('enough')
  await rig.run()
  t.is(settling.error, 'enough')
})

for (const how of ['drop', 'detach'] as const) {
  test(`a settlement that is not confirmed when the link ends (${how}) is in doubt, with the reason as cause`, async (t) => {
    const rig = new Rig()
    const { receiver, messages } = await received(rig, 'second')
    const settling = watch(only({ messages }).accept())
    await rig.run()
    if (how === 'drop') rig.line.drop()
    else
      rig.peer.detach(rig.peer.link('in'), {
        closed: true,
        error: { kind: 'error', condition: 'amqp:link:stolen' },
      })
    await rig.run()
    t.like(settling.error, { code: 'AMQP_SETTLEMENT_LOST', inDoubt: true })
    t.is((settling.error as AMQPError).cause, await receiver.closed)
    t.truthy((settling.error as AMQPError).cause)
  })
}

test('an outcome that the source does not know is refused here [3.5.3]', async (t) => {
  const outcomes = ['amqp:accepted:list', 'amqp:released:list']
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) => {
        peer.attach(peer.link(body.name), { source: { kind: 'source', address: 'orders', outcomes } })
      }),
  })
  const { messages } = await received(rig, 'first')
  const message = only({ messages })
  t.like(await t.throwsAsync(message.modify({ deliveryFailed: true })), { code: 'AMQP_OUTCOME_UNKNOWN' })
  await t.throwsAsync(message.reject(), { message: /accepted, released only/ })
  await message.release()
  await rig.run()
  t.is(rig.peer.takeAll('disposition').length, 1)
})

test('a settlement that cannot be written is refused, and the message can still be settled', async (t) => {
  const rig = new Rig({ peer: { open: { maxFrameSize: 512 } } })
  const message = only(await received(rig, 'first'))
  await t.throwsAsync(message.reject({ description: 'x'.repeat(600) }), { instanceOf: AMQPError })
  await t.throwsAsync(message.modify({ messageAnnotations: { bad: (() => 1) as never } }))
  t.false(message.settled)
  await message.accept()
  await rig.run()
  t.like(rig.peer.expect('disposition').state, { kind: 'accepted' })
})
