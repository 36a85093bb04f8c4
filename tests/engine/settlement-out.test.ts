import { ACCEPTED, RELEASED } from '../../lib/types/messaging.js'
import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

const FIRST = 0xfffffffd

function attached(conditions: Conditions, count: number, settled = false) {
  const all = begun(conditions)
  const sender = all.pair.sender(all.session)
  all.pair.run()
  all.peer.grant(all.peer.link('out'), 10_000)
  all.pair.run()
  const sent = Array.from({ length: count }, () => sender.send(1, settled))
  all.pair.run()
  all.peer.forget()
  return { ...all, sender, sent }
}

scenario('a settled outcome tells the fate of a message: at least once [2.6.12]', (t, conditions) => {
  const { pair, peer, sent, session } = attached(conditions, 1)
  t.is(sent[0]?.fate, 'pending')
  peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
  pair.run()
  t.is(sent[0]?.fate, 'settled')
  t.is(sent[0]?.outcome, ACCEPTED)
  t.is(session.session.outgoingWindow.unsettled.size, 0)
  peer.done()
})

scenario('each outcome comes to the sender as the receiver said it [3.4]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 4)
  const error = { kind: 'error', condition: 'amqp:not-allowed', description: 'no' } as const
  peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
  peer.dispose({ first: serialAdd(FIRST, 1), settled: true, state: { kind: 'rejected', error } })
  peer.dispose({ first: serialAdd(FIRST, 2), settled: true, state: RELEASED })
  peer.dispose({
    first: serialAdd(FIRST, 3),
    settled: true,
    state: { kind: 'modified', deliveryFailed: true },
  })
  pair.run()
  t.deepEqual(
    sent.map((delivery) => delivery.outcome?.kind),
    ['accepted', 'rejected', 'released', 'modified'],
  )
  t.like(sent[1]?.outcome, { error: { condition: 'amqp:not-allowed', description: 'no' } })
  t.like(sent[3]?.outcome, { deliveryFailed: true, undeliverableHere: undefined })
})

scenario(
  'an outcome that the receiver left unsettled is settled by us, once: exactly once [2.6.12]',
  (t, conditions) => {
    const { pair, peer, sent, session } = attached(conditions, 2)
    peer.dispose({ first: FIRST, last: serialAdd(FIRST, 1), settled: false, state: ACCEPTED })
    pair.run()
    t.deepEqual(
      sent.map((delivery) => delivery.outcome),
      [ACCEPTED, ACCEPTED],
    )
    peer.expect('disposition', {
      role: false,
      first: FIRST,
      last: serialAdd(FIRST, 1),
      settled: true,
      state: ACCEPTED,
    })
    peer.done()
    t.is(session.session.outgoingWindow.unsettled.size, 0)
    peer.dispose({ first: FIRST, last: serialAdd(FIRST, 1), settled: true, state: ACCEPTED })
    pair.run()
    peer.done()
  },
)

scenario(
  'the owner of a delivery may answer otherwise than with the outcome that was left to it [2.6.12]',
  (t, conditions) => {
    const { pair, peer, sent } = attached(conditions, 1)
    Object.assign(sent[0] as object, { answer: RELEASED })
    peer.dispose({ first: FIRST, settled: false, state: ACCEPTED })
    pair.run()
    t.is(sent[0]?.outcome, ACCEPTED)
    peer.expect('disposition', { role: false, first: FIRST, settled: true, state: RELEASED })
    peer.done()
  },
)

scenario('a state that is not final leaves the message pending [3.4.1]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 1)
  peer.dispose({
    first: FIRST,
    settled: false,
    state: { kind: 'received', sectionNumber: 0, sectionOffset: 0n },
  })
  peer.dispose({ first: FIRST, settled: false })
  pair.run()
  t.is(sent[0]?.fate, 'pending')
  peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
  pair.run()
  t.is(sent[0]?.fate, 'settled')
})

scenario('settled without a state means the default outcome of the source [3.4]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.on('attach', () => {
    const source = { kind: 'source', address: 'here', defaultOutcome: RELEASED } as const
    peer.attach(peer.link('out'), { source })
  })
  const sender = pair.sender(session)
  pair.run()
  peer.grant(peer.link('out'), 1)
  pair.run()
  const delivery = sender.send(1)
  pair.run()
  peer.dispose({ first: FIRST, settled: true })
  pair.run()
  t.is(delivery.outcome, RELEASED)
})

scenario('settled without a state, where no default is known, is told as such [3.4]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 1)
  peer.dispose({ first: FIRST, settled: true })
  pair.run()
  t.is(sent[0]?.fate, 'settled')
  t.is(sent[0]?.outcome, undefined)
})

