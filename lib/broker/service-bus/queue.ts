// A queue that speaks the dialect of Azure Service Bus: messages have numbers and are locked by tokens for some time,
// can be deferred and scheduled, and belong to sessions. One timer serves whatever is due next in the queue.
// Invariant: a message of the queue stands in one place: waiting in a lane, locked, deferred, or scheduled.

import { Message } from '../../message/message.js'
import type { InputFields } from '../../types/messaging.js'
import type { Clock, Timer } from '../../util/clock.js'
import { type DeadLetterCause, type DeadLetters, deadLetterBytes } from '../dead-letter.js'
import type { QueueSettings } from '../options.js'
import type { BrokerQueue, QueueLink } from '../queue.js'
import { GONE, LOCKED, WAITING } from '../stored-message.js'
import type { MessageSink } from '../target.js'
import { ACTIVE, BrokeredMessage, DEFERRED, SCHEDULED } from './brokered-message.js'
import { MESSAGE_LOCK_LOST, NOT_ALLOWED, refusal, SESSION_LOCK_LOST } from './conditions.js'
import { Lane } from './lane.js'
import { Locks, type MessageLock } from './locks.js'
import type { ServiceBusSettings } from './options.js'
import { Schedule } from './schedule.js'
import { type MessageSession, Sessions, type SessionsHost } from './sessions.js'
import { unpack } from './unpack.js'

/** What a queue needs of the broker. */
export interface ServiceBusHost {
  readonly clock: Clock
  /** Where the queue's dead letters go; undefined: they are dropped. */
  deadLettersOf(queue: ServiceBusQueue): DeadLetters | undefined
}

export class ServiceBusQueue implements BrokerQueue, MessageSink, DeadLetters, SessionsHost {
  readonly name: string
  readonly settings: QueueSettings
  readonly clock: Clock
  readonly lockDurationMs: number
  readonly locks: Locks = new Locks()
  /** Of a queue without sessions. */
  readonly lane: Lane
  /** Undefined: the queue has none. */
  readonly sessions: Sessions | undefined
  consumers = 0
  private readonly host: ServiceBusHost
  private readonly bySequence = new Map<number, BrokeredMessage>()
  private readonly schedule = new Schedule()
  private readonly links = new Set<QueueLink>()
  private lastSequence = 0
  private timer: Timer | undefined = undefined
  private timerDueMs = Number.POSITIVE_INFINITY
  private ended = false

  constructor(name: string, settings: QueueSettings, serviceBus: ServiceBusSettings, host: ServiceBusHost) {
    this.name = name
    this.settings = settings
    this.host = host
    this.clock = host.clock
    this.lockDurationMs = serviceBus.lockDurationMs
    this.lane = new Lane(this)
    this.sessions = serviceBus.requiresSession ? new Sessions(this) : undefined
  }

  // --- to look at

  get depth(): number {
    return [...this.waiting()].length
  }

  get locked(): number {
    let count = 0
    for (const { state } of this.bySequence.values()) if (state === LOCKED) count++
    return count
  }

  get messages(): readonly Message[] {
    return Array.from(this.waiting(), (message) => {
      message.stamp()
      return Message.decodeMessage(message.toBytes())
    })
  }

  private *waiting(): Iterable<BrokeredMessage> {
    for (const message of this.from(0))
      if (message.state === WAITING && message.phase === ACTIVE) yield message
  }

  /** All messages from a number on, whatever their state, but for those that have expired. */
  *from(sequence: number): Iterable<BrokeredMessage> {
    for (const message of this.stored(sequence)) {
      if (message.sequence >= sequence && message.expiresAtMs > this.clock.now()) yield message
    }
  }

  /** Where numbers are close to each other, those before the first that is wanted are not walked through. */
  private *stored(sequence: number): Iterable<BrokeredMessage> {
    const { bySequence } = this
    const [first = Number.POSITIVE_INFINITY] = bySequence.keys()
    const start = Math.max(sequence, first)
    if (this.lastSequence - start > 2 * bySequence.size) return yield* bySequence.values()
    for (let number = start; number <= this.lastSequence; number++) {
      const message = bySequence.get(number)
      if (message !== undefined) yield message
    }
  }

