// How the connection layer waits: one bound for several waits in a row, and promises that are shared by several who
// wait, each with a bound of its own.

import type { AMQPError } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { type WaitOptions, waitFor, waitUntil } from '../util/deferred.js'

/** The bound of an operation that consists of several waits: each gets what is left of it. */
export class Deadline {
  /** The bound as it was given; undefined: none. */
  readonly timeoutMs: number | undefined
  private readonly signal: WaitOptions['signal']
  private readonly clock: Clock
  private readonly endMs: number

  constructor(clock: Clock, options: WaitOptions, defaultMs?: number) {
    this.clock = clock
    this.signal = options.signal
    this.timeoutMs = options.timeoutMs ?? defaultMs
    this.endMs = clock.now() + (this.timeoutMs ?? Number.POSITIVE_INFINITY)
  }

  /** Milliseconds that are left; Infinity when there is no bound. */
  get leftMs(): number {
    return Math.max(0, Math.ceil(this.endMs - this.clock.now()))
  }

  /** Options for the next wait. */
  get wait(): WaitOptions {
    return { signal: this.signal, timeoutMs: this.timeoutMs === undefined ? undefined : this.leftMs }
  }
}

/** Waits for a promise that others may wait for, too; `cancel` is called when this wait ends before it. */
export function within<T>(
  promise: Promise<T>,
  wait: WaitOptions,
  clock: Clock,
  describe: () => AMQPError,
  cancel?: () => void,
): Promise<T> {
  return waitFor<T>(
    (done) => {
      promise.then(
        (value) => done.resolve(value),
        (error) => done.reject(error),
      )
      return cancel
    },
    wait,
    clock,
    describe,
  )
}

/** Waits for a promise that never rejects, but no longer than `timeoutMs`; rejects only when the signal aborts. */
export function settledWithin(promise: Promise<unknown>, wait: WaitOptions, clock: Clock): Promise<void> {
  return waitUntil<void>(
    (done) => {
      promise.then(() => done.resolve())
      return undefined
    },
    wait,
    clock,
    (done) => done.resolve(),
  )
}
