import type { IncomingDelivery } from '../../lib/engine/delivery.js'
import { EncodeError } from '../../lib/errors.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { pattern } from '../support/engine-probes.js'
import { type Conditions, scenario } from '../support/scenario.js'

function attached(conditions: Conditions, count: number, rcvSettleMode = 0, maxFrameSize?: number) {
  const all = begun(conditions, { peer: { open: { maxFrameSize } } })
  const receiver = all.pair.receiver(all.session, { rcvSettleMode })
  receiver.link.addCredit(10_000)
  all.pair.run()
  const link = all.peer.link('in')
  for (let i = 0; i < count; i++) {
    all.peer.transfer(link, pattern(1, i))
    if (i % 1_000 === 999) all.pair.run()
  }
  all.pair.run()
  all.peer.forget()
  const dispose = (index: number, state: DeliveryState | undefined, settled: boolean): IncomingDelivery => {
    const delivery = receiver.deliveries[index] as IncomingDelivery
    receiver.link.dispose(delivery, state, settled)
    return delivery
  }
  return { ...all, receiver, link, dispose, first: all.peer.initialId }
}

scenario(
  'with rcv-settle-mode first an outcome goes out settled, and that is all [2.8.3]',
  (t, conditions) => {
    const { pair, peer, dispose, session, first } = attached(conditions, 1)
    t.is(session.session.incoming.size, 1)
    const delivery = dispose(0, ACCEPTED, true)
    pair.run()
    peer.expect('disposition', { role: true, first, last: undefined, settled: true, state: ACCEPTED })
    peer.done()
    t.true(delivery.settled)
    t.is(session.session.incoming.size, 0)
  },
)

scenario(
  'with rcv-settle-mode second the sender settles first, and its word ends the delivery [2.8.3]',
  (t, conditions) => {
    const { pair, peer, dispose, session, first } = attached(conditions, 2, 1)
    const told: (DeliveryState | undefined)[] = []
    const delivery = dispose(0, ACCEPTED, false)
    delivery.onRemoteSettled = (state) => told.push(state)
    pair.run()
    peer.expect('disposition', { role: true, first, settled: false, state: ACCEPTED })
    t.false(delivery.settled)
    t.is(session.session.incoming.size, 2)
    peer.dispose({ role: false, first, settled: true, state: ACCEPTED })
    pair.run()
    t.true(delivery.settled)
    t.deepEqual(told, [ACCEPTED])
    t.is(session.session.incoming.size, 1)
    peer.dispose({ role: false, first, settled: true, state: RELEASED })
    pair.run()
    t.is(told.length, 1)
    peer.done()
  },
)

scenario('a sender that settles before we had our say is believed [2.6.12]', (t, conditions) => {
  const { pair, peer, receiver, session, first } = attached(conditions, 3)
  peer.dispose({ role: false, first, last: serialAdd(first, 1), settled: true })
  pair.run()
  t.deepEqual(
    receiver.deliveries.map((delivery) => delivery.settled),
    [true, true, false],
  )
  t.is(session.session.incoming.size, 1)
})

scenario('a state of the sender that settles nothing changes nothing [2.7.6]', (t, conditions) => {
  const { pair, peer, receiver, first } = attached(conditions, 1)
  peer.dispose({ role: false, first, state: ACCEPTED })
  pair.run()
  t.false(receiver.deliveries[0]?.settled)
})

scenario('a message that came settled is never held [2.8.2]', (t, conditions) => {
  const { pair, peer, receiver, link, session } = attached(conditions, 0)
  peer.transfer(link, pattern(1), { settled: true })
  pair.run()
  t.true(receiver.deliveries[0]?.settled)
  t.is(session.session.incoming.size, 0)
})

scenario(
  'equal outcomes of neighbours leave as one range, in whatever order they were decided [2.7.6]',
  (t, conditions) => {
    const { pair, peer, dispose, first } = attached(conditions, 8)
    for (const index of [3, 0, 7, 2, 5, 1, 6, 4]) dispose(index, ACCEPTED, true)
    pair.run()
    peer.expect('disposition', { first, last: serialAdd(first, 7), settled: true, state: ACCEPTED })
    peer.done()
    t.pass()
  },
)

scenario('different outcomes leave apart, gaps stay open [2.7.6]', (t, conditions) => {
  const { pair, peer, dispose, first } = attached(conditions, 7)
  for (const index of [0, 1, 2]) dispose(index, ACCEPTED, true)
  dispose(3, RELEASED, true)
  for (const index of [5, 6]) dispose(index, ACCEPTED, true)
  pair.run()
  peer.expect('disposition', { first, last: serialAdd(first, 2), state: ACCEPTED })
  peer.expect('disposition', { first: serialAdd(first, 3), last: undefined, state: RELEASED })
  peer.expect('disposition', { first: serialAdd(first, 5), last: serialAdd(first, 6), state: ACCEPTED })
  peer.done()
  t.pass()
})