  /** A moment of the broker's clock, by the calendar. */
  dateOf(ms: number): Date {
    return new Date(this.clock.date() + Math.round(ms - this.clock.now()))
  }

  // --- messages come

  store(payload: Uint8Array, format: number): void {
    this.enqueue(unpack(payload, format, this.clock.now()))
  }

  /** Takes all of them or none, and tells their numbers. Throws an AMQPError when one cannot be taken. */
  enqueue(messages: readonly BrokeredMessage[]): number[] {
    if (this.sessions !== undefined && messages.some(({ sessionId }) => sessionId === '')) {
      throw refusal(NOT_ALLOWED, `a message for queue "${this.name}", which has sessions, lacks a group-id`)
    }
    return messages.map((message) => {
      // What others counted before it came here is not ours.
      message.deliveryCount = 0
      const delayMs = (message.scheduledFor?.getTime() ?? 0) - this.clock.date()
      return delayMs > 0 ? this.delay(message, delayMs) : this.activate(message)
    })
  }

  takeDeadLetter(bytes: Uint8Array, format: number, firstSequence = 0): void {
    const message = new BrokeredMessage(bytes, format, this.clock.now())
    message.firstSequence = firstSequence
    this.number(message)
    this.putBack(message)
  }

  private delay(message: BrokeredMessage, delayMs: number): number {
    message.phase = SCHEDULED
    this.number(message)
    this.schedule.add(message, this.clock.now() + delayMs)
    this.arm()
    return message.sequence
  }

  private activate(message: BrokeredMessage): number {
    this.number(message)
    const session = this.sessions?.enroll(message)
    const lane = session?.lane ?? this.lane
    lane.add(message)
    lane.dispatch()
    // One that had no time to live is gone by now, and perhaps its session with it.
    if (session !== undefined && message.state === WAITING) this.sessions?.onWaiting(session)
    return message.sequence
  }

  private number(message: BrokeredMessage): void {
    message.onEnqueued(++this.lastSequence, new Date(this.clock.date()))
    this.bySequence.set(message.sequence, message)
  }

  /** The message of this number, if it is in the phase. */
  find(sequence: number, phase: typeof DEFERRED | typeof SCHEDULED): BrokeredMessage | undefined {
    const message = this.bySequence.get(sequence)
    return message?.phase === phase ? message : undefined
  }

  /** A scheduled message is not to appear. */
  cancel(message: BrokeredMessage): void {
    this.schedule.remove(message)
    this.bySequence.delete(message.sequence)
    this.arm()
  }

  // --- messages go out

  /** The message is somebody's until the lock ends. */
  lock(message: BrokeredMessage): MessageLock {
    message.state = LOCKED
    const session = this.sessions?.find(message.sessionId)
    const endless = this.sessions !== undefined
    const lock = this.locks.add(
      message,
      endless ? Number.POSITIVE_INFINITY : this.clock.now() + this.lockDurationMs,
    )
    session?.locks.add(lock)
    this.arm()
    return lock
  }

  /** When the lock ends, by the calendar. */
  lockedUntil(lock: MessageLock): Date {
    const session = this.sessions?.find(lock.message.sessionId)
    return this.dateOf(session?.lockedUntilMs ?? lock.untilMs)
  }

  renew(lock: MessageLock): void {
    this.locks.renew(lock, this.clock.now() + this.lockDurationMs)
    this.arm()
  }

  /** The message goes to somebody who need not say what becomes of it. */
  take(message: BrokeredMessage): void {
    message.state = LOCKED
  }

  // --- what becomes of them

  /** What is said of a lock that has ended. */
  get lockLost(): string {
    return this.sessions === undefined ? MESSAGE_LOCK_LOST : SESSION_LOCK_LOST
  }

  holds(lock: MessageLock): boolean {
    return this.locks.find(lock.token) === lock
  }

  complete(lock: MessageLock): void {
    if (this.unlock(lock)) this.remove(lock.message)
  }

  /** Back to its place, and the attempt counts. */
  abandon(lock: MessageLock, properties: InputFields = {}): void {
    if (!this.unlock(lock)) return
    lock.message.setProperties(properties)
    this.fail(lock.message)
  }

  /** Back to its place as if nothing had been. */
  release(lock: MessageLock): void {
    if (this.unlock(lock)) this.putBack(lock.message)
  }

