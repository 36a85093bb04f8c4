// Writers of single values whose type the caller names, each in the most compact of its encodings [1.6], and the frame
// of a compound value, whose size is known only once its content stands.
// Invariant: a value that the type cannot hold is refused before anything is written.

import { utf8Length, utf8Write } from '../util/bytes.js'
import * as code from './codes.js'
import type { Writer } from './cursor.js'
import { isInt64, isUint64, putInt64 } from './int64.js'
import { isAscii, isCharacter, isWellFormed } from './wrappers-texts.js'

/** Texts from this length on are measured before they are written, so that no room is wasted on them. */
const MEASURED_LENGTH = 256

export function writeNull(w: Writer): void {
  w.u8(code.NULL)
}

export function writeBoolean(w: Writer, value: boolean): void {
  w.u8(value ? code.TRUE : code.FALSE)
}

export function writeUbyte(w: Writer, value: number): void {
  if ((value & 0xff) !== value) throw outside('ubyte', value)
  tagged8(w, code.UBYTE, value)
}

export function writeUshort(w: Writer, value: number): void {
  if ((value & 0xffff) !== value) throw outside('ushort', value)
  tagged16(w, code.USHORT, value)
}

export function writeUint(w: Writer, value: number): void {
  if (value >>> 0 !== value) throw outside('uint', value)
  if (value === 0) w.u8(code.UINT0)
  else if (value <= 0xff) tagged8(w, code.SMALLUINT, value)
  else tagged32(w, code.UINT, value)
}

export function writeByte(w: Writer, value: number): void {
  if ((value << 24) >> 24 !== value) throw outside('byte', value)
  tagged8(w, code.BYTE, value)
}

export function writeShort(w: Writer, value: number): void {
  if ((value << 16) >> 16 !== value) throw outside('short', value)
  tagged16(w, code.SHORT, value)
}

export function writeInt(w: Writer, value: number): void {
  if ((value | 0) !== value) throw outside('int', value)
  if (value >= -128 && value <= 127) tagged8(w, code.SMALLINT, value)
  else tagged32(w, code.INT, value)
}

/** @param value a bigint, or a safe integer */
export function writeUlong(w: Writer, value: bigint | number): void {
  if (!isUint64(value)) throw outside('ulong', value)
  w.ensure(9)
  const at = w.pos
  putInt64(w.view, at + 1, value)
  const { bytes, view } = w
  const low = view.getUint32(at + 5)
  if (low > 0xff || view.getUint32(at + 1) !== 0) {
    bytes[at] = code.ULONG
    w.pos = at + 9
  } else if (low === 0) {
    bytes[at] = code.ULONG0
    w.pos = at + 1
  } else {
    bytes[at] = code.SMALLULONG
    bytes[at + 1] = low
    w.pos = at + 2
  }
}

/** @param value a bigint, or a safe integer */
export function writeLong(w: Writer, value: bigint | number): void {
  if (!isInt64(value)) throw outside('long', value)
  w.ensure(9)
  const at = w.pos
  putInt64(w.view, at + 1, value)
  const { bytes, view } = w
  const low = view.getInt32(at + 5)
  if (low >= -128 && low <= 127 && view.getInt32(at + 1) === low >> 31) {
    bytes[at] = code.SMALLLONG
    bytes[at + 1] = low
    w.pos = at + 2
  } else {
    bytes[at] = code.LONG
    w.pos = at + 9
  }
}

export function writeFloat(w: Writer, value: number): void {
  w.ensure(5)
  w.bytes[w.pos++] = code.FLOAT
  w.f32(value)
}

export function writeDouble(w: Writer, value: number): void {
  w.ensure(9)
  w.bytes[w.pos++] = code.DOUBLE
  w.f64(value)
}

/** @param milliseconds since 1970-01-01T00:00Z: a bigint, or a safe integer */
export function writeTimestamp(w: Writer, milliseconds: bigint | number): void {
  if (!isInt64(milliseconds)) throw outside('timestamp', milliseconds)
  w.ensure(9)
  w.bytes[w.pos] = code.TIMESTAMP
  putInt64(w.view, w.pos + 1, milliseconds)
  w.pos += 9
}

/** @param character a string of one code point */
export function writeChar(w: Writer, character: string): void {
  if (!isCharacter(character)) throw outside('char', character)
  tagged32(w, code.CHAR, character.codePointAt(0) as number)
}

/** @param uuid 16 bytes */
export function writeUuid(w: Writer, uuid: Uint8Array): void {
  writeFixed(w, code.UUID, uuid, 16)
}

/** A value that is held as the bytes of its encoding. */
export function writeFixed(w: Writer, constructor: number, bytes: Uint8Array, width: number): void {
  if (bytes.length !== width) throw new RangeError(`${bytes.length} bytes where the type has ${width}`)
  w.u8(constructor)
  w.raw(bytes)
}

