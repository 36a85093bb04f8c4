import test from 'ava'
import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { bulkSourceOf, pattern, SentDelivery } from '../support/engine-probes.js'
import type { BodyOf, Item } from '../support/peer-wire.js'
import { type Conditions, PLAIN, scenario } from '../support/scenario.js'

type Frame = Item<BodyOf<'transfer'>> & BodyOf<'transfer'>

function attached(conditions: Conditions, maxFrameSize = 512) {
  const all = begun(conditions, { peer: { open: { maxFrameSize } } })
  const sender = all.pair.sender(all.session)
  all.pair.run()
  const link = all.peer.link('out')
  all.peer.grant(link, 1_000)
  all.pair.run()
  all.peer.forget()
  return { ...all, sender, link }
}

function joined(frames: readonly Frame[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames.map((frame) => frame.payload)))
}

scenario(
  'a message that fits goes in one frame, with id, tag, format and nothing else [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions)
    sender.send(100)
    pair.run()
    const frame = peer.expect('transfer', {
      handle: 0,
      deliveryId: 0xfffffffd,
      messageFormat: 0,
      settled: undefined,
      more: undefined,
    })
    t.deepEqual(frame.payload, pattern(100))
    t.deepEqual(frame.deliveryTag, Uint8Array.of(0, 0, 0, 0))
    peer.done()
  },
)

scenario(
  'around the frame size of the peer every payload arrives whole, and no frame is too long [2.6.14]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions)
    for (const size of [
      0, 1, 410, 415, 416, 417, 470, 480, 484, 485, 486, 487, 488, 489, 490, 500, 504, 511, 512, 513, 831,
      832, 833, 1_500,
    ]) {
      sender.send(pattern(size, size))
      pair.run()
      const frames = peer.takeAll('transfer')
      t.deepEqual(joined(frames), pattern(size, size), `${size} bytes`)
      t.true(frames.every((frame) => frame.size <= 512))
      t.deepEqual(
        frames.map((frame) => frame.more ?? false),
        frames.map((_frame, i) => i < frames.length - 1),
      )
      t.true(
        frames.slice(1).every((frame) => frame.deliveryId === undefined && frame.deliveryTag === undefined),
      )
      t.true(frames.slice(0, -1).every((frame) => frame.payload.length > 0))
    }
    peer.done()
  },
)

scenario('a payload that just fits is not split, one byte more is [2.6.14]', (t, conditions) => {
  const { pair, peer, sender } = attached(conditions)
  sender.send(10)
  pair.run()
  const overhead = peer.expect('transfer').size - 10
  sender.send(512 - overhead)
  pair.run()
  t.is(peer.expect('transfer', { more: undefined }).size, 512)
  peer.done()
  sender.send(512 - overhead + 1)
  pair.run()
  peer.expect('transfer', { more: true })
  peer.expect('transfer', { more: undefined })
  peer.done()
})

test('a peer without limit still gets frames that leave room for others [2.6.14]', (t) => {
  const { pair, peer, sender } = attached(PLAIN, 0xffffffff)
  const payload = pattern(1_000_000)
  sender.send(payload)
  pair.run()
  const frames = peer.takeAll('transfer')
  t.true(frames.length >= 4)
  t.true(frames.every((frame) => frame.size <= 262_144))
  t.deepEqual(joined(frames), payload)
})

scenario('a message of several parts is cut wherever the frames end [2.6.14]', (t, conditions) => {
  const { pair, peer, sender } = attached(conditions, 1_000)
  const parts = [pattern(3, 1), pattern(20_000, 2), new Uint8Array(0), pattern(17, 3), pattern(16_384, 4)]
  sender.link.send(new SentDelivery(false, undefined), bulkSourceOf(...parts))
  pair.run()
  t.deepEqual(joined(peer.takeAll('transfer')), new Uint8Array(Buffer.concat(parts)))
})

