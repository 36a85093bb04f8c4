// Bytes to values [1.6]: one switch over the format codes, positions in numbers, nothing made but the values themselves.
// Invariant: no size, count or descriptor of a peer is believed before the bytes that it speaks of are known to be
// there, and an element that has no bytes is taken off a budget.

import { DecodeError } from '../errors.js'
import { utf8Decode } from '../util/bytes.js'
import type { AMQPTypeName } from './codes.js'
import * as code from './codes.js'
import type { DecodeLimits } from './cursor.js'
import { Reader } from './cursor.js'
import { getInt64s } from './int64.js'
import { decodedKeyText, isCompared } from './map-keys.js'
import { readName } from './names.js'
import {
  enterCompound,
  enterList,
  enterMap,
  expectElements,
  leaveCompound,
  skipValue,
  unknownConstructor,
} from './skip.js'
import type { AMQPInput, AMQPMapKey, AMQPValue } from './wrappers.js'
import {
  AMQPArray,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPUuid,
  wrap,
} from './wrappers.js'

export type { DecodeLimits } from './cursor.js'
export { skipValue } from './skip.js'
export type { AMQPMapKey, AMQPValue } from './wrappers.js'

/** Milliseconds that a Date can be away from its epoch. */
const DATE_RANGE = 8.64e15
const NO_BYTES = new Uint8Array(0)

/**
 * The one value that the bytes are. Binary values are views of them: copy what must outlive the bytes.
 * @throws DecodeError when the bytes are not exactly one valid value, or exceed the limits; a map that has a key twice
 * (of the same type and value) is not valid [1.6.23]
 */
export function decode(bytes: Uint8Array, limits?: DecodeLimits): AMQPValue {
  mustBeBytes(bytes)
  return readWhole(new Reader(bytes, 0, bytes.length, limits), readValue)
}

/** Text, or an array of numbers, is a mistake of the caller and no wrong encoding. */
export function mustBeBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes to decode must be a Uint8Array')
}

/** What a reading function gives, if that leaves nothing over. */
export function readWhole<T>(r: Reader, read: (r: Reader) => T): T {
  const value = read(r)
  if (r.pos === r.end) return value
  throw new DecodeError('trailing-bytes', r.pos, `${r.end - r.pos} bytes after the value`)
}

/** The next value, from its constructor on. */
export function readValue(r: Reader): AMQPValue {
  const constructor = r.u8()
  return constructor === code.DESCRIBED ? readDescribed(r) : readCoded(r, constructor)
}

/** The value after the constructor given, which is not 0x00. */
export function readCoded(r: Reader, constructor: number): AMQPValue {
  switch (constructor) {
    case code.NULL:
      return null
    case code.TRUE:
      return true
    case code.FALSE:
      return false
    case code.BOOLEAN:
      return readBoolean(r)
    case code.UINT0:
      return 0
    case code.ULONG0:
      return 0n
    case code.LIST0:
      return []
    case code.UBYTE:
    case code.SMALLUINT:
      return r.u8()
    case code.BYTE:
    case code.SMALLINT:
      return r.i8()
    case code.SMALLULONG:
      return BigInt(r.u8())
    case code.SMALLLONG:
      return BigInt(r.i8())
    case code.USHORT:
      return r.u16()
    case code.SHORT:
      return r.i16()
    case code.UINT:
      return r.u32()
    case code.INT:
      return r.i32()
    case code.FLOAT:
      return r.f32()
    case code.CHAR:
      return readChar(r)
    case code.DECIMAL32:
      return new AMQPDecimal32(r.raw(4))
    case code.ULONG:
      return r.u64()
    case code.LONG:
      return r.i64()
    case code.DOUBLE:
      return r.f64()
    case code.TIMESTAMP:
      return readTimestamp(r)
    case code.DECIMAL64:
      return new AMQPDecimal64(r.raw(8))
    case code.DECIMAL128:
      return new AMQPDecimal128(r.raw(16))
    case code.UUID:
      return new AMQPUuid(r.raw(16))
    case code.BINARY8:
      return readBinary(r, r.u8())
    case code.BINARY32:
      return readBinary(r, r.u32())
    case code.STRING8:
      return readText(r, r.u8())
    case code.STRING32:
      return readText(r, r.u32())
    case code.SYMBOL8:
      return new AMQPSymbol(readAscii(r, r.u8()))
    case code.SYMBOL32:
      return new AMQPSymbol(readAscii(r, r.u32()))
    case code.LIST8:
      return readList(r, false)
    case code.LIST32:
      return readList(r, true)
    case code.MAP8:
      return readMap(r, false)
    case code.MAP32:
      return readMap(r, true)
    case code.ARRAY8:
      return readArray(r, false)
    case code.ARRAY32:
      return readArray(r, true)
    default:
      throw unknownConstructor(constructor, r.pos - 1)
  }
}

