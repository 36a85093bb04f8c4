// An event: a message with its place in a partition, which is told among its annotations (`x-opt-sequence-number` and
// so on). Invariant: header and bare message leave byte for byte as they came.

import type { PayloadSource } from '../../engine/payload.js'
import { HEADER, MESSAGE_ANNOTATIONS, PLACES, PROPERTIES, type Sections } from '../../message/sections.js'
import { Writer } from '../../types/cursor.js'
import { type Fields, type InputFields, SECTION } from '../../types/messaging.js'
import { AMQPLong } from '../../types/wrappers.js'
import { annotate } from '../annotate.js'
import { sectionsOf } from '../stored-message.js'
import { refusal } from './refusal.js'

/** More than the annotations of a place can take beside a key and a publisher. */
const PLACE_BYTES = 256

/** What an event gets from its partition. */
export interface EventPlace {
  readonly sequenceNumber: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly enqueuedAtMs: number
}

/** What an event gets from the link and the batch that it came by. */
export interface EventOrigin {
  /** Partition key of the batch. */
  readonly partitionKey?: string | undefined
  /** Name of the publisher whose address it was sent to. */
  readonly publisher?: string | undefined
}

/** An event that came and has no place yet. */
export class NewEvent {
  readonly partitionKey: string | undefined
  private readonly sections: Sections

  /** Throws a DecodeError when the payload is no message, an AMQPError when its partition key is no string. */
  constructor(payload: Uint8Array) {
    this.sections = sectionsOf(payload)
    const annotations = this.sections.decode(MESSAGE_ANNOTATIONS) as Fields | undefined
    const key = annotations?.['x-opt-partition-key'] ?? undefined
    if (key !== undefined && typeof key !== 'string')
      throw refusal('amqp:invalid-field', 'x-opt-partition-key is not a string')
    this.partitionKey = key
  }

  at(place: EventPlace, origin: EventOrigin): StoredEvent {
    const { sections } = this
    const before = sections.raw(HEADER, HEADER + 1)
    const old = sections.raw(MESSAGE_ANNOTATIONS, MESSAGE_ANNOTATIONS + 1)
    const annotations = annotate(SECTION.messageAnnotations, old.length === 0 ? undefined : old, {
      'x-opt-sequence-number': new AMQPLong(place.sequenceNumber),
      'x-opt-offset': String(place.offset),
      'x-opt-enqueued-time': new Date(place.enqueuedAtMs),
      'x-opt-partition-key': origin.partitionKey ?? this.partitionKey,
      'x-opt-publisher': origin.publisher,
    })
    const bare = sections.raw(PROPERTIES, PLACES)
    const w = new Writer(before.length + annotations.length + bare.length)
    for (const part of [before, annotations, bare]) w.raw(part)
    return new StoredEvent(w.written(), before.length, place)
  }
}

/** An event in its place. */
export class StoredEvent implements PayloadSource, EventPlace {
  readonly sequenceNumber: number
  readonly offset: number
  readonly enqueuedAtMs: number
  readonly bytes: Uint8Array
  private readonly headerBytes: number

  constructor(bytes: Uint8Array, headerBytes: number, place: EventPlace) {
    this.sequenceNumber = place.sequenceNumber
    this.offset = place.offset
    this.enqueuedAtMs = place.enqueuedAtMs
    this.bytes = bytes
    this.headerBytes = headerBytes
  }

  get sizeHint(): number {
    return this.bytes.length
  }

  encodeTo(w: Writer): void {
    w.bulk(this.bytes)
  }

  /** The same with delivery annotations, which are for one receiver only [3.2.2]. */
  withDeliveryAnnotations(entries: InputFields): PayloadSource {
    const { bytes, headerBytes } = this
    return {
      sizeHint: bytes.length + PLACE_BYTES,
      encodeTo(w) {
        w.raw(bytes.subarray(0, headerBytes))
        w.raw(annotate(SECTION.deliveryAnnotations, undefined, entries))
        w.bulk(bytes.subarray(headerBytes))
      },
    }
  }
}
