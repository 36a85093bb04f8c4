// ReceiveClient against the embedded broker: what is received, how it is settled, and what becomes of the rest.

import test from 'ava'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { MessageReceiverState, MessageState, ReceiverSettleMode } from '../../lib/constants.js'
import { AMQPError, AMQPTimeoutError, LinkDetach, MessageAlreadySettled } from '../../lib/errors.js'
import type { Message } from '../../lib/message/message.js'
import { Source } from '../../lib/message/terminus.js'
import { answerDrains, Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { Stage, textOf } from './support/stage.js'

keepTidy(test)

test('the first receive opens connection and link; a message is locked until it is settled', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver()
  t.is(client.state, MessageReceiverState.Idle)
  const reading = watch(client.receive())
  t.is(client.state, MessageReceiverState.Opening)
  await stage.run()
  t.is(client.state, MessageReceiverState.Open)
  t.is(textOf(reading.value), 'a')
  t.is(reading.value?.state, MessageState.ReceivedUnsettled)
  t.is(stage.broker.queue('orders').locked, 1)
  await reading.value?.accept()
  await stage.run()
  t.is(stage.broker.queue('orders').locked, 0)
  t.deepEqual(stage.waiting(), [])
})

for (const [name, options, expected] of [
  ['PeekLock', {}, /snd-settle-mode=unsettled, rcv-settle-mode=first/],
  [
    'PeekLock with confirmSettlement',
    { confirmSettlement: true },
    /snd-settle-mode=unsettled, rcv-settle-mode=second/,
  ],
  [
    'ReceiveAndDelete',
    { receiveSettleMode: ReceiverSettleMode.ReceiveAndDelete },
    /snd-settle-mode=settled, rcv-settle-mode=first/,
  ],
  [
    'ReceiveAndDelete, whatever confirmSettlement says,',
    { receiveSettleMode: ReceiverSettleMode.ReceiveAndDelete, confirmSettlement: true },
    /snd-settle-mode=settled, rcv-settle-mode=first/,
  ],
] as const) {
  test(`${name} asks for these modes on the wire [2.8.2, 2.8.3]`, async (t) => {
    const stage = await Stage.open(t)
    await stage.until(stage.receiver('orders', options).open())
    t.regex(stage.written('attach')[0] ?? '', expected)
  })
}

test('prefetch is 300 unless told otherwise', async (t) => {
  const stage = await Stage.open(t)
  await stage.until(stage.receiver().open())
  await stage.run()
  t.regex(stage.written('flow')[0] ?? '', /link-credit=300/)
})

test('a receive that nothing comes for within timeoutMs gives undefined', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.receiver()
  await stage.until(client.open())
  const reading = watch(client.receive({ timeoutMs: 100 }))
  await stage.run(99)
  t.is(reading.state, 'pending')
  await stage.run(1)
  t.is(reading.state, 'resolved')
  t.is(reading.value, undefined)
})

test('timeoutMs holds for opening and receiving together; a client that does not open in time says so', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('open', () => {}) })
  const client = new ReceiveClient(URL, rig.base)
  const reading = watch(client.receive({ timeoutMs: 100 }))
  await rig.run(100)
  t.true(reading.error instanceof AMQPTimeoutError)
  const stage = await Stage.open(t)
  const late = watch(stage.receiver('orders', { transport: stage.slow(60) }).receive({ timeoutMs: 100 }))
  await stage.run(60)
  await stage.run(39)
  t.is(late.state, 'pending')
  await stage.run(1)
  t.is(late.state, 'resolved')
})

test('a receive whose signal aborts rejects with the reason', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.receiver()
  await stage.until(client.open())
  const controller = new AbortController()
  const reading = watch(client.receive({ signal: controller.signal }))
  await stage.run()
  controller.abort('enough')
  await stage.run()
  t.is(reading.error, 'enough')
})

