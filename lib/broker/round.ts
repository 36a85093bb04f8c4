// Links that can take a message, served by turns: a work list, not a scan, so that who has no credit costs nothing.

import { Queue } from '../util/queue.js'

/** A link that takes messages. */
export interface RoundMember {
  /** Waits for its turn. Belongs to the round. */
  inRound: boolean
  /** Attached, and with credit that is not spoken for. */
  readonly ready: boolean
}

export class Round<T extends RoundMember> {
  private readonly waiting = new Queue<T>()

  /** Whoever is ready waits behind the others for its turn, once. */
  enter(member: T): void {
    if (member.inRound || !member.ready) return
    member.inRound = true
    this.waiting.push(member)
  }

  /** Whose turn it is; those who can take nothing any more lose theirs. */
  next(): T | undefined {
    for (let member = this.waiting.shift(); member !== undefined; member = this.waiting.shift()) {
      member.inRound = false
      if (member.ready) return member
    }
    return undefined
  }

  /** One that has gone would be kept until a message comes. */
  leave(member: T): void {
    if (member.inRound) this.waiting.remove(member)
    member.inRound = false
  }
}
