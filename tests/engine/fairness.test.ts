import { begun } from '../support/engine-pair.js'
import type { SenderProbe } from '../support/engine-probes.js'
import { type Conditions, scenario } from '../support/scenario.js'

function withSenders(conditions: Conditions, count: number, incomingWindow: number) {
  const all = begun(conditions, { peer: { begin: { incomingWindow }, open: { maxFrameSize: 512 } } })
  const senders = Array.from({ length: count }, (_zero, i) =>
    all.pair.sender(all.session, { name: `out${i}` }),
  )
  all.pair.run()
  all.peer.forget()
  return { ...all, senders }
}

scenario('a link without credit does not delay another of the same session [2.6.7]', (t, conditions) => {
  const { pair, peer, senders } = withSenders(conditions, 2, 1_000)
  const [a, b] = senders as [SenderProbe, SenderProbe]
  peer.grant(peer.link('out1'), 100)
  pair.run()
  a.send(1)
  const sent = Array.from({ length: 10 }, () => b.send(1))
  pair.run()
  t.deepEqual(
    peer.takeAll('transfer').map((transfer) => transfer.handle),
    Array.from({ length: 10 }, () => b.link.localHandle),
  )
  t.true(sent.every((delivery) => delivery.progress === 2))
  t.is(a.link.queued, 1)
  peer.grant(peer.link('out0'), 1)
  pair.run()
  t.is(peer.takeAll('transfer').length, 1)
})

scenario('a link that is not attached yet delays nobody, either [2.6.3]', (t, conditions) => {
  const { pair, peer, senders, session } = withSenders(conditions, 1, 1_000)
  peer.on('attach', () => {})
  const waiting = pair.sender(session, { name: 'waiting' })
  waiting.send(1)
  peer.grant(peer.link('out0'), 10)
  pair.run()
  senders[0]?.send(1)
  pair.run()
  t.is(peer.takeAll('transfer').length, 1)
  t.is(waiting.link.queued, 1)
})

scenario('many links take turns when the window opens bit by bit [2.5.6]', (t, conditions) => {
  const { pair, peer, senders } = withSenders(conditions, 5, 0)
  for (let i = 0; i < 5; i++) peer.grant(peer.link(`out${i}`), 1_000)
  pair.run()
  for (const sender of senders) for (let i = 0; i < 200; i++) sender.send(1)
  peer.flow(undefined, { incomingWindow: 400 })
  pair.run()
  const counts = new Map<number, number>()
  for (const { handle } of peer.takeAll('transfer')) counts.set(handle, (counts.get(handle) ?? 0) + 1)
  t.is(counts.size, 5)
  for (const count of counts.values()) t.true(count >= 64 && count <= 96, `one link got ${count} of 400`)
})

scenario('a flow of one link that opens the window for all serves all [2.5.6]', (t, conditions) => {
  const { pair, peer, senders } = withSenders(conditions, 4, 0)
  for (let i = 0; i < 4; i++) peer.grant(peer.link(`out${i}`), 10_000)
  pair.run()
  for (const sender of senders) for (let i = 0; i < 1_000; i++) sender.send(1)
  for (let i = 0; i < 4; i++) {
    peer.session.incomingWindow = 200
    peer.grant(peer.link('out0'), 10_000, { incomingWindow: 200 })
    pair.run()
  }
  const counts = new Map<number, number>()
  for (const { handle } of peer.takeAll('transfer')) counts.set(handle, (counts.get(handle) ?? 0) + 1)
  t.is(counts.size, 4)
  for (const count of counts.values()) t.true(count >= 130, `one link got ${count} of 800`)
})

scenario('a large message does not keep others from their turn for ever [2.5.6]', (t, conditions) => {
  const { pair, peer, senders } = withSenders(conditions, 2, 0)
  const [a, b] = senders as [SenderProbe, SenderProbe]
  peer.grant(peer.link('out0'), 10)
  peer.grant(peer.link('out1'), 10)
  pair.run()
  a.send(10_000)
  b.send(1)
  for (let i = 0; i < 3; i++) {
    peer.flow(undefined, { incomingWindow: 2 })
    pair.run()
  }
  const handles = peer.takeAll('transfer').map((transfer) => transfer.handle)
  t.true(handles.includes(b.link.localHandle))
})

scenario(
  'a window that is never empty lets a second link in, though the first has endless work [2.5.6]',
  (t, conditions) => {
    const { pair, peer, senders } = withSenders(conditions, 2, 50)
    const [a, b] = senders as [SenderProbe, SenderProbe]
    peer.grant(peer.link('out0'), 10_000)
    peer.grant(peer.link('out1'), 10_000)
    pair.run()
    for (let i = 0; i < 500; i++) a.send(1)
    b.send(1)
    pair.run()
    peer.flow(undefined, { incomingWindow: 50 })
    pair.run()
    t.true(peer.takeAll('transfer').some((transfer) => transfer.handle === b.link.localHandle))
  },
)

scenario('sessions of a connection do not share windows [2.5.6]', (t, conditions) => {
  const { pair, peer, senders } = withSenders(conditions, 1, 0)
  const other = pair.session()
  peer.on('begin', () => peer.begin(peer.session, { incomingWindow: 10 }))
  pair.run()
  const free = pair.sender(other, { name: 'free' })
  pair.run()
  peer.grant(peer.link('free'), 10)
  peer.grant(peer.link('out0'), 10)
  pair.run()
  peer.forget()
  senders[0]?.send(1)
  free.send(1)
  pair.run()
  t.is(peer.takeAll('transfer').length, 1)
  t.is(senders[0]?.link.queued, 1)
})
