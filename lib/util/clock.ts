// Time as everything else sees it, so that tests can bring their own. One real clock, made of what the
// platform has.

import { globals } from './globals.js'

export interface Timer {
  /** The function will not be called any more. Harmless when it was. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. No date. */
  now(): number
  /** Milliseconds since 1970, as the calendar has it; may jump. */
  date(): number
  /** Calls `fn` once, in `ms` milliseconds or a little later. */
  setTimer(ms: number, fn: () => void): Timer
  /** Calls `fn` once this turn of the event loop is over. */
  defer(fn: () => void): void
}

/** The platform fires a longer timer at once. */
const LONGEST_TIMEOUT_MS = 0x7fffffff

class RealTimer implements Timer {
  private handle: unknown
  private remainingMs: number
  private readonly fn: () => void

  constructor(ms: number, fn: () => void) {
    this.handle = undefined
    this.remainingMs = ms
    this.fn = fn
    this.arm()
  }

  cancel(): void {
    globals.clearTimeout(this.handle)
  }

  private arm(): void {
    if (this.remainingMs <= LONGEST_TIMEOUT_MS) {
      this.handle = globals.setTimeout(this.fn, this.remainingMs)
      return
    }
    this.remainingMs -= LONGEST_TIMEOUT_MS
    this.handle = globals.setTimeout(() => this.arm(), LONGEST_TIMEOUT_MS)
  }
}

export const realClock: Clock = Object.freeze({
  now: () => globals.performance.now(),
  date: () => Date.now(),
  setTimer: (ms: number, fn: () => void): Timer => new RealTimer(ms, fn),
  defer: (fn: () => void): void => {
    if (globals.setImmediate === undefined) globals.setTimeout(fn, 0)
    else globals.setImmediate(fn)
  },
})