scenario(
  'delivery-ids and transfer-ids go up by one across 2^32, ids over all links of the session [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender, session } = attached(conditions)
    const other = pair.sender(session, { name: 'other' })
    pair.run()
    peer.grant(peer.link('other'), 100)
    pair.run()
    peer.forget()
    for (let i = 0; i < 4; i++) {
      sender.send(1)
      other.send(900)
    }
    pair.run()
    const frames = peer.takeAll('transfer')
    const ids = frames.map((frame) => frame.deliveryId).filter((id) => id !== undefined)
    t.deepEqual(
      ids,
      Array.from({ length: 8 }, (_zero, i) => serialAdd(0xfffffffd, i)),
    )
    t.is(session.session.outgoingWindow.nextOutgoingId, serialAdd(0xfffffffd, frames.length))
  },
)

scenario(
  'a tag of the owner goes out as it is, others are numbered and never doubled [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions)
    const own = pattern(32, 9)
    sender.send(1)
    sender.send(1, false, own)
    sender.send(900)
    sender.send(1)
    pair.run()
    const tags = peer
      .takeAll('transfer')
      .flatMap((frame) => (frame.deliveryTag === undefined ? [] : [frame.deliveryTag]))
    t.deepEqual(tags, [Uint8Array.of(0, 0, 0, 0), own, Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 0, 2)])
  },
)

scenario('message-format and state of a delivery are on its first frame [2.7.5]', (t, conditions) => {
  const { pair, peer, sender } = attached(conditions)
  for (const size of [10, 900]) {
    const delivery = new SentDelivery(false, undefined)
    delivery.messageFormat = 0x80013700
    delivery.state = { kind: 'transactional-state', txnId: pattern(32) }
    sender.link.send(delivery, bulkSourceOf(pattern(size)))
    pair.run()
    const [first, ...others] = peer.takeAll('transfer')
    t.is(first?.messageFormat, 0x80013700)
    t.like(first?.state, { kind: 'transactional-state', txnId: pattern(32) })
    t.true(others.every((frame) => frame.messageFormat === undefined && frame.state === undefined))
    t.true([first, ...others].every((frame) => (frame?.size ?? 0) <= 512))
  }
})

scenario('frames of two links may alternate, deliveries of one link do not [2.6.14]', (t, conditions) => {
  const { pair, peer, sender, session } = attached(conditions)
  const other = pair.sender(session, { name: 'other' })
  pair.run()
  peer.grant(peer.link('other'), 100)
  peer.session.incomingWindow = 0
  peer.flow(undefined, { incomingWindow: 0 })
  pair.run()
  peer.forget()
  const [a, b] = [pattern(2_000, 1), pattern(2_000, 2)]
  sender.send(a)
  other.send(b)
  sender.send(5)
  for (let i = 0; i < 12; i++) {
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
  }
  const frames = peer.takeAll('transfer')
  const handles = frames.map((frame) => frame.handle)
  t.true(handles.lastIndexOf(0) > handles.indexOf(1))
  t.deepEqual(joined(frames.filter((frame) => frame.handle === 0).slice(0, -1)), a)
  t.deepEqual(joined(frames.filter((frame) => frame.handle === 1)), b)
})

scenario(
  'a message that cannot be encoded throws, and leaves neither bytes nor a number behind [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender, session } = attached(conditions)
    const broken = (sizeHint: number) => ({
      sizeHint,
      encodeTo: (w: { raw(bytes: Uint8Array): void }) => {
        w.raw(pattern(50))
        throw new TypeError('no such value')
      },
    })
    for (const size of [10, 100_000]) {
      const delivery = new SentDelivery(false, undefined)
      t.throws(() => sender.link.send(delivery, broken(size)), { message: 'no such value' })
      t.is(delivery.fate, 'pending')
    }
    t.is(sender.link.queued, 0)
    sender.send(7)
    pair.run()
    t.is(peer.expect('transfer', { deliveryId: 0xfffffffd }).payload.length, 7)
    peer.done()
    t.is(session.session.outgoingWindow.unsettled.size, 1)
  },
)