test('each outcome does at the broker what it says [3.4]', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('accept', 'release', 'modify', 'reject')
  const client = stage.receiver('orders', { prefetch: 0 })
  for (let i = 0; i < 4; i++) {
    const message = await stage.until(client.receive())
    if (message?.text() === 'accept') await message.accept()
    if (message?.text() === 'release') await message.release()
    if (message?.text() === 'modify') await message.modify({ deliveryFailed: true })
    if (message?.text() === 'reject') await message.reject({ condition: 'amqp:not-allowed' })
    await stage.run()
    if (message?.text() === 'release') break
  }
  t.is(textOf(await stage.until(client.receive())), 'release')
  const modified = await stage.until(client.receive())
  await modified?.modify({ deliveryFailed: true })
  await stage.run()
  const again = await stage.until(client.receive())
  t.is(textOf(again), 'modify')
  t.is(again?.deliveryCount, 1)
  const bad = await stage.until(client.receive())
  await bad?.reject({ condition: 'amqp:not-allowed' })
  await stage.run()
  t.deepEqual(stage.waiting('orders/$DeadLetterQueue'), ['reject'])
})

test('with confirmSettlement accept waits for the broker [2.6.12]', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver('orders', { confirmSettlement: true })
  const message = await stage.until(client.receive())
  const settling = watch(message?.accept() as Promise<void>)
  await new Promise((resolve) => setImmediate(resolve))
  t.is(settling.state, 'pending')
  await stage.run()
  t.is(settling.state, 'resolved')
  t.true(message?.settled)
})

test('with confirmSettlement a broker that answers with mode first is left again, and open says why [2.8.3]', async (t) => {
  const rig = new Rig({
    prepare: (peer) => {
      answerDrains(peer)
      peer.on('attach', ({ name }) => peer.attach(peer.link(name), { rcvSettleMode: 0 }))
    },
  })
  const client = new ReceiveClient(URL, { ...rig.base, confirmSettlement: true })
  const error = await rig.until(t.throwsAsync(client.open(), { instanceOf: AMQPError }))
  t.like(error, { code: 'AMQP_NOT_CONFIRMING', condition: 'amqp:not-implemented', retryable: false })
  t.regex(error?.message ?? '', /orders does not confirm settlement/)
  t.is(rig.peer.takeAll('detach')[0]?.closed, true)
  await rig.until(client.close())
})

test('a batch takes what is there, and no more than maxBatchSize', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c', 'd', 'e')
  const client = stage.receiver()
  const first = await stage.until(client.receiveMessageBatch({ maxBatchSize: 2 }))
  t.deepEqual(first.map(textOf), ['a', 'b'])
  const rest = await stage.until(client.receiveMessageBatch())
  t.deepEqual(rest.map(textOf), ['c', 'd', 'e'])
  t.false(first.some((message) => message.settled))
  const none = watch(client.receiveMessageBatch({ timeoutMs: 50 }))
  await stage.run(50)
  t.deepEqual(none.value, [])
})

test('with autoComplete a message is accepted when the next is asked for, not before', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { autoComplete: true, prefetch: 1 })
  const first = await stage.until(client.receive())
  await stage.run()
  t.false(first?.settled)
  const second = await stage.until(client.receive())
  t.true(first?.settled)
  t.false(second?.settled)
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['b'], 'what nobody asked beyond is not accepted')
})

test('with autoComplete every message that was handed out is accepted, also to several readers at once', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { autoComplete: true })
  const two = await stage.until(Promise.all([client.receive(), client.receive()]))
  t.deepEqual(
    two.map((message) => message?.settled),
    [false, false],
  )
  await stage.until(client.receive())
  t.deepEqual(
    two.map((message) => message?.settled),
    [true, true],
  )
})

test('with autoComplete a message that was settled by hand is left alone', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { autoComplete: true, prefetch: 0 })
  const first = await stage.until(client.receive())
  await first?.release()
  await stage.run()
  t.is(textOf(await stage.until(client.receive())), 'a')
  await t.throwsAsync(first?.accept() as Promise<void>, { instanceOf: MessageAlreadySettled })
})

