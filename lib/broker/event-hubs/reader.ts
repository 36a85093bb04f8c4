// The broker's end of a link that receives from a partition: events from the start position on, by credit, each once.
// What the receiver makes of an event concerns nobody: it stays where it is.

import { OutgoingDelivery } from '../../engine/delivery.js'
import { SND_SETTLED } from '../../engine/link.js'
import type { PayloadSource } from '../../engine/payload.js'
import type { SenderLink, SenderLinkListener } from '../../engine/sender-link.js'
import type { InputFields } from '../../types/messaging.js'
import { AMQPLong } from '../../types/wrappers.js'
import { GivenCredit } from '../given-credit.js'
import type { StoredEvent } from './event.js'
import type { EventHub, HubLink } from './hub.js'
import type { Partition, PartitionReader } from './partition.js'
import type { Seated, Seats } from './seats.js'
import type { StartPosition } from './start-position.js'

/** What an attach comes to. */
interface ReaderOptions {
  readonly hub: EventHub
  readonly partition: Partition
  readonly seats: Seats
  readonly start: StartPosition
  readonly epoch: bigint | undefined
  readonly name: string
  /** Tell with each event how far the partition is. */
  readonly metrics: boolean
  /** Called when the link has ended. */
  readonly onGone: () => void
}

/**
 * So many events may wait in a link to be written. A receiver that grants much credit and reads nothing keeps no more of
 * them than that: the rest stays in the partition, where it is cut in time.
 */
const MOST_QUEUED = 100

class EventDelivery extends OutgoingDelivery {
  onSettled(): void {}
  onLost(): void {}
}

export class ReaderLink implements SenderLinkListener, PartitionReader, Seated, HubLink {
  readonly epoch: bigint | undefined
  readonly name: string
  private readonly link: SenderLink
  private readonly options: ReaderOptions
  private readonly credit: GivenCredit
  /** Sequence number that comes next. */
  private next = 0
  private looking = false

  /** Throws an AMQPError with the condition when there is no place for another receiver. */
  constructor(link: SenderLink, options: ReaderOptions) {
    this.link = link
    this.options = options
    this.epoch = options.epoch
    this.name = options.name
    this.credit = new GivenCredit(link)
    options.seats.take(this)
    options.partition.addReader(this)
    options.hub.attach(this)
  }

  look(): void {
    // Sending may make room, of which the link tells at once.
    if (this.looking) return
    this.looking = true
    while (this.credit.left && this.link.queued < MOST_QUEUED) {
      const event = this.options.partition.from(this.next)
      if (event === undefined) break
      this.next = event.sequenceNumber + 1
      if (this.options.start.admits(event)) this.send(event)
    }
    this.looking = false
  }

  private send(event: StoredEvent): void {
    const source: PayloadSource = this.options.metrics
      ? event.withDeliveryAnnotations(metricsOf(this.options.partition))
      : event
    const delivery = new EventDelivery(this.link.sndSettleMode === SND_SETTLED, undefined)
    if (this.credit.send(delivery, source)) return
    this.end('amqp:link:message-size-exceeded', `event ${event.sequenceNumber} is larger than you take`)
  }

  onStolen(description: string): void {
    this.end('amqp:link:stolen', description)
  }

  onHubDeleted(name: string): void {
    this.end('amqp:resource-deleted', `event hub "${name}" was deleted`)
  }

  private end(condition: string, description: string): void {
    this.link.detach(true, { kind: 'error', condition, description })
  }

  onAttach(): void {}

  onCredit(): void {
    this.look()
  }

  onRoom(): void {
    this.look()
  }

  onEnd(): void {
    const { hub, partition, seats, onGone } = this.options
    seats.leave(this)
    partition.removeReader(this)
    hub.detach(this)
    onGone()
  }
}

/** How far a partition is, as a receiver that desires `com.microsoft:enable-receiver-runtime-metric` is told. */
function metricsOf(partition: Partition): InputFields {
  const { last, nowMs } = partition
  return {
    last_enqueued_sequence_number: new AMQPLong(partition.lastSequenceNumber),
    last_enqueued_offset: String(last?.offset ?? -1),
    last_enqueued_time_utc: new Date(last?.enqueuedAtMs ?? 0),
    runtime_info_retrieval_time_utc: new Date(nowMs),
  }
}
