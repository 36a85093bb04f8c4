// A message in a Service Bus queue: beside its bytes its numbers and its phase, which it tells in annotations.

import { randomUUID } from 'node:crypto'
import { MessageProperties } from '../../message/properties.js'
import { encodeProperties } from '../../message/properties-codec.js'
import {
  APPLICATION_PROPERTIES,
  BODY,
  MESSAGE_ANNOTATIONS,
  PLACES,
  PROPERTIES,
  Sections,
} from '../../message/sections.js'
import { Writer } from '../../types/cursor.js'
import { type Fields, type InputFields, SECTION } from '../../types/messaging.js'
import { AMQPInt, AMQPLong } from '../../types/wrappers.js'
import { annotate } from '../annotate.js'
import { StoredMessage } from '../stored-message.js'

/** Phases as the annotation `x-opt-message-state` tells them. */
export const ACTIVE = 0
export const DEFERRED = 1
export const SCHEDULED = 2
export type MessagePhase = typeof ACTIVE | typeof DEFERRED | typeof SCHEDULED

const SCHEDULED_TIME = 'x-opt-scheduled-enqueue-time'

export class BrokeredMessage extends StoredMessage {
  /** Its group-id; empty when it has none. */
  readonly sessionId: string
  /** When it is to appear, by the calendar; undefined: at once. */
  readonly scheduledFor: Date | undefined
  phase: MessagePhase = ACTIVE
  /** The number that it got first; 0: none yet. */
  firstSequence = 0
  private enqueuedAt: Date | undefined = undefined

  /** Throws a DecodeError when the payload is no message. */
  constructor(payload: Uint8Array, format: number, nowMs: number) {
    super(payload, format, nowMs)
    const sections = new Sections(payload, false)
    const properties = sections.decode(PROPERTIES) as MessageProperties | undefined
    if (properties?.messageId === undefined) this.setMessageId(properties)
    this.sessionId = properties?.groupId ?? ''
    const scheduled = (sections.decode(MESSAGE_ANNOTATIONS) as Fields | undefined)?.[SCHEDULED_TIME]
    this.scheduledFor = scheduled instanceof Date ? scheduled : undefined
  }

  /** Clients of Azure rely on the count. */
  protected override get toldCount(): number {
    return this.deliveryCount
  }

  /** It is in the queue from now on, under this number. */
  onEnqueued(sequence: number, date: Date): void {
    this.sequence = sequence
    if (this.firstSequence === 0) this.firstSequence = sequence
    this.enqueuedAt = date
  }

  /** Writes what the broker knows of it into its annotations; without a date it tells of no lock. */
  stamp(lockedUntil?: Date): void {
    this.messageAnnotations = annotate(SECTION.messageAnnotations, this.messageAnnotations, {
      'x-opt-sequence-number': new AMQPLong(this.sequence),
      'x-opt-enqueue-sequence-number': new AMQPLong(this.firstSequence),
      'x-opt-enqueued-time': this.enqueuedAt,
      'x-opt-message-state': new AMQPInt(this.phase),
      'x-opt-locked-until': lockedUntil,
    })
  }

  /** Sets application properties; the rest of the bare message stays byte for byte. */
  setProperties(properties: InputFields): void {
    if (Object.keys(properties).length === 0) return
    const bare = this.bareMessage
    const sections = new Sections(bare, false)
    const old = sections.has(APPLICATION_PROPERTIES)
      ? sections.raw(APPLICATION_PROPERTIES, APPLICATION_PROPERTIES + 1)
      : undefined
    const w = new Writer(bare.length + 256)
    w.raw(sections.raw(PROPERTIES, PROPERTIES + 1))
    w.raw(annotate(SECTION.applicationProperties, old, properties))
    w.raw(sections.raw(BODY, PLACES))
    this.bareMessage = w.written()
  }

  /** Clients of Azure rely on every message that they receive having an id. */
  private setMessageId(properties: MessageProperties | undefined): void {
    const bare = this.bareMessage
    const w = new Writer(bare.length + 256)
    encodeProperties(w, new MessageProperties({ ...properties, messageId: randomUUID().replaceAll('-', '') }))
    w.raw(new Sections(bare, false).raw(APPLICATION_PROPERTIES, PLACES))
    this.bareMessage = w.written()
  }
}
