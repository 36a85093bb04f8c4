import test from 'ava'
import { MessageState } from '../../lib/constants.js'
import { AMQPError, MessageAlreadySettled } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import type { Modification, RejectReason } from '../../lib/message/outcomes.js'
import { ACCEPTED, RELEASED } from '../../lib/types/messaging.js'
import { chunk, FakeSettlement } from './support.js'

const payload = chunk('00 53 75 a0 02 6869')

function receive(settlement = new FakeSettlement()): { message: Message; settlement: FakeSettlement } {
  return { message: Message.received(payload, 0, settlement), settlement }
}

test('accepting and releasing tell the outcome that has no fields [3.4.2, 3.4.4]', async (t) => {
  const accepted = receive()
  t.is(accepted.message.state, MessageState.ReceivedUnsettled)
  t.is(accepted.message.settled, false)
  await accepted.message.accept()
  t.deepEqual(accepted.settlement.states, [ACCEPTED])
  t.is(accepted.settlement.states[0], ACCEPTED)
  t.is(accepted.message.state, MessageState.ReceivedSettled)
  t.is(accepted.message.settled, true)

  const released = receive()
  await released.message.release()
  t.is(released.settlement.states[0], RELEASED)
  t.is(released.message.state, MessageState.ReceivedSettled)
})

test('accepting gives the very promise of the settlement', (t) => {
  const promise = Promise.resolve()
  const settlement = Object.assign(new FakeSettlement(), { settle: () => promise })
  t.is(Message.received(payload, 0, settlement).accept(), promise)
})

const rejections: readonly (readonly [RejectReason | undefined, unknown])[] = [
  [undefined, undefined],
  [{}, undefined],
  [{ condition: undefined }, undefined],
  [
    { condition: 'amqp:not-allowed' },
    { condition: 'amqp:not-allowed', description: undefined, info: undefined },
  ],
  [{ description: 'bad' }, { condition: 'amqp:internal-error', description: 'bad', info: undefined }],
  [{ info: { a: 1 } }, { condition: 'amqp:internal-error', description: undefined, info: { a: 1 } }],
]

test('rejecting tells the error that is given, and none when none is [3.4.3]', async (t) => {
  for (const [reason, error] of rejections) {
    const { message, settlement } = receive()
    await message.reject(reason)
    const wanted =
      error === undefined ? { kind: 'rejected' } : { kind: 'rejected', error: { kind: 'error', ...error } }
    t.deepEqual(settlement.states as unknown[], [wanted])
  }
})

test('modifying tells each field as it is named, none inverted [3.4.5]', async (t) => {
  const modifications: readonly (Modification | undefined)[] = [
    undefined,
    {},
    { deliveryFailed: true },
    { undeliverableHere: true },
    { undeliverableHere: false, messageAnnotations: { 'x-opt-a': null } },
  ]
  for (const modification of modifications) {
    const { message, settlement } = receive()
    await message.modify(modification)
    const none = { deliveryFailed: undefined, undeliverableHere: undefined, messageAnnotations: undefined }
    t.deepEqual(settlement.states as unknown[], [{ kind: 'modified', ...none, ...modification }])
  }
})

test('reasons and modifications of another kind are refused by name, and nothing is told', async (t) => {
  const { message, settlement } = receive()
  const wrong: readonly (readonly [() => Promise<void>, RegExp])[] = [
    [() => message.reject('bad' as RejectReason), /error must be an object, not string/],
    [() => message.reject({ reason: 'bad' } as RejectReason), /error has no reason/],
    [() => message.reject({ condition: 5 } as unknown as RejectReason), /error\.condition must be a string/],
    [
      () => message.reject({ description: 5 } as unknown as RejectReason),
      /error\.description must be a string/,
    ],
    [() => message.reject({ info: [] } as unknown as RejectReason), /error\.info must be a plain object/],
    [() => message.modify({ deliverable: true } as Modification), /modification has no deliverable/],
    [() => message.modify({ deliveryFailed: 1 } as unknown as Modification), /modification\.deliveryFailed/],
    [
      () => message.modify({ messageAnnotations: 'x' } as unknown as Modification),
      /modification\.messageAnnotations/,
    ],
  ]
  for (const [settle, text] of wrong) await t.throwsAsync(settle, { instanceOf: TypeError, message: text })
  await t.throwsAsync(() => message.reject({ condition: 'é' }), {
    instanceOf: RangeError,
    message: /error\.condition/,
  })
  t.deepEqual(settlement.states, [])
  t.is(message.settled, false)
})

