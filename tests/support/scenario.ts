// A story between the engine and the scripted peer, told three times: with bytes that come in whole, one by one, and
// cut at random. Serial numbers of the peer start just below 2^32 in two of them; those of the engine always do.

import test, { type ExecutionContext } from 'ava'
import { atRandom, byteByByte, type Cut, whole } from './splitter.js'

export interface Conditions {
  readonly cut: Cut
  /** First transfer-id, delivery-id and delivery-count of the peer. */
  readonly peerInitialId: number
}

export type Story = (t: ExecutionContext, conditions: Conditions) => void

/** Just below the wrap of 32-bit serial numbers. */
export const NEAR_WRAP = 0xfffffffd

/** Another seed repeats or varies what is random: AMQP1_SEED=7 npm test. */
export const seed: number = Number(process.env['AMQP1_SEED'] ?? 20_231)

/** Conditions for a story that is told once. */
export const PLAIN: Conditions = { cut: whole, peerInitialId: 0 }

export function scenario(title: string, story: Story): void {
  test(`${title}, bytes whole`, (t) => {
    story(t, PLAIN)
    t.pass()
  })
  test(`${title}, bytes one by one`, (t) => {
    story(t, { cut: byteByByte, peerInitialId: NEAR_WRAP })
    t.pass()
  })
  test(`${title}, bytes cut at random`, (t) => {
    try {
      story(t, { cut: atRandom(seed), peerInitialId: NEAR_WRAP })
    } catch (error) {
      t.log(`Cut at random with seed ${seed}: AMQP1_SEED=${seed} tells the same story again`)
      throw error
    }
    t.pass()
  })
}
