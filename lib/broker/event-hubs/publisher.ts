// The broker's end of a link that sends to an event hub, or to one partition of it. A batch is taken apart when it
// comes: its events go to one partition, all of them or none.

import { BATCH_MESSAGE_FORMAT } from '../../constants.js'
import type { IncomingDelivery } from '../../engine/delivery.js'
import type { ReceiverLink, ReceiverLinkListener } from '../../engine/receiver-link.js'
import { AMQPError } from '../../errors.js'
import { Message } from '../../message/message.js'
import { ACCEPTED, type DeliveryState } from '../../types/messaging.js'
import { answer } from '../answer.js'
import { rejection } from '../target.js'
import { NewEvent } from './event.js'
import type { EventHub, HubLink } from './hub.js'
import type { Partition } from './partition.js'

/** What an attach comes to. */
interface PublisherOptions {
  readonly hub: EventHub
  /** Undefined: the partition is chosen for each message. */
  readonly partition: Partition | undefined
  /** Name of the publisher in the address; it is the partition key, too. */
  readonly publisher: string | undefined
  /** Called when the link has ended. */
  readonly onGone: () => void
}

export class PublisherLink implements ReceiverLinkListener, HubLink {
  private readonly link: ReceiverLink
  private readonly options: PublisherOptions

  constructor(link: ReceiverLink, options: PublisherOptions) {
    this.link = link
    this.options = options
    options.hub.attach(this)
  }

  onDelivery(delivery: IncomingDelivery): void {
    this.link.onRead(1)
    answer(this.link, delivery, this.take(delivery))
  }

  private take({ payload, messageFormat, remoteState }: IncomingDelivery): DeliveryState {
    if (remoteState?.kind === 'transactional-state')
      return rejection('amqp:transaction:unknown-id', 'there are no transactions here')
    const { hub, partition, publisher } = this.options
    try {
      const envelope = new NewEvent(payload)
      const events = messageFormat === BATCH_MESSAGE_FORMAT ? unpacked(payload) : [envelope]
      const target = partition ?? hub
      target.append(events, { partitionKey: publisher ?? envelope.partitionKey, publisher })
      return ACCEPTED
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error
      return rejection(error.condition ?? 'amqp:decode-error', error.message)
    }
  }

  onHubDeleted(name: string): void {
    this.link.detach(true, {
      kind: 'error',
      condition: 'amqp:resource-deleted',
      description: `event hub "${name}" was deleted`,
    })
  }

  onAttach(): void {}

  onDrained(): void {}

  onEnd(): void {
    this.options.hub.detach(this)
    this.options.onGone()
  }
}

function unpacked(payload: Uint8Array): NewEvent[] {
  const { dataSections } = Message.received(payload, BATCH_MESSAGE_FORMAT, undefined)
  if (dataSections === undefined)
    throw new AMQPError('a batch holds its events in data sections, and has none', {
      condition: 'amqp:decode-error',
    })
  return dataSections.map((bytes) => new NewEvent(bytes))
}
