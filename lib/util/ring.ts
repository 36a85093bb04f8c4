// Values by 32-bit serial number (deliveries by delivery-id), put in ascending order. An array used as a
// circle covers the span from the oldest to the newest id, so that every access is one index. An id that
// stays for very long would stretch that span for ever: once it is far wider than what is held, the oldest
// ids move to a Map.

import { serialInRange } from './serial.js'

const INITIAL_CAPACITY = 16
/** Spans up to here are always kept in the circle; an empty circle larger than this is given back. */
const KEPT_SPAN = 4096
/** The circle may be this many times wider than what it holds. */
const MAX_SPARSENESS = 4

export class Ring<T extends NonNullable<unknown>> {
  private slots: (T | undefined)[]
  /** Capacity - 1; the capacity is a power of two. */
  private mask: number
  /** Oldest id in the circle; equal to `next` when the circle is empty. */
  private first: number
  /** The id after the newest ever put. */
  private next: number
  /** Number of values in the circle. */
  private held: number
  private stragglers: Map<number, T> | undefined

  constructor() {
    this.slots = emptySlots(INITIAL_CAPACITY)
    this.mask = INITIAL_CAPACITY - 1
    this.first = 0
    this.next = 0
    this.held = 0
    this.stragglers = undefined
  }

  get size(): number {
    return this.held + (this.stragglers === undefined ? 0 : this.stragglers.size)
  }

  /**
   * Keeps `value` under `id`, which must come after every id put before, or be one that is held: then the
   * value is replaced.
   */
  put(id: number, value: T): void {
    if (this.stragglers?.has(id)) {
      this.stragglers.set(id, value)
      return
    }
    if (this.held === 0) {
      this.first = id
      this.next = id
    }
    const offset = (id - this.first) >>> 0
    if (offset >= this.span()) {
      if (offset > this.mask || offset >= KEPT_SPAN) this.makeRoom(id)
      this.next = (id + 1) >>> 0
    }
    const slot = id & this.mask
    if (this.slots[slot] === undefined) this.held++
    this.slots[slot] = value
  }

  get(id: number): T | undefined {
    return this.inSpan(id) ? this.slots[id & this.mask] : this.stragglers?.get(id)
  }

  /** Takes the value out; undefined when there is none under this id. */
  delete(id: number): T | undefined {
    if (!this.inSpan(id)) return this.deleteStraggler(id)
    const slot = id & this.mask
    const value = this.slots[slot]
    if (value === undefined) return undefined
    this.slots[slot] = undefined
    this.held--
    if (this.held === 0) this.emptied()
    else if (id === this.first) this.skipHoles()
    return value
  }

  /**
   * Calls `fn` for every id held from `first` to `last`, both included, oldest first. The cost is bounded by
   * what is held, however wide the range. `fn` may delete any id.
   */
  forRange(first: number, last: number, fn: (id: number, value: T) => void): void {
    const distance = (last - first) >>> 0
    const stragglers = this.stragglers
    if (stragglers !== undefined) {
      if (distance >= stragglers.size) {
        for (const [id, value] of stragglers) if (serialInRange(id, first, last)) fn(id, value)
      } else {
        for (let i = 0; i <= distance; i++) {
          const id = (first + i) >>> 0
          const value = stragglers.get(id)
          if (value !== undefined) fn(id, value)
        }
      }
    }
    const span = this.span()
    if (!serialInRange(this.first, first, last) && !this.inSpan(first)) return
    const start = distance < span ? first : this.first
    const steps = Math.min(distance + 1, span)
    for (let i = 0; i < steps && this.held > 0; i++) {
      const id = (start + i) >>> 0
      if (!this.inSpan(id) || !serialInRange(id, first, last)) continue
      const value = this.slots[id & this.mask]
      if (value !== undefined) fn(id, value)
    }
  }

  /** Calls `fn` for every id held, oldest first. `fn` may delete any id. */
  forEach(fn: (id: number, value: T) => void): void {
    this.forRange(0, 0xffffffff, fn)
  }

  clear(): void {
    this.slots = emptySlots(INITIAL_CAPACITY)
    this.mask = INITIAL_CAPACITY - 1
    this.first = this.next
    this.held = 0
    this.stragglers = undefined
  }

  private span(): number {
    return (this.next - this.first) >>> 0
  }

  private inSpan(id: number): boolean {
    return (id - this.first) >>> 0 < (this.next - this.first) >>> 0
  }

  /** Makes the circle reach from the oldest id that it keeps to `id`. */
  private makeRoom(id: number): void {
    for (;;) {
      const needed = ((id - this.first) >>> 0) + 1
      if (needed <= KEPT_SPAN || needed <= MAX_SPARSENESS * (this.held + 1)) {
        if (needed > this.mask + 1) this.grow(needed)
        return
      }
      this.moveOldestOut()
      if (this.held === 0) {
        this.first = id
        return
      }
      this.skipHoles()
    }
  }

  private moveOldestOut(): void {
    const slot = this.first & this.mask
    const value = this.slots[slot]
    if (value === undefined) return
    this.stragglers ??= new Map()
    this.stragglers.set(this.first, value)
    this.slots[slot] = undefined
    this.held--
  }

  private grow(needed: number): void {
    let capacity = this.mask + 1
    while (capacity < needed) capacity *= 2
    const slots = emptySlots<T>(capacity)
    const span = this.span()
    for (let i = 0; i < span; i++) {
      const id = (this.first + i) >>> 0
      slots[id & (capacity - 1)] = this.slots[id & this.mask]
    }
    this.slots = slots
    this.mask = capacity - 1
  }

  /** Moves the old end up to the oldest id that is held; there must be one. */
  private skipHoles(): void {
    while (this.slots[this.first & this.mask] === undefined) this.first = (this.first + 1) >>> 0
  }

  private emptied(): void {
    this.first = this.next
    if (this.mask < KEPT_SPAN) return
    this.slots = emptySlots(INITIAL_CAPACITY)
    this.mask = INITIAL_CAPACITY - 1
  }

  private deleteStraggler(id: number): T | undefined {
    const value = this.stragglers?.get(id)
    if (value === undefined) return undefined
    this.stragglers?.delete(id)
    if (this.stragglers?.size === 0) this.stragglers = undefined
    return value
  }
}

function emptySlots<T>(capacity: number): (T | undefined)[] {
  return new Array<T | undefined>(capacity).fill(undefined)
}
