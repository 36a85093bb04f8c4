// A clock that stands still until a test moves it. Timers run in order of their due time, deferred functions
// when told.

import type { Clock, Timer } from '../../lib/util/clock.js'
import { cryptoWork } from './crypto-work.js'

interface Entry {
  readonly dueMs: number
  readonly order: number
  readonly fn: () => void
}

export class FakeClock implements Clock {
  private timeMs: number
  /** What the calendar said when the clock was at 0. */
  dateMs = Date.UTC(2030, 0, 1)
  private orders = 0
  private timers: Entry[] = []
  private deferred: (() => void)[] = []

  constructor(startMs = 1_000) {
    this.timeMs = startMs
  }

  /** Timers that would still run. */
  get pendingTimers(): number {
    return this.timers.length
  }

  get pendingDeferred(): number {
    return this.deferred.length
  }

  now(): number {
    return this.timeMs
  }

  date(): number {
    return this.dateMs + this.timeMs
  }

  setTimer(ms: number, fn: () => void): Timer {
    const entry = { dueMs: this.timeMs + Math.max(0, ms), order: this.orders++, fn }
    this.timers.push(entry)
    return {
      cancel: () => {
        this.timers = this.timers.filter((other) => other !== entry)
      },
    }
  }

  defer(fn: () => void): void {
    this.deferred.push(fn)
  }

  /** Lets `ms` milliseconds pass and runs every timer that falls due on the way, each at its own time. */
  advance(ms: number): void {
    const endMs = this.timeMs + ms
    for (;;) {
      const entry = this.timers
        .filter((timer) => timer.dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0]
      if (entry === undefined) break
      this.timers = this.timers.filter((other) => other !== entry)
      this.timeMs = Math.max(this.timeMs, entry.dueMs)
      entry.fn()
    }
    this.timeMs = endMs
  }

  /** Runs what was deferred, and what that defers in turn, until nothing is left. */
  runDeferred(): void {
    for (let turn = 0; this.deferred.length > 0; turn++) {
      if (turn === 10_000) throw new Error('deferred functions defer each other without end')
      const batch = this.deferred
      this.deferred = []
      for (const fn of batch) fn()
    }
  }

  /** Lets `ms` pass with everything that follows from it: deferred functions, promises and cryptography, too. */
  async run(ms = 0): Promise<void> {
    await this.settle()
    this.advance(ms)
    await this.settle()
  }

  private async settle(): Promise<void> {
    do {
      this.runDeferred()
      // One true turn of the event loop: all promise reactions are done by then.
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.deferred.length > 0 || (await cryptoWork()))
  }
}
