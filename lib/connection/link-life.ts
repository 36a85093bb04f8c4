// The life of a link as its user sees it: it opens once, and ends once with a reason. Shared by senders and receivers.

import type { Link } from '../engine/link.js'
import { describeLink } from '../engine/reasons.js'
import { type AMQPError, AMQPTimeoutError, LinkDetach } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { Deferred, type WaitOptions } from '../util/deferred.js'
import { type Deadline, settledWithin, within } from './waits.js'

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
      await within(
        this.opened.promise,
        { signal: wait.signal, timeoutMs: limit },
        this.clock,
        () =>
          new AMQPTimeoutError(`Attaching ${what} to "${link.address}" took over ${limit} ms`, {
            timeoutMs: limit,
            context,
          }),
      )
      // Some peers attach only to say in their detach why they will not.
      if (link.ended && link.endReason !== undefined) throw link.endReason
    } catch (error) {
      if (!this.ended.done) link.detach()
      throw error
    }
  }

  /**
   * Detaches once `before` is done, and waits for the peer to agree. `giveUp` settles what is open with the link when
   * the deadline or the signal comes first: a peer that stays silent keeps nobody waiting.
   */
  async shut(
    link: Link,
    closed: boolean,
    before: Promise<void>,
    deadline: Deadline,
    giveUp: (reason: AMQPError) => void,
  ): Promise<void> {
    try {
      await before
      link.detach(closed)
      await settledWithin(this.ended.promise, deadline.wait, this.clock)
    } finally {
      link.detach(closed)
      if (!this.ended.done) giveUp(noAnswer(link))
    }
  }
}

function noAnswer(link: Link): LinkDetach {
  const { name, address } = link
  return new LinkDetach(`The peer did not answer when ${describeLink(link)} was closed`, {
    retryable: true,
    context: { operation: 'detaching', linkName: name, address },
  })
}
