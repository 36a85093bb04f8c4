// The credit of a receiver, beyond what the link's window does by itself [2.6.7]: grants, drains and their end.
// A drain that is under way is never called off by a grant: grants wait for it, or are owed until it is over.

import type { ReceiverLink } from '../engine/receiver-link.js'
import { type AMQPError, AMQPTimeoutError } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { type Deferred, type WaitOptions, waitFor } from '../util/deferred.js'
import { Deadline, settledWithin } from './waits.js'

/** Bound of a drain that nobody asked for by itself: some brokers never answer one, and closing must not wait for them. */
export const DRAIN_TIMEOUT_MS = 1_000

export class CreditControl {
  /** Credit is in the user's hands: nothing here grants any, or takes it back, by itself. */
  manual = false
  private readonly linkOf: () => ReceiverLink
  private readonly clock: Clock
  private readonly breaksOnDrain: boolean
  private drains: Deferred<void>[] = []
  private owed = 0

  /** The link may come later than this: not before its attach was written. */
  constructor(linkOf: () => ReceiverLink, clock: Clock, breaksOnDrain: boolean) {
    this.linkOf = linkOf
    this.clock = clock
    this.breaksOnDrain = breaksOnDrain
  }

  private get link(): ReceiverLink {
    return this.linkOf()
  }

  private get credit(): number {
    return this.link.credit.linkCredit
  }

  /** Somebody waits for the end of a drain. */
  get draining(): boolean {
    return this.drains.length > 0
  }

  /** Grants `count` more. */
  add(count: number): void {
    if (this.draining) this.owed += count
    else this.link.addCredit(count)
  }

  /** Grants exactly `count`, whatever was granted before. */
  set(count: number): void {
    this.owed = 0
    this.link.setCredit(count)
  }

  /** See `MessageReceiver.drain`. With `recall` by other means, where a drain does harm. */
  drain(options: WaitOptions, recall = false): Promise<void> {
    return waitFor<void>(
      (done) => {
        if (this.link.ended) throw this.link.endedError('draining')
        if (this.credit === 0) {
          done.resolve()
          return undefined
        }
        this.drains.push(done)
        if (recall) this.link.recall()
        else this.link.drain()
        return () => {
          this.drains = this.drains.filter((drain) => drain !== done)
          this.payOwed()
        }
      },
      options,
      this.clock,
      () => this.notDrained(options.timeoutMs ?? 0),
    )
  }

  /** Takes the credit back, and resolves when that is over, well or not. */
  async takeBack(options: WaitOptions = { timeoutMs: DRAIN_TIMEOUT_MS }): Promise<void> {
    if (this.breaksOnDrain && this.draining) return this.drainOver(new Deadline(this.clock, options))
    const { signal, timeoutMs = DRAIN_TIMEOUT_MS } = options
    const wait = { signal, timeoutMs: Math.min(timeoutMs, DRAIN_TIMEOUT_MS) }
    await settledWithin(this.drain(wait, this.breaksOnDrain).catch(ignore), wait, this.clock)
  }

  /** Waits for the drains that are under way, but no longer than a drain is waited for. */
  async drainOver(deadline: Deadline): Promise<void> {
    if (!this.draining) return
    const { signal, timeoutMs = DRAIN_TIMEOUT_MS } = deadline.wait
    const over = Promise.allSettled(this.drains.map((drain) => drain.promise))
    await settledWithin(over, { signal, timeoutMs: Math.min(timeoutMs, DRAIN_TIMEOUT_MS) }, this.clock)
  }

  onDrained(): void {
    for (const drain of this.drains.splice(0)) drain.resolve()
    this.payOwed()
  }

  private payOwed(): void {
    if (this.owed === 0 || this.draining || this.link.ended) return
    this.link.addCredit(this.owed)
    this.owed = 0
  }

  onEnd(reason: AMQPError): void {
    for (const drain of this.drains.splice(0)) drain.reject(reason)
  }

  private notDrained(timeoutMs: number): AMQPError {
    const { address, name } = this.link
    return new AMQPTimeoutError(`"${address}" did not answer a drain within ${timeoutMs} ms`, {
      timeoutMs,
      context: { operation: 'draining', linkName: name, address },
    })
  }
}

function ignore(): void {}