test('with autoComplete a batch is accepted as it is handed over', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { autoComplete: true })
  const batch = await stage.until(client.receiveMessageBatch())
  t.true(batch.every((message) => message.settled))
  await stage.run()
  t.deepEqual(stage.waiting(), [])
  t.is(stage.broker.queue('orders').locked, 0)
})

test('a batch is handed over even if not all of it could be accepted: settled tells of each', async (t) => {
  const rig = new Rig()
  const client = new ReceiveClient(URL, {
    ...rig.base,
    autoComplete: true,
    confirmSettlement: true,
    linkName: 'in',
  })
  await rig.until(client.open())
  await rig.run()
  const ids = ['a', 'b'].map((text) => rig.deliver(rig.peer.link('in'), text))
  await rig.run()
  const reading = watch(client.receiveMessageBatch())
  await rig.run()
  rig.peer.dispose({ role: false, first: ids[0] as number, settled: true, state: { kind: 'accepted' } })
  await rig.run()
  t.is(reading.state, 'pending')
  await rig.drop()
  t.deepEqual(
    reading.value?.map((message) => [textOf(message), message.settled]),
    [
      ['a', true],
      ['b', false],
    ],
  )
})

test('a loop gives messages until the client is closed', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver()
  const texts: (string | undefined)[] = []
  const loop = watch(
    (async () => {
      for await (const message of client) {
        texts.push(textOf(message))
        await message.accept()
      }
    })(),
  )
  await stage.run()
  t.deepEqual(texts, ['a', 'b'])
  await stage.until(client.close())
  t.is(loop.state, 'resolved')
  t.deepEqual(stage.waiting(), [])
})

test('leaving a loop gives back what was prefetched, uncounted; a new loop goes on', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver()
  const takeOne = async (): Promise<string | undefined> => {
    for await (const message of client) {
      await message.accept()
      return textOf(message)
    }
    return undefined
  }
  t.is(await stage.until(takeOne()), 'a')
  await stage.run()
  t.deepEqual(stage.waiting(), ['b', 'c'])
  t.is(stage.broker.queue('orders').locked, 0)
  t.is(await stage.until(takeOne()), 'b')
  const last = await stage.until(client.receive())
  t.is(textOf(last), 'c')
  t.is(last?.deliveryCount, 0)
})

test('in a loop with autoComplete a message is accepted when the next is asked for; leaving accepts nothing', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { autoComplete: true })
  const texts: (string | undefined)[] = []
  const loop = async (): Promise<void> => {
    for await (const message of client) {
      texts.push(textOf(message))
      if (texts.length === 2) break
    }
  }
  await stage.until(loop())
  await stage.until(client.close())
  t.deepEqual(texts, ['a', 'b'])
  t.deepEqual(stage.waiting(), ['b', 'c'])
})

test('in a loop without autoComplete nothing is accepted that the body did not accept', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver()
  const seen: Message[] = []
  const loop = async (): Promise<void> => {
    for await (const message of client) if (seen.push(message) === 3) break
  }
  await stage.until(loop())
  t.deepEqual(
    seen.map((message) => message.settled),
    [false, false, false],
  )
  t.is(stage.broker.queue('orders').locked, 3)
  await stage.until(client.close())
  t.deepEqual(stage.waiting().sort(), ['a', 'b', 'c'])
})

test('an error in the body of a loop comes out of it, and what was prefetched is given back', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver()
  const reason = new Error('thrown in the loop')
  const loop = async (): Promise<void> => {
    for await (const message of client) {
      await message.release()
      throw reason
    }
  }
  t.is((await t.throwsAsync(stage.until(loop()))) as unknown, reason)
  await stage.run()
  t.deepEqual(stage.waiting().sort(), ['a', 'b'])
})

