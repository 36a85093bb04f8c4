// The three kinds of body [3.2.6–3.2.8], and the rules of uAMQP by which a JavaScript value becomes one of them:
// text and bytes are one data section, a list of nothing but text and bytes is several, all else is an amqp-value.
// An empty list is an amqp-value too, for a body of data has one section at the least.

import { MessageBodyType } from '../constants.js'
import { EncodeError } from '../errors.js'
import type { Writer } from '../types/cursor.js'
import { writeValue } from '../types/encode.js'
import { SECTION, writeSectionDescriptor } from '../types/sections.js'
import type { AMQPInput } from '../types/wrappers.js'
import { kindOf } from '../types/wrappers.js'
import { isWellFormed } from '../types/wrappers-texts.js'
import { writeBinaryHead } from '../types/write.js'
import { utf8Encode, utf8Length, utf8Write } from '../util/bytes.js'

/** What the body of a message may be: text, bytes, lists of them, or anything that can be encoded. */
export type MessageBody = AMQPInput

type Part = string | Uint8Array

/** Text from this many bytes on is encoded on its own and handed over as bytes, which need not be copied again. */
const LARGE_TEXT_BYTES = 16384
/** What is reckoned for a body whose size nobody knows before it is encoded. */
const UNKNOWN_BYTES = 256

/** The kind of body that a value becomes when none is asked for. */
export function bodyTypeOf(body: unknown): MessageBodyType {
  return isPart(body) || isPartList(body) ? MessageBodyType.Data : MessageBodyType.Value
}

/** Checks that a value can be a body of the kind asked for. */
export function checkBodyType(body: unknown, bodyType: MessageBodyType): void {
  if (bodyType === MessageBodyType.Data && !isPart(body) && !isPartList(body)) {
    throw new TypeError(
      `body must be a string, a Uint8Array or a list of them for bodyType Data, not ${shape(body)}`,
    )
  }
  if (bodyType === MessageBodyType.Sequence && !Array.isArray(body)) {
    throw new TypeError(`body must be an array for bodyType Sequence, not ${shape(body)}`)
  }
}

/** A body of data as the bytes of each of its sections. */
export function dataSectionsOf(body: unknown): readonly Uint8Array[] {
  const parts = (Array.isArray(body) ? body : [body]) as readonly Part[]
  return parts.map((part) => (typeof part === 'string' ? utf8Encode(wellFormed(part)) : part))
}

/** A body of sequences as the items of each of its sections: an array of nothing but arrays is several sections. */
export function sequencesOf(body: unknown): readonly (readonly AMQPInput[])[] {
  const items = body as readonly AMQPInput[]
  const several = items.length > 0 && items.every((item) => Array.isArray(item))
  return several ? (items as readonly (readonly AMQPInput[])[]) : [items]
}

/** About how many bytes a body takes. */
export function bodySizeHint(body: unknown): number {
  if (isPart(body)) return body.length
  if (!isPartList(body)) return UNKNOWN_BYTES
  let sum = 0
  for (const part of body) sum += part.length
  return sum
}

/**
 * Writes the sections of a body.
 * @throws EncodeError naming what in it has no encoding
 */
export function encodeBody(w: Writer, body: unknown, bodyType: MessageBodyType): void {
  if (bodyType === MessageBodyType.Data) {
    if (Array.isArray(body)) for (const part of body as readonly unknown[]) encodeData(w, part)
    else encodeData(w, body)
  } else if (bodyType === MessageBodyType.Value) {
    writeSectionDescriptor(w, SECTION.amqpValue)
    writeValue(w, body as AMQPInput, 'body')
  } else {
    for (const items of sequencesOf(body)) {
      writeSectionDescriptor(w, SECTION.amqpSequence)
      writeValue(w, items, 'body')
    }
  }
}

function encodeData(w: Writer, part: unknown): void {
  writeSectionDescriptor(w, SECTION.data)
  if (typeof part !== 'string') {
    // A list can change after it was looked at.
    if (!(part instanceof Uint8Array)) throw new EncodeError('body', `data take no ${kindOf(part)}`)
    writeBinaryHead(w, part.length)
    w.bulk(part)
    return
  }
  const size = utf8Length(part)
  if (size !== part.length) wellFormed(part)
  writeBinaryHead(w, size)
  if (size >= LARGE_TEXT_BYTES) {
    w.bulk(utf8Encode(part))
    return
  }
  w.ensure(size)
  w.pos += utf8Write(part, w.bytes, w.pos)
}

function wellFormed(text: string): string {
  if (isWellFormed(text)) return text
  throw new EncodeError('body', 'text with half a surrogate pair cannot be written as UTF-8')
}

function isPart(value: unknown): value is Part {
  return typeof value === 'string' || value instanceof Uint8Array
}

function isPartList(value: unknown): value is readonly Part[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPart)
}

function shape(body: unknown): string {
  return Array.isArray(body) ? (body.length === 0 ? 'an empty list' : 'a list of other things') : kindOf(body)
}
