// The functions for a single errand: they open, do it, and leave nothing behind.

import test from 'ava'
import { receiveMessage, receiveMessages, sendBatch, sendMessage } from '../../lib/client/one-shot.js'
import { AMQPTimeoutError, EncodeError, LinkDetach, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage, textOf } from './support/stage.js'

keepTidy(test)

test('a message goes in and comes out by one call each, and nothing stays open', async (t) => {
  const stage = await Stage.open(t)
  const message = new Message('hello', { applicationProperties: { colour: 'red' } })
  t.is(await stage.until(sendMessage(stage.url('orders'), message, stage.base)), undefined)
  await stage.run()
  t.is(stage.broker.connections, 0)
  const received = await stage.until(receiveMessage(stage.url('orders'), stage.base))
  t.is(received?.text(), 'hello')
  t.is(received?.applicationProperties?.['colour'], 'red')
  t.true(received?.settled)
  await stage.run()
  t.deepEqual(stage.waiting(), [])
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('what is no message becomes the body of one', async (t) => {
  const stage = await Stage.open(t)
  await stage.until(sendMessage(stage.url('orders'), { nested: [1, 'two'] }, stage.base))
  const received = await stage.until(receiveMessage(stage.url('orders'), stage.base))
  t.deepEqual(received?.value, new Map([['nested', [1, 'two']]]))
})

test('many messages go by one call, in one batch, and nothing stays open', async (t) => {
  const stage = await Stage.open(t)
  await stage.until(sendBatch(stage.url('orders'), new Set(['a', 'b', 'c']), stage.base))
  const [batch, ...rest] = stage.broker.queue('orders').messages
  t.deepEqual(
    batch?.innerMessages()?.map((message) => message.text()),
    ['a', 'b', 'c'],
  )
  t.deepEqual(rest, [])
  await stage.run()
  t.is(stage.broker.connections, 0)
  await t.throwsAsync(sendBatch(stage.url('orders'), ['x'], { timeout: 1 } as object), {
    instanceOf: TypeError,
    message: /timeout/,
  })
  t.is(stage.clock.pendingTimers, 0)
})

test('receiveMessage takes no more from the broker than that one', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  t.is(textOf(await stage.until(receiveMessage(stage.url('orders'), stage.base))), 'a')
  await stage.run()
  t.deepEqual(
    stage.broker.queue('orders').messages.map((message) => [message.text(), message.deliveryCount]),
    [
      ['b', 0],
      ['c', 0],
    ],
  )
})

test('receiveMessages takes as many as are there, maxBatchSize at most', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const url = stage.url('orders')
  t.deepEqual((await stage.until(receiveMessages(url, { ...stage.base, maxBatchSize: 2 }))).map(textOf), [
    'a',
    'b',
  ])
  t.deepEqual((await stage.until(receiveMessages(url, { ...stage.base, maxBatchSize: 2 }))).map(textOf), [
    'c',
  ])
  await stage.run()
  t.is(stage.broker.queue('orders').locked, 0)
})

test('nothing within timeoutMs is undefined, or an empty list', async (t) => {
  const stage = await Stage.open(t)
  const options = { ...stage.base, timeoutMs: 100 }
  const one = watch(receiveMessage(stage.url('orders'), options))
  const many = watch(receiveMessages(stage.url('orders'), { ...options, maxBatchSize: 5 }))
  await stage.run()
  t.is(one.state, 'pending')
  await stage.run(100)
  t.is(one.state, 'resolved')
  t.is(one.value, undefined)
  t.deepEqual(many.value, [])
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('what goes wrong is told, and nothing stays open', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  stage.broker.createQueue('picky', { answer: 'rejected' })
  const refused = sendMessage(stage.url('nowhere'), 'x', stage.base)
  await t.throwsAsync(stage.until(refused), { instanceOf: LinkDetach })
  const rejected = sendMessage(stage.url('picky'), 'x', stage.base)
  await t.throwsAsync(stage.until(rejected), { instanceOf: MessageSendFailed })
  const impossible = sendMessage(stage.url('picky'), { f: () => 1 }, stage.base)
  await t.throwsAsync(stage.until(impossible), { instanceOf: EncodeError })
  await t.throwsAsync(stage.until(receiveMessage(stage.url('nowhere'), stage.base)), {
    instanceOf: LinkDetach,
  })
  await stage.run()
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('a signal ends the errand with its reason', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('mute', { answer: 'none' })
  const controller = new AbortController()
  const options = { ...stage.base, signal: controller.signal }
  const errands = [
    sendMessage(stage.url('mute'), 'x', options),
    receiveMessage(stage.url('orders'), options),
    receiveMessages(stage.url('orders'), options),
  ].map((promise) => watch<unknown>(promise))
  await stage.run()
  controller.abort('enough')
  await stage.run()
  t.deepEqual(
    errands.map(({ error }) => error),
    ['enough', 'enough', 'enough'],
  )
  await stage.run()
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('a peer that has fallen silent does not hold up the bad news', async (t) => {
  const rig = new Rig({
    prepare: (peer) => {
      for (const kind of ['detach', 'end', 'close'] as const) peer.on(kind, () => {})
    },
  })
  const sending = watch(sendMessage(URL, 'x', { ...rig.base, timeoutMs: 100 }))
  await rig.run(100)
  t.true(sending.error instanceof AMQPTimeoutError)
  await rig.run(5000)
  t.is(rig.clock.pendingTimers, 0, 'and the rest goes by itself')
})

for (const [name, errand] of [
  ['sendMessage', (rig: Rig) => sendMessage(URL, 'x', { ...rig.base, timeoutMs: 500 })],
  ['receiveMessage', (rig: Rig) => receiveMessage(URL, { ...rig.base, timeoutMs: 500 })],
] as const) {
  test(`the timeoutMs of ${name} holds from the first byte on, also against a peer that says nothing`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on('open', () => {}) })
    const waiting = watch(errand(rig) as Promise<unknown>)
    await rig.run(499)
    t.is(waiting.state, 'pending')
    await rig.run(10)
    t.is(waiting.state, 'rejected')
  })
}
