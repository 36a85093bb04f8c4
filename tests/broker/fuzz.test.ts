// A long talk with everything that the broker has, damaged or in senseless order: the process lives, others are served as
// before, and time that passes brings nothing to light.

import test from 'ava'
import fc from 'fast-check'
import { Message } from '../../lib/message/message.js'
import { bytes, damage, damaged } from '../support/damage.js'
import { frameBytes } from '../support/peer-wire.js'
import { seed } from '../support/scenario.js'
import { EngineClient } from './engine-client.js'
import { brokerToAttack, recordedClient } from './recorded-client.js'
import { WildClient } from './wild-client.js'

const LIMITS = {
  seed,
  numRuns: 10_000,
  interruptAfterTimeLimit: 4_000,
  markInterruptAsFailure: false,
} as const

/** Plays pieces to a broker of its own, and sees how that stands afterwards. */
async function play(pieces: readonly Uint8Array[], cut: boolean): Promise<boolean> {
  const { broker, clock } = await brokerToAttack()
  const witness = new EngineClient(broker, clock).sender({ address: 'witness' })
  const wild = new WildClient(broker, clock)
  const rest = new Uint8Array(Buffer.concat(pieces))
  if (cut) for (const piece of pieces) wild.write([piece])
  else wild.write([rest])
  await clock.run(2_000)
  wild.drop()
  await clock.run(70_000)
  const sent = witness.send(new Message('a').encodeMessage())
  const hub = broker.eventHub('hub').partitions
  const left = [
    ...broker.queueNames.map((name) => broker.queue(name).consumers),
    ...hub.map((one) => one.readers),
  ]
  const locked = broker.queueNames.map((name) => broker.queue(name).locked)
  return (
    sent.outcome?.kind === 'accepted' &&
    broker.connections === 1 &&
    [...left, ...locked].every((count) => count === 0)
  )
}

test('the recorded talk, undamaged, is harmless', async (t) => {
  t.true(await play(await recordedClient(), true))
})

test('a damaged talk harms nobody else [2.3.1]', async (t) => {
  const talk = await recordedClient()
  const sound = new Uint8Array(Buffer.concat(talk))
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), (list) =>
      play([damaged(sound, list)], false),
    ),
    LIMITS,
  )
  t.pass()
})

test('sound frames in senseless order, some damaged inside, harm nobody else [2.4.6]', async (t) => {
  const talk = await recordedClient()
  const piece = fc.record({
    at: fc.nat({ max: talk.length - 1 }),
    damages: fc.array(damage, { maxLength: 1 }),
  })
  const run = fc.record({ from: fc.nat({ max: talk.length - 1 }), length: fc.nat({ max: 60 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(run, { maxLength: 4 }),
      fc.array(piece, { maxLength: 20 }),
      bytes,
      (runs, list, noise) => {
        const kept = runs.flatMap(({ from, length }) => talk.slice(from, from + length))
        const made = list.map(({ at, damages }) => {
          const frame = talk[at] as Uint8Array
          return frameBytes(frame[7] ?? 0, damaged(frame.subarray(8), damages))
        })
        return play([...kept, ...made, noise], true)
      },
    ),
    LIMITS,
  )
  t.pass()
})

test('a talk that breaks off anywhere leaves nothing behind', async (t) => {
  const talk = await recordedClient()
  for (let length = 0; length < talk.length; length += 3)
    t.true(await play(talk.slice(0, length), true), `${length}`)
})
