// Waiting for a link to be attached, and for one to be detached, with bounds. Shared by senders and receivers.

import { type AMQPError, AMQPTimeoutError } from '../errors.js'
import type { Link } from '../engine/link.js'
import type { Clock } from '../util/clock.js'
import { Deferred, waitFor, type WaitOptions, waitUntil } from '../util/deferred.js'
import { CLOSE_TIMEOUT_MS } from './options.js'

/** Waits for a promise that never rejects, but no longer than `timeoutMs`; rejects only when the signal aborts. */
export function settledWithin(promise: Promise<unknown>, wait: WaitOptions, clock: Clock): Promise<void> {
  return waitUntil<void>(
    (done) => {
      promise.then(() => done.resolve())
    },
    wait,
    clock,
    (done) => done.resolve(),
  )
}

export class LinkLife {
  /** Resolved by the peer's attach, rejected when the link ends before. */
  readonly opened: Deferred<void> = new Deferred()
  /** Resolved by the end, with its reason. */
  readonly ended: Deferred<AMQPError | undefined> = new Deferred()
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
    this.opened.promise.catch(() => {})
  }

  onEnd(reason: AMQPError | undefined, closed: AMQPError): void {
    this.opened.reject(reason ?? closed)
    this.ended.resolve(reason)
  }

  /** Waits for the peer's attach; a link that is not wanted any more is detached. */
  async waitUntilOpen(link: Link, what: string, timeoutMs: number, wait: WaitOptions): Promise<void> {
    const context = { operation: `attaching ${what}`, linkName: link.name, address: link.address }
    const limit = wait.timeoutMs ?? timeoutMs
    try {
      await waitFor<void>(
        (done) => {
          this.opened.promise.then(
            () => done.resolve(),
            (error) => done.reject(error),
          )
        },
        { signal: wait.signal, timeoutMs: limit },
        this.clock,
        () =>
          new AMQPTimeoutError(`Attaching ${what} to "${link.address}" took over ${limit} ms`, {
            timeoutMs: limit,
            context,
          }),
      )
    } catch (error) {
      if (!this.ended.done) link.detach()
      throw error
    }
  }

  /** Detaches, and waits for the peer to agree; a peer that stays silent is not waited for longer than the bound. */
  async close(link: Link, closed: boolean, wait: WaitOptions = {}): Promise<void> {
    link.detach(closed)
    await settledWithin(this.ended.promise, { timeoutMs: CLOSE_TIMEOUT_MS, ...wait }, this.clock)
  }
}
