import test from 'ava'
import { Output } from '../../lib/engine/output.js'
import { begun } from '../support/engine-pair.js'
import { bulkSourceOf, pattern, SentDelivery } from '../support/engine-probes.js'
import { PLAIN } from '../support/scenario.js'

function attached(maxFrameSize: number) {
  const all = begun(PLAIN, { peer: { open: { maxFrameSize } } })
  const sender = all.pair.sender(all.session)
  all.pair.run()
  all.peer.grant(all.peer.link('out'), 10_000)
  all.pair.run()
  all.peer.forget()
  all.pair.writes = []
  return { ...all, sender }
}

test('everything said in one turn leaves in one piece', (t) => {
  const { pair, sender, session } = attached(65_536)
  for (let i = 0; i < 50; i++) sender.send(100)
  pair.receiver(session).link.addCredit(7)
  pair.write()
  t.is(pair.writes.length, 1)
  t.is(pair.writes[0]?.length, 1)
})

test('frames, flows and dispositions of one turn are announced once', (t) => {
  const { pair, sender } = attached(65_536)
  let announced = 0
  const announce = pair.onOutput.bind(pair)
  pair.onOutput = () => {
    announced++
    announce()
  }
  for (let i = 0; i < 20; i++) sender.send(10)
  t.is(announced, 1)
  pair.write()
  sender.send(10)
  t.is(announced, 2)
})

test('a large body leaves as the very bytes that were given, uncopied', (t) => {
  const { pair, sender } = attached(100_000)
  const body = pattern(250_000)
  sender.link.send(new SentDelivery(true, undefined), bulkSourceOf(pattern(10), body))
  pair.write()
  const pieces = pair.writes.flat()
  const referenced = pieces.filter((piece) => piece.buffer === body.buffer)
  t.true(referenced.reduce((sum, piece) => sum + piece.length, 0) >= body.length - 3 * 16_384)
  t.true(pieces.length <= 10)
  pair.run()
  const arrived = Buffer.concat(pair.peer.takeAll('transfer').map((frame) => frame.payload))
  t.true(arrived.equals(Buffer.concat([pattern(10), body])))
})

test('bytes that were taken are never written again', (t) => {
  const { pair, sender } = attached(65_536)
  const taken: { piece: Uint8Array; copy: Buffer }[] = []
  for (let i = 0; i < 300; i++) {
    sender.send(pattern(700, i))
    if (i % 3 !== 0) continue
    pair.write()
    for (const piece of pair.writes.splice(0).flat()) taken.push({ piece, copy: Buffer.from(piece) })
  }
  t.true(taken.length > 90)
  t.true(taken.every(({ piece, copy }) => copy.equals(piece)))
})

test('what waits is told, and is nothing after it was taken', (t) => {
  const { pair, sender } = attached(65_536)
  t.is(pair.engine.pendingBytes, 0)
  sender.send(1_000)
  const waiting = pair.engine.pendingBytes
  t.true(waiting > 1_000)
  const pieces = pair.engine.take(pair.nowMs)
  t.is(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
    waiting,
  )
  t.is(pair.engine.pendingBytes, 0)
  t.deepEqual(pair.engine.take(pair.nowMs), [])
})

test('a frame that was rolled back leaves no trace, even where it made the chunk grow', (t) => {
  const output = new Output()
  const first = output.begin(0, 1)
  output.raw(pattern(10))
  output.end(first)
  const start = output.begin(0, 2)
  output.raw(pattern(200_000))
  output.rollback(start)
  const last = output.begin(1, 0)
  output.end(last)
  const bytes = Buffer.concat(output.take())
  t.deepEqual([...bytes.subarray(0, 8)], [0, 0, 0, 18, 2, 0, 0, 1])
  t.deepEqual([...bytes.subarray(18)], [0, 0, 0, 8, 2, 1, 0, 0])
})

test('a frame whose payload goes by reference counts it in its size', (t) => {
  const output = new Output()
  const body = pattern(20_000)
  const start = output.begin(0, 3)
  output.raw(pattern(5))
  output.end(start, body.length)
  output.reference(body)
  const pieces = output.take()
  t.is(pieces.length, 2)
  t.is(pieces[1]?.buffer, body.buffer)
  t.is(Buffer.concat(pieces).readUInt32BE(0), 8 + 5 + 20_000)
})
