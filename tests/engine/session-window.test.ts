import { serialAdd } from '../../lib/util/serial.js'
import { begun, type EnginePair } from '../support/engine-pair.js'
import type { SenderProbe } from '../support/engine-probes.js'
import { pattern } from '../support/engine-probes.js'
import type { Peer } from '../support/peer.js'
import { type Conditions, scenario } from '../support/scenario.js'

function receiving(conditions: Conditions, incomingWindow: number) {
  const all = begun(conditions, {}, { incomingWindow })
  const receiver = all.pair.receiver(all.session)
  receiver.link.addCredit(1_000)
  all.pair.run()
  all.peer.forget()
  return { ...all, receiver, link: all.peer.link('in') }
}

function sending(conditions: Conditions, incomingWindow: number, maxFrameSize = 512) {
  const options = { peer: { begin: { incomingWindow }, open: { maxFrameSize } } }
  const all: {
    pair: EnginePair
    peer: Peer
    session: ReturnType<EnginePair['session']>
    sender: SenderProbe
  } = {
    ...begun(conditions, options),
    sender: undefined as never,
  }
  all.sender = all.pair.sender(all.session)
  all.pair.run()
  const link = all.peer.link('out')
  all.peer.grant(link, 100)
  all.pair.run()
  all.peer.forget()
  return { ...all, link }
}

scenario(
  'a flow renews our window once half of it is used, counting frames, not messages [2.5.6]',
  (t, conditions) => {
    const { pair, peer, link } = receiving(conditions, 8)
    peer.transfer(link, pattern(10), { more: true })
    peer.transfer(link, pattern(10), { more: true })
    peer.transfer(link, pattern(10))
    pair.run()
    peer.done()
    peer.transfer(link, pattern(10))
    pair.run()
    const flow = peer.expect('flow', { incomingWindow: 8, handle: undefined, linkCredit: undefined })
    t.is(flow.nextIncomingId, serialAdd(peer.initialId, 4))
    peer.done()
  },
)

scenario('a full window in one chunk is taken, one frame more is a violation [2.5.6]', (t, conditions) => {
  const { pair, peer, link, session, receiver } = receiving(conditions, 4)
  const { cut } = conditions
  void cut
  for (let i = 0; i < 4; i++) peer.transfer(link, pattern(1, i))
  for (const bytes of peer.take()) pair.engine.receive(bytes, pair.nowMs)
  t.is(receiver.deliveries.length, 4)
  t.false(session.ended)
  peer.transfer(link, pattern(1))
  for (const bytes of peer.take()) pair.engine.receive(bytes, pair.nowMs)
  pair.run()
  const kinds = peer.inbox.map((item) => item.body.kind)
  t.true(kinds.includes('end'))
  t.is(peer.takeAll('end')[0]?.error?.condition, 'amqp:session:window-violation')
  t.is(session.condition, 'amqp:session:window-violation')
  t.is(receiver.deliveries.length, 4)
  t.false(pair.ended)
})

scenario('any flow renews the window, whatever it was sent for [2.5.6]', (t, conditions) => {
  const { pair, peer, link, receiver } = receiving(conditions, 8)
  for (let i = 0; i < 3; i++) peer.transfer(link, pattern(1))
  pair.run()
  receiver.link.addCredit(1)
  pair.run()
  peer.expect('flow', { incomingWindow: 8, nextIncomingId: serialAdd(peer.initialId, 3) })
  for (let i = 0; i < 3; i++) peer.transfer(link, pattern(1))
  pair.run()
  peer.done()
  t.is(receiver.deliveries.length, 6)
})

scenario('a flow of the session with echo is answered by one without [2.7.4]', (t, conditions) => {
  const { pair, peer } = receiving(conditions, 100)
  peer.flow(undefined, { echo: true })
  pair.run()
  const flow = peer.expect('flow', { handle: undefined, echo: undefined, incomingWindow: 100 })
  t.is(flow.nextIncomingId, peer.initialId)
  peer.done()
})

