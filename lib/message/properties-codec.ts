// Bytes of the properties section [3.2.4], read and written without its table: they come with nearly every message.
// Whatever is not usual (a symbolic descriptor, another type, a damaged length) is left to the table from the first
// byte on, so that results and errors are those of the table.

import {
  BINARY8,
  DESCRIBED,
  LIST8,
  LIST32,
  NULL,
  SMALLUINT,
  SMALLULONG,
  STRING8,
  SYMBOL8,
  TIMESTAMP,
  UINT,
  UINT0,
  ULONG,
  ULONG0,
  UUID,
} from '../types/codes.js'
import type { Reader, Writer } from '../types/cursor.js'
import type { MessageId } from '../types/messaging.js'
import { readName } from '../types/names.js'
import { properties, SECTION, writeSectionDescriptor } from '../types/sections.js'
import { AMQPTimestamp, AMQPUuid } from '../types/wrappers.js'
import {
  closeList,
  openList,
  writeBinary,
  writeNull,
  writeString,
  writeSymbol,
  writeTimestamp,
  writeUint,
  writeUlong,
  writeUuid,
} from '../types/write.js'
import { utf8Decode } from '../util/bytes.js'
import { MessageProperties } from './properties.js'
import { usualCount } from './usual.js'

/** Beyond any input: where an unexpected constructor leads. */
const BEYOND = 0x40000000
const TWO_32 = 0x100000000
/** Milliseconds that a Date can be away from its epoch. */
const DATE_RANGE = 8.64e15

/**
 * Writes the section.
 * @throws EncodeError naming the field that cannot be encoded
 */
export function encodeProperties(w: Writer, p: MessageProperties): void {
  const start = w.pos
  try {
    const count = fieldCount(p)
    writeSectionDescriptor(w, SECTION.properties)
    const mark = openList(w)
    if (count > 0) putId(w, p.messageId)
    if (count > 1) putBinary(w, p.userId)
    if (count > 2) putString(w, p.to)
    if (count > 3) putString(w, p.subject)
    if (count > 4) putString(w, p.replyTo)
    if (count > 5) putId(w, p.correlationId)
    if (count > 6) putSymbol(w, p.contentType)
    if (count > 7) putSymbol(w, p.contentEncoding)
    if (count > 8) putTimestamp(w, p.absoluteExpiryTime)
    if (count > 9) putTimestamp(w, p.creationTime)
    if (count > 10) putString(w, p.groupId)
    if (count > 11) putUint(w, p.groupSequence)
    if (count > 12) putString(w, p.replyToGroupId)
    closeList(w, mark, count)
  } catch {
    w.pos = start
    properties.encode(w, p)
  }
}

/** Reads the section, descriptor included. */
export function decodeProperties(r: Reader): MessageProperties {
  const start = r.pos
  const p = new MessageProperties()
  try {
    if (readUsual(r, p)) return p
  } catch {
    // Text that is not UTF-8: the table says where.
  }
  r.pos = start
  return new MessageProperties(properties.decode(r))
}

/** Fields up to the last that is there. */
function fieldCount(p: MessageProperties): number {
  if (p.replyToGroupId !== undefined) return 13
  if (p.groupSequence !== undefined) return 12
  if (p.groupId !== undefined) return 11
  if (p.creationTime !== undefined) return 10
  if (p.absoluteExpiryTime !== undefined) return 9
  if (p.contentEncoding !== undefined) return 8
  if (p.contentType !== undefined) return 7
  if (p.correlationId !== undefined) return 6
  if (p.replyTo !== undefined) return 5
  if (p.subject !== undefined) return 4
  if (p.to !== undefined) return 3
  if (p.userId !== undefined) return 2
  return p.messageId !== undefined ? 1 : 0
}

function putString(w: Writer, value: unknown): void {
  if (typeof value === 'string') writeString(w, value)
  else putNull(w, value)
}

function putSymbol(w: Writer, value: unknown): void {
  if (typeof value === 'string') writeSymbol(w, value)
  else putNull(w, value)
}

function putBinary(w: Writer, value: unknown): void {
  if (value instanceof Uint8Array) writeBinary(w, value)
  else putNull(w, value)
}

function putUint(w: Writer, value: unknown): void {
  if (typeof value === 'number') writeUint(w, value)
  else putNull(w, value)
}

