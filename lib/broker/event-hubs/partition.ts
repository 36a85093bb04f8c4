// A partition: a log of events that grows at one end and is cut at the other. Reading takes nothing out; each reader
// has its own place in it and is told when there is more.
// Invariant: sequence numbers have no gaps, offsets and enqueued times never fall.

import { Message } from '../../message/message.js'
import type { Clock } from '../../util/clock.js'
import type { EventOrigin, EventPlace, NewEvent, StoredEvent } from './event.js'
import type { EventHubSettings } from './options.js'

/** A partition of an event hub, to look at. */
export interface BrokerPartition {
  readonly id: string
  /** Events that it keeps. */
  readonly count: number
  /** Sequence number of the oldest event kept; of the next one when it is empty. */
  readonly firstSequenceNumber: number
  /** Sequence number of the newest event; -1 when there was none. */
  readonly lastSequenceNumber: number
  /** Links that receive from it. */
  readonly readers: number
  /** The events that it keeps, oldest first, as they would be sent now. */
  readonly events: readonly Message[]
}

/** Who reads from a partition. */
export interface PartitionReader {
  /** Events have come. */
  look(): void
}

export class Partition implements BrokerPartition {
  readonly id: string
  private readonly settings: EventHubSettings
  private readonly clock: Clock
  private readonly log = new Map<number, StoredEvent>()
  private readonly readerSet = new Set<PartitionReader>()
  private bytes = 0
  private first = 0
  private next = 0
  private nextOffset = 0

  constructor(id: string, settings: EventHubSettings, clock: Clock) {
    this.id = id
    this.settings = settings
    this.clock = clock
  }

  get count(): number {
    return this.log.size
  }

  get firstSequenceNumber(): number {
    return this.first
  }

  get lastSequenceNumber(): number {
    return this.next - 1
  }

  get readers(): number {
    return this.readerSet.size
  }

  get events(): readonly Message[] {
    return [...this.log.values()].map(({ bytes }) => Message.decodeMessage(bytes))
  }

  get last(): StoredEvent | undefined {
    return this.log.get(this.next - 1)
  }

  /** The place that the next event will have. */
  get end(): EventPlace {
    const enqueuedAtMs = Math.max(this.nowMs, this.last?.enqueuedAtMs ?? 0)
    return { sequenceNumber: this.next, offset: this.nextOffset, enqueuedAtMs }
  }

  get nowMs(): number {
    return Math.floor(this.clock.date())
  }

  /** The event with this sequence number, or else the oldest that is younger. */
  from(sequenceNumber: number): StoredEvent | undefined {
    return this.log.get(Math.max(sequenceNumber, this.first))
  }

  append(events: readonly NewEvent[], origin: EventOrigin): void {
    for (const event of events) {
      const stored = event.at(this.end, origin)
      this.log.set(this.next++, stored)
      this.nextOffset += stored.bytes.length
      this.bytes += stored.bytes.length
    }
    this.cut()
    for (const reader of this.readerSet) reader.look()
  }

  private cut(): void {
    const { maxEvents, maxBytes } = this.settings
    while (this.log.size > 1 && (this.log.size > maxEvents || this.bytes > maxBytes)) {
      this.bytes -= this.log.get(this.first)?.bytes.length ?? 0
      this.log.delete(this.first++)
    }
  }

  addReader(reader: PartitionReader): void {
    this.readerSet.add(reader)
  }

  removeReader(reader: PartitionReader): void {
    this.readerSet.delete(reader)
  }
}