test('ReceiveAndDelete: what the broker gave away is readable after close, and only then nothing is left', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { receiveSettleMode: ReceiverSettleMode.ReceiveAndDelete })
  const first = await stage.until(client.receive())
  t.true(first?.settled)
  await t.throwsAsync(first?.accept() as Promise<void>, { instanceOf: MessageAlreadySettled })
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), [])
  t.is(textOf(await stage.until(client.receive())), 'b')
  t.deepEqual((await stage.until(client.receiveMessageBatch())).map(textOf), ['c'])
  await t.throwsAsync(client.receive(), { message: /was closed/ })
})

test('ReceiveAndDelete: what the broker gave away is readable after the connection was lost', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const client = stage.receiver('orders', { receiveSettleMode: ReceiverSettleMode.ReceiveAndDelete })
  await stage.until(client.open())
  await stage.run()
  stage.broker.dropConnections()
  await stage.run()
  t.is(textOf(await stage.until(client.receive())), 'a')
  t.is(textOf(await stage.until(client.receive())), 'b')
  t.is(stage.connects, 2, 'no new connection was needed: one filled the queue, one was lost')
})

test('a read that waits when the client is closed gives undefined', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.receiver()
  await stage.until(client.open())
  const reading = [watch(client.receive()), watch(client.receiveMessageBatch())] as const
  await stage.run()
  await stage.until(client.close())
  t.is(reading[0].value, undefined)
  t.is(reading[0].state, 'resolved')
  t.deepEqual(reading[1].value, [])
})

test('drain resolves when the broker has sent what it has', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const client = stage.receiver()
  await stage.until(client.drain())
  t.is(textOf(await stage.until(client.receive({ timeoutMs: 0 }))), 'a')
  t.regex(stage.written('flow').join('\n'), /drain=true/)
})

test('prefetch 0: the broker hands out nothing that was not asked for', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { prefetch: 0 })
  const first = await stage.until(client.receive())
  await stage.run()
  t.is(stage.broker.queue('orders').locked, 1)
  await first?.accept()
  const batch = await stage.until(client.receiveMessageBatch({ maxBatchSize: 5 }))
  t.deepEqual(batch.map(textOf), ['b', 'c'])
  const none = watch(client.receive({ timeoutMs: 10 }))
  await stage.run(10)
  t.is(none.state, 'resolved')
  await stage.fill('late')
  await stage.run()
  t.deepEqual(stage.waiting(), ['late'], 'no credit was left behind')
})

test('the fields of a Source reach the broker', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a')
  const source = new Source({ address: stage.url('orders'), distributionMode: 'copy' })
  const client = new ReceiveClient(source, stage.base)
  const message = await stage.until(client.receive())
  t.is(textOf(message), 'a')
  t.regex(stage.written('attach')[0] ?? '', /distribution-mode=copy/)
  t.deepEqual(stage.waiting(), ['a'], 'a browser takes nothing away')
})

test('an address that does not exist is refused with what the broker said', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  const client = stage.receiver()
  const error = await t.throwsAsync(stage.until(client.receive()), { instanceOf: LinkDetach })
  t.like(error, { condition: 'amqp:not-found' })
  t.is(client.state, MessageReceiverState.Error)
  await stage.run()
  t.is(stage.broker.connections, 0)
})

test('a dynamic source makes a node, whose address the link tells [3.5.3]', async (t) => {
  const stage = await Stage.open(t)
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  let made = ''
  const client = new ReceiveClient(new Source({ dynamic: true }), {
    connection,
    clock: stage.clock,
    onAttach: (link) => {
      made = link.address
    },
  })
  await stage.until(client.open())
  t.deepEqual(stage.broker.queueNames, [made])
  const sender = new SendClient(made, { connection, clock: stage.clock })
  await stage.until(sender.sendMessage('an answer'))
  t.is(textOf(await stage.until(client.receive())), 'an answer')
  await stage.until(connection.close())
})