test('the options of the wait are handed on', async (t) => {
  const options = { timeoutMs: 5 }
  for (const settle of [
    (message: Message) => message.accept(options),
    (message: Message) => message.release(options),
    (message: Message) => message.reject(undefined, options),
    (message: Message) => message.modify(undefined, options),
  ]) {
    const { message, settlement } = receive()
    await settle(message)
    t.is(settlement.options[0], options)
  }
})

const settlements: readonly (readonly [name: string, settle: (message: Message) => Promise<void>])[] = [
  ['accepted', (message) => message.accept()],
  ['rejected', (message) => message.reject()],
  ['released', (message) => message.release()],
  ['modified', (message) => message.modify({ deliveryFailed: true })],
]

for (const [name, settle] of settlements) {
  test(`a message that is settled cannot be ${name} [2.6.12]`, async (t) => {
    const { message, settlement } = receive()
    await message.accept()
    const error = await t.throwsAsync(() => settle(message), { instanceOf: MessageAlreadySettled })
    t.is(error?.context.deliveryTag, 'cafe')
    t.true(error?.context.operation?.includes(name))
    t.is(error?.message, `The message from "orders" cannot be ${name}: it was accepted before`)
    t.is(settlement.states.length, 1)

    const preSettled = new FakeSettlement()
    preSettled.settled = true
    const born = Message.received(payload, 0, preSettled)
    t.is(born.state, MessageState.ReceivedSettled)
    await t.throwsAsync(() => settle(born), {
      instanceOf: MessageAlreadySettled,
      message: /the peer had settled it already/,
    })
    t.deepEqual(preSettled.states, [])
  })

  test(`a message that did not come by a link cannot be ${name}, and says why`, async (t) => {
    for (const message of [new Message('x'), Message.decodeMessage(payload)]) {
      const error = await t.throwsAsync(() => settle(message), { instanceOf: AMQPError })
      t.false(error instanceof MessageAlreadySettled)
      t.is(error?.code, 'AMQP_MESSAGE_NOT_RECEIVED')
      t.is(error?.message, `only a message that came by a link can be ${name}`)
    }
  })
}

test('a settlement that fails is the failure of the call', async (t) => {
  const failure = new AMQPError('lost')
  const settlement = Object.assign(new FakeSettlement(), { settle: () => Promise.reject(failure) })
  const message = Message.received(payload, 0, settlement)
  for (const [, settle] of settlements) t.is(await t.throwsAsync(() => settle(message)), failure)
  t.is(message.state, MessageState.ReceivedUnsettled)
})

test('the state of a message of our own is what sending says it is', (t) => {
  const message = new Message('x')
  t.is(message.state, MessageState.WaitingToBeSent)
  t.is(message.settled, false)
  for (const [state, settled] of [
    [MessageState.WaitingForSendAck, false],
    [MessageState.SendComplete, true],
    [MessageState.WaitingToBeSent, false],
    [MessageState.SendFailed, true],
  ] as const) {
    message.setState(state)
    t.is(message.state, state)
    t.is(message.settled, settled)
  }
})

test('what a received message says of its delivery [3.2.1]', (t) => {
  const { message, settlement } = receive()
  t.is(message.deliveryTag, settlement.deliveryTag)
  t.is(message.deliveryCount, 0)
  const counted = Message.received(chunk('00 53 70 c0 07 05 40 40 40 40 52 07'), 0, settlement)
  t.is(counted.deliveryCount, 7)
  t.is(Message.decodeMessage(payload).state, MessageState.ReceivedSettled)
  t.is(Message.decodeMessage(payload).settled, true)
  t.is(Message.decodeMessage(payload).deliveryTag, undefined)
})
