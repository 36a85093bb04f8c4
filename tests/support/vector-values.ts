// The value descriptions of tests/vectors/vectors.json: into wrappers, and compared with what `decode` gives.

import { readFileSync } from 'node:fs'
import {
  AMQPArray,
  AMQPBinary,
  AMQPBoolean,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPDouble,
  AMQPFloat,
  AMQPInt,
  AMQPList,
  AMQPLong,
  AMQPMap,
  AMQPNull,
  AMQPShort,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPType,
  type AMQPTypeName,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from '../../lib/types/index.js'

/** A value as the vectors describe it. */
export interface ValueDescription {
  readonly type: AMQPTypeName
  readonly value?: unknown
  readonly hex?: string
  readonly items?: readonly ValueDescription[]
  readonly entries?: readonly (readonly [ValueDescription, ValueDescription])[]
  readonly elementType?: AMQPTypeName
  readonly descriptor?: ValueDescription
}

export interface ValueVector {
  readonly name: string
  readonly group: string
  readonly value: ValueDescription
  readonly hex: string
  readonly canonical: boolean
}

/** One of the files under tests/vectors. */
export function readVectorFile(name: string): unknown {
  return JSON.parse(readFileSync(`tests/vectors/${name}`, 'utf8'))
}

/** All vectors that are one encoded value. */
export function readValueVectors(): ValueVector[] {
  const all = readVectorFile('vectors.json') as (Partial<ValueVector> & { readonly group: string })[]
  return all.filter((vector) => vector.value?.type !== undefined) as ValueVector[]
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** The value described, in wrappers. */
export function toWrapper(description: ValueDescription): AMQPType {
  const { type, value } = description
  const text = String(value)
  switch (type) {
    case 'null':
      return new AMQPNull()
    case 'boolean':
      return new AMQPBoolean(value as boolean)
    case 'ubyte':
      return new AMQPuByte(value as number)
    case 'ushort':
      return new AMQPuShort(value as number)
    case 'uint':
      return new AMQPuInt(value as number)
    case 'ulong':
      return new AMQPuLong(BigInt(text))
    case 'byte':
      return new AMQPByte(value as number)
    case 'short':
      return new AMQPShort(value as number)
    case 'int':
      return new AMQPInt(value as number)
    case 'long':
      return new AMQPLong(BigInt(text))
    case 'float':
      return new AMQPFloat(Number(text))
    case 'double':
      return new AMQPDouble(Number(text))
    case 'timestamp':
      return new AMQPTimestamp(BigInt(text))
    case 'char':
      return new AMQPChar(String.fromCodePoint(value as number))
    case 'uuid':
      return new AMQPUuid(text)
    case 'binary':
      return new AMQPBinary(bytesOf(text))
    case 'string':
      return new AMQPString(text)
    case 'symbol':
      return new AMQPSymbol(text)
    default:
      return toLargeWrapper(description)
  }
}

function toLargeWrapper(description: ValueDescription): AMQPType {
  const { type, hex = '', items = [], entries = [], elementType, descriptor } = description
  switch (type) {
    case 'decimal32':
      return new AMQPDecimal32(bytesOf(hex))
    case 'decimal64':
      return new AMQPDecimal64(bytesOf(hex))
    case 'decimal128':
      return new AMQPDecimal128(bytesOf(hex))
    case 'list':
      return new AMQPList(items.map(toWrapper))
    case 'map':
      return new AMQPMap(entries.map(([key, item]) => [toWrapper(key), toWrapper(item)] as const))
    case 'array':
      return new AMQPArray(items.map(toWrapper), elementType, descriptor ? [toWrapper(descriptor)] : [])
    case 'described':
      return new AMQPDescribed(
        toWrapper(descriptor as ValueDescription),
        toWrapper(description.value as ValueDescription),
      )
    default:
      throw new TypeError(`unknown type ${type}`)
  }
}

/**
 * Where a decoded value is not what the wrapper says it must be, by the table of types and JavaScript values; undefined
 * when it is, at every level.
 */
export function findDifference(decoded: unknown, wanted: AMQPType, path = 'value'): string | undefined {
  const { type } = wanted
  if (wanted instanceof AMQPList) return findInItems(decoded, wanted.value as readonly AMQPType[], path)
  if (wanted instanceof AMQPMap) return findInMap(decoded, wanted, path)
  if (wanted instanceof AMQPArray) {
    if (!(decoded instanceof AMQPArray)) return `${path} is no array`
    if (decoded.elementType !== wanted.elementType) return `${path} is an array of ${decoded.elementType}`
    return (
      findInItems(decoded.descriptors, wanted.descriptors as readonly AMQPType[], `${path}.descriptors`) ??
      findInItems(decoded.value, wanted.value as readonly AMQPType[], path)
    )
  }
  if (wanted instanceof AMQPDescribed) {
    if (!(decoded instanceof AMQPDescribed)) return `${path} is not described`
    return (
      findDifference(decoded.descriptor, wanted.descriptor as AMQPType, `${path}.descriptor`) ??
      findDifference(decoded.value, wanted.value as AMQPType, `${path}.value`)
    )
  }
  return isScalar(decoded, wanted) ? undefined : `${path} is not the ${type} ${wanted}`
}

function findInItems(decoded: unknown, wanted: readonly AMQPType[], path: string): string | undefined {
  if (!Array.isArray(decoded)) return `${path} is no array`
  if (decoded.length !== wanted.length) return `${path} has ${decoded.length} items, not ${wanted.length}`
  for (let i = 0; i < wanted.length; i++) {
    const difference = findDifference(decoded[i], wanted[i] as AMQPType, `${path}[${i}]`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function findInMap(decoded: unknown, wanted: AMQPMap, path: string): string | undefined {
  if (!(decoded instanceof Map)) return `${path} is no map`
  if (decoded.size !== wanted.value.size) return `${path} has ${decoded.size} keys, not ${wanted.value.size}`
  const pairs = [...(decoded as Map<unknown, unknown>)]
  let place = 0
  for (const [key, value] of wanted.value as ReadonlyMap<AMQPType, AMQPType>) {
    const [decodedKey, decodedValue] = pairs[place++] as [unknown, unknown]
    if (!isKey(decodedKey, key)) return `${path} has no key ${key} at its place`
    const difference = findDifference(decodedValue, value, `${path}[${key}]`)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Keys that met another of the same JavaScript value stay wrapped; a symbol is a string, else. */
function isKey(decoded: unknown, wanted: AMQPType): boolean {
  if (decoded instanceof AMQPType && decoded.equals(wanted)) return true
  if (wanted instanceof AMQPSymbol) return decoded === wanted.value
  return findDifference(decoded, wanted) === undefined
}

function isScalar(decoded: unknown, wanted: AMQPType): boolean {
  switch (wanted.type) {
    case 'timestamp':
      return isTimestamp(decoded, wanted.value as bigint)
    case 'binary':
      return decoded instanceof Uint8Array && hexOf(decoded) === hexOf(wanted.value as Uint8Array)
    case 'symbol':
    case 'char':
    case 'uuid':
    case 'decimal32':
    case 'decimal64':
    case 'decimal128':
      return (
        decoded instanceof AMQPType && decoded.constructor === wanted.constructor && decoded.equals(wanted)
      )
    default:
      return Object.is(decoded, wanted.value)
  }
}

function isTimestamp(decoded: unknown, milliseconds: bigint): boolean {
  if (decoded instanceof Date) return BigInt(decoded.getTime()) === milliseconds
  const beyond = milliseconds > 8_640_000_000_000_000n || milliseconds < -8_640_000_000_000_000n
  return beyond && decoded instanceof AMQPTimestamp && decoded.value === milliseconds
}
