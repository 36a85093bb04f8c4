// Messages that are queued first and sent together.

import test from 'ava'
import { MessageSenderState, MessageState } from '../../lib/constants.js'
import { LinkDetach } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage } from './support/stage.js'

keepTidy(test)

test('queueing does no I/O, and leaves messages waiting to be sent', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const message = new Message('a')
  client.queueMessage(message, 'b')
  client.queueMessage(Uint8Array.of(1))
  await stage.run()
  t.is(stage.connects, 0)
  t.is(client.state, MessageSenderState.Idle)
  t.is(client.pendingMessages.length, 3)
  t.is(client.pendingMessages[0], message)
  t.deepEqual(
    client.pendingMessages.map(({ state }) => state),
    [MessageState.WaitingToBeSent, MessageState.WaitingToBeSent, MessageState.WaitingToBeSent],
  )
})

test('all are sent in the order of the queue, one state for each, and the client is closed', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  client.queueMessage('a', 'b', 'c')
  const all = await stage.until(client.sendAllMessages())
  t.deepEqual(all, [MessageState.SendComplete, MessageState.SendComplete, MessageState.SendComplete])
  t.deepEqual(stage.waiting(), ['a', 'b', 'c'])
  t.deepEqual(client.pendingMessages, [])
  t.is(client.state, MessageSenderState.Idle)
  await stage.run()
  t.is(stage.broker.connections, 0)
  await t.throwsAsync(client.sendMessage('d'), { message: /was closed/ })
})

test('with closeOnDone false the client stays open, and can be filled again', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  client.queueMessage('a')
  await stage.until(client.sendAllMessages({ closeOnDone: false }))
  t.is(client.state, MessageSenderState.Open)
  client.queueMessage('b')
  await stage.until(client.sendAllMessages({ closeOnDone: false }))
  t.deepEqual(await stage.until(client.sendAllMessages({ closeOnDone: false })), [])
  t.deepEqual(stage.waiting(), ['a', 'b'])
})

test('while they are under way messages are pending; what is queued meanwhile waits for the next time', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender()
  client.queueMessage('a', 'b')
  const sending = watch(client.sendAllMessages({ closeOnDone: false, timeoutMs: 100 }))
  await stage.run()
  client.queueMessage('c')
  t.deepEqual(
    client.pendingMessages.map((message) => [message.text(), message.state]),
    [
      ['a', MessageState.WaitingForSendAck],
      ['b', MessageState.WaitingForSendAck],
      ['c', MessageState.WaitingToBeSent],
    ],
  )
  await stage.run(100)
  t.deepEqual(sending.value, [MessageState.SendFailed, MessageState.SendFailed])
  t.deepEqual(
    client.pendingMessages.map((message) => message.text()),
    ['c'],
  )
  t.deepEqual(stage.waiting(), ['a', 'b'])
})

test('a message that fails rejects nothing: its state tells, and the others go on', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 1000 })
  const client = stage.sender()
  const bad = new Message({ f: () => 1 })
  client.queueMessage('a', bad, new Uint8Array(5000), 'b')
  const { SendComplete, SendFailed } = MessageState
  t.deepEqual(await stage.until(client.sendAllMessages()), [
    SendComplete,
    SendFailed,
    SendFailed,
    SendComplete,
  ])
  t.is(bad.state, SendFailed)
  t.deepEqual(stage.waiting(), ['a', 'b'])
})

test('outcomes other than acceptance are failures, too', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'rejected' })
  const client = stage.sender()
  client.queueMessage('a', 'b')
  t.deepEqual(await stage.until(client.sendAllMessages()), [MessageState.SendFailed, MessageState.SendFailed])
})

test('a client that cannot be opened leaves the messages in the queue', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  const client = stage.sender()
  client.queueMessage('a', 'b')
  await t.throwsAsync(stage.until(client.sendAllMessages()), { instanceOf: LinkDetach })
  t.deepEqual(
    client.pendingMessages.map((message) => [message.text(), message.state]),
    [
      ['a', MessageState.WaitingToBeSent],
      ['b', MessageState.WaitingToBeSent],
    ],
  )
  stage.broker.createQueue('orders')
  await stage.until(client.sendAllMessages())
  t.deepEqual(stage.waiting(), ['a', 'b'])
})

test('msgTimeoutMs holds for queued messages, too', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { msgTimeoutMs: 100 })
  client.queueMessage('a')
  const sending = watch(client.sendAllMessages())
  await stage.run(100)
  t.deepEqual(sending.value, [MessageState.SendFailed])
})

test('a signal ends the wait for all that are under way', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender()
  client.queueMessage(...Array.from({ length: 20 }, (_, i) => `m${i}`))
  const controller = new AbortController()
  const sending = watch(client.sendAllMessages({ signal: controller.signal, closeOnDone: false }))
  await stage.run()
  t.is(sending.state, 'pending')
  controller.abort()
  await stage.run()
  t.deepEqual(new Set(sending.value), new Set([MessageState.SendFailed]))
  t.is(client.pendingMessages.length, 0)
})

test('a client that is closed with messages in its queue shows them still', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  client.queueMessage('a')
  await stage.until(client.close())
  t.is(client.pendingMessages[0]?.state, MessageState.WaitingToBeSent)
})
