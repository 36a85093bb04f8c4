// The locks on messages of one queue, by token. All last equally long from when they were taken or renewed, so that the
// one that ends first is always the first of the map. In queues with sessions they end with the lock of the session.

import type { BrokeredMessage } from './brokered-message.js'
import { newLockToken } from './lock-token.js'

export interface MessageLock {
  readonly token: string
  readonly message: BrokeredMessage
  /** By the clock of the broker; Infinity: as long as that of its session. */
  untilMs: number
}

export class Locks {
  private readonly byToken = new Map<string, MessageLock>()

  /** When the next one ends; Infinity: never. */
  get nextMs(): number {
    for (const lock of this.byToken.values()) return lock.untilMs
    return Number.POSITIVE_INFINITY
  }

  add(message: BrokeredMessage, untilMs: number): MessageLock {
    const lock = { token: newLockToken(), message, untilMs }
    this.byToken.set(lock.token, lock)
    return lock
  }

  find(token: string): MessageLock | undefined {
    return this.byToken.get(token)
  }

  renew(lock: MessageLock, untilMs: number): void {
    lock.untilMs = untilMs
    this.byToken.delete(lock.token)
    this.byToken.set(lock.token, lock)
  }

  /** False when it had ended before. */
  remove(lock: MessageLock): boolean {
    return this.byToken.delete(lock.token)
  }

  expired(nowMs: number): MessageLock[] {
    const found: MessageLock[] = []
    for (const lock of this.byToken.values()) {
      if (lock.untilMs > nowMs) break
      found.push(lock)
    }
    return found
  }
}
