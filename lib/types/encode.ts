// Values to bytes [1.6]: a JavaScript value gets the type that suits it, a wrapper has its own; always the most compact
// encoding. A value that cannot be encoded is reported with the path that leads to it.
// Invariant: what is written here, our own decoder reads under its default limits.

import type { AMQPTypeName } from './codes.js'
import * as code from './codes.js'
import { MAX_DEPTH, Writer } from './cursor.js'
import { findFault } from './encode-fault.js'
import { isInt64, isUint64 } from './int64.js'
import { findTwin } from './map-keys.js'
import type { AMQPArray } from './wrappers-array.js'
import type { AMQPInput } from './wrappers-base.js'
import { AMQPType } from './wrappers-base.js'
import type { AMQPDescribed, AMQPList, AMQPMap } from './wrappers-compounds.js'
import { asDescriptor, isPlainObject } from './wrappers-compounds.js'
import {
  closeCompound,
  closeList,
  closeMap,
  openCompound,
  openList,
  openMap,
  writeBinary,
  writeBoolean,
  writeByte,
  writeChar,
  writeDouble,
  writeFixed,
  writeFloat,
  writeInt,
  writeLong,
  writeNull,
  writeShort,
  writeString,
  writeSymbol,
  writeTimestamp,
  writeUbyte,
  writeUint,
  writeUlong,
  writeUshort,
  writeUuid,
} from './write.js'
import { moveTogether, writeElements } from './write-array.js'

export * from './write.js'

/** Memory that results share: allocating for each of them would take longer than encoding it. */
const SLAB_BYTES = 65536
const LEAST_ROOM = 1024

let slab: Writer | undefined
let lastSize = 0

/**
 * The value in the most compact encoding of its type. Results may share an ArrayBuffer, as small Buffers do.
 * @throws EncodeError when it holds something that no AMQP type can hold, a cycle, more than 64 levels of nesting, or a
 * map in which two keys are the same AMQP value
 * @throws RangeError when it holds a bigint beyond 64 bits
 */
export function encode(value: AMQPInput): Uint8Array {
  const room = Math.max(LEAST_ROOM, 2 * lastSize)
  const free = slab === undefined ? 0 : slab.bytes.length - slab.pos
  const w = slab === undefined || free < room ? new Writer(Math.max(SLAB_BYTES, room)) : slab
  // Code of the caller may run in between (getters), and encode too.
  slab = undefined
  const start = w.pos
  writeValue(w, value)
  lastSize = w.pos - start
  if (w.bytes.length <= SLAB_BYTES) slab = w
  return w.bytes.subarray(start, w.pos)
}

/**
 * Writes a value as {@link encode} does. When it cannot be encoded, nothing stays written.
 * @param path where the value comes from, for the error
 */
export function writeValue(w: Writer, value: AMQPInput, path = ''): void {
  const start = w.pos
  let problem: unknown
  try {
    if (writeAny(w, value, 0)) return
  } catch (error) {
    problem = error
  }
  w.pos = start
  throw problem !== undefined && !(problem instanceof RangeError) ? problem : findFault(value, path, problem)
}

/** False when the value has no encoding. */
function writeAny(w: Writer, value: AMQPInput, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      writeString(w, value)
      return true
    case 'number':
      writeNumber(w, value)
      return true
    case 'boolean':
      writeBoolean(w, value)
      return true
    case 'bigint':
      return writeBigint(w, value)
    case 'undefined':
      writeNull(w)
      return true
    case 'object':
      return writeObject(w, value, depth)
    default:
      return false
  }
}

function writeObject(
  w: Writer,
  value: Exclude<AMQPInput, undefined> & (object | null),
  depth: number,
): boolean {
  if (value === null) writeNull(w)
  else if (value instanceof AMQPType) return writeTyped(w, value, depth)
  else if (Array.isArray(value)) return writeItems(w, value as readonly AMQPInput[], depth)
  else if (value instanceof Uint8Array) writeBinary(w, value)
  else if (value instanceof Map) return writeEntries(w, value as ReadonlyMap<AMQPInput, AMQPInput>, depth)
  else if (value instanceof Date) writeTimestamp(w, value.getTime())
  else if (isPlainObject(value)) return writeProperties(w, value, depth)
  else return false
  return true
}

function writeNumber(w: Writer, value: number): void {
  if ((value | 0) === value && (value !== 0 || 1 / value > 0)) writeInt(w, value)
  else if (Number.isSafeInteger(value) && value !== 0) writeLong(w, value)
  else writeDouble(w, value)
}

function writeBigint(w: Writer, value: bigint): boolean {
  if (isInt64(value)) writeLong(w, value)
  else if (isUint64(value)) writeUlong(w, value)
  else return false
  return true
}

function writeItems(w: Writer, items: readonly AMQPInput[], depth: number): boolean {
  if (depth >= MAX_DEPTH) return false
  const mark = openList(w)
  if (!writeAll(w, items, depth + 1)) return false
  closeList(w, mark, items.length)
  return true
}

function writeAll(w: Writer, items: readonly AMQPInput[], depth: number): boolean {
  for (let i = 0; i < items.length; i++) if (!writeAny(w, items[i], depth)) return false
  return true
}

function writeProperties(w: Writer, object: { readonly [key: string]: AMQPInput }, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false
  const mark = openMap(w)
  const keys = Object.keys(object)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    writeString(w, key)
    if (!writeAny(w, object[key], depth + 1)) return false
  }
  closeMap(w, mark, keys.length)
  return true
}

