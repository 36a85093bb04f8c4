// Messages that are to appear later, the next one last: taking it moves no other.

import type { BrokeredMessage } from './brokered-message.js'

interface Entry {
  readonly dueMs: number
  readonly message: BrokeredMessage
}

export class Schedule {
  private readonly entries: Entry[] = []
  private readonly dueMs = new Map<BrokeredMessage, number>()

  /** When the next one is due, by the clock of the broker; Infinity: never. */
  get nextMs(): number {
    return this.entries[this.entries.length - 1]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  add(message: BrokeredMessage, dueMs: number): void {
    this.entries.splice(this.placeOf(dueMs, message.sequence), 0, { dueMs, message })
    this.dueMs.set(message, dueMs)
  }

  remove(message: BrokeredMessage): void {
    const dueMs = this.dueMs.get(message)
    if (dueMs === undefined) return
    this.entries.splice(this.placeOf(dueMs, message.sequence), 1)
    this.dueMs.delete(message)
  }

  takeDue(nowMs: number): BrokeredMessage[] {
    const due: BrokeredMessage[] = []
    while (this.nextMs <= nowMs) due.push((this.entries.pop() as Entry).message)
    for (const message of due) this.dueMs.delete(message)
    return due
  }

  /** Entries ahead of the place are due later, or as late and of a higher number. */
  private placeOf(dueMs: number, sequence: number): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.entries[middle] as Entry
      const later = entry.dueMs > dueMs || (entry.dueMs === dueMs && entry.message.sequence > sequence)
      if (later) low = middle + 1
      else high = middle
    }
    return low
  }
}
