// What uAMQP's senders got wrong; README.md lists all of its defects.

import test from 'ava'
import { SendClient } from '../../lib/client/send-client.js'
import type { MessageSender } from '../../lib/connection/message-sender.js'
import { MessageState, SenderSettleMode } from '../../lib/constants.js'
import { Message } from '../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { Stage } from '../client/support/stage.js'
import { Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'

keepTidy(test)

type Ending = (rig: Rig, sender: MessageSender, abort: AbortController) => void | Promise<void>

const ENDINGS: readonly (readonly [string, Ending])[] = [
  ['its signal aborts', (_rig, _sender, abort) => abort.abort(new Error('enough'))],
  ['its time is over', (rig) => rig.clock.run(1_000)],
  ['its link is closed', (_rig, sender) => sender.close({ timeoutMs: 0 })],
  ['the peer detaches', (rig) => rig.peer.detach(rig.peer.link('out'))],
  ['the peer ends the session', (rig) => rig.peer.end()],
  ['the peer closes', (rig) => rig.peer.close()],
  ['the connection is lost', (rig) => rig.drop()],
]

for (const [place, credit] of [
  ['waits for credit', 0],
  ['waits for its outcome', 1],
] as const) {
  for (const [how, end] of ENDINGS) {
    test(`uAMQP sender, result Cancelled: a message that ${place} when ${how} has failed, and is not taken for sent`, async (t) => {
      const rig = new Rig()
      const sender = await rig.sender(credit)
      const abort = new AbortController()
      const message = new Message('x')
      const sending = watch(sender.sendAccepted(message, { signal: abort.signal, timeoutMs: 1_000 }))
      await rig.run()
      t.is(sending.state, 'pending')
      const ended = Promise.resolve(end(rig, sender, abort)).catch(() => {})
      await rig.run()
      t.is(sending.state, 'rejected')
      t.is(message.state, MessageState.SendFailed)
      await ended
    })
  }
}

const OUTCOMES: readonly (readonly [string, DeliveryState, MessageState])[] = [
  ['accepted', ACCEPTED, MessageState.SendComplete],
  ['rejected', { kind: 'rejected', error: { kind: 'error', condition: 'a:b' } }, MessageState.SendFailed],
  ['rejected without an error', { kind: 'rejected' }, MessageState.SendFailed],
  ['released', RELEASED, MessageState.SendFailed],
  ['modified', { kind: 'modified' }, MessageState.SendFailed],
  [
    'modified, undeliverable here',
    { kind: 'modified', undeliverableHere: true, deliveryFailed: true },
    MessageState.SendFailed,
  ],
]

/** A peer that grants credit at once, and settles each message so. */
function settling(state: DeliveryState, settled: boolean): (peer: Peer) => void {
  return (peer) => {
    peer.on('attach', (attach) => {
      const link = peer.link(attach.name)
      peer.attach(link)
      peer.grant(link, 10)
    })
    peer.on('transfer', ({ deliveryId = -1, settled: done }) => {
      if (done !== true) peer.dispose({ first: deliveryId, settled, state })
    })
  }
}

for (const settled of [true, false]) {
  for (const [name, state, fate] of OUTCOMES) {
    test(`uAMQP sender: sendAllMessages and close come to their end when a message is ${name}, ${settled ? 'settled' : 'unsettled'} [3.4]`, async (t) => {
      const rig = new Rig({ prepare: settling(state, settled) })
      const client = new SendClient(URL, rig.base)
      client.queueMessage('a', 'b')
      t.deepEqual(await rig.until(client.sendAllMessages()), [fate, fate])
      t.deepEqual(client.pendingMessages, [])
      t.is(rig.clock.pendingTimers, 0)
    })
  }
}

test('uAMQP SenderSettleMode.Mixed: messages complete, those sent settled and those that wait for their outcome [2.8.2]', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender('orders', { sendSettleMode: SenderSettleMode.Mixed })
  client.queueMessage('a', 'b')
  const fates = await stage.until(client.sendAllMessages({ closeOnDone: false }))
  t.deepEqual(fates, [MessageState.SendComplete, MessageState.SendComplete])
  const settled = new Message('c')
  await stage.until(client.sendMessage(settled, { settled: true }))
  t.is(settled.state, MessageState.SendComplete)
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['a', 'b', 'c'])
})