  /** It waits no more, and is to be asked for by its number. */
  defer(lock: MessageLock, properties: InputFields = {}): void {
    if (!this.unlock(lock)) return
    lock.message.setProperties(properties)
    lock.message.phase = DEFERRED
    this.putBack(lock.message)
  }

  deadLetter(lock: MessageLock, cause: DeadLetterCause, properties: InputFields = {}): void {
    if (!this.unlock(lock)) return
    lock.message.setProperties(properties)
    this.bury(lock.message, cause)
  }

  /** A message that was handed out waits again, at its old place. */
  putBack(message: BrokeredMessage): void {
    message.state = WAITING
    if (message.phase === DEFERRED) return
    const session = this.sessions?.find(message.sessionId)
    const lane = session?.lane ?? this.lane
    lane.add(message)
    lane.wake()
    if (session !== undefined) this.sessions?.onWaiting(session)
  }

  remove(message: BrokeredMessage): void {
    message.state = GONE
    if (this.bySequence.delete(message.sequence)) this.sessions?.dismiss(message)
  }

  dropExpired(message: BrokeredMessage): void {
    const lane = this.sessions?.find(message.sessionId)?.lane ?? this.lane
    lane.remove(message)
    this.remove(message)
  }

  /** False when the lock has ended already. */
  private unlock(lock: MessageLock): boolean {
    if (!this.locks.remove(lock)) return false
    this.sessions?.find(lock.message.sessionId)?.locks.delete(lock)
    this.arm()
    return true
  }

  private fail(message: BrokeredMessage): void {
    message.countFailure()
    if (message.deliveryCount < this.settings.maxDeliveryCount) return this.putBack(message)
    this.bury(message, {
      reason: 'MaxDeliveryCountExceeded',
      description: `${message.deliveryCount} attempts to deliver it failed`,
    })
  }

  private bury(message: BrokeredMessage, cause: DeadLetterCause): void {
    this.remove(message)
    const target = this.ended ? undefined : this.host.deadLettersOf(this)
    if (target === undefined) return
    message.ttlMs = undefined
    message.stamp()
    target.takeDeadLetter(deadLetterBytes(message, this.name, cause), message.format, message.firstSequence)
  }

  // --- sessions

  onSessionLocked(): void {
    this.arm()
  }

  onSessionFree(session: MessageSession, failed: boolean): void {
    for (const lock of [...session.locks]) {
      if (failed) this.abandon(lock)
      else this.release(lock)
    }
    this.arm()
  }

  // --- time

  private arm(): void {
    const sessionMs = this.sessions?.nextMs ?? Number.POSITIVE_INFINITY
    const dueMs = this.ended
      ? Number.POSITIVE_INFINITY
      : Math.min(this.locks.nextMs, this.schedule.nextMs, sessionMs)
    // A timer that comes too early costs less than to move it with each lock.
    if (dueMs === this.timerDueMs || (dueMs > this.timerDueMs && dueMs !== Number.POSITIVE_INFINITY)) return
    this.timer?.cancel()
    this.timerDueMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.timer = this.clock.setTimer(Math.max(0, Math.ceil(dueMs - this.clock.now())), this.onTimer)
  }

  private readonly onTimer = (): void => {
    this.timerDueMs = Number.POSITIVE_INFINITY
    const now = this.clock.now()
    for (const lock of this.locks.expired(now)) this.abandon(lock)
    this.sessions?.expire(now)
    for (const message of this.schedule.takeDue(now)) this.appear(message)
    this.arm()
  }

  /** A message that is due joins the end of the queue, and its time to live begins. */
  private appear(scheduled: BrokeredMessage): void {
    this.bySequence.delete(scheduled.sequence)
    const message = new BrokeredMessage(scheduled.toBytes(), scheduled.format, this.clock.now())
    message.firstSequence = scheduled.firstSequence
    this.activate(message)
  }

  // --- links

  attach(link: QueueLink): void {
    this.links.add(link)
  }

  detach(link: QueueLink): void {
    this.links.delete(link)
  }

  /** Nothing is handed out any more; links are told. */
  delete(): void {
    this.end()
    for (const link of [...this.links]) link.onQueueDeleted(this.name)
  }

  /** Nothing will be due any more. */
  end(): void {
    this.ended = true
    this.arm()
  }
}
