// Bytes to wrappers, so that no type is lost: what comes out is written as the same types and values again.
// It takes and refuses exactly what `decode` takes and refuses, under the same limits.

import { DecodeError } from '../errors.js'
import type { AMQPTypeName } from './codes.js'
import * as code from './codes.js'
import type { DecodeLimits } from './cursor.js'
import { Reader } from './cursor.js'
import { mustBeBytes, readArrayOf, readCoded, readWhole } from './decode.js'
import { decodedKeyText } from './map-keys.js'
import { enterList, enterMap, leaveCompound } from './skip.js'
import type { AMQPArray, AMQPType } from './wrappers.js'
import { AMQPDescribed, AMQPList, AMQPMap, wrap } from './wrappers.js'

const EMPTY_LIST = new AMQPList(Object.freeze([]))

/**
 * The one value that the bytes are, every value at every level in the wrapper of its type. Encoding it gives the same
 * types and values in their most compact form. Binary values are views of the bytes.
 * @throws DecodeError when the bytes are not exactly one valid value, or exceed the limits
 */
export function decodeTyped(bytes: Uint8Array, limits?: DecodeLimits): AMQPType {
  mustBeBytes(bytes)
  return readWhole(new Reader(bytes, 0, bytes.length, limits), readTyped)
}

/** The next value, from its constructor on. */
export function readTyped(r: Reader): AMQPType {
  const constructor = r.u8()
  if (constructor !== code.DESCRIBED) return readTypedCoded(r, constructor)
  r.descend(r.pos - 1)
  const descriptor = readTyped(r)
  const value = readTyped(r)
  r.depth--
  return new AMQPDescribed(descriptor, value)
}

function readTypedCoded(r: Reader, constructor: number): AMQPType {
  switch (constructor) {
    case code.LIST0:
      return EMPTY_LIST
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
    default: {
      const value = readCoded(r, constructor)
      return wrap(code.TYPE_OF_CODE.get(constructor) as AMQPTypeName, value)
    }
  }
}

function readList(r: Reader, wide: boolean): AMQPList<AMQPType> {
  const { end } = r
  const count = enterList(r, wide)
  const items: AMQPType[] = []
  for (let i = 0; i < count; i++) items.push(readTyped(r))
  leaveCompound(r, end)
  return new AMQPList(items)
}

function readMap(r: Reader, wide: boolean): AMQPMap<AMQPType, AMQPType> {
  const { end } = r
  const count = enterMap(r, wide)
  const map = new Map<AMQPType, AMQPType>()
  const seen = count > 2 ? new Set<string>() : undefined
  for (let i = 0; i < count; i += 2) {
    const at = r.pos
    const key = readTyped(r)
    const text = seen && decodedKeyText(key.type, key.value)
    if (seen !== undefined && text !== undefined) {
      if (seen.has(text)) throw new DecodeError('count-mismatch', at, `the key ${text} is twice in a map`)
      seen.add(text)
    }
    map.set(key, readTyped(r))
  }
  leaveCompound(r, end)
  return new AMQPMap(map)
}

function readArray(r: Reader, wide: boolean): AMQPArray<AMQPType> {
  return readArrayOf(r, wide, readTyped, readElements)
}

/** Elements without bytes are all the same, so one wrapper stands for all of them. */
function readElements(r: Reader, constructor: number, count: number): AMQPType[] {
  const values: AMQPType[] = []
  if (count > 0 && code.LAYOUT[constructor] === 0) {
    const only = readTypedCoded(r, constructor)
    for (let i = 0; i < count; i++) values.push(only)
  } else {
    for (let i = 0; i < count; i++) values.push(readTypedCoded(r, constructor))
  }
  return values
}