function readBoolean(r: Reader): boolean {
  const byte = r.u8()
  if (byte > 1) throw new DecodeError('invalid-boolean', r.pos - 1, `a boolean of ${byte}`)
  return byte === 1
}

function readChar(r: Reader): AMQPChar {
  const point = r.u32()
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    throw new DecodeError('invalid-char', r.pos - 4, `0x${point.toString(16)} is no Unicode character`)
  }
  return new AMQPChar(String.fromCodePoint(point))
}

function readTimestamp(r: Reader): Date | AMQPTimestamp {
  const milliseconds = r.i32() * 0x100000000 + r.u32()
  // Beyond the range the sum may be rounded, but never back into it.
  if (Math.abs(milliseconds) <= DATE_RANGE) return new Date(milliseconds)
  r.pos -= 8
  return new AMQPTimestamp(r.i64())
}

function readBinary(r: Reader, size: number): Uint8Array {
  const at = r.takeSized(size)
  return size === 0 ? NO_BYTES : r.bytes.subarray(at, at + size)
}

function readText(r: Reader, size: number): string {
  return toText(r, r.takeSized(size))
}

/** The text of the bytes from a place up to the reader's position. */
function toText(r: Reader, start: number): string {
  try {
    return utf8Decode(r.bytes, start, r.pos)
  } catch {
    throw new DecodeError('invalid-utf8', start, `a string of ${r.pos - start} bytes that are not UTF-8`)
  }
}

function readAscii(r: Reader, size: number): string {
  const at = r.takeSized(size)
  const text = readName(r.bytes, at, at + size)
  if (text === undefined)
    throw new DecodeError('invalid-symbol', at, `a symbol of ${size} bytes that are not ASCII`)
  return text
}

function readDescribed(r: Reader): AMQPDescribed<AMQPValue, AMQPValue> {
  r.descend(r.pos - 1)
  const descriptor = readValue(r)
  const value = readValue(r)
  r.depth--
  return new AMQPDescribed(descriptor, value)
}

function readList(r: Reader, wide: boolean): AMQPValue[] {
  const { end } = r
  const count = enterList(r, wide)
  const items: AMQPValue[] = []
  for (let i = 0; i < count; i++) items.push(readValue(r))
  leaveCompound(r, end)
  return items
}

function readMap(r: Reader, wide: boolean): Map<AMQPMapKey, AMQPValue> {
  const { end } = r
  const count = enterMap(r, wide)
  const start = r.pos
  const map = new Map<AMQPMapKey, AMQPValue>()
  for (let i = 0; i < count; i += 2) {
    const at = r.pos
    const key = readKey(r)
    if (map.has(key)) {
      r.pos = at
      readCollidingPairs(r, map, start, count - i)
      break
    }
    map.set(key, readValue(r))
  }
  leaveCompound(r, end)
  return map
}

