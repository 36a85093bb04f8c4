// sendBatch against the embedded broker: what goes over the wire, and what the one promise tells of all the messages.

import test from 'ava'
import { sendPacked } from '../../lib/client/send-batch.js'
import {
  BATCH_MESSAGE_FORMAT,
  MessageSenderState,
  MessageState,
  SenderSettleMode,
} from '../../lib/constants.js'
import {
  AMQPTimeoutError,
  EncodeError,
  LinkDetach,
  MessageContentTooLarge,
  MessageSendFailed,
} from '../../lib/errors.js'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { innerMessageOf } from '../../lib/message/inner-message.js'
import { Message, type MessageInput } from '../../lib/message/message.js'
import { packMessages } from '../../lib/message/pack-messages.js'
import { Deferred } from '../../lib/util/deferred.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage } from './support/stage.js'

keepTidy(test)

/** What waits in a queue, with batches as lists of the texts they hold. */
async function arrived(stage: Stage, queue = 'orders'): Promise<(string | string[] | undefined)[]> {
  const receiver = stage.receiver(queue)
  const messages = await stage.until(receiver.receiveMessageBatch({ maxBatchSize: 300 }))
  const found = messages.map(
    (message) => message.innerMessages()?.map((inner) => inner.text()) ?? message.text(),
  )
  await stage.until(Promise.all(messages.map((message) => message.accept())))
  await stage.until(receiver.close())
  return found
}

function* numbered(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `m${i}`
}

test('a list goes out as one batch, in order, and its inner messages come back byte for byte', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const list = [...numbered(20)].map((text, i) => new Message(text, { properties: { messageId: BigInt(i) } }))
  t.is(await stage.until(client.sendBatch(list)), undefined)
  t.is(stage.written('transfer').length, 1)
  const [batch] = await stage.until(stage.receiver().receiveMessageBatch({ maxBatchSize: 5 }))
  t.is(batch?.messageFormat, BATCH_MESSAGE_FORMAT)
  t.is(batch?.properties?.messageId, 0n)
  t.deepEqual(
    batch?.innerMessages()?.map((message) => message.encodeMessage()),
    list.map((message) => message.encodeMessage()),
  )
  t.true(list.every((message) => message.state === MessageState.SendComplete))
})

test('a generator and a list that do not fit into one batch: each item is sent once', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 120 })
  const client = stage.sender()
  const all = [...numbered(30)]
  for (const messages of [numbered(30), all]) {
    await stage.until(client.sendBatch(messages))
    const batches = await arrived(stage)
    t.deepEqual(batches.flat(), all)
    t.is(batches.length, 4, '12 bytes for each of the first 10, 13 for the others: 10, 9, 9, 2')
  }
})

test('batches are as large as the max-message-size of the peer, to the byte [2.7.3]', async (t) => {
  const list = ['a', 'b', 'c']
  const size = new BatchMessage(list).sizeInBytes
  const cases: [number, (string | string[])[]][] = [
    [size + 1, [list]],
    [size, [list]],
    [size - 1, [['a', 'b'], 'c']],
  ]
  for (const [maxMessageSize, wanted] of cases) {
    const stage = await Stage.open(t, { maxMessageSize })
    await stage.until(stage.sender().sendBatch(list))
    t.deepEqual(await arrived(stage), wanted)
  }
})

test('a batch of one goes as a plain message', async (t) => {
  const stage = await Stage.open(t)
  const message = new Message('alone', { applicationProperties: { n: 1 } })
  await stage.until(stage.sender().sendBatch([message]))
  t.deepEqual(await arrived(stage), ['alone'])
  t.is(message.state, MessageState.SendComplete)
})