function putTimestamp(w: Writer, value: unknown): void {
  if (value instanceof Date) writeTimestamp(w, value.getTime())
  else if (value instanceof AMQPTimestamp) writeTimestamp(w, value.value)
  else putNull(w, value)
}

function putId(w: Writer, value: unknown): void {
  if (typeof value === 'string') writeString(w, value)
  else if (typeof value === 'bigint' || typeof value === 'number') writeUlong(w, value)
  else if (value instanceof AMQPUuid) writeUuid(w, value.value)
  else putBinary(w, value)
}

/** Throws when there is something, but of none of the types that the field takes. */
function putNull(w: Writer, value: unknown): void {
  if (value !== undefined && value !== null) throw new TypeError('not a value of the type of the field')
  writeNull(w)
}

/** False when something is not as it usually is; what was read until then is not to be used. */
function readUsual(r: Reader, p: MessageProperties): boolean {
  const { bytes, pos, end } = r
  if (bytes[pos] !== DESCRIBED || bytes[pos + 1] !== SMALLULONG || bytes[pos + 2] !== SECTION.properties)
    return false
  r.pos = pos + 3
  const count = usualCount(r, LIST8, LIST32)
  if (count < 0 || count > 13) return false
  if (count > 0) p.messageId = idAt(r)
  if (count > 1) p.userId = binaryAt(r)
  if (count > 2) p.to = stringAt(r)
  if (count > 3) p.subject = stringAt(r)
  if (count > 4) p.replyTo = stringAt(r)
  if (count > 5) p.correlationId = idAt(r)
  if (count > 6) p.contentType = symbolAt(r)
  if (count > 7) p.contentEncoding = symbolAt(r)
  if (count > 8) p.absoluteExpiryTime = timestampAt(r)
  if (count > 9) p.creationTime = timestampAt(r)
  if (count > 10) p.groupId = stringAt(r)
  if (count > 11) p.groupSequence = uintAt(r)
  if (count > 12) p.replyToGroupId = stringAt(r)
  return r.pos === end
}

/** Steps over a field that is null; one that is unexpected leads beyond the end, which is noticed there. */
function nullAt(r: Reader): undefined {
  r.pos = r.bytes[r.pos] === NULL ? r.pos + 1 : BEYOND
  return undefined
}

/** Steps over a field with its size in one byte; false when it is not one of the code, or ends after the section. */
function sizedAt(r: Reader, code: number): boolean {
  const { bytes, pos } = r
  if (bytes[pos] !== code) return false
  const next = pos + 2 + (bytes[pos + 1] as number)
  if (!(next <= r.end)) return false
  r.pos = next
  return true
}

function stringAt(r: Reader): string | undefined {
  const at = r.pos
  return sizedAt(r, STRING8) ? utf8Decode(r.bytes, at + 2, r.pos) : nullAt(r)
}

function symbolAt(r: Reader): string | undefined {
  const at = r.pos
  if (!sizedAt(r, SYMBOL8)) return nullAt(r)
  const text = readName(r.bytes, at + 2, r.pos)
  if (text === undefined) r.pos = BEYOND
  return text
}

function binaryAt(r: Reader): Uint8Array | undefined {
  const at = r.pos
  return sizedAt(r, BINARY8) ? r.bytes.subarray(at + 2, r.pos) : nullAt(r)
}

function uintAt(r: Reader): number | undefined {
  switch (r.bytes[r.pos]) {
    case UINT0:
      r.pos++
      return 0
    case SMALLUINT:
      r.pos++
      return r.u8()
    case UINT:
      r.pos++
      return r.u32()
    default:
      return nullAt(r)
  }
}

function timestampAt(r: Reader): Date | undefined {
  if (r.bytes[r.pos] !== TIMESTAMP) return nullAt(r)
  r.pos++
  const milliseconds = r.i32() * TWO_32 + r.u32()
  if (Math.abs(milliseconds) > DATE_RANGE) r.pos = BEYOND
  return new Date(milliseconds)
}

function idAt(r: Reader): MessageId | undefined {
  switch (r.bytes[r.pos]) {
    case STRING8:
      return stringAt(r)
    case SMALLULONG:
      r.pos++
      return BigInt(r.u8())
    case ULONG0:
      r.pos++
      return 0n
    case ULONG:
      r.pos++
      return r.u64()
    case UUID:
      r.pos++
      return new AMQPUuid(r.raw(16))
    default:
      return binaryAt(r)
  }
}