/** Copies the bytes. To send many without a copy, use {@link writeBinaryHead} and `bulk` outside compound values. */
export function writeBinary(w: Writer, bytes: Uint8Array): void {
  writeBinaryHead(w, bytes.length)
  w.raw(bytes)
}

/** Constructor and size of a binary value whose `length` bytes follow. */
export function writeBinaryHead(w: Writer, length: number): void {
  if (length <= 0xff) tagged8(w, code.BINARY8, length)
  else tagged32(w, code.BINARY32, length)
}

/** @throws RangeError when the text holds half a surrogate pair */
export function writeString(w: Writer, text: string): void {
  const { length } = text
  if (length >= MEASURED_LENGTH) {
    w.ensure(5 + utf8Length(text))
    putText(w, text, code.STRING32)
    return
  }
  w.ensure(5 + 3 * length)
  const at = w.pos
  const { bytes } = w
  const size = utf8Write(text, bytes, at + 2)
  if (size !== length && !isWellFormed(text)) throw halfPair()
  if (size <= 0xff) {
    bytes[at] = code.STRING8
    bytes[at + 1] = size
    w.pos = at + 2 + size
  } else {
    bytes.copyWithin(at + 5, at + 2, at + 2 + size)
    bytes[at] = code.STRING32
    w.view.setUint32(at + 1, size)
    w.pos = at + 5 + size
  }
}

/** @throws RangeError when the text is not ASCII */
export function writeSymbol(w: Writer, text: string): void {
  const { length } = text
  w.ensure(5 + length)
  if (length > 0xff) {
    if (!isAscii(text)) throw notAscii(text)
    putText(w, text, code.SYMBOL32)
    return
  }
  const at = w.pos
  const { bytes } = w
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) throw notAscii(text)
    bytes[at + 2 + i] = unit
  }
  bytes[at] = code.SYMBOL8
  bytes[at + 1] = length
  w.pos = at + 2 + length
}

/**
 * Starts a list: items are written next, then {@link closeList} is called with the mark that this gives. In between, the
 * writer's `pos` must only move by what is written.
 */
export function openList(w: Writer): number {
  return openCompound(w)
}

/** Ends a list of `count` items: list0, list8 or list32 [1.6.22]. */
export function closeList(w: Writer, mark: number, count: number): void {
  if (count === 0) {
    w.bytes[mark] = code.LIST0
    w.pos = mark + 1
  } else closeCompound(w, mark, count, code.LIST8, code.LIST32)
}

/** As {@link openList}, for a map, whose keys and values are written in turn. */
export function openMap(w: Writer): number {
  return openCompound(w)
}

/** Ends a map of `pairs` keys with their values: map8 or map32 [1.6.23]. */
export function closeMap(w: Writer, mark: number, pairs: number): void {
  closeCompound(w, mark, 2 * pairs, code.MAP8, code.MAP32)
}

/** Leaves the room that the shorter head takes: constructor, size and count in a byte each. */
export function openCompound(w: Writer): number {
  const mark = w.pos
  w.ensure(3)
  w.pos = mark + 3
  return mark
}

/** Writes the head of a compound value; what stands after the mark moves only when the longer head is needed. */
export function closeCompound(w: Writer, mark: number, count: number, code8: number, code32: number): void {
  const length = w.pos - mark - 3
  if (length < 0xff && count <= 0xff) {
    w.bytes[mark] = code8
    w.bytes[mark + 1] = length + 1
    w.bytes[mark + 2] = count
    return
  }
  w.ensure(6)
  w.bytes.copyWithin(mark + 9, mark + 3, w.pos)
  w.pos += 6
  w.bytes[mark] = code32
  w.view.setUint32(mark + 1, length + 4)
  w.view.setUint32(mark + 5, count)
}

function putText(w: Writer, text: string, constructor: number): void {
  const at = w.pos
  const size = utf8Write(text, w.bytes, at + 5)
  if (size !== text.length && !isWellFormed(text)) throw halfPair()
  w.bytes[at] = constructor
  w.view.setUint32(at + 1, size)
  w.pos = at + 5 + size
}

function tagged8(w: Writer, constructor: number, value: number): void {
  w.ensure(2)
  const at = w.pos
  w.bytes[at] = constructor
  w.bytes[at + 1] = value
  w.pos = at + 2
}

function tagged16(w: Writer, constructor: number, value: number): void {
  w.ensure(3)
  w.bytes[w.pos++] = constructor
  w.u16(value)
}

function tagged32(w: Writer, constructor: number, value: number): void {
  w.ensure(5)
  const at = w.pos
  w.bytes[at] = constructor
  w.view.setInt32(at + 1, value)
  w.pos = at + 5
}

function outside(type: string, value: unknown): RangeError {
  return new RangeError(`${String(value)} is no value of type ${type}`)
}

function halfPair(): RangeError {
  return new RangeError('text with half a surrogate pair cannot be written as UTF-8')
}

function notAscii(text: string): RangeError {
  return new RangeError(`a symbol is ASCII text, not ${JSON.stringify(text)}`)
}
