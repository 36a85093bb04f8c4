// Maps whose keys are names [2.8.10, 3.2.3–3.2.5, 3.2.10, 3.5.8]: fields, filter sets, annotations, application properties.
// Invariant: they come out as objects without a prototype, so that no key of a peer (`__proto__`, `constructor`) means
// anything.

import { DecodeError, EncodeError } from '../errors.js'
import { MAP8, MAP32, SMALLULONG, STRING8, STRING32, SYMBOL8, SYMBOL32, ULONG, ULONG0 } from './codes.js'
import type { Reader, Writer } from './cursor.js'
import { readCoded, readValue } from './decode.js'
import { writeValue } from './encode.js'
import type { FieldType } from './field-type.js'
import { readSymbol, wrongFieldType } from './field-type.js'
import { enterMap, leaveCompound } from './skip.js'
import type { AMQPInput, AMQPValue } from './wrappers.js'
import { AMQPType, kindOf } from './wrappers.js'
import { isPlainObject } from './wrappers-compounds.js'
import { closeMap, openMap, writeString, writeSymbol } from './write.js'

/** A map with symbols as keys, as it is read: an object without a prototype. */
export type Fields = Readonly<Record<string, AMQPValue>>
/** What may be given where {@link Fields} are written. */
export type InputFields = Readonly<Record<string, AMQPInput>>

/** How the values of a map are read and written. */
export type ValueType<V> = Pick<FieldType<V>, 'decode' | 'encode'>
type WriteKey = (w: Writer, key: string) => void

const ANY_VALUE: ValueType<AMQPValue> = {
  decode: readValue,
  encode: writeValue as ValueType<AMQPValue>['encode'],
}
const SIMPLE_VALUE: ValueType<AMQPValue> = { decode: readValue, encode: writeSimple }
const COMPOUND: ReadonlySet<string> = new Set(['list', 'map', 'array', 'described'])
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** A type whose values are maps with symbols as keys. */
export function mapOf<V>(name: string, values: ValueType<V>): FieldType<Readonly<Record<string, V>>> {
  return {
    name,
    decode: (r, field) => readRecord(r, field, false, values),
    encode: (w, record, path) => writeRecord(w, record, path, writeSymbol, values),
  }
}

export const FIELDS: FieldType<Fields> = mapOf('fields', ANY_VALUE)
export const FILTER_SET: FieldType<Fields> = mapOf('filter-set', ANY_VALUE)

/** Reads annotations [3.2.10], the map alone. A ulong as key, which is reserved, comes as its digits. */
export function readAnnotations(r: Reader, field = 'annotations'): Fields {
  return readRecord(r, field, true, ANY_VALUE)
}

/**
 * Writes annotations [3.2.10], the map alone, with symbols as keys.
 * @throws EncodeError when a key is not ASCII or a value has no AMQP type
 */
export function writeAnnotations(w: Writer, annotations: InputFields, path = 'annotations'): void {
  writeRecord(w, annotations as Fields, path, writeSymbol, ANY_VALUE)
}

/** Reads application properties [3.2.5], the map alone. Values of any type are taken. */
export function readApplicationProperties(r: Reader): Fields {
  return readRecord(r, 'application-properties', false, ANY_VALUE)
}

/**
 * Writes application properties [3.2.5], the map alone, with strings as keys.
 * @throws EncodeError when a value is of no simple type: a list, a map, an array or a described value
 */
export function writeApplicationProperties(
  w: Writer,
  properties: InputFields,
  path = 'applicationProperties',
): void {
  writeRecord(w, properties as Fields, path, writeString, SIMPLE_VALUE)
}

/** Reads a map from its constructor on. Keys are symbols by the book, strings in the practice of some peers. */
function readRecord<V>(
  r: Reader,
  field: string,
  ulongKeys: boolean,
  values: ValueType<V>,
): Record<string, V> {
  const constructor = r.u8()
  if (constructor !== MAP8 && constructor !== MAP32) throw wrongFieldType(r, constructor, field, 'map')
  const { end } = r
  const count = enterMap(r, constructor === MAP32)
  const record = Object.create(null) as Record<string, V>
  for (let i = 0; i < count; i += 2) {
    const at = r.pos
    const key = readKey(r, field, ulongKeys)
    if (key in record)
      throw new DecodeError('count-mismatch', at, `${field} has the key ${JSON.stringify(key)} twice`)
    record[key] = values.decode(r, field)
  }
  leaveCompound(r, end)
  return record
}

function readKey(r: Reader, field: string, ulongKeys: boolean): string {
  const constructor = r.u8()
  switch (constructor) {
    case SYMBOL8:
    case SYMBOL32:
      return readSymbol(r, constructor)
    case STRING8:
    case STRING32:
      return readCoded(r, constructor) as string
    case ULONG0:
    case SMALLULONG:
    case ULONG:
      if (ulongKeys) return String(readCoded(r, constructor))
  }
  throw wrongFieldType(r, constructor, `a key of ${field}`, 'symbol')
}

function writeRecord<V>(
  w: Writer,
  record: Readonly<Record<string, V>>,
  path: string,
  writeKey: WriteKey,
  values: ValueType<V>,
): void {
  if (typeof record !== 'object' || record === null || !isPlainObject(record)) {
    throw new EncodeError(path, `a plain object is due, not ${kindOf(record)}`)
  }
  const mark = openMap(w)
  const keys = Object.keys(record)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    try {
      writeKey(w, key)
      values.encode(w, record[key] as V, '')
    } catch (error) {
      throw explain(w, key, record[key] as V, entryPath(path, key), writeKey, values) ?? error
    }
  }
  closeMap(w, mark, keys.length)
}

/** Writes an entry that cannot be written once more, to learn the error with the whole path in it. */
function explain<V>(
  w: Writer,
  key: string,
  value: V,
  path: string,
  writeKey: WriteKey,
  values: ValueType<V>,
): unknown {
  try {
    writeKey(w, key)
  } catch (error) {
    return error instanceof RangeError ? new EncodeError(path, error.message) : error
  }
  try {
    values.encode(w, value, path)
  } catch (error) {
    return error
  }
  return undefined
}

function entryPath(path: string, key: string): string {
  return IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function writeSimple(w: Writer, value: AMQPInput, path: string): void {
  const simple =
    typeof value !== 'object' ||
    value === null ||
    value instanceof Uint8Array ||
    value instanceof Date ||
    (value instanceof AMQPType && !COMPOUND.has(value.type))
  if (!simple)
    throw new EncodeError(path, `application properties take simple values only, not ${kindOf(value)}`)
  writeValue(w, value, path)
}