function writeEntries(w: Writer, map: ReadonlyMap<AMQPInput, AMQPInput>, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false
  const mark = openMap(w)
  if (!writePairs(w, map, depth + 1)) return false
  closeMap(w, mark, map.size)
  return true
}

function writePairs(w: Writer, map: ReadonlyMap<AMQPInput, AMQPInput>, depth: number): boolean {
  let comparable = true
  for (const [key, value] of map) {
    // A Map keeps apart what JavaScript keeps apart; only wrapped and other object keys can be written alike.
    if (typeof key === 'object' || key === undefined) comparable = false
    if (!writeAny(w, key, depth) || !writeAny(w, value, depth)) return false
  }
  return comparable || findTwin(map.keys()) === undefined
}

function writeDescribed(w: Writer, value: AMQPDescribed, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false
  w.u8(code.DESCRIBED)
  return writeAny(w, asDescriptor(value.descriptor), depth + 1) && writeAny(w, value.value, depth + 1)
}

function writeArray(w: Writer, array: AMQPArray, depth: number): boolean {
  const mark = openCompound(w)
  if (!writeArrayContent(w, array, depth)) return false
  closeCompound(w, mark, array.length, code.ARRAY8, code.ARRAY32)
  return true
}

/** Constructor and elements [1.6.24]; what describes them stands before the constructor, once. */
function writeArrayContent(w: Writer, array: AMQPArray, depth: number): boolean {
  const { descriptors, elementType, value } = array
  const inside = depth + 1 + descriptors.length
  if (inside > MAX_DEPTH) return false
  for (let i = 0; i < descriptors.length; i++) {
    w.u8(code.DESCRIBED)
    if (!writeAny(w, asDescriptor(descriptors[i]), depth + 2 + i)) return false
  }
  switch (elementType) {
    case 'list':
      return writeCompounds(w, value, code.LIST8, code.LIST32, inside, writeListBody)
    case 'map':
      return writeCompounds(w, value, code.MAP8, code.MAP32, inside, writeMapBody)
    case 'array':
      return writeCompounds(w, value, code.ARRAY8, code.ARRAY32, inside, writeArrayBody)
    default:
      writeElements(w, elementType, value)
      return true
  }
}

/** Writes what follows size and count, and says what the count is; -1 when it has no encoding. */
type BodyWriter = (w: Writer, value: AMQPInput, depth: number) => number

/** Compound elements are written with wide heads first, then moved together if narrow ones suffice for all. */
function writeCompounds(
  w: Writer,
  values: readonly AMQPInput[],
  short: number,
  long: number,
  depth: number,
  writeBody: BodyWriter,
): boolean {
  if (depth >= MAX_DEPTH && values.length > 0) return false
  const start = w.pos
  w.u8(long)
  let narrow = true
  for (let i = 0; i < values.length; i++) {
    const head = w.pos
    w.ensure(8)
    w.pos += 8
    const count = writeBody(w, values[i], depth)
    if (count < 0) return false
    const length = w.pos - head - 8
    w.view.setUint32(head, length + 4)
    w.view.setUint32(head + 4, count)
    narrow = narrow && length < 0xff && count <= 0xff
  }
  if (narrow) moveTogether(w, start, short)
  return true
}

function writeListBody(w: Writer, value: AMQPInput, depth: number): number {
  const items = (value instanceof AMQPType ? value.value : value) as readonly AMQPInput[]
  return writeAll(w, items, depth + 1) ? items.length : -1
}

function writeMapBody(w: Writer, value: AMQPInput, depth: number): number {
  const map = (value instanceof AMQPType ? value.value : value) as ReadonlyMap<AMQPInput, AMQPInput>
  return writePairs(w, map, depth + 1) ? 2 * map.size : -1
}

function writeArrayBody(w: Writer, value: AMQPInput, depth: number): number {
  const array = value as AMQPArray
  return writeArrayContent(w, array, depth) ? array.length : -1
}

/** A wrapper's value, which was checked when the wrapper was made. */
function writeTyped(w: Writer, wrapper: AMQPType, depth: number): boolean {
  const value: unknown = wrapper.value
  switch (wrapper.type) {
    case 'list':
      return writeItems(w, value as AMQPList['value'], depth)
    case 'map':
      return writeEntries(w, value as AMQPMap['value'], depth)
    case 'array':
      return writeArray(w, wrapper as AMQPArray, depth)
    case 'described':
      return writeDescribed(w, wrapper as AMQPDescribed, depth)
    default:
      SCALAR[wrapper.type](w, value as never)
      return true
  }
}

const SCALAR: {
  readonly [type in Exclude<AMQPTypeName, 'list' | 'map' | 'array' | 'described'>]: (
    w: Writer,
    value: never,
  ) => void
} = {
  null: writeNull,
  boolean: writeBoolean,
  ubyte: writeUbyte,
  ushort: writeUshort,
  uint: writeUint,
  ulong: writeUlong,
  byte: writeByte,
  short: writeShort,
  int: writeInt,
  long: writeLong,
  float: writeFloat,
  double: writeDouble,
  decimal32: (w: Writer, value: Uint8Array) => writeFixed(w, code.DECIMAL32, value, 4),
  decimal64: (w: Writer, value: Uint8Array) => writeFixed(w, code.DECIMAL64, value, 8),
  decimal128: (w: Writer, value: Uint8Array) => writeFixed(w, code.DECIMAL128, value, 16),
  char: writeChar,
  timestamp: writeTimestamp,
  uuid: writeUuid,
  binary: writeBinary,
  string: writeString,
  symbol: writeSymbol,
}
