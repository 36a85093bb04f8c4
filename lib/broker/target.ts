// The broker's end of a link that sends to a queue, or to the queue that each message names (anonymous terminus):
// messages are checked, stored, and answered for.

import type { IncomingDelivery } from '../engine/delivery.js'
import type { ReceiverLink, ReceiverLinkListener } from '../engine/receiver-link.js'
import { AMQPError } from '../errors.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../types/messaging.js'
import { answer } from './answer.js'
import type { QueueAnswer } from './options.js'
import type { QueueLink } from './queue.js'
import { StoredMessage } from './stored-message.js'

/** A queue of any kind, as those who send to it see it. */
export interface MessageSink {
  readonly settings: { readonly answer: QueueAnswer }
  /** Takes in what came. Throws an AMQPError, with nothing taken, when it cannot be. */
  store(payload: Uint8Array, format: number): void
  attach(link: QueueLink): void
  detach(link: QueueLink): void
}

/** What a target needs of the broker. */
export interface TargetHost {
  /** The queue at an address; undefined: there is none, and none is made. */
  queueAt(address: string): MessageSink | undefined
}

/** Answers that queues give on purpose, to test how a client takes them. */
const ANSWERS: Readonly<Record<Exclude<QueueAnswer, 'accepted' | 'none'>, DeliveryState>> = {
  rejected: rejection('amqp:precondition-failed', 'the queue is set to reject'),
  released: RELEASED,
  modified: Object.freeze({ kind: 'modified', deliveryFailed: true }),
}

export class TargetLink implements ReceiverLinkListener, QueueLink {
  private readonly link: ReceiverLink
  /** Undefined: each message names its own. */
  private readonly queue: MessageSink | undefined
  private readonly host: TargetHost
  private readonly onGone: () => void

  /** `onGone` is called when the link has ended. */
  constructor(link: ReceiverLink, queue: MessageSink | undefined, host: TargetHost, onGone: () => void) {
    this.link = link
    this.queue = queue
    this.host = host
    this.onGone = onGone
    queue?.attach(this)
  }

  onDelivery(delivery: IncomingDelivery): void {
    this.link.onRead(1)
    const outcome = this.take(delivery)
    if (outcome !== undefined) answer(this.link, delivery, outcome)
  }

  /** Stores the message; tells its outcome, or undefined for none. */
  private take(delivery: IncomingDelivery): DeliveryState | undefined {
    const { payload, messageFormat, remoteState } = delivery
    if (remoteState?.kind === 'transactional-state') {
      return rejection('amqp:transaction:unknown-id', 'there are no transactions here')
    }
    try {
      const queue = this.queue ?? this.route(payload)
      if (queue === undefined) return this.unroutable(delivery)
      const { answer: told } = queue.settings
      if (told !== 'accepted' && told !== 'none') return ANSWERS[told]
      queue.store(payload, messageFormat)
      return told === 'none' ? undefined : ACCEPTED
    } catch (error) {
      if (error instanceof AMQPError) return rejection(error.condition ?? 'amqp:decode-error', error.message)
      throw error
    }
  }

  private route(payload: Uint8Array): MessageSink | undefined {
    const address = StoredMessage.addressOf(payload)
    return address === undefined || address === '' ? undefined : this.host.queueAt(address)
  }

  /** A message that its sender has forgotten already can be refused only with the link. */
  private unroutable(delivery: IncomingDelivery): DeliveryState {
    const error = {
      kind: 'error',
      condition: 'amqp:not-found',
      description: 'the link names no address, and there is no queue where the `to` of the message says',
    } as const
    if (delivery.settled) this.link.detach(true, error)
    return { kind: 'rejected', error }
  }

  onQueueDeleted(name: string): void {
    this.link.detach(true, {
      kind: 'error',
      condition: 'amqp:resource-deleted',
      description: `queue "${name}" was deleted`,
    })
  }

  onAttach(): void {}

  onDrained(): void {}

  onEnd(): void {
    this.queue?.detach(this)
    this.onGone()
  }
}

export function rejection(condition: string, description: string): DeliveryState {
  return { kind: 'rejected', error: { kind: 'error', condition, description } }
}
