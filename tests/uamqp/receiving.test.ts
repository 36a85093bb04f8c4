// What uAMQP's receivers got wrong; README.md lists all of its defects.

import test from 'ava'
import { ReceiveClient, type ReceiveClientOptions } from '../../lib/client/receive-client.js'
import { LinkDetach } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { Stage, textOf } from '../client/support/stage.js'
import { Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'
import type { PeerLink } from '../support/peer-state.js'

keepTidy(test)

/** The peer sends one message in so many frames. */
function deliverInFrames(peer: Peer, link: PeerLink, text: string, frames: number): void {
  const bytes = Message.from(text).encodeMessage()
  const size = Math.ceil(bytes.length / frames)
  for (let i = 0; i < frames; i++)
    peer.transfer(link, bytes.subarray(i * size, (i + 1) * size), { more: i < frames - 1 })
}

test('azure-sdk #9017, #16703: credit is counted by messages, however many frames they come in [2.6.7]', async (t) => {
  const rig = new Rig({ peer: { initialId: 0xfffffffa } })
  const receiver = await rig.receiver({ prefetch: 4 })
  const link = rig.peer.link('in')
  const texts = Array.from({ length: 40 }, (_, i) => `message ${i} `.repeat(20))
  const got: string[] = []
  for (const [i, text] of texts.entries()) {
    deliverInFrames(rig.peer, link, text, 1 + (i % 7))
    await rig.run()
    got.push((await rig.until(receiver.receive({ timeoutMs: 0 })))?.text() ?? 'nothing')
    await rig.run()
  }
  t.deepEqual(got, texts)
  const flows = rig.peer.takeAll('flow').filter(({ handle }) => handle !== undefined)
  t.is(flows.at(-1)?.deliveryCount, link.deliveryCount)
  t.true(flows.every(({ linkCredit = 0 }) => linkCredit <= 4))
  t.true(receiver.isOpen)
})

/** A client of a link with the name `in`, open. */
async function opened(rig: Rig, options: ReceiveClientOptions = {}): Promise<ReceiveClient> {
  const client = new ReceiveClient(URL, { ...rig.base, linkName: 'in', ...options })
  await rig.until(client.open())
  await rig.run()
  return client
}

const READERS: readonly (readonly [string, (client: ReceiveClient) => Promise<unknown>])[] = [
  ['receive', (client) => client.receive()],
  ['receiveMessageBatch', (client) => client.receiveMessageBatch()],
  ['receiveMessages', (client) => client.receiveMessages(() => {})],
  [
    'for await',
    async (client) => {
      for await (const message of client) await message.accept()
    },
  ],
]

for (const [name, read] of READERS) {
  test(`azure-sdk #10127, #18795: a link that is detached for being idle ends ${name} with its reason, and the next read attaches anew`, async (t) => {
    const rig = new Rig()
    const client = await opened(rig)
    const reading = watch(read(client))
    await rig.run()
    t.is(reading.state, 'pending')
    const error = {
      kind: 'error',
      condition: 'amqp:link:detach-forced',
      description: 'idle for 600 s',
    } as const
    rig.peer.detach(rig.peer.link('in'), { closed: true, error })
    await rig.run()
    t.is(reading.state, 'rejected')
    t.true(reading.error instanceof LinkDetach)
    t.like(reading.error, { condition: error.condition, description: error.description, retryable: true })
    const next = watch(client.receive())
    await rig.run()
    rig.deliver(rig.peer.link('in'), 'after')
    await rig.run()
    t.is(textOf(next.value), 'after')
    t.is(rig.peers.length, 1)
  })
}

test('uAMQP iterator: with autoComplete a message whose processing throws is not accepted', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { autoComplete: true })
  const reason = new Error('cannot be processed')
  const loop = async (): Promise<void> => {
    for await (const message of client) if (textOf(message) === 'b') throw reason
  }
  t.is((await t.throwsAsync(stage.until(loop()))) as unknown, reason)
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['b', 'c'])
})

