// The elements of arrays of simple types: one constructor, then the values without constructors of their own [1.6.24].
// The short form of the constructor is chosen when every value fits it. Elements without any bytes are written for
// nulls only: a reader has every reason to distrust counts that no bytes stand behind.

import { utf8Length, utf8Write } from '../util/bytes.js'
import * as code from './codes.js'
import type { Writer } from './cursor.js'
import { putInt64, TOO_LARGE, toByte } from './int64.js'
import type { AMQPInput } from './wrappers-base.js'
import { AMQPType } from './wrappers-base.js'

type Values = readonly AMQPInput[]
type Put = (w: Writer, value: never) => void

/** Constructors and writers of the types that have one width. */
const FIXED: { readonly [type: string]: readonly [constructor: number, width: number, put: Put] } = {
  boolean: [code.BOOLEAN, 1, (w: Writer, value: boolean) => w.u8(value ? 1 : 0)],
  ubyte: [code.UBYTE, 1, (w: Writer, value: number) => w.u8(value)],
  byte: [code.BYTE, 1, (w: Writer, value: number) => w.i8(value)],
  ushort: [code.USHORT, 2, (w: Writer, value: number) => w.u16(value)],
  short: [code.SHORT, 2, (w: Writer, value: number) => w.i16(value)],
  float: [code.FLOAT, 4, (w: Writer, value: number) => w.f32(value)],
  double: [code.DOUBLE, 8, (w: Writer, value: number) => w.f64(value)],
  char: [code.CHAR, 4, (w: Writer, value: string) => w.u32(value.codePointAt(0) as number)],
  decimal32: [code.DECIMAL32, 4, raw],
  decimal64: [code.DECIMAL64, 8, raw],
  decimal128: [code.DECIMAL128, 16, raw],
  uuid: [code.UUID, 16, raw],
}

/** Writes constructor and elements; the values are known to fit the type, which is not list, map or array. */
export function writeElements(w: Writer, type: string, values: Values): void {
  switch (type) {
    case 'null':
      return w.u8(code.NULL)
    case 'uint':
      return writeInts(w, values, code.SMALLUINT, code.UINT, false)
    case 'int':
      return writeInts(w, values, code.SMALLINT, code.INT, true)
    case 'ulong':
      return writeLongs(w, values, code.SMALLULONG, code.ULONG, false)
    case 'long':
      return writeLongs(w, values, code.SMALLLONG, code.LONG, true)
    case 'timestamp':
      return writeInt64s(w, values, code.TIMESTAMP)
    case 'binary':
      return writeBinaries(w, values)
    case 'string':
      return writeTexts(w, values, code.STRING8, code.STRING32)
    case 'symbol':
      return writeTexts(w, values, code.SYMBOL8, code.SYMBOL32)
    default:
      return writeFixedWidth(w, type, values)
  }
}

function writeFixedWidth(w: Writer, type: string, values: Values): void {
  const entry = FIXED[type]
  if (entry === undefined) throw new TypeError(`${type} is no simple type`)
  const [constructor, width, put] = entry
  w.ensure(1 + width * values.length)
  w.u8(constructor)
  for (const value of values) put(w, bare(value) as never)
}

function writeInts(w: Writer, values: Values, short: number, long: number, signed: boolean): void {
  if (writeBytes(w, values, short, signed)) return
  w.ensure(1 + 4 * values.length)
  const { view } = w
  let at = w.pos
  w.bytes[at++] = long
  for (let i = 0; i < values.length; i++, at += 4) view.setInt32(at, bare(values[i]) as number)
  w.pos = at
}

function writeLongs(w: Writer, values: Values, short: number, long: number, signed: boolean): void {
  if (!writeBytes(w, values, short, signed)) writeInt64s(w, values, long)
}

function writeInt64s(w: Writer, values: Values, constructor: number): void {
  w.ensure(1 + 8 * values.length)
  const { view } = w
  let at = w.pos
  w.bytes[at++] = constructor
  for (let i = 0; i < values.length; i++, at += 8) putInt64(view, at, bare(values[i]) as bigint | number)
  w.pos = at
}

/** One byte for each integer, if all are within its range; else nothing, and false. */
function writeBytes(w: Writer, values: Values, constructor: number, signed: boolean): boolean {
  w.ensure(1 + values.length)
  const { bytes } = w
  let at = w.pos
  bytes[at++] = constructor
  for (let i = 0; i < values.length; i++) {
    const byte = toByte(bare(values[i]) as bigint | number, signed)
    if (byte === TOO_LARGE) return false
    bytes[at++] = byte
  }
  w.pos = at
  return true
}

function writeBinaries(w: Writer, values: Values): void {
  const list = values.map(bare) as Uint8Array[]
  const long = list.some((bytes) => bytes.length > 0xff)
  w.u8(long ? code.BINARY32 : code.BINARY8)
  for (const bytes of list) {
    if (long) w.u32(bytes.length)
    else w.u8(bytes.length)
    w.raw(bytes)
  }
}

function writeTexts(w: Writer, values: Values, short: number, long: number): void {
  const list = values.map(bare) as string[]
  const wide = list.some((text) => text.length > 0xff || (text.length > 0x55 && utf8Length(text) > 0xff))
  const head = wide ? 4 : 1
  w.u8(wide ? long : short)
  for (const text of list) {
    w.ensure(head + (text.length > 0xff ? utf8Length(text) : 3 * text.length))
    const size = utf8Write(text, w.bytes, w.pos + head)
    if (wide) w.view.setUint32(w.pos, size)
    else w.bytes[w.pos] = size
    w.pos += head + size
  }
}

/**
 * Gives the compound elements from `start` on, all written with size and count in four bytes each, heads of one byte
 * each, and the constructor that says so.
 */
export function moveTogether(w: Writer, start: number, constructor: number): void {
  const { bytes, view, pos: end } = w
  bytes[start] = constructor
  let to = start + 1
  for (let from = start + 1; from < end; ) {
    const length = view.getUint32(from) - 4
    bytes[to] = length + 1
    bytes[to + 1] = view.getUint32(from + 4)
    bytes.copyWithin(to + 2, from + 8, from + 8 + length)
    to += 2 + length
    from += 8 + length
  }
  w.pos = to
}

/** The value without its wrapper; a date as its milliseconds. */
function bare(value: AMQPInput): unknown {
  if (typeof value !== 'object') return value
  if (value instanceof AMQPType) return value.value
  return value instanceof Date ? value.getTime() : value
}

function raw(w: Writer, bytes: Uint8Array): void {
  w.raw(bytes)
}
