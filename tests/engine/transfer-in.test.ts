import test from 'ava'
import { begun } from '../support/engine-pair.js'
import { pattern } from '../support/engine-probes.js'
import { frameBytes, performativeBytes } from '../support/peer-wire.js'
import { type Conditions, PLAIN, scenario, seed } from '../support/scenario.js'
import { atRandom, seededRandom } from '../support/splitter.js'

function attached(conditions: Conditions, credit = 100) {
  const all = begun(conditions)
  const receiver = all.pair.receiver(all.session)
  receiver.link.addCredit(credit)
  all.pair.run()
  all.peer.forget()
  return { ...all, receiver, link: all.peer.link('in') }
}

scenario('a delivery in one frame comes with id, tag, format, settled and state [2.7.5]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  const state = { kind: 'transactional-state', txnId: Uint8Array.of(9) } as const
  const id = peer.transfer(link, pattern(20), { messageFormat: 0x80013700, deliveryTag: pattern(32), state })
  peer.transfer(link, pattern(0), { settled: true })
  pair.run()
  const [first, second] = receiver.deliveries
  t.is(first?.id, id)
  t.deepEqual(first?.tag, pattern(32))
  t.is(first?.messageFormat, 0x80013700)
  t.false(first?.settled)
  t.like(first?.remoteState, state)
  t.deepEqual(first?.payload, pattern(20))
  t.is(second?.payload.length, 0)
  t.true(second?.settled)
})

scenario(
  'frames of a delivery are put together in order, whatever else comes between [2.6.14]',
  (t, conditions) => {
    const { pair, peer, receiver, link, session } = attached(conditions)
    const other = pair.receiver(session, { name: 'other' })
    other.link.addCredit(10)
    pair.run()
    const otherLink = peer.link('other')
    const [a, b] = [pattern(5_000, 1), pattern(3_000, 2)]
    for (let pos = 0; pos < 5_000; pos += 1_000) {
      peer.transfer(link, a.subarray(pos, pos + 1_000), { more: pos < 4_000 })
      if (pos < 3_000) peer.transfer(otherLink, b.subarray(pos, pos + 1_000), { more: pos < 2_000 })
      peer.sendEmpty()
      peer.flow()
    }
    pair.run()
    t.deepEqual(receiver.payloads, [a])
    t.deepEqual(other.payloads, [b])
  },
)

scenario('later frames may repeat id and tag [2.7.5]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  const tag = Uint8Array.of(1, 2, 3)
  const id = peer.transfer(link, pattern(5, 0), { more: true, deliveryTag: tag })
  peer.transfer(link, pattern(5, 5), { deliveryId: id, deliveryTag: tag, messageFormat: 0 })
  pair.run()
  t.is(receiver.deliveries.length, 1)
  t.deepEqual(receiver.deliveries[0]?.tag, tag)
  t.is(receiver.payloads[0]?.length, 10)
})

scenario(
  'an empty last frame ends a delivery, and settled may be said there only [2.7.5]',
  (t, conditions) => {
    const { pair, peer, receiver, link, session } = attached(conditions)
    peer.transfer(link, pattern(30), { more: true })
    peer.transfer(link, new Uint8Array(0), { settled: true })
    pair.run()
    t.deepEqual(receiver.payloads, [pattern(30)])
    t.true(receiver.deliveries[0]?.settled)
    t.is(session.session.incoming.size, 0)
  },
)

scenario(
  'settled on a frame in the middle holds, even if the last one says nothing [2.7.5]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    peer.transfer(link, pattern(1), { more: true })
    peer.transfer(link, pattern(1), { more: true, settled: true })
    peer.transfer(link, pattern(1))
    pair.run()
    t.true(receiver.deliveries[0]?.settled)
  },
)

scenario('the last state that was told is the state of the delivery [2.7.5]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  peer.transfer(link, pattern(1), {
    more: true,
    state: { kind: 'transactional-state', txnId: Uint8Array.of(1) },
  })
  peer.transfer(link, pattern(1), {
    more: true,
    state: { kind: 'transactional-state', txnId: Uint8Array.of(2) },
  })
  peer.transfer(link, pattern(1))
  pair.run()
  t.like(receiver.deliveries[0]?.remoteState, { txnId: Uint8Array.of(2) })
})

scenario(
  'a delivery aborted in its middle is never seen, and its credit is used [2.7.5]',
  (t, conditions) => {
    const { pair, peer, receiver, link, session } = attached(conditions, 3)
    peer.transfer(link, pattern(10), { more: true })
    peer.transfer(link, pattern(10), { aborted: true })
    pair.run()
    t.is(receiver.deliveries.length, 0)
    t.is(receiver.link.credit.linkCredit, 2)
    t.is(receiver.link.credit.deliveryCount, link.deliveryCount)
    t.is(session.session.incoming.size, 0)
    peer.transfer(link, pattern(7, 3))
    pair.run()
    t.deepEqual(receiver.payloads, [pattern(7, 3)])
  },
)

scenario(
  'a delivery aborted on its first frame is never seen, and its credit is used [2.7.5]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions, 3)
    peer.transfer(link, pattern(10), { aborted: true })
    peer.transfer(link, pattern(10), { aborted: true, more: true })
    peer.transfer(link, pattern(9))
    pair.run()
    t.deepEqual(receiver.payloads, [pattern(9)])
    t.is(receiver.link.credit.linkCredit, 0)
  },
)

