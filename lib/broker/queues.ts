// The queues of a broker by address, their dead-letter queues included, which exist as soon as somebody asks.

import { AMQPError } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { DEAD_LETTER_SUFFIX } from './dead-letter.js'
import { type BrokerSettings, type QueueOptions, queueSettings } from './options.js'
import { MessageQueue, type QueueHost } from './queue.js'

export class Queues implements QueueHost {
  readonly clock: Clock
  private readonly settings: BrokerSettings
  private readonly byName = new Map<string, MessageQueue>()

  constructor(settings: BrokerSettings) {
    this.settings = settings
    this.clock = settings.clock
  }

  get nowMs(): number {
    return this.clock.now()
  }

  get names(): string[] {
    return [...this.byName.keys()]
  }

  create(name: string, options: QueueOptions): MessageQueue {
    if (typeof name !== 'string' || name === '')
      throw new TypeError('the name of a queue must be a string of some length')
    if (this.byName.has(name)) {
      throw new AMQPError(`Queue "${name}" exists already`, {
        code: 'AMQP_QUEUE_EXISTS',
        condition: 'amqp:precondition-failed',
      })
    }
    return this.file(name, options)
  }

  private file(name: string, options: QueueOptions): MessageQueue {
    const maxDeliveryCount = isDeadLetter(name) ? Number.POSITIVE_INFINITY : this.settings.maxDeliveryCount
    const queue = new MessageQueue(name, queueSettings(options, maxDeliveryCount), this)
    this.byName.set(name, queue)
    return queue
  }

  /** The queue of this name, if there is one; a dead-letter queue is there when its queue is. */
  find(name: string): MessageQueue | undefined {
    const queue = this.byName.get(name)
    if (queue !== undefined || !isDeadLetter(name)) return queue
    return this.byName.has(name.slice(0, -DEAD_LETTER_SUFFIX.length)) ? this.file(name, {}) : undefined
  }

  /** As `find`, for links: makes the queue if that is allowed. */
  queueAt(address: string): MessageQueue | undefined {
    return this.find(address) ?? (this.settings.autoCreate ? this.create(address, {}) : undefined)
  }

  deadLettersOf(queue: MessageQueue): MessageQueue | undefined {
    return isDeadLetter(queue.name) ? undefined : this.find(queue.name + DEAD_LETTER_SUFFIX)
  }

  /** Deletes a queue with its dead letters; false when there is none. */
  delete(name: string): boolean {
    const queue = this.byName.get(name)
    if (queue === undefined) return false
    this.byName.delete(name)
    queue.delete()
    if (!isDeadLetter(name)) this.delete(name + DEAD_LETTER_SUFFIX)
    return true
  }
}

function isDeadLetter(name: string): boolean {
  return name.endsWith(DEAD_LETTER_SUFFIX)
}
