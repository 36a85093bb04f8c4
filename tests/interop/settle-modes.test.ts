// Who settles first, and when: all modes of senders and receivers, with what each broker makes of them.
import {
  AMQPError,
  LinkDetach,
  type Message,
  MessageAlreadySettled,
  MessageState,
  ReceiverSettleMode,
  SenderSettleMode,
  SessionEnd,
} from '../../lib/index.js'
import { artemis, brokerJ, peers, peersWith, proton, protonC, rabbitmq3, rabbitmq4 } from './support/peers.js'
import { next, stepMs, story, storyWith } from './support/story.js'

const quietMs = 150

const senderModes = Object.entries(SenderSettleMode)

for (const [name, mode] of senderModes) {
  storyWith(peers, `messages of a sender in mode ${name} arrive [2.8.2]`, async (t, stage) => {
    const queue = await stage.queue()
    const sender = stage.sendClient(queue, { sendSettleMode: mode })
    await sender.sendMessage('first')
    await sender.sendMessage('second')
    const receiver = stage.receiveClient(queue)
    for (const text of ['first', 'second']) {
      const message = await next(receiver)
      t.is(message.text(), text)
      if (!message.settled) await message.accept()
    }
  })
}

storyWith(
  peers,
  'a mixed sender gets an outcome for what it sends unsettled only [2.8.2]',
  async (t, stage) => {
    const queue = await stage.queue()
    const connection = await stage.connect()
    const sender = await connection.createSender(queue, { sndSettleMode: 'mixed' })
    t.is((await sender.send('with outcome', { timeoutMs: stepMs })).kind, 'accepted')
    t.is((await sender.send('without', { settled: true, timeoutMs: stepMs })).kind, 'settled')
    t.is(sender.pending, 0)
  },
)

storyWith(
  peersWith('locks'),
  'peek-lock: what is not accepted is given out again [2.8.3, 3.4]',
  async (t, stage) => {
    const queue = await stage.queue()
    await stage.sendClient(queue).sendMessage('locked')
    const first = stage.receiveClient(queue)
    const locked = await next(first)
    t.is(locked.state, MessageState.ReceivedUnsettled)
    await first.close()
    const second = stage.receiveClient(queue)
    const again = await next(second)
    t.is(again.text(), 'locked')
    await again.accept()
    t.is(again.state, MessageState.ReceivedSettled)
    await t.throwsAsync(again.release(), { instanceOf: MessageAlreadySettled })
    await second.close()
    t.is(await stage.receiveClient(queue).receive({ timeoutMs: quietMs }), undefined)
  },
)

storyWith(peers, 'receive-and-delete: what came is settled and gone [2.8.2]', async (t, stage) => {
  const queue = await stage.queue()
  await stage.sendClient(queue).sendMessage('once')
  const first = stage.receiveClient(queue, { receiveSettleMode: ReceiverSettleMode.ReceiveAndDelete })
  const message = await next(first)
  t.is(message.text(), 'once')
  t.is(message.state, MessageState.ReceivedSettled)
  await first.close({ timeoutMs: 500 })
  t.is(await stage.receiveClient(queue).receive({ timeoutMs: quietMs }), undefined)
})

story(
  protonC,
  'has no locks: messages come settled even when unsettled ones are asked for',
  async (t, stage) => {
    const queue = await stage.queue()
    await stage.sendClient(queue).sendMessage('x')
    const message = await next(stage.receiveClient(queue, { receiveSettleMode: ReceiverSettleMode.PeekLock }))
    t.true(message.settled)
    await t.throwsAsync(message.accept(), { instanceOf: MessageAlreadySettled })
  },
  { lacks: 'locks: all comes settled' },
)

storyWith(
  peersWith('confirms'),
  'with confirmSettlement each outcome waits for the broker to settle [2.6.12]',
  async (t, stage) => {
    const queue = await stage.queue()
    const sender = stage.sendClient(queue)
    const receiver = stage.receiveClient(queue, { confirmSettlement: true })
    const modify = (message: Message) => message.modify({ deliveryFailed: true }, { timeoutMs: stepMs })
    const settle: readonly ((message: Message) => Promise<void>)[] = [
      (message) => message.release({ timeoutMs: stepMs }),
      ...(stage.peer.features.modifies ? [modify] : []),
      (message) => message.reject({ condition: 'amqp:decode-error' }, { timeoutMs: stepMs }),
      (message) => message.accept({ timeoutMs: stepMs }),
    ]
    await sender.sendMessage('to be settled')
    for (const [i, end] of settle.entries()) {
      // What was rejected is gone with Proton, and comes again with Broker-J.
      if (i === settle.length - 1 && stage.peer === proton) await sender.sendMessage('to be accepted')
      const message = await next(receiver)
      t.false(message.settled)
      const ending = end(message)
      t.false(message.settled, 'not before the broker has said so')
      await ending
      t.true(message.settled)
    }
    t.is(await receiver.receive({ timeoutMs: quietMs }), undefined)
  },
)

story(
  rabbitmq4,
  'refuses confirmSettlement: opening says so, as LinkDetach amqp:not-implemented [2.8.3]',
  async (t, stage) => {
    const client = stage.receiveClient(await stage.queue(), { confirmSettlement: true })
    const error = await t.throwsAsync(client.open({ timeoutMs: stepMs }), { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:not-implemented')
    t.regex(error.message, /rcv-settle-mode second/)
    t.false(error.retryable)
  },
  { lacks: '`confirmSettlement`' },
)

story(
  artemis,
  'answers rcv-settle-mode second with first: opening with confirmSettlement says so, and the link is left [2.8.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const client = stage.receiveClient(queue, { confirmSettlement: true })
    const error = await t.throwsAsync<AMQPError>(client.open({ timeoutMs: stepMs }), {
      instanceOf: AMQPError,
    })
    t.like(error, { code: 'AMQP_NOT_CONFIRMING', condition: 'amqp:not-implemented', retryable: false })
    const receiver = await (await stage.connect()).createReceiver(queue, { rcvSettleMode: 'second' })
    t.is(receiver.rcvSettleMode, 'first')
  },
  { lacks: '`confirmSettlement`' },
)

story(
  rabbitmq3,
  'refuses confirmSettlement: it ends the session with amqp:not-implemented [2.8.3]',
  async (t, stage) => {
    const client = stage.receiveClient(await stage.queue(), { confirmSettlement: true })
    const error = await t.throwsAsync(client.open({ timeoutMs: stepMs }), { instanceOf: SessionEnd })
    t.is(error.condition, 'amqp:not-implemented')
  },
  { lacks: '`confirmSettlement`' },
)

storyWith(
  [proton, brokerJ],
  'the modes of the attach are those that the broker answers with [2.6.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const connection = await stage.connect()
    for (const rcvSettleMode of ['first', 'second'] as const) {
      t.is((await connection.createReceiver(queue, { rcvSettleMode })).rcvSettleMode, rcvSettleMode)
    }
    for (const sndSettleMode of ['unsettled', 'settled', 'mixed'] as const) {
      t.is((await connection.createSender(queue, { sndSettleMode })).sndSettleMode, sndSettleMode)
    }
  },
)
