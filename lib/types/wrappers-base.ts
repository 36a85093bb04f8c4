// The base of the wrapper classes, which hold a value together with its AMQP type [1.6], and what may be encoded.
// Invariant: a wrapper holds a value that its type can carry; its constructor refuses everything else.

import { equalBytes, toHex } from '../util/bytes.js'
import type { AMQPTypeName } from './codes.js'

/**
 * A value with its AMQP type, for those who must choose the type or keep it. Immutable, except that binary values,
 * lists and maps are held as they were given, not copied.
 */
export abstract class AMQPType<V = unknown> {
  readonly value: V

  constructor(value: V) {
    this.value = value
  }

  /** Name of the type in the specification. */
  abstract get type(): AMQPTypeName

  /**
   * True when the other is of the same AMQP type and holds the same value, at every level. NaN equals NaN, 0 differs
   * from -0, and maps are equal only in the same order [1.6.23].
   */
  equals(other: unknown): boolean {
    return other instanceof AMQPType && other.type === this.type && sameScalar(this.value, other.value)
  }

  /** The value as readable text, without its type. */
  toString(): string {
    return this.value instanceof Uint8Array ? `0x${toHex(this.value)}` : String(this.value)
  }
}

/** What can be encoded. Class instances other than these, functions and symbols cannot; nor can cycles. */
export type AMQPInput =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | AMQPType
  | readonly AMQPInput[]
  | ReadonlyMap<AMQPInput, AMQPInput>
  | AMQPInputObject

/** A plain object: encoded as a map with string keys. */
export interface AMQPInputObject {
  readonly [key: string]: AMQPInput
}

function sameScalar(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b)
  return Object.is(a, b)
}

/** What a value is, for messages to people: its class or its JavaScript type. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'object'
}
