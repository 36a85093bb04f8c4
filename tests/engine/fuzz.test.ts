import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { bytes, damage, damaged } from '../support/damage.js'
import { frameBytes, listBytes, PeerReader } from '../support/peer-wire.js'
import { recordedTalk, Talker } from '../support/recorded-talk.js'
import { seed } from '../support/scenario.js'

const talk = recordedTalk()
const sound = new Uint8Array(Buffer.concat(talk.pieces))

/** Time for each property here. */
const LIMITS = {
  seed,
  numRuns: 100_000,
  interruptAfterTimeLimit: 1_500,
  markInterruptAsFailure: false,
} as const

/** Feeds chunks to an engine in mid-talk; whatever it writes must be frames. Answers the bytes written. */
function feed(chunks: readonly Uint8Array[]): { talker: Talker; written: number } {
  const talker = new Talker()
  const reader = new PeerReader()
  let written = 0
  const drain = () => {
    for (const piece of talker.react()) {
      written += piece.length
      reader.push(piece)
    }
    for (let item = reader.next(); item !== undefined; item = reader.next()) {
      if (item.body.kind === 'sasl-init') reader.headerNext = true
    }
  }
  for (const chunk of chunks) {
    talker.pair.engine.receive(chunk, talker.pair.nowMs)
    drain()
  }
  drain()
  if (reader.waitingBytes !== 0) throw new Error('the engine wrote half a frame')
  return { talker, written }
}

/** Sound frames, in places changed inside only, left out, doubled or moved: the framing survives, the talk does not. */
const shuffled = fc.array(
  fc.record({ piece: fc.nat({ max: talk.pieces.length - 1 }), damages: fc.array(damage, { maxLength: 1 }) }),
  { maxLength: 60 },
)

function chunked(input: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let from = 0
  for (const cut of [...cuts].map((n) => n % (input.length + 1)).sort((a, b) => a - b)) {
    chunks.push(input.subarray(from, cut))
    from = cut
  }
  chunks.push(input.subarray(from))
  return chunks
}

const cuts = fc.array(fc.nat(), { maxLength: 5 })

/** A peer cannot make us say much more than it says itself. */
function bounded(t: ExecutionContext, input: number, written: number): void {
  t.true(written <= 20_000 + 30 * input, `${written} bytes written for ${input} that came`)
}

test('the recorded talk, undamaged, is understood to its end', (t) => {
  const { talker } = feed([sound])
  t.true(talker.pair.ended)
  t.is(talker.pair.condition, undefined)
})

test('random bytes never make the engine throw, and never write anything but frames [2.3.1]', (t) => {
  fc.assert(
    fc.property(fc.nat({ max: talk.pieces.length }), bytes, cuts, (pieces, noise, where) => {
      const start = Buffer.concat(talk.pieces.slice(0, pieces))
      const input = new Uint8Array(Buffer.concat([start, noise]))
      bounded(t, input.length, feed(chunked(input, where)).written)
    }),
    LIMITS,
  )
})

test('a damaged talk never makes the engine throw [2.3.1]', (t) => {
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), cuts, (list, where) => {
      const input = damaged(sound, list)
      bounded(t, input.length, feed(chunked(input, where)).written)
    }),
    LIMITS,
  )
})

test('sound frames in senseless order never make the engine throw [2.4.6]', (t) => {
  const opening = Buffer.concat(talk.pieces.slice(0, 6))
  fc.assert(
    fc.property(shuffled, cuts, (order, where) => {
      const chosen = order.map(({ piece, damages }) => {
        const frame = talk.pieces[piece] as Uint8Array
        const body = damaged(frame.subarray(Math.min(8, frame.length)), damages)
        return frame.length < 9 ? frame : frameBytes(frame[7] ?? 0, body, frame[5])
      })
      const input = new Uint8Array(Buffer.concat([opening, ...chosen]))
      bounded(t, input.length, feed(chunked(input, where)).written)
    }),
    LIMITS,
  )
})

test('frames with numbers at their edges never make the engine throw [2.8.10]', (t) => {
  const number = fc.oneof(
    fc.constantFrom(0, 1, 2, 40, 41, 0x7fffffff, 0x80000000, 0xfffffffd, 0xffffffff),
    fc.nat(),
  )
  const flag = fc.constantFrom(undefined, true, false)
  const tag = fc.uint8Array({ maxLength: 34 })
  const frames = fc.oneof(
    fc.tuple(
      fc.constant(0x13),
      fc.tuple(number, number, number, number, number, number, number, number, flag, flag),
    ),
    fc.tuple(
      fc.constant(0x14),
      fc.tuple(
        number,
        number,
        tag,
        number,
        flag,
        flag,
        fc.constant(undefined),
        fc.constant(undefined),
        flag,
        flag,
      ),
    ),
    fc.tuple(fc.constant(0x15), fc.tuple(fc.boolean(), number, number, flag)),
    fc.tuple(fc.constant(0x16), fc.tuple(number, flag)),
    fc.tuple(fc.constant(0x11), fc.tuple(fc.constantFrom(undefined), number, number, number, number)),
  )
  const upToLinks = Buffer.concat(talk.pieces.slice(0, 8))
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 30 }), (list) => {
      const made = list.map(([code, fields]) => frameBytes(7, listBytes(code, fields)))
      const input = new Uint8Array(Buffer.concat([upToLinks, ...made]))
      bounded(t, input.length, feed([input]).written)
    }),
    LIMITS,
  )
})

test('a thousand echoes of the session that came in one turn get one answer [2.7.4]', (t) => {
  const { talker } = feed(talk.pieces.slice(0, 8))
  const { pair, session } = talker
  t.true(session.session.mapped)
  const flow = frameBytes(
    7,
    listBytes(0x13, [
      undefined,
      100,
      0xfffffffd,
      100,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      true,
    ]),
  )
  pair.engine.receive(new Uint8Array(Buffer.concat(Array.from({ length: 1_000 }, () => flow))), pair.nowMs)
  const written = talker.react().reduce((sum, piece) => sum + piece.length, 0)
  t.true(written < 100)
})