test('uAMQP sender: a sender whose credit is used up waits, and never grants credit itself [2.6.7]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(3)
  const sending = Array.from({ length: 5 }, (_, i) => watch(sender.send(`m${i}`)))
  await rig.run(600_000)
  t.deepEqual(rig.texts(), ['m0', 'm1', 'm2'])
  t.deepEqual(rig.flows(), [])
  rig.peer.grant(rig.peer.link('out'), 0, { echo: true })
  await rig.run()
  t.deepEqual(rig.flows(), [0])
  rig.peer.grant(rig.peer.link('out'), 2)
  await rig.run(600_000)
  t.deepEqual(rig.texts(), ['m3', 'm4'])
  t.deepEqual(rig.flows(), [])
  t.is(sending.length, sender.pending)
})

test('uamqp-c #247: a sender is attached although the answer has no source, and no initial-delivery-count [2.6.3]', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (attach) =>
        peer.attach(peer.link(attach.name), { source: undefined, initialDeliveryCount: undefined }),
      ),
  })
  const sender = await rig.sender(1)
  watch(sender.send('x'))
  await rig.run()
  t.deepEqual(rig.texts(), ['x'])
})

test('azure-sdk #16703: a message of many frames costs a sender one credit, and counts as one delivery [2.6.7]', async (t) => {
  const rig = new Rig({ peer: { open: { maxFrameSize: 512 } } })
  const sender = await rig.sender(2)
  const sending = ['a', 'b', 'c'].map((letter) => watch(sender.send(letter.repeat(5_000))))
  await rig.run()
  const frames = rig.peer.takeAll('transfer')
  t.true(frames.length >= 20)
  t.is(frames.filter(({ more }) => more !== true).length, 2)
  rig.peer.grant(rig.peer.link('out'), 0, { echo: true })
  await rig.run()
  const [flow] = rig.peer.takeAll('flow')
  t.like(flow, { linkCredit: 0, deliveryCount: rig.peer.link('out').deliveryCount })
  t.deepEqual(states(sending), ['pending', 'pending', 'pending'])
  t.is(sender.pending, 3)
})

test('uAMQP #291: a client that is closed while messages are queued and sent ends every call', async (t) => {
  const rig = new Rig()
  const client = new SendClient(URL, rig.base)
  await rig.until(client.open())
  const sending = ['a', 'b'].map((text) => watch(client.sendMessage(text)))
  client.queueMessage('c')
  const all = watch(client.sendAllMessages())
  await rig.run()
  client.queueMessage('d')
  t.deepEqual(states([...sending, all]), ['pending', 'pending', 'pending'])
  const closing = watch(client.close({ timeoutMs: 100 }))
  await rig.run(100)
  t.is(closing.state, 'resolved')
  t.deepEqual(states([...sending, all]), ['rejected', 'rejected', 'resolved'])
  t.deepEqual(all.value, [MessageState.SendFailed])
  t.deepEqual(
    client.pendingMessages.map((message) => message.text()),
    ['d'],
  )
  t.is(rig.clock.pendingTimers, 0)
})

test('uAMQP ErrorAction.backoff: a message that the peer leaves unanswered holds up no other, nor the connection', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  const other = await rig.sender(10, { name: 'other' }, connection)
  watch(sender.send('unanswered'))
  await rig.run()
  rig.peer.forget()
  const sending = [watch(sender.sendAccepted('a')), watch(other.sendAccepted('b'))]
  await rig.run()
  for (const { deliveryId = -1 } of rig.peer.takeAll('transfer'))
    rig.peer.dispose({ first: deliveryId, settled: true, state: ACCEPTED })
  await rig.run()
  t.deepEqual(states(sending), ['resolved', 'resolved'])
  t.is(sender.pending, 1)
})