test('uAMQP iterator: autoComplete is still in force after a loop was left', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c', 'd')
  const client = stage.receiver('orders', { autoComplete: true, prefetch: 1 })
  const loop = async (): Promise<Message | undefined> => {
    for await (const message of client) return message
    return undefined
  }
  const left = await stage.until(loop())
  t.false(left?.settled)
  await left?.release()
  const read = await stage.until(client.receive())
  const next = await stage.until(client.receive())
  await stage.run()
  t.true(read?.settled)
  t.false(next?.settled)
  await stage.until(client.close())
  const taken = textOf(read)
  t.deepEqual(
    stage.waiting().sort(),
    ['a', 'b', 'c', 'd'].filter((text) => text !== taken),
  )
})

test('uAMQP receive loop: a message that comes is handed over at once, and no timer polls for it', async (t) => {
  const rig = new Rig()
  const client = await opened(rig)
  const reading = watch(client.receive())
  await rig.run()
  t.is(rig.clock.pendingTimers, 0)
  rig.deliver(rig.peer.link('in'), 'x')
  await rig.run()
  t.is(textOf(reading.value), 'x')
})

test('uAMQP receive_message_batch: a batch may be larger than the prefetch', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const client = stage.receiver('orders', { prefetch: 2 })
  const batch = await stage.until(client.receiveMessageBatch({ maxBatchSize: 50 }))
  t.deepEqual(batch.map(textOf), ['a', 'b'])
  await Promise.all(batch.map((message) => message.accept()))
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['c'])
})

test('uAMQP prefetch: 0 grants no credit, and not 300 [2.6.7]', async (t) => {
  const rig = new Rig()
  await opened(rig, { prefetch: 0 })
  await rig.run(60_000)
  t.deepEqual(rig.flows(), [])
})

test('uAMQP receiver: a receiver is attached although the answer has no target, and no initial-delivery-count [2.6.3]', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (attach) =>
        peer.attach(peer.link(attach.name), { target: undefined, initialDeliveryCount: undefined }),
      ),
  })
  const receiver = await rig.receiver({ prefetch: 10 })
  rig.deliver(rig.peer.link('in'), 'x')
  await rig.run()
  t.is(textOf(await rig.until(receiver.receive())), 'x')
})

test('azure-sdk #15555: nothing is delivered before somebody has attached, and what nobody read goes back at the close', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('attach', () => {}) })
  const client = new ReceiveClient(URL, { ...rig.base, linkName: 'in', prefetch: 5 })
  const opening = watch(client.open())
  await rig.run(10_000)
  t.is(opening.state, 'pending')
  t.deepEqual(rig.flows(), [])
  const attached = rig.peer.link('in')
  rig.peer.attach(attached)
  await rig.run()
  t.is(opening.state, 'resolved')
  t.deepEqual(rig.flows(), [5])
  const ids = ['a', 'b'].map((text) => rig.deliver(attached, text))
  await rig.run()
  const closing = watch(client.close())
  await rig.run(5_000)
  t.is(closing.state, 'resolved')
  const [given] = rig.peer.takeAll('disposition')
  t.like(given, {
    first: ids[0] as number,
    last: ids[1] as number,
    settled: true,
    state: { kind: 'released' },
  })
})

for (const [name, modification] of [
  ['undeliverableHere', { undeliverableHere: true }],
  ['deliveryFailed', { deliveryFailed: true }],
] as const) {
  test(`uAMQP modify: ${name} alone goes out as that, and not inverted [3.4.5]`, async (t) => {
    const rig = new Rig()
    const receiver = await rig.receiver({ prefetch: 10 })
    rig.deliver(rig.peer.link('in'), 'x')
    await rig.run()
    const message = await rig.until(receiver.receive())
    await message?.modify(modification)
    await rig.run()
    const { state } = rig.peer.expect('disposition', { settled: true })
    t.like(state, {
      kind: 'modified',
      deliveryFailed: undefined,
      undeliverableHere: undefined,
      ...modification,
    })
  })
}
