// What a clock is asked to wake somebody for: each is work that a quiet process has to get up for.

import type { FakeClock } from '../../support/fake-clock.js'

export class WakeUps {
  /** Of each timer that was set. */
  readonly delaysMs: number[] = []
  turns = 0

  constructor(clock: FakeClock) {
    const setTimer = clock.setTimer.bind(clock)
    const defer = clock.defer.bind(clock)
    clock.setTimer = (ms, fn) => {
      this.delaysMs.push(ms)
      return setTimer(ms, fn)
    }
    clock.defer = (fn) => {
      this.turns++
      defer(fn)
    }
  }

  /** How often since this was last asked. */
  take(): { timers: number; turns: number } {
    const { turns } = this
    const timers = this.delaysMs.splice(0).length
    this.turns = 0
    return { timers, turns }
  }
}
