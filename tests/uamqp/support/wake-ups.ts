// What a clock is asked to wake somebody for: each is work that a quiet process has to get up for.

import type { FakeClock } from '../../support/fake-clock.js'

export class WakeUps {
  timers = 0
  turns = 0

  constructor(clock: FakeClock) {
    const setTimer = clock.setTimer.bind(clock)
    const defer = clock.defer.bind(clock)
    clock.setTimer = (ms, fn) => {
      this.timers++
      return setTimer(ms, fn)
    }
    clock.defer = (fn) => {
      this.turns++
      defer(fn)
    }
  }

  /** How often since this was last asked. */
  take(): { timers: number; turns: number } {
    const { timers, turns } = this
    this.timers = 0
    this.turns = 0
    return { timers, turns }
  }
}
