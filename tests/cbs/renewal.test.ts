// When tokens are renewed, and when it is tried again: numbers in, numbers out.

import test from 'ava'
import { renewalDelayMs, retryDelayMs } from '../../lib/cbs/renewal.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ISSUED = 1_000_000

for (const [what, lifeMs, ageMs, windowMs, random, dueInMs] of [
  ['an hour: three quarters of its life', HOUR, 0, undefined, 0, 45 * MINUTE],
  ['a day: three quarters of its life', 24 * HOUR, 0, undefined, 0, 18 * HOUR],
  ['half an hour: ten minutes before its end', 30 * MINUTE, 0, undefined, 0, 20 * MINUTE],
  ['ten minutes: half of its life', 10 * MINUTE, 0, undefined, 0, 5 * MINUTE],
  ['a minute: half of its life', MINUTE, 0, undefined, 0, 30_000],
  ['chance takes up to a twentieth off', HOUR, 0, undefined, 1, 45 * MINUTE * 0.95],
  ['half of the chance', HOUR, 0, undefined, 0.5, 45 * MINUTE * 0.975],
  ['what has passed since is taken off', HOUR, 15 * MINUTE, undefined, 0, 30 * MINUTE],
  ['what is overdue is done in a second', HOUR, 50 * MINUTE, undefined, 0, 1_000],
  ['own window', HOUR, 0, 5 * MINUTE, 0, 55 * MINUTE],
  ['own window of nothing: at the end', HOUR, 0, 0, 0, HOUR],
  ['own window as long as the life: half of its life', HOUR, 0, HOUR, 0, 30 * MINUTE],
  ['own window longer than the life: half of its life', HOUR, 0, 24 * HOUR, 0, 30 * MINUTE],
  ['own window, begun already: in a second', HOUR, 58 * MINUTE, 5 * MINUTE, 0, 1_000],
  ['never sooner than in a second, whatever chance says', 2_000, 1_500, MINUTE, 1, 1_000],
] as const) {
  test(`a token is renewed in time: ${what}`, (t) => {
    const life = { issuedAtMs: ISSUED, expiresAtMs: ISSUED + lifeMs }
    t.is(renewalDelayMs(life, ISSUED + ageMs, windowMs, random), dueInMs)
  })
}

for (const [failures, random, delayMs] of [
  [1, 0.5, 3_000],
  [2, 0.5, 6_000],
  [3, 0.5, 12_000],
  [5, 0.5, 48_000],
  [6, 0.5, 60_000],
  [60, 0.5, 60_000],
  [5_000, 0.5, 60_000],
  [1, 0, 2_400],
  [1, 1, 3_600],
] as const) {
  test(`failure ${failures} in a row, chance ${random}: again in ${delayMs} ms`, (t) => {
    t.true(Math.abs(retryDelayMs(failures, random) - delayMs) < 1e-6)
  })
}