test('an item that is too large is named by its index, and nothing of the call is sent', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 100 })
  const client = stage.sender()
  const small = new Message('small')
  const list = [small, ...numbered(30), new Uint8Array(96), 'after']
  const error = await t.throwsAsync(stage.until(client.sendBatch(list)), {
    instanceOf: MessageContentTooLarge,
    message: /Message 31 .*nothing was sent/,
  })
  t.like(error, { sizeInBytes: 101, limitInBytes: 100, info: { index: 31 } })
  await stage.run()
  t.deepEqual(stage.written('transfer'), [])
  t.is(small.state, MessageState.SendFailed)
  await stage.until(client.sendBatch([new Uint8Array(95), 'after']))
  t.is(stage.written('transfer').length, 2, 'the largest that fits goes alone')
})

test('an empty list resolves at once, and nothing is opened', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  await client.sendBatch([])
  await client.sendBatch(new Set<string>())
  t.is(stage.connects, 0)
  t.is(client.state, MessageSenderState.Idle)
})

test('what is no list of messages, or holds what cannot be sent, is refused before anything is opened', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const text = 'text' as unknown as Iterable<MessageInput>
  await t.throwsAsync(client.sendBatch(text), { instanceOf: TypeError, message: /messages/ })
  await t.throwsAsync(client.sendBatch(['a', { f: () => 1 }]), { instanceOf: EncodeError })
  await t.throwsAsync(client.sendBatch(['a', new BatchMessage(['b'])]), {
    instanceOf: TypeError,
    message: /batch/,
  })
  await t.throwsAsync(client.sendBatch([], { deliveryTag: Uint8Array.of(1) } as object), {
    instanceOf: TypeError,
    message: /deliveryTag/,
  })
  function* failing(): Generator<string> {
    yield 'a'
    throw new RangeError('the source ran dry')
  }
  await t.throwsAsync(client.sendBatch(failing()), { message: 'the source ran dry' })
  t.is(stage.connects, 0)
})

test('items are encoded when they are taken: changes while the client opens do not count', async (t) => {
  const stage = await Stage.open(t)
  const list = ['a', new Message('b')]
  const alone = [new Message('c')]
  const client = stage.sender()
  const sending = Promise.all([client.sendBatch(list), client.sendBatch(alone)])
  list.push('late')
  const [, changed] = list
  if (changed instanceof Message) changed.body = 'changed'
  for (const message of alone) message.body = 'changed'
  await stage.until(sending)
  t.deepEqual(await arrived(stage), [['a', 'b'], 'c'])
})

