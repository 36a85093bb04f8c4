// Whether a decoded value is still what its bytes say: compared with the same bytes decoded anew.

import { equalBytes } from '../util/bytes.js'

/**
 * True when both hold the same at every level, in the same order and in the same classes. The depth of one of them must
 * be bounded, as that of whatever was decoded is.
 */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Uint8Array) return equalBytes(a, b as Uint8Array)
  if (a instanceof Date) return a.getTime() === (b as Date).getTime()
  if (a instanceof Map) return same([...a], [...(b as Map<unknown, unknown>)])
  const keys = Object.keys(a)
  const others = Object.keys(b)
  if (keys.length !== others.length) return false
  return keys.every((key, i) => key === others[i] && same(at(a, key), at(b, key)))
}

function at(value: object, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key]
}
