// Messages that wait for receivers, in order, and the receivers who have credit, who are served by turns. A queue
// without sessions is one lane; with sessions each session is one.

import type { Clock } from '../../util/clock.js'
import { Returned } from '../returned.js'
import { Round, type RoundMember } from '../round.js'
import { WAITING } from '../stored-message.js'
import type { BrokeredMessage } from './brokered-message.js'

/** A link that takes messages. */
export interface LaneReceiver extends RoundMember {
  give(message: BrokeredMessage): void
}

/** What a lane needs of its queue. */
export interface LaneHost {
  readonly clock: Clock
  /** Nobody got the message in time. */
  dropExpired(message: BrokeredMessage): void
}

export class Lane {
  private readonly host: LaneHost
  private readonly waiting = new Returned<BrokeredMessage>()
  private readonly round = new Round<LaneReceiver>()
  private wakeDue = false

  constructor(host: LaneHost) {
    this.host = host
  }

  /** Is there a message to be had? */
  get hasMessage(): boolean {
    return this.first() !== undefined
  }

  /** A message waits, at the place of its number. */
  add(message: BrokeredMessage): void {
    message.state = WAITING
    this.waiting.insert(message)
  }

  remove(message: BrokeredMessage): void {
    this.waiting.remove(message)
  }

  /** The receiver has credit. It is served at once: a drain is answered right afterwards. */
  serve(receiver: LaneReceiver): void {
    this.round.enter(receiver)
    this.dispatch()
  }

  /** The receiver has gone. */
  leave(receiver: LaneReceiver): void {
    this.round.leave(receiver)
  }

  /** Hands out messages later in this turn: whoever calls may be in the middle of settling others. */
  wake(): void {
    if (this.wakeDue) return
    this.wakeDue = true
    this.host.clock.defer(() => {
      this.wakeDue = false
      this.dispatch()
    })
  }

  /** Hands out what waits, one message to each receiver by turns. */
  dispatch(): void {
    for (let message = this.first(); message !== undefined; message = this.first()) {
      const receiver = this.round.next()
      if (receiver === undefined) return
      this.waiting.removeAt(0)
      receiver.give(message)
      this.round.enter(receiver)
    }
  }

  private first(): BrokeredMessage | undefined {
    while (this.waiting.length > 0) {
      const message = this.waiting.at(0)
      if (message.expiresAtMs > this.host.clock.now()) return message
      this.host.dropExpired(message)
    }
    return undefined
  }
}
