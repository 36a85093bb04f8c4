// The sessions of a queue: each has messages, a state, and at most one receiver, who has it locked. All locks last
// equally long from when they were taken or renewed, so that the one that ends first is the first of `held`.

import type { Timer } from '../../util/clock.js'
import type { BrokeredMessage } from './brokered-message.js'
import { Lane, type LaneHost } from './lane.js'
import type { MessageLock } from './locks.js'

/** Who has a session, or wants one. */
export interface SessionHolder {
  onSession(session: MessageSession): void
  /** The lock has ended before the holder did. */
  onSessionLost(session: MessageSession): void
  /** No session became free in time. */
  onNoSession(): void
}

/** What sessions need of their queue. */
export interface SessionsHost extends LaneHost {
  readonly lockDurationMs: number
  /** A lock has begun, or was renewed. */
  onSessionLocked(): void
  /** The session is free again; its locks on messages have to end. `failed`: it was not the holder's wish. */
  onSessionFree(session: MessageSession, failed: boolean): void
}

export class MessageSession {
  readonly id: string
  readonly lane: Lane
  readonly locks = new Set<MessageLock>()
  /** Kept for whoever has the session next; undefined: none. */
  state: Uint8Array | undefined = undefined
  holder: SessionHolder | undefined = undefined
  lockedUntilMs = 0
  /** When a message came, or the state was set, by the calendar. */
  updatedMs = 0
  /** Its messages, waiting or not. */
  count = 0

  constructor(id: string, host: LaneHost) {
    this.id = id
    this.lane = new Lane(host)
  }
}

export class Sessions {
  private readonly host: SessionsHost
  private readonly byId = new Map<string, MessageSession>()
  private readonly held = new Set<MessageSession>()
  /** Nobody has them, and messages may wait there; in the order in which they came to be so. */
  private readonly free = new Set<MessageSession>()
  /** Those who wait for any session, and their time limits. */
  private readonly waiting = new Map<SessionHolder, Timer>()

  constructor(host: SessionsHost) {
    this.host = host
  }

  /** When the next lock ends; Infinity: never. */
  get nextMs(): number {
    for (const session of this.held) return session.lockedUntilMs
    return Number.POSITIVE_INFINITY
  }

  find(id: string): MessageSession | undefined {
    return this.byId.get(id)
  }

  /** The session of this id if somebody has it. */
  heldOne(id: string): MessageSession | undefined {
    const session = this.byId.get(id)
    return session?.holder === undefined ? undefined : session
  }

  get all(): Iterable<MessageSession> {
    return this.byId.values()
  }

  // --- messages

  /** A message belongs to its session from now on. */
  enroll(message: BrokeredMessage): MessageSession {
    const session = this.session(message.sessionId)
    session.count++
    session.updatedMs = this.host.clock.date()
    return session
  }

  /** A message is gone. */
  dismiss(message: BrokeredMessage): void {
    const session = this.byId.get(message.sessionId)
    if (session === undefined) return
    session.count--
    this.forgetIfIdle(session)
  }

  /** A message waits in the session. */
  onWaiting(session: MessageSession): void {
    if (session.holder !== undefined) return
    const [next] = this.waiting.keys()
    if (next === undefined) {
      this.free.add(session)
      return
    }
    this.stopWaiting(next)
    this.lock(session, next)
  }

  // --- locks

  /** False when another holder has the session. */
  accept(id: string, holder: SessionHolder): boolean {
    const session = this.session(id)
    if (session.holder !== undefined) return false
    this.lock(session, holder)
    return true
  }

  /** The next session that is free and has messages, now or within the time. */
  acceptNext(holder: SessionHolder, timeoutMs: number): void {
    for (const session of this.free) {
      this.free.delete(session)
      if (session.lane.hasMessage) return this.lock(session, holder)
      this.forgetIfIdle(session)
    }
    const timer = this.host.clock.setTimer(timeoutMs, () => {
      this.waiting.delete(holder)
      holder.onNoSession()
    })
    this.waiting.set(holder, timer)
  }

  stopWaiting(holder: SessionHolder): void {
    this.waiting.get(holder)?.cancel()
    this.waiting.delete(holder)
  }

  renew(session: MessageSession): void {
    session.lockedUntilMs = this.host.clock.now() + this.host.lockDurationMs
    this.held.delete(session)
    this.held.add(session)
    this.host.onSessionLocked()
  }

  /** The holder gives the session back. */
  release(session: MessageSession): void {
    this.unlock(session, false)
  }

  expire(nowMs: number): void {
    for (const session of this.held) {
      if (session.lockedUntilMs > nowMs) return
      const { holder } = session
      this.unlock(session, true)
      holder?.onSessionLost(session)
    }
  }

  setState(session: MessageSession, state: Uint8Array | undefined): void {
    session.state = state
    session.updatedMs = this.host.clock.date()
  }

  private session(id: string): MessageSession {
    let session = this.byId.get(id)
    if (session === undefined) {
      session = new MessageSession(id, this.host)
      this.byId.set(id, session)
    }
    return session
  }

  private lock(session: MessageSession, holder: SessionHolder): void {
    session.holder = holder
    this.free.delete(session)
    this.renew(session)
    holder.onSession(session)
  }

  private unlock(session: MessageSession, failed: boolean): void {
    this.held.delete(session)
    session.holder = undefined
    this.host.onSessionFree(session, failed)
    if (session.lane.hasMessage) this.onWaiting(session)
    else this.forgetIfIdle(session)
  }

  /** A session exists as long as there is something to know of it. */
  private forgetIfIdle(session: MessageSession): void {
    if (session.count > 0 || session.state !== undefined || session.holder !== undefined) return
    this.free.delete(session)
    this.byId.delete(session.id)
  }
}