scenario('one disposition settles a range, across 2^32 [2.7.6]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 8)
  peer.dispose({ first: serialAdd(FIRST, 1), last: serialAdd(FIRST, 6), settled: true, state: ACCEPTED })
  pair.run()
  t.deepEqual(
    sent.map((delivery) => delivery.fate === 'settled'),
    [false, true, true, true, true, true, true, false],
  )
})

scenario('without last, a disposition is for one delivery [2.7.6]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 2)
  peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
  pair.run()
  t.deepEqual(
    sent.map((delivery) => delivery.fate),
    ['settled', 'pending'],
  )
})

scenario('a range far larger than what is held ends at once [2.7.6]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 3)
  for (let i = 0; i < 200; i++)
    peer.dispose({ first: serialAdd(FIRST, 1), last: FIRST, settled: true, state: ACCEPTED })
  pair.run()
  t.deepEqual(
    sent.map((delivery) => delivery.fate),
    ['settled', 'settled', 'settled'],
  )
})

scenario('ids that are unknown or settled already are ignored [2.7.6]', (t, conditions) => {
  const { pair, peer, sent } = attached(conditions, 2)
  peer.dispose({ first: 12_345, last: 23_456, settled: true, state: ACCEPTED })
  peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
  peer.dispose({ first: FIRST, settled: true, state: RELEASED })
  peer.dispose({ first: FIRST, settled: false, state: RELEASED })
  pair.run()
  t.deepEqual(
    sent.map((delivery) => delivery.fate),
    ['settled', 'pending'],
  )
  t.is(sent[0]?.outcome, ACCEPTED)
  peer.done()
  t.false(pair.ended)
})

scenario(
  'messages sent settled are done once they are with the transport, and not before [2.6.12]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session)
    pair.run()
    peer.grant(peer.link('out'), 10)
    pair.run()
    peer.forget()
    const delivery = sender.send(1, true)
    t.is(delivery.fate, 'pending')
    pair.engine.take(pair.nowMs)
    t.is(delivery.fate, 'pending')
    pair.engine.handedOver()
    t.is(delivery.fate, 'settled')
    t.is(delivery.outcome, undefined)
    t.is(session.session.outgoingWindow.unsettled.size, 0)
  },
)

scenario(
  'a large settled message that fills the output by itself is told done with it [2.6.12]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session)
    pair.run()
    peer.grant(peer.link('out'), 10)
    pair.run()
    const large = sender.send(70_000, true)
    const tail = sender.send(65_536 - 200, true)
    t.is(large.fate, 'settled')
    pair.run()
    t.is(tail.fate, 'settled')
  },
)

scenario('a disposition ahead of the end of a message stops the rest of it [2.6.12]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions, {
    peer: { open: { maxFrameSize: 512 }, begin: { incomingWindow: 2 } },
  })
  const sender = pair.sender(session)
  pair.run()
  peer.grant(peer.link('out'), 10)
  pair.run()
  peer.forget()
  const large = sender.send(10_000)
  const next = sender.send(5)
  pair.run()
  t.is(peer.takeAll('transfer').length, 2)
  peer.dispose({ first: FIRST, settled: true, state: { kind: 'rejected' } })
  pair.run()
  t.is(large.outcome?.kind, 'rejected')
  peer.flow(undefined, { incomingWindow: 5 })
  pair.run()
  peer.expect('transfer', { aborted: true })
  peer.expect('transfer', { deliveryId: serialAdd(FIRST, 1) })
  peer.done()
  t.is(next.fate, 'pending')
})

scenario(
  'our settlement repeats a state only if the frames of the peer have room for it [2.7.6]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions, { peer: { open: { maxFrameSize: 512 } } })
    const sender = pair.sender(session)
    pair.run()
    peer.grant(peer.link('out'), 1)
    pair.run()
    const delivery = sender.send(1)
    pair.run()
    peer.forget()
    const error = { kind: 'error', condition: 'amqp:not-allowed', description: 'long'.repeat(300) } as const
    peer.dispose({ first: FIRST, settled: false, state: { kind: 'rejected', error } })
    pair.run()
    t.is(delivery.outcome?.kind, 'rejected')
    peer.expect('disposition', { role: false, settled: true, state: undefined })
  },
)

scenario('five thousand unsettled messages are nothing special [2.6.12]', (t, conditions) => {
  const { pair, peer, sent, session } = attached(conditions, 5_000)
  t.is(session.session.outgoingWindow.unsettled.size, 5_000)
  for (let i = 0; i < 5_000; i += 2)
    peer.dispose({ first: serialAdd(FIRST, i), settled: true, state: ACCEPTED })
  pair.run()
  t.is(sent.filter((delivery) => delivery.fate === 'settled').length, 2_500)
  peer.dispose({ first: FIRST, last: serialAdd(FIRST, 4_999), settled: true, state: ACCEPTED })
  pair.run()
  t.true(sent.every((delivery) => delivery.outcome === ACCEPTED))
})