scenario(
  'nothing is sent into a window of zero, and it goes on when the window opens [2.5.6]',
  (t, conditions) => {
    const { pair, peer, sender } = sending(conditions, 0)
    const delivery = sender.send(100)
    pair.run()
    peer.done()
    t.is(sender.link.queued, 1)
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
    t.deepEqual(peer.expect('transfer').payload, pattern(100))
    peer.done()
    t.is(sender.link.queued, 0)
    t.is(delivery.fate, 'pending')
  },
)

scenario(
  'a message stops in its middle when the window ends, and goes on from there [2.5.6]',
  (t, conditions) => {
    const { pair, peer, sender, session } = sending(conditions, 3)
    const payload = pattern(3_000)
    sender.send(payload)
    pair.run()
    t.is(peer.inbox.length, 3)
    t.is(session.session.outgoingWindow.remoteIncomingWindow, 0)
    for (let i = 0; i < 20 && sender.link.queued > 0; i++) {
      peer.flow(undefined, { incomingWindow: 2 })
      pair.run()
    }
    const frames = peer.takeAll('transfer')
    t.deepEqual(new Uint8Array(Buffer.concat(frames.map((frame) => frame.payload))), payload)
    t.deepEqual(
      frames.map((frame) => frame.more ?? false),
      [...frames.slice(1).map(() => true), false],
    )
    peer.done()
  },
)

scenario('a flow that has not seen our begin counts from our first transfer [2.5.6]', (t, conditions) => {
  const { pair, peer, sender, session } = sending(conditions, 10)
  for (let i = 0; i < 4; i++) sender.send(1)
  pair.run()
  peer.forget()
  peer.session.incomingWindow = 3
  peer.flow(undefined, { nextIncomingId: undefined, incomingWindow: 7 })
  pair.run()
  t.is(session.session.outgoingWindow.remoteIncomingWindow, 3)
  for (let i = 0; i < 5; i++) sender.send(1)
  pair.run()
  t.is(peer.takeAll('transfer').length, 3)
  t.is(sender.link.queued, 2)
})

scenario('what is under way counts against the window that a flow tells [2.5.6]', (t, conditions) => {
  const { pair, peer, sender, session } = sending(conditions, 10)
  for (let i = 0; i < 6; i++) sender.send(1)
  pair.run()
  peer.flow(undefined, { nextIncomingId: serialAdd(peer.session.nextIncomingId ?? 0, -4), incomingWindow: 5 })
  pair.run()
  t.is(session.session.outgoingWindow.remoteIncomingWindow, 1)
})

scenario('a window that shrank below what is under way counts as closed [2.5.6]', (t, conditions) => {
  const { pair, peer, sender, session } = sending(conditions, 10)
  for (let i = 0; i < 6; i++) sender.send(1)
  pair.run()
  peer.forget()
  peer.session.incomingWindow = 0
  peer.flow(undefined, { nextIncomingId: serialAdd(peer.session.nextIncomingId ?? 0, -4), incomingWindow: 2 })
  pair.run()
  t.is(session.session.outgoingWindow.remoteIncomingWindow, 0)
  sender.send(1)
  pair.run()
  peer.done()
  peer.flow(undefined, { incomingWindow: 1 })
  pair.run()
  t.is(peer.takeAll('transfer').length, 1)
})

scenario(
  'only transfers use up the window: attach, flow, disposition and detach go through [2.5.6]',
  (t, conditions) => {
    const { pair, peer, session } = sending(conditions, 0)
    const receiver = pair.receiver(session)
    receiver.link.addCredit(1)
    pair.run()
    peer.transfer(peer.link('in'), pattern(1))
    pair.run()
    receiver.link.dispose(receiver.deliveries[0] as never, { kind: 'accepted' }, true)
    receiver.link.detach()
    pair.run()
    t.deepEqual(
      peer.inbox.map((item) => item.body.kind),
      ['attach', 'flow', 'disposition', 'detach'],
    )
  },
)
