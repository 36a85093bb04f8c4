// From push to pull: values that arrive when they like meet readers who ask when they like. Whoever comes
// first waits, both in order of arrival. At any time only values or only readers are waiting, never both.

import type { AMQPError } from '../errors.js'
import type { Clock } from './clock.js'
import type { Deferred, WaitOptions } from './deferred.js'
import { waitUntil } from './deferred.js'
import { Queue } from './queue.js'

export class Waiters<T extends NonNullable<unknown>> {
  private readonly values: Queue<T>
  private readonly readers: Queue<Deferred<T | undefined>>
  private readonly clock: Clock
  private closed: boolean
  private closeReason: AMQPError | undefined

  constructor(clock: Clock) {
    this.values = new Queue()
    this.readers = new Queue()
    this.clock = clock
    this.closed = false
    this.closeReason = undefined
  }

  /** Number of values that nobody has asked for yet. */
  get queued(): number {
    return this.values.length
  }

  /** Number of readers without a value. */
  get waiting(): number {
    return this.readers.length
  }

  /**
   * Hands the value to the reader who has waited longest, or keeps it for the next. After close it is kept
   * too.
   */
  push(value: T): void {
    const reader = this.readers.shift()
    if (reader === undefined) this.values.push(value)
    else reader.resolve(value)
  }

  /**
   * The next value. Resolves to undefined when `timeoutMs` has passed, and when this was closed without a
   * reason and nothing is queued; rejects with `signal.reason` on abort, and with the reason it was closed
   * for. A value that is there is given even so with `timeoutMs` 0.
   */
  next(options: WaitOptions = {}): Promise<T | undefined> {
    return waitUntil<T | undefined>(
      (reader) => {
        const value = this.values.shift()
        if (value !== undefined) {
          reader.resolve(value)
        } else if (this.closed) {
          this.end(reader)
        } else {
          this.readers.push(reader)
          return () => {
            this.readers.remove(reader)
          }
        }
        return
      },
      options,
      this.clock,
      (reader) => reader.resolve(undefined),
    )
  }

  /**
   * No reader shall wait any more: those who do, and those who come when the queue is empty, get `reason` as
   * a rejection, or undefined. Values that are queued can still be read. Only the first close counts.
   */
  close(reason?: AMQPError): void {
    if (this.closed) return
    this.closed = true
    this.closeReason = reason
    for (let reader = this.readers.shift(); reader !== undefined; reader = this.readers.shift())
      this.end(reader)
  }

  /** Takes up to `max` queued values, oldest first. */
  takeQueued(max: number = Number.POSITIVE_INFINITY): T[] {
    const taken: T[] = []
    while (taken.length < max) {
      const value = this.values.shift()
      if (value === undefined) break
      taken.push(value)
    }
    return taken
  }

  private end(reader: Deferred<T | undefined>): void {
    if (this.closeReason === undefined) reader.resolve(undefined)
    else reader.reject(this.closeReason)
  }
}
