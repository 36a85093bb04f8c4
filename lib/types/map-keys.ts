// When two keys of a map are the same one [1.6.23]: a key is a type with a value, so 1 as uint is not 1 as ulong.
// Decoders compare the keys that JavaScript itself compares by value; to a Map, all others are different objects anyway.

import { toHex } from '../util/bytes.js'
import type { AMQPTypeName } from './codes.js'
import { PRIMITIVE } from './codes.js'
import type { AMQPInput } from './wrappers-base.js'
import { typed } from './wrappers-compounds.js'

const COMPARED: ReadonlySet<AMQPTypeName> = new Set<AMQPTypeName>([...PRIMITIVE, 'symbol'])

/** Text that two decoded keys share exactly when they are the same key; undefined for keys that are not compared. */
export function decodedKeyText(type: AMQPTypeName, value: unknown): string | undefined {
  return COMPARED.has(type) && !Object.is(value, -0) ? `${type} ${String(value)}` : undefined
}

/** True when decoded keys of the type are compared. */
export function isCompared(type: AMQPTypeName | undefined): boolean {
  return type !== undefined && COMPARED.has(type)
}

/** The first key that is there twice, in different wrappers or wrapped and not; compound keys are not compared. */
export function findTwin(keys: Iterable<AMQPInput>): AMQPInput {
  const seen = new Set<string>()
  for (const key of keys) {
    const text = inputKeyText(typed(key))
    if (text === undefined) continue
    if (seen.has(text)) return typed(key)
    seen.add(text)
  }
  return undefined
}

function inputKeyText({ type, value }: { type: AMQPTypeName; value: unknown }): string | undefined {
  if (type === 'described') return undefined
  if (value instanceof Uint8Array) return `${type} ${toHex(value)}`
  if (typeof value === 'object' && value !== null) return undefined
  return `${type} ${Object.is(value, -0) ? '-0' : String(value)}`
}
