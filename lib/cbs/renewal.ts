// When to renew a token, and when to try again: pure functions of times and a random number. No timers here.

import { AUTH_REFRESH_SECS } from '../constants.js'

/** A token is never asked for again sooner than this, however short its life. */
const SHORTEST_MS = 1_000
/** At the latest, a token is renewed when so much of its life is over. */
const LATEST_SHARE = 0.75
/** However long the window, so much of its life is over first. */
const EARLIEST_SHARE = 0.5
/** Renewals of many connections are spread over this share of the time until they are due. */
const JITTER_SHARE = 0.05

const FIRST_RETRY_MS = 3_000
const LONGEST_RETRY_MS = 60_000

export interface TokenLife {
  /** When the token was had, in milliseconds since 1970. */
  readonly issuedAtMs: number
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAtMs: number
}

/**
 * How long after `nowMs` a token is to be renewed: `windowMs` before it expires (default 10 minutes, or when three
 * quarters of its life are over, whichever is sooner), but never before half of its life is over; a little earlier by
 * chance. `random` is from 0 to 1.
 */
export function renewalDelayMs(
  life: TokenLife,
  nowMs: number,
  windowMs: number | undefined,
  random: number,
): number {
  const { issuedAtMs, expiresAtMs } = life
  const lifeMs = expiresAtMs - issuedAtMs
  const byWindow = expiresAtMs - (windowMs ?? AUTH_REFRESH_SECS * 1000)
  const byShare = windowMs === undefined ? issuedAtMs + lifeMs * LATEST_SHARE : expiresAtMs
  // A window as long as the whole life would renew without end.
  const dueMs = Math.max(issuedAtMs + lifeMs * EARLIEST_SHARE, Math.min(byWindow, byShare))
  const delayMs = dueMs - nowMs
  return Math.max(SHORTEST_MS, delayMs - delayMs * JITTER_SHARE * random)
}

/** How long to wait after the `failures`-th failure in a row: 3 s, 6 s, 12 s … up to a minute, give or take a fifth. */
export function retryDelayMs(failures: number, random: number): number {
  const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  return delayMs * (0.8 + 0.4 * random)
}