/** A key as JavaScript has it: a symbol as string; -0, which a Map would make 0, in its wrapper. */
function readKey(r: Reader): AMQPMapKey {
  const constructor = r.u8()
  switch (constructor) {
    case code.DESCRIBED:
      return readDescribed(r)
    case code.SYMBOL8:
      return readAscii(r, r.u8())
    case code.SYMBOL32:
      return readAscii(r, r.u32())
    case code.STRING8: {
      const size = r.u8()
      const at = r.takeSized(size)
      return readName(r.bytes, at, r.pos) ?? toText(r, at)
    }
    case code.FLOAT:
    case code.DOUBLE: {
      const value = readCoded(r, constructor)
      return Object.is(value, -0)
        ? (wrap(constructor === code.FLOAT ? 'float' : 'double', value) as AMQPMapKey)
        : value
    }
    default:
      return readCoded(r, constructor)
  }
}

/**
 * The rest of a map from a key on that another key has as its JavaScript value too. Keys of another type are kept apart
 * by their wrapper; the same key twice makes the map invalid [1.6.23].
 */
function readCollidingPairs(r: Reader, map: Map<AMQPMapKey, AMQPValue>, start: number, count: number): void {
  const seen = new Set<string | undefined>()
  const first = r.pos
  for (r.pos = start; r.pos < first; skipValue(r)) {
    seen.add(peekKeyText(r))
    skipValue(r)
  }
  for (let i = 0; i < count; i += 2) {
    const at = r.pos
    const text = peekKeyText(r)
    if (text !== undefined && seen.has(text)) {
      throw new DecodeError('count-mismatch', at, `the key ${text} is twice in a map`)
    }
    seen.add(text)
    const key = readKey(r)
    const type = code.TYPE_OF_CODE.get(r.bytes[at] as number) as AMQPTypeName
    map.set(map.has(key) ? (wrap(type, key as AMQPValue) as AMQPMapKey) : key, readValue(r))
  }
}

/** What tells the next key from others, without moving on; compound keys, which cost time to read, are not compared. */
function peekKeyText(r: Reader): string | undefined {
  const at = r.pos
  const type = code.TYPE_OF_CODE.get(r.bytes[at] as number)
  if (at >= r.end || type === undefined || !isCompared(type)) return undefined
  const key = readKey(r)
  r.pos = at
  return typeof key === 'object' && key !== null ? undefined : decodedKeyText(type, key)
}

function readArray(r: Reader, wide: boolean): AMQPArray<AMQPValue> {
  return readArrayOf(r, wide, readValue, readElements)
}

/** An array [1.6.24] whose descriptors, if it has any, and elements are read by the functions given. */
export function readArrayOf<T extends AMQPInput>(
  r: Reader,
  wide: boolean,
  readDescriptor: (r: Reader) => T,
  readAll: (r: Reader, constructor: number, count: number) => T[],
): AMQPArray<T> {
  const { end, depth } = r
  const count = enterCompound(r, wide)
  let constructor = r.u8()
  let descriptors: T[] | undefined
  while (constructor === code.DESCRIBED) {
    r.descend(r.pos - 1)
    descriptors ??= []
    descriptors.push(readDescriptor(r))
    constructor = r.u8()
  }
  expectElements(r, constructor, count)
  const values = readAll(r, constructor, count)
  r.depth = depth + 1
  leaveCompound(r, end)
  return AMQPArray.adopt(values, code.TYPE_OF_CODE.get(constructor) as AMQPTypeName, descriptors)
}

/** Elements of an array, whose bytes are known to be there as far as their constructor tells. */
function readElements(r: Reader, constructor: number, count: number): AMQPValue[] {
  if (constructor === code.LONG || constructor === code.ULONG) return readInt64s(r, constructor, count)
  const values: AMQPValue[] = []
  for (let i = 0; i < count; i++) values.push(readCoded(r, constructor))
  return values
}

/** The list that is made is as long as the bytes that are there, not as a count that a peer has claimed. */
function readInt64s(r: Reader, constructor: number, count: number): bigint[] {
  const start = r.take(8 * count)
  return getInt64s(r.view, start, (r.pos - start) / 8, constructor === code.LONG)
}