scenario('a window is topped up for aborted deliveries, too [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions, 0)
  receiver.link.setWindow(2)
  pair.run()
  peer.expect('flow', { linkCredit: 2 })
  peer.transfer(link, pattern(1), { aborted: true })
  pair.run()
  peer.expect('flow', { linkCredit: 2, deliveryCount: link.deliveryCount })
  t.is(receiver.deliveries.length, 0)
})

const BAD_FIRSTS = [
  { title: 'without delivery-id', fields: { deliveryId: undefined }, condition: 'amqp:invalid-field' },
  { title: 'without delivery-tag', fields: { deliveryTag: undefined }, condition: 'amqp:invalid-field' },
  {
    title: 'with a tag of 33 bytes',
    fields: { deliveryTag: new Uint8Array(33) },
    condition: 'amqp:invalid-field',
  },
]

for (const { title, fields, condition } of BAD_FIRSTS) {
  scenario(`a first frame ${title} detaches the link with ${condition} [2.7.5]`, (t, conditions) => {
    const { pair, peer, receiver, link, session } = attached(conditions)
    peer.transfer(link, pattern(1), fields)
    pair.run()
    t.is(peer.expect('detach', { closed: true }).error?.condition, condition)
    t.is(receiver.condition, condition)
    t.is(receiver.deliveries.length, 0)
    t.false(session.ended)
  })
}

scenario('another delivery-id in the middle of a delivery detaches the link [2.6.14]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  const id = peer.transfer(link, pattern(1), { more: true })
  peer.transfer(link, pattern(1), { deliveryId: (id + 1) >>> 0 })
  pair.run()
  t.is(peer.expect('detach').error?.condition, 'amqp:not-allowed')
  t.is(receiver.deliveries.length, 0)
})

scenario('another delivery-tag in the middle of a delivery detaches the link [2.7.5]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  peer.transfer(link, pattern(1), { more: true, deliveryTag: Uint8Array.of(1) })
  peer.transfer(link, pattern(1), { deliveryTag: Uint8Array.of(2) })
  pair.run()
  t.is(peer.expect('detach').error?.condition, 'amqp:not-allowed')
  t.is(receiver.deliveries.length, 0)
})

scenario(
  'a delivery that the sender leaves unfinished by a detach is never seen [2.6.6]',
  (t, conditions) => {
    const { pair, peer, receiver, link, session } = attached(conditions)
    peer.transfer(link, pattern(100), { more: true })
    peer.detach(link, { closed: false })
    pair.run()
    t.is(receiver.deliveries.length, 0)
    const again = pair.receiver(session)
    again.link.addCredit(1)
    pair.run()
    peer.transfer(peer.link('in'), pattern(5))
    pair.run()
    t.deepEqual(again.payloads, [pattern(5)])
  },
)

test('ten megabytes in frames of 512 bytes are put together in linear time [2.6.14]', (t) => {
  const { pair, peer, receiver, link } = attached(PLAIN)
  const payload = pattern(10_000_000)
  const room = 480
  const startedNs = process.hrtime.bigint()
  for (let pos = 0; pos < payload.length; pos += room) {
    peer.transfer(link, payload.subarray(pos, pos + room), { more: pos + room < payload.length })
    if (pos % (room * 1_000) === 0) pair.run()
  }
  pair.run()
  t.true(Buffer.from(payload).equals(receiver.payloads[0] ?? new Uint8Array(0)))
  t.is(receiver.deliveries.length, 1)
  // Copying what is there anew with each frame would move 10^11 bytes: half a minute at the least.
  t.true(process.hrtime.bigint() - startedNs < 15_000_000_000n)
})

test('large frames are put together wherever large chunks end, whatever stands beside them [2.6.14]', (t) => {
  const random = seededRandom(seed)
  for (let round = 0; round < 60; round++) {
    const sizes = Array.from({ length: 6 }, () => Math.floor(random() * 60_000))
    const { pair, peer, receiver, link } = attached({ ...PLAIN, cut: atRandom(seed + round, 30_000) })
    for (const [i, size] of sizes.entries()) {
      const payload = pattern(size, i)
      const half = Math.floor(size / 2)
      if (random() < 0.3) peer.sendEmpty()
      if (random() < 0.3) peer.transfer(link, payload.subarray(0, half), { more: true })
      peer.transfer(link, link.open === undefined ? payload : payload.subarray(half))
      if (random() < 0.3) peer.flow()
    }
    pair.run()
    t.is(pair.condition, undefined)
    t.true(
      receiver.payloads.length === 6 &&
        sizes.every((size, i) => sameBytes(receiver.payloads[i], pattern(size, i))),
    )
  }
})

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

test('a frame inside one chunk is handed on without a copy [2.3.1]', (t) => {
  const { pair, receiver, link, peer } = attached(PLAIN)
  const head = performativeBytes({
    kind: 'transfer',
    handle: link.handle,
    deliveryId: 0,
    deliveryTag: Uint8Array.of(1),
    settled: true,
  })
  const chunk = frameBytes(peer.session.channel, new Uint8Array(Buffer.concat([head, pattern(1_000)])))
  pair.engine.receive(chunk, pair.nowMs)
  t.is(receiver.payloads[0]?.buffer, chunk.buffer)
  t.deepEqual(receiver.payloads[0], pattern(1_000))
})