scenario('settled and unsettled outcomes are not mixed in one range [2.7.6]', (t, conditions) => {
  const { pair, peer, dispose } = attached(conditions, 2, 1)
  dispose(0, ACCEPTED, true)
  dispose(1, ACCEPTED, false)
  pair.run()
  t.deepEqual(
    peer.takeAll('disposition').map(({ settled, last }) => [settled, last]),
    [
      [true, undefined],
      [false, undefined],
    ],
  )
})

scenario('outcomes of several links of a session share a frame [2.7.6]', (t, conditions) => {
  const { pair, peer, receiver, link, session, first } = attached(conditions, 0)
  const other = pair.receiver(session, { name: 'other' })
  other.link.addCredit(10)
  pair.run()
  peer.forget()
  peer.transfer(link, pattern(1))
  peer.transfer(peer.link('other'), pattern(1))
  peer.transfer(link, pattern(1))
  pair.run()
  for (const { link: owner, deliveries } of [receiver, other])
    for (const one of deliveries) owner.dispose(one, ACCEPTED, true)
  pair.run()
  peer.expect('disposition', { first, last: serialAdd(first, 2) })
  peer.done()
  t.pass()
})

scenario('outcomes with details carry them [3.4]', (t, conditions) => {
  const { pair, peer, dispose } = attached(conditions, 3)
  const error = { kind: 'error', condition: 'my:reason', description: 'because' } as const
  dispose(0, { kind: 'rejected', error }, true)
  dispose(
    1,
    { kind: 'modified', deliveryFailed: true, undeliverableHere: true, messageAnnotations: { 'x-a': 1 } },
    true,
  )
  dispose(2, { kind: 'transactional-state', txnId: Uint8Array.of(1), outcome: ACCEPTED }, false)
  pair.run()
  const [rejected, modified, transactional] = peer.takeAll('disposition').map(({ state }) => state)
  t.like(rejected, { kind: 'rejected', error: { condition: 'my:reason', description: 'because' } })
  t.like(modified, { kind: 'modified', deliveryFailed: true, undeliverableHere: true })
  t.like(transactional, { kind: 'transactional-state', txnId: Uint8Array.of(1) })
})

scenario(
  'an outcome that cannot be encoded is refused at once, and nothing is settled [3.4]',
  (t, conditions) => {
    const { pair, peer, dispose, session, receiver } = attached(conditions, 2)
    const bad = { kind: 'modified', messageAnnotations: { 'x-a': (() => 0) as never } } as const
    t.throws(() => dispose(0, bad, true), { instanceOf: EncodeError })
    dispose(1, ACCEPTED, true)
    pair.run()
    t.is(peer.takeAll('disposition').length, 1)
    peer.done()
    t.false(receiver.deliveries[0]?.settled)
    t.is(session.session.incoming.size, 1)
  },
)

scenario('an outcome too large for the frames of the peer is refused at once [2.4.1]', (t, conditions) => {
  const { pair, peer, dispose, receiver } = attached(conditions, 2, 0, 512)
  const rejected = (length: number): DeliveryState => ({
    kind: 'rejected',
    error: { kind: 'error', condition: 'a:b', description: 'x'.repeat(length) },
  })
  t.throws(() => dispose(0, rejected(500), true), { code: 'AMQP_FRAME_SIZE_TOO_SMALL' })
  t.false(receiver.deliveries[0]?.settled)
  dispose(1, rejected(430), true)
  pair.run()
  t.is(peer.takeAll('disposition').length, 1)
})

scenario(
  'outcomes go out before the detach, end or close that would make them worthless [2.6.12]',
  (t, conditions) => {
    for (const how of ['detach', 'end', 'close'] as const) {
      const { pair, peer, dispose, receiver, session } = attached(conditions, 1)
      dispose(0, ACCEPTED, true)
      if (how === 'detach') receiver.link.detach()
      else if (how === 'end') session.session.end()
      else pair.engine.connection.close()
      pair.run()
      t.deepEqual(
        peer.inbox.map((item) => item.body.kind),
        ['disposition', how],
      )
    }
  },
)

scenario('deliveries of a link that ended are forgotten [2.6.6]', (t, conditions) => {
  const { pair, peer, session, link } = attached(conditions, 5)
  t.is(session.session.incoming.size, 5)
  peer.detach(link)
  pair.run()
  t.is(session.session.incoming.size, 0)
})

scenario(
  'five thousand deliveries may stay unsettled, and be settled in any order [2.6.12]',
  (t, conditions) => {
    const { pair, peer, session, dispose, first } = attached(conditions, 5_000)
    t.is(session.session.incoming.size, 5_000)
    for (let i = 1; i < 5_000; i += 2) dispose(i, ACCEPTED, true)
    for (let i = 0; i < 5_000; i += 2) dispose(i, ACCEPTED, true)
    pair.run()
    peer.expect('disposition', { first, last: serialAdd(first, 4_999) })
    peer.done()
    t.is(session.session.incoming.size, 0)
  },
)
