// The queues of a broker by address, their dead-letter queues included, which exist as soon as somebody asks.

import { AMQPError } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { DEAD_LETTER_SUFFIX } from './dead-letter.js'
import { type BrokerSettings, type QueueOptions, type QueueSettings, queueSettings } from './options.js'
import { MessageQueue, type QueueHost } from './queue.js'
import { type ServiceBusHost, ServiceBusQueue } from './service-bus/queue.js'

export type AnyQueue = MessageQueue | ServiceBusQueue

export class Queues implements QueueHost, ServiceBusHost {
  readonly clock: Clock
  private readonly settings: BrokerSettings
  private readonly byName = new Map<string, AnyQueue>()
  /** Service Bus queues, whose names are not case sensitive. */
  private readonly byFoldedName = new Map<string, ServiceBusQueue>()

  constructor(settings: BrokerSettings) {
    this.settings = settings
    this.clock = settings.clock
  }

  get names(): string[] {
    return [...this.byName.keys()]
  }

  create(name: string, options: QueueOptions): AnyQueue {
    if (typeof name !== 'string' || name === '')
      throw new TypeError('the name of a queue must be a string of some length')
    const settings = this.settingsFor(name, options)
    const known = settings.serviceBus === undefined ? this.byName.get(name) : this.lookUp(name)
    if (known === undefined) return this.file(name, settings)
    throw new AMQPError(`Queue "${known.name}" exists already`, {
      code: 'AMQP_QUEUE_EXISTS',
      condition: 'amqp:precondition-failed',
    })
  }

  /** Dead letters are given out as often as one likes, and belong to no session. */
  private settingsFor(name: string, options: QueueOptions): QueueSettings {
    const settings = queueSettings(options, this.settings)
    const { serviceBus } = settings
    if (!isDeadLetter(name, serviceBus !== undefined)) return settings
    return {
      ...settings,
      maxDeliveryCount: options.maxDeliveryCount ?? Number.POSITIVE_INFINITY,
      serviceBus: serviceBus && { ...serviceBus, requiresSession: false },
    }
  }

  private file(name: string, settings: QueueSettings): AnyQueue {
    if (settings.serviceBus === undefined) {
      const queue = new MessageQueue(name, settings, this)
      this.byName.set(name, queue)
      return queue
    }
    const queue = new ServiceBusQueue(name, settings, settings.serviceBus, this)
    this.byName.set(name, queue)
    this.byFoldedName.set(folded(name), queue)
    return queue
  }

  /** The queue of this name, if there is one; a dead-letter queue is there when its queue is. */
  find(name: string): AnyQueue | undefined {
    const queue = this.lookUp(name)
    if (queue !== undefined || !isDeadLetter(name, true)) return queue
    const owner = this.lookUp(name.slice(0, -DEAD_LETTER_SUFFIX.length))
    if (owner === undefined) return undefined
    const anyCase = owner instanceof ServiceBusQueue
    const named = isDeadLetter(name, anyCase) && !isDeadLetter(owner.name, anyCase)
    return named ? this.deadLetterQueue(owner) : undefined
  }

  private lookUp(name: string): AnyQueue | undefined {
    return this.byName.get(name) ?? this.byFoldedName.get(folded(name))
  }

  private deadLetterQueue({ name, settings }: AnyQueue): AnyQueue {
    const address = name + DEAD_LETTER_SUFFIX
    const serviceBus = settings.serviceBus ?? false
    return this.lookUp(address) ?? this.file(address, this.settingsFor(address, { serviceBus }))
  }

  /** As `find`, for links: makes the queue if that is allowed, but none in place of a node that is missing. */
  queueAt(address: string): AnyQueue | undefined {
    const makes = this.settings.autoCreate && !isNodeAddress(address)
    return this.find(address) ?? (makes ? this.create(address, {}) : undefined)
  }

  /** As `queueAt`, for what only a Service Bus queue has: no other is made. */
  serviceBusQueueAt(address: string): ServiceBusQueue | undefined {
    const made = queueSettings({}, this.settings).serviceBus !== undefined
    const queue = made ? this.queueAt(address) : this.find(address)
    return queue instanceof ServiceBusQueue ? queue : undefined
  }

  deadLettersOf(queue: AnyQueue): AnyQueue | undefined {
    const last = isDeadLetter(queue.name, queue instanceof ServiceBusQueue)
    return last ? undefined : this.deadLetterQueue(queue)
  }

  /** Deletes a queue with its dead letters; false when there is none. */
  delete(name: string): boolean {
    const queue = this.lookUp(name)
    if (queue === undefined) return false
    this.byName.delete(queue.name)
    if (this.byFoldedName.get(folded(queue.name)) === queue) this.byFoldedName.delete(folded(queue.name))
    queue.delete()
    if (!isDeadLetter(queue.name, true)) this.delete(queue.name + DEAD_LETTER_SUFFIX)
    return true
  }

  /** The broker has stopped. */
  end(): void {
    for (const queue of this.byFoldedName.values()) queue.end()
  }
}

/** Where clients look for a node that answers requests: a queue there would keep them, and never answer. */
export function isNodeAddress(address: string): boolean {
  return /^\$cbs$|^(.*\/)?\$management$/is.test(address)
}

/** As clients of cloud brokers may write it: with a slash in front, in capitals or not. */
function folded(name: string): string {
  return name.replace(/^\//, '').toLowerCase()
}

function isDeadLetter(name: string, anyCase: boolean): boolean {
  if (name.endsWith(DEAD_LETTER_SUFFIX)) return true
  return anyCase && folded(name).endsWith(DEAD_LETTER_SUFFIX.toLowerCase())
}
