// What a message looks like in the dead-letter queue: as before, with the reason among its application properties,
// where clients of cloud brokers look for it, and the queue it comes from among its annotations.

import {
  APPLICATION_PROPERTIES,
  BODY,
  HEADER,
  MESSAGE_ANNOTATIONS,
  PLACES,
  PROPERTIES,
  Sections,
} from '../message/sections.js'
import { Writer } from '../types/cursor.js'
import { type InputFields, SECTION } from '../types/messaging.js'
import type { AMQPErrorFields } from '../types/transport.js'
import { annotate } from './annotate.js'
import type { StoredMessage } from './stored-message.js'

export const DEAD_LETTER_SUFFIX = '/$DeadLetterQueue'

/** Why a message is where it is. */
export interface DeadLetterCause {
  readonly reason?: string | undefined
  readonly description?: string | undefined
}

/** A queue, as one whose messages become dead letters sees it. */
export interface DeadLetters {
  /** Takes in what `deadLetterBytes` gave. `firstSequence`: the number that the message got first, if it has numbers. */
  takeDeadLetter(bytes: Uint8Array, format: number, firstSequence?: number): void
}

/** The cause that a consumer stated with its `rejected`. */
export function causeOfRejection(error: AMQPErrorFields | undefined): DeadLetterCause {
  const { DeadLetterReason: reason, DeadLetterErrorDescription: description } = error?.info ?? {}
  return {
    reason: typeof reason === 'string' ? reason : (error?.condition ?? 'rejected'),
    description: typeof description === 'string' ? description : error?.description,
  }
}

/** The message's bytes for the dead-letter queue. */
export function deadLetterBytes(
  message: StoredMessage,
  queueName: string,
  cause: DeadLetterCause,
): Uint8Array {
  const sections = new Sections(message.toBytes(), false)
  const annotations: InputFields = { 'x-opt-deadletter-source': queueName }
  const properties: InputFields = {
    DeadLetterReason: cause.reason,
    DeadLetterErrorDescription: cause.description,
  }
  const w = new Writer(message.sizeHint + 512)
  w.raw(sections.raw(HEADER, HEADER + 1))
  w.raw(annotate(SECTION.messageAnnotations, existing(sections, MESSAGE_ANNOTATIONS), annotations))
  w.raw(sections.raw(PROPERTIES, PROPERTIES + 1))
  w.raw(annotate(SECTION.applicationProperties, existing(sections, APPLICATION_PROPERTIES), properties))
  w.raw(sections.raw(BODY, PLACES))
  return w.written()
}

function existing(sections: Sections, place: number): Uint8Array | undefined {
  return sections.has(place) ? sections.raw(place, place + 1) : undefined
}
