// The messages of one queue: those that wait and those that are handed out and not settled, in order of arrival.
// A message that comes back stands where it stood before. Nothing here depends on how many there are.

import { Returned } from './returned.js'
import { GONE, LOCKED, type StoredMessage, WAITING } from './stored-message.js'

/** Who wants messages, and may not want every one. */
export interface Taker {
  accepts(message: StoredMessage): boolean
}

export class Backlog {
  /** Messages that wait to be handed out. */
  waiting = 0
  /** Messages that are handed out and not settled. */
  locked = 0
  private head: StoredMessage | undefined = undefined
  private tail: StoredMessage | undefined = undefined
  /** The first message that nobody was offered yet; all behind it are so, too. */
  private fresh: StoredMessage | undefined = undefined
  private readonly returned = new Returned<StoredMessage>()
  private nextSequence = 1

  append(message: StoredMessage): void {
    message.sequence = this.nextSequence++
    message.state = WAITING
    message.previous = this.tail
    if (this.tail === undefined) this.head = message
    else this.tail.next = message
    this.tail = message
    this.fresh ??= message
    this.waiting++
  }

  /** Hands out the first message that the taker accepts. */
  take(taker: Taker): StoredMessage | undefined {
    const { returned } = this
    for (let i = 0; i < returned.length; i++) {
      const message = returned.at(i)
      if (!taker.accepts(message)) continue
      returned.removeAt(i)
      return this.lock(message)
    }
    for (let message = this.fresh; message !== undefined; message = this.fresh) {
      this.fresh = message.next
      if (taker.accepts(message)) return this.lock(message)
      returned.insert(message)
    }
    return undefined
  }

  private lock(message: StoredMessage): StoredMessage {
    message.state = LOCKED
    this.waiting--
    this.locked++
    return message
  }

  /** A message that was handed out waits again, at its old place. */
  putBack(message: StoredMessage): void {
    if (message.state !== LOCKED) return
    message.state = WAITING
    this.locked--
    this.waiting++
    this.returned.insert(message)
  }

  remove(message: StoredMessage): void {
    if (message.state === GONE) return
    if (message.state === LOCKED) this.locked--
    else this.dropWaiting(message)
    this.unlink(message)
    message.state = GONE
  }

  private dropWaiting(message: StoredMessage): void {
    this.waiting--
    if (this.fresh === message) this.fresh = message.next
    else this.returned.remove(message)
  }

  private unlink(message: StoredMessage): void {
    const { previous, next } = message
    if (previous === undefined) this.head = next
    else previous.next = next
    if (next === undefined) this.tail = previous
    else next.previous = previous
    message.previous = undefined
    message.next = undefined
  }

  /** The message behind this one, which may be gone; without one, the first. */
  after(message: StoredMessage | undefined): StoredMessage | undefined {
    if (message === undefined) return this.head
    if (message.state !== GONE) return message.next
    let found = this.head
    while (found !== undefined && found.sequence < message.sequence) found = found.next
    return found
  }

  /** Drops all that wait and have expired. */
  sweep(nowMs: number): void {
    for (let message = this.head; message !== undefined; ) {
      const { next } = message
      if (message.state === WAITING && message.expiresAtMs <= nowMs) this.remove(message)
      message = next
    }
  }
}
