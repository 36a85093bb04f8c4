// Time limits by the hundred thousand: each expires once and in time, and timers are as few as limits.

import test from 'ava'
import { type TimeoutEntry, Timeouts } from '../../lib/util/timeouts.js'
import { FakeClock } from '../support/fake-clock.js'
import { seededRandom } from '../support/splitter.js'

class Entry implements TimeoutEntry {
  deadlineMs = 0
  previous: TimeoutEntry | undefined = undefined
  next: TimeoutEntry | undefined = undefined
  expired: number[] = []
  private readonly after: () => void

  constructor(after: () => void = () => {}) {
    this.after = after
  }

  onTimeout(limitMs: number): void {
    this.expired.push(limitMs)
    this.after()
  }
}

test('an entry expires once, when its limit is over and not before', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const entry = new Entry()
  timeouts.add(entry, 100)
  clock.advance(99)
  t.deepEqual(entry.expired, [])
  clock.advance(1)
  t.deepEqual(entry.expired, [100])
  clock.advance(1000)
  t.deepEqual(entry.expired, [100])
  t.is(clock.pendingTimers, 0)
})

test('entries with one limit share one timer, and each expires at its own time', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const entries = Array.from({ length: 5 }, () => new Entry())
  for (const entry of entries) {
    timeouts.add(entry, 100)
    clock.advance(10)
  }
  t.is(clock.pendingTimers, 1)
  for (const [i] of entries.entries()) {
    clock.advance(i === 0 ? 50 : 10)
    t.is(entries.filter(({ expired }) => expired.length > 0).length, i + 1)
    t.true(clock.pendingTimers <= 1)
  }
  t.is(clock.pendingTimers, 0)
})

test('an entry that was removed never expires; removing it again is harmless', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const [a, b, c] = [new Entry(), new Entry(), new Entry()]
  for (const entry of [a, b, c]) timeouts.add(entry, 100)
  timeouts.remove(b, 100)
  timeouts.remove(b, 100)
  timeouts.remove(a, 100)
  timeouts.remove(new Entry(), 100)
  timeouts.remove(new Entry(), 7)
  clock.advance(100)
  t.deepEqual(
    [a, b, c].map(({ expired }) => expired.length),
    [0, 0, 1],
  )
})

test('removing the last entry of a list that is not empty keeps the rest', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const [a, b, c] = [new Entry(), new Entry(), new Entry()]
  timeouts.add(a, 100)
  timeouts.add(b, 100)
  timeouts.remove(b, 100)
  timeouts.add(c, 100)
  clock.advance(100)
  t.deepEqual(
    [a, b, c].map(({ expired }) => expired.length),
    [1, 0, 1],
  )
})

test('different limits do not wait for each other', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const [slow, fast] = [new Entry(), new Entry()]
  timeouts.add(slow, 1000)
  timeouts.add(fast, 10)
  t.is(clock.pendingTimers, 2)
  clock.advance(10)
  t.deepEqual([slow.expired, fast.expired], [[], [10]])
  clock.advance(990)
  t.deepEqual(slow.expired, [1000])
})

test('an entry may add another with the same limit when it expires', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const again = new Entry()
  const first = new Entry(() => timeouts.add(again, 100))
  timeouts.add(first, 100)
  clock.advance(100)
  t.deepEqual(again.expired, [])
  t.is(clock.pendingTimers, 1)
  clock.advance(100)
  t.deepEqual(again.expired, [100])
})

test('a timer that comes late expires all that is due by then', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const entries = [new Entry(), new Entry()]
  timeouts.add(entries[0] as Entry, 100)
  clock.advance(30)
  timeouts.add(entries[1] as Entry, 100)
  clock.advance(500)
  t.deepEqual(
    entries.map(({ expired }) => expired.length),
    [1, 1],
  )
})

test('stop cancels the timers, and nothing expires any more', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  const entry = new Entry()
  timeouts.add(entry, 100)
  timeouts.add(new Entry(), 200)
  timeouts.stop()
  t.is(clock.pendingTimers, 0)
  timeouts.remove(entry, 100)
  clock.advance(1000)
  t.deepEqual(entry.expired, [])
})

test('whatever is added and removed when, exactly what is left expires, at its time', (t) => {
  const clock = new FakeClock(0)
  const timeouts = new Timeouts(clock)
  const random = seededRandom(11)
  const dues = new Map<Entry, number>()
  const live: { entry: Entry; limitMs: number }[] = []
  for (let step = 0; step < 2000; step++) {
    const limitMs = [5, 20, 50][Math.floor(random() * 3)] as number
    if (random() < 0.6) {
      const entry: Entry = new Entry(() => {
        t.is(dues.get(entry), clock.now())
        dues.delete(entry)
      })
      dues.set(entry, clock.now() + limitMs)
      timeouts.add(entry, limitMs)
      live.push({ entry, limitMs })
    } else if (live.length > 0) {
      const [gone] = live.splice(Math.floor(random() * live.length), 1)
      if (gone === undefined) continue
      timeouts.remove(gone.entry, gone.limitMs)
      dues.delete(gone.entry)
    }
    clock.advance(Math.floor(random() * 3))
  }
  clock.advance(50)
  t.is(dues.size, 0)
  t.is(clock.pendingTimers, 0)
})

test('limits that are never the same leave no timer each behind', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  for (let limitMs = 1000; limitMs < 1500; limitMs++) {
    const entry = new Entry()
    timeouts.add(entry, limitMs)
    timeouts.remove(entry, limitMs)
  }
  t.true(clock.pendingTimers < 10, `${clock.pendingTimers} timers`)
})

test('an entry that is added when another of a rare limit expires has its own time', (t) => {
  const clock = new FakeClock()
  const timeouts = new Timeouts(clock)
  for (let limitMs = 1; limitMs <= 6; limitMs++) timeouts.add(new Entry(), 10_000 + limitMs)
  const second = new Entry()
  timeouts.add(new Entry(() => timeouts.add(second, 100)), 100)
  clock.advance(100)
  t.deepEqual(second.expired, [])
  clock.advance(100)
  t.deepEqual(second.expired, [100])
})
