// A queue: messages wait in order of arrival, links that have credit are served by turns, outcomes decide what becomes
// of a message that was handed out [3.4]. A work list of links, not a scan: who has no credit costs nothing.

import { Message } from '../message/message.js'
import { type Modified, SECTION } from '../types/messaging.js'
import type { AMQPErrorFields } from '../types/transport.js'
import type { Clock } from '../util/clock.js'
import { annotate } from './annotate.js'
import { Backlog, type Taker } from './backlog.js'
import { causeOfRejection, type DeadLetterCause, type DeadLetters, deadLetterBytes } from './dead-letter.js'
import type { QueueSettings } from './options.js'
import { Round, type RoundMember } from './round.js'
import { StoredMessage, WAITING } from './stored-message.js'

/** A queue of the embedded broker, to look at. */
export interface BrokerQueue {
  readonly name: string
  /** Messages that wait to be handed out. */
  readonly depth: number
  /** Messages that are handed out and not settled. */
  readonly locked: number
  /** Links that receive from it. */
  readonly consumers: number
  /** The messages that wait, oldest first, as they would be sent now. */
  readonly messages: readonly Message[]
}

/** A link that wants messages. */
export interface Consumer extends Taker, RoundMember {
  give(message: StoredMessage): void
}

/** A link that looks at messages without taking them. */
export interface Browser {
  /** Messages may have come. */
  look(): void
}

/** A link that ends when the queue is deleted. */
export interface QueueLink {
  onQueueDeleted(name: string): void
}

/** What a queue needs of the broker. */
export interface QueueHost {
  readonly clock: Clock
  /** Where the queue's dead letters go; undefined: they are dropped. */
  deadLettersOf(queue: MessageQueue): DeadLetters | undefined
}

export class MessageQueue implements BrokerQueue, DeadLetters {
  readonly name: string
  readonly settings: QueueSettings
  readonly backlog: Backlog = new Backlog()
  private readonly host: QueueHost
  private readonly round = new Round<Consumer>()
  /** Consumers with credit that wanted none of what waited. */
  private passed: Consumer[] = []
  private readonly links = new Set<QueueLink>()
  private readonly browsers = new Set<Browser>()
  private wakeDue = false
  private deleted = false
  consumers = 0

  constructor(name: string, settings: QueueSettings, host: QueueHost) {
    this.name = name
    this.settings = settings
    this.host = host
  }

  get depth(): number {
    this.backlog.sweep(this.nowMs)
    return this.backlog.waiting
  }

  get locked(): number {
    return this.backlog.locked
  }

  get messages(): readonly Message[] {
    const found: Message[] = []
    this.backlog.sweep(this.nowMs)
    for (let m = this.backlog.after(undefined); m !== undefined; m = m.next) {
      if (m.state !== WAITING) continue
      const message = Message.decodeMessage(m.toBytes())
      message.messageFormat = m.format
      found.push(message)
    }
    return found
  }

  get nowMs(): number {
    return this.host.clock.now()
  }

  // --- messages

  /** A message came. Throws a DecodeError when the payload is none. */
  store(payload: Uint8Array, format: number): void {
    this.backlog.append(new StoredMessage(payload, format, this.nowMs))
    this.dispatch()
  }

  takeDeadLetter(bytes: Uint8Array, format: number): void {
    this.backlog.append(new StoredMessage(bytes, format, this.nowMs))
    this.wake()
  }

  /** A message is done with. */
  complete(message: StoredMessage): void {
    this.backlog.remove(message)
  }

  /** A consumer did not want it; it goes back to its place. */
  release(message: StoredMessage): void {
    this.backlog.putBack(message)
    this.wake()
  }

  /** A consumer failed, or was lost. */
  fail(message: StoredMessage): void {
    message.countFailure()
    const { maxDeliveryCount } = this.settings
    if (message.deliveryCount < maxDeliveryCount) return this.release(message)
    this.deadLetter(message, {
      reason: 'MaxDeliveryCountExceeded',
      description: `${message.deliveryCount} attempts to deliver it failed`,
    })
  }

  reject(message: StoredMessage, error: AMQPErrorFields | undefined): void {
    this.deadLetter(message, causeOfRejection(error))
  }

  modify(message: StoredMessage, outcome: Modified, linkId: number): void {
    const { deliveryFailed, undeliverableHere, messageAnnotations } = outcome
    if (undeliverableHere === true) message.exclude(linkId)
    if (messageAnnotations !== undefined) {
      message.messageAnnotations = annotate(
        SECTION.messageAnnotations,
        message.messageAnnotations,
        messageAnnotations,
      )
    }
    if (deliveryFailed === true) this.fail(message)
    else this.release(message)
  }

  private deadLetter(message: StoredMessage, cause: DeadLetterCause): void {
    this.backlog.remove(message)
    const target = this.deleted ? undefined : this.host.deadLettersOf(this)
    if (target === undefined) return
    message.ttlMs = undefined
    target.takeDeadLetter(deadLetterBytes(message, this.name, cause), message.format)
  }

  // --- links

  attach(link: QueueLink): void {
    this.links.add(link)
  }

  detach(link: QueueLink): void {
    this.links.delete(link)
  }

  addConsumer(): void {
    this.consumers++
  }

  removeConsumer(consumer: Consumer): void {
    this.consumers--
    this.round.leave(consumer)
    this.passed = this.passed.filter((other) => other !== consumer)
  }

  addBrowser(browser: Browser): void {
    this.browsers.add(browser)
  }

  removeBrowser(browser: Browser): void {
    this.browsers.delete(browser)
  }

  /** The consumer has credit. It is served at once: a drain is answered right afterwards. */
  serve(consumer: Consumer): void {
    this.round.enter(consumer)
    this.dispatch()
  }

  /** Hands out messages later in this turn: whoever calls may be in the middle of settling others. */
  private wake(): void {
    if (this.wakeDue) return
    this.wakeDue = true
    this.host.clock.defer(this.onWake)
  }

  private readonly onWake = (): void => {
    this.wakeDue = false
    this.dispatch()
  }

  /** Hands out what waits, one message to each consumer by turns. */
  private dispatch(): void {
    if (this.deleted) return
    for (const browser of this.browsers) browser.look()
    if (this.passed.length > 0) for (const consumer of this.passed.splice(0)) this.round.enter(consumer)
    while (this.backlog.waiting > 0) {
      const consumer = this.round.next()
      if (consumer === undefined) return
      this.serveOne(consumer)
    }
  }

  private serveOne(consumer: Consumer): void {
    const message = this.takeFor(consumer)
    if (message === undefined) {
      this.passed.push(consumer)
      return
    }
    consumer.give(message)
    this.round.enter(consumer)
  }

  private takeFor(consumer: Consumer): StoredMessage | undefined {
    for (;;) {
      const message = this.backlog.take(consumer)
      if (message === undefined || message.expiresAtMs > this.nowMs) return message
      this.backlog.remove(message)
    }
  }

  /** Nothing is handed out any more; links are told. */
  delete(): void {
    this.deleted = true
    for (const link of [...this.links]) link.onQueueDeleted(this.name)
  }
}
