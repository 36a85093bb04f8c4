// The round of senders that wait for the session window or the socket: each writes a few deliveries, then the next one.
// A work list, not a scan: links with nothing to write cost nothing.

import { Queue } from '../util/queue.js'

/** What may take a turn. */
export interface TurnTaker {
  awaitingTurn: boolean
  readonly ended: boolean
  /** Writes at most `limit` deliveries; puts itself back when more is left that may be written later. */
  pump(limit: number): void
}

const DELIVERIES_A_TURN = 16

export class Turns {
  private readonly waiting = new Queue<TurnTaker>()

  add(link: TurnTaker): void {
    if (link.awaitingTurn) return
    link.awaitingTurn = true
    this.waiting.push(link)
  }

  /** Lets links write by turns while `open` says that something may be written. */
  run(open: () => boolean): void {
    while (open()) {
      const link = this.waiting.shift()
      if (link === undefined) return
      link.awaitingTurn = false
      if (!link.ended) link.pump(DELIVERIES_A_TURN)
    }
  }
}