test('a batch that is made by hand is a message: it can be sent and queued', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const batch = new BatchMessage(['a', 'b'])
  await stage.until(client.sendMessage(batch))
  t.is(batch.state, MessageState.SendComplete)
  client.queueMessage(new BatchMessage(['c', 'd']))
  t.deepEqual(await stage.until(client.sendAllMessages()), [MessageState.SendComplete])
  t.deepEqual(await arrived(stage), [
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('an empty batch is refused, and nothing is sent', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  await t.throwsAsync(stage.until(client.sendMessage(new BatchMessage())), { instanceOf: EncodeError })
  t.deepEqual(stage.written('transfer'), [])
  await stage.until(client.sendMessage('fine'))
})

for (const outcome of ['rejected', 'released'] as const) {
  test(`batches that the broker ${outcome} reject the call with the range that failed`, async (t) => {
    const stage = await Stage.open(t, { maxMessageSize: 60 })
    stage.broker.createQueue('orders', { answer: outcome })
    const list = [...numbered(8)].map((text) => new Message(text))
    const error = await t.throwsAsync(stage.until(stage.sender().sendBatch(list)), {
      instanceOf: MessageSendFailed,
      message: /0 to 7 failed, none was accepted/,
    })
    t.like(error, { outcome, inDoubt: false, retryable: outcome === 'released' })
    t.deepEqual(error?.info, { failed: [[0, 7]], accepted: [] })
    t.true(list.every((message) => message.state === MessageState.SendFailed))
  })
}

test('batches that are lost with the connection are in doubt', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender()
  const sending = watch(client.sendBatch(numbered(5)))
  await stage.run()
  t.is(sending.state, 'pending')
  stage.broker.dropConnections()
  await stage.run()
  t.true(sending.error instanceof MessageSendFailed)
  t.like(sending.error, { inDoubt: true, retryable: false, outcome: undefined })
})

test('when some fail the others are waited for, and the error tells which are which', async (t) => {
  const list = [...numbered(6)].map((text) => new Message(text))
  const inner = list.map((message) => innerMessageOf(message))
  const packed = packMessages(inner, new BatchMessage(list.slice(0, 2)).sizeInBytes)
  t.is(packed.length, 3)
  const answers = packed.map(() => new Deferred<unknown>())
  let sent = 0
  const deliver = () => answers[sent++]?.promise as Promise<void>
  const sending = watch(sendPacked(inner, packed, undefined, deliver))
  t.is(sent, 3)
  const settle = async (i: number, state: MessageState, error?: Error): Promise<void> => {
    packed[i]?.message.setState(state)
    if (error === undefined) answers[i]?.resolve(undefined)
    else answers[i]?.reject(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await settle(
    1,
    MessageState.SendFailed,
    new MessageSendFailed('no', { outcome: 'released', retryable: true }),
  )
  await settle(0, MessageState.SendComplete)
  t.is(sending.state, 'pending')
  await settle(2, MessageState.SendComplete)
  t.true(sending.error instanceof MessageSendFailed)
  t.like(sending.error, {
    message: 'Of the messages, 2 to 3 failed, 0 to 1, 4 to 5 were accepted. no',
    outcome: 'released',
    retryable: false,
    info: {
      failed: [[2, 3]],
      accepted: [
        [0, 1],
        [4, 5],
      ],
    },
  })
  t.deepEqual(
    list.map(({ state }) => state),
    [2, 2, 3, 3, 2, 2],
  )
})

test('timeoutMs holds for opening and sending together', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { transport: stage.slow(60) })
  const sending = watch(client.sendBatch(numbered(5), { timeoutMs: 100 }))
  await stage.run(60)
  t.is(stage.written('transfer').length, 1)
  await stage.run(39)
  t.is(sending.state, 'pending')
  await stage.run(1)
  t.true(sending.error instanceof AMQPTimeoutError)
  t.like(sending.error, { inDoubt: true, retryable: false, info: { failed: [[0, 4]], accepted: [] } })
  t.is(stage.clock.pendingTimers, 0)
})

test('msgTimeoutMs holds for batches too; time that is over before the client is open sends nothing', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders')
  const client = stage.sender('orders', { transport: stage.slow(60), msgTimeoutMs: 50 })
  const message = new Message('late')
  const sending = watch(client.sendBatch([message, 'x']))
  await stage.run(50)
  t.true(sending.error instanceof AMQPTimeoutError)
  t.is(message.state, MessageState.SendFailed)
  await stage.run(1000)
  t.deepEqual(stage.waiting(), [])
})

test('an aborted call rejects with the reason of the signal', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 60 })
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender()
  const abort = new AbortController()
  const sending = watch(client.sendBatch(numbered(20), { signal: abort.signal }))
  await stage.run()
  t.true(stage.written('transfer').length > 1)
  const reason = new RangeError('changed my mind')
  abort.abort(reason)
  await stage.run()
  t.is(sending.error, reason)
  const before = stage.written('transfer').length
  t.is(await t.throwsAsync(stage.until(client.sendBatch(['y', 'z'], { signal: abort.signal }))), reason)
  t.is(stage.written('transfer').length, before)
})

test('in settle mode Settled batches resolve without an answer [2.8.2]', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { sendSettleMode: SenderSettleMode.Settled })
  await stage.until(client.sendBatch(['a', 'b']))
  await stage.run()
  t.regex(stage.written('transfer')[0] ?? '', /settled=true/)
})

test('a client that cannot be opened rejects with what the broker said', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  await t.throwsAsync(stage.until(stage.sender().sendBatch(['a', 'b'])), { instanceOf: LinkDetach })
})
