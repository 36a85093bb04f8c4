// Time limits for things that exist by the hundred thousand. Entries with the same limit expire in the order
// in which they came, so each limit has a linked list and one timer for its head: adding and removing touch
// no timer.

import type { Clock, Timer } from './clock.js'

/** What has a time limit. The fields belong to {@link Timeouts}. */
export interface TimeoutEntry {
  deadlineMs: number
  previous: TimeoutEntry | undefined
  next: TimeoutEntry | undefined
  /** Called once when the limit is over, unless removed before. */
  onTimeout(limitMs: number): void
}

/** So many limits may keep their timer while nothing has them: the usual ones come again at once. */
const IDLE_LISTS = 4

class LimitList {
  head: TimeoutEntry | undefined = undefined
  tail: TimeoutEntry | undefined = undefined
  timer: Timer | undefined = undefined
}

export class Timeouts {
  private readonly lists = new Map<number, LimitList>()
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  add(entry: TimeoutEntry, limitMs: number): void {
    let list = this.lists.get(limitMs)
    if (list === undefined) {
      list = new LimitList()
      this.lists.set(limitMs, list)
    }
    entry.deadlineMs = this.clock.now() + limitMs
    entry.previous = list.tail
    entry.next = undefined
    if (list.tail === undefined) list.head = entry
    else list.tail.next = entry
    list.tail = entry
    if (list.timer === undefined) this.arm(list, limitMs, limitMs)
  }

  remove(entry: TimeoutEntry, limitMs: number): void {
    const list = this.lists.get(limitMs)
    if (list === undefined) return
    if (entry.previous === undefined && list.head !== entry) return
    if (entry.previous === undefined) list.head = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) list.tail = entry.previous
    else entry.next.previous = entry.previous
    entry.previous = undefined
    entry.next = undefined
    if (list.head === undefined && this.lists.size > IDLE_LISTS) this.drop(list, limitMs)
  }

  /** Limits that are hardly ever the same must not leave a timer each behind. */
  private drop(list: LimitList, limitMs: number): void {
    list.timer?.cancel()
    this.lists.delete(limitMs)
  }

  /** Cancels the timers, so that they keep no process alive; entries that are left never expire. */
  stop(): void {
    for (const list of this.lists.values()) list.timer?.cancel()
    this.lists.clear()
  }

  private arm(list: LimitList, limitMs: number, delayMs: number): void {
    list.timer = this.clock.setTimer(delayMs, () => this.expire(list, limitMs))
  }

  private expire(list: LimitList, limitMs: number): void {
    const now = this.clock.now()
    for (let entry = list.head; entry !== undefined && entry.deadlineMs <= now; entry = list.head) {
      this.remove(entry, limitMs)
      entry.onTimeout(limitMs)
    }
    list.timer = undefined
    if (list.head !== undefined) this.arm(list, limitMs, list.head.deadlineMs - now)
    else if (this.lists.get(limitMs) === list) this.lists.delete(limitMs)
  }
}
