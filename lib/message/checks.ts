// Checks of what a user hands in: each takes a value and the name it goes by, gives the value in the form that is kept,
// or throws a TypeError (wrong kind) or RangeError (right kind, impossible value) that names it.

import type { MessageId } from '../types/messaging.js'
import { AMQPTimestamp, AMQPUuid, kindOf } from '../types/wrappers.js'
import { isPlainObject } from '../types/wrappers-compounds.js'
import { isAscii, isWellFormed } from '../types/wrappers-texts.js'
import { utf8Encode } from '../util/bytes.js'

export type Take<T = unknown> = (value: unknown, name: string) => T

const MAX_UINT = 0xffffffff
const MAX_ULONG = 0xffffffffffffffffn

/**
 * Puts the fields given into `into`, each as its check gives it. Fields that are undefined or null count as not given.
 * @param owner what the fields belong to, for errors; a `kind` of that name is let pass
 */
export function takeFields(
  into: object,
  given: unknown,
  fields: Readonly<Record<string, Take>>,
  owner: string,
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof Uint8Array) {
    throw wrong(owner, 'an object', given)
  }
  const target = into as Record<string, unknown>
  const source = given as Readonly<Record<string, unknown>>
  for (const name of Object.keys(source)) {
    const value = source[name]
    if (Object.hasOwn(fields, name)) {
      if (value !== undefined && value !== null)
        target[name] = (fields[name] as Take)(value, `${owner}.${name}`)
    } else if (name !== 'kind' || value !== owner) {
      throw new TypeError(`${owner} has no ${name}: it may have ${Object.keys(fields).join(', ')}`)
    }
  }
}

export function takeString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, 'a string', value)
  if (!isWellFormed(value)) throw new RangeError(`${name} must not hold half a surrogate pair`)
  return value
}

export function takeSymbol(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, 'a string', value)
  if (!isAscii(value)) throw new RangeError(`${name} must be ASCII text, not ${JSON.stringify(value)}`)
  return value
}

/** One symbol, or a list of them. */
export function takeSymbols(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value)) return [takeSymbol(value, name)]
  return value.map((item, i) => takeSymbol(item, `${name}[${i}]`))
}

export function takeBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value)
  return value
}

export function takeUbyte(value: unknown, name: string): number {
  return takeInteger(value, name, 0xff)
}

export function takeUint(value: unknown, name: string): number {
  return takeInteger(value, name, MAX_UINT)
}

export function takeInteger(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number') throw wrong(name, 'a number', value)
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be an integer from 0 to ${max}, not ${value}`)
  }
  return value
}

export function takeOneOf(value: unknown, name: string, choices: readonly string[]): string {
  if (typeof value !== 'string') throw wrong(name, 'a string', value)
  if (!choices.includes(value)) {
    throw new RangeError(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`)
  }
  return value
}

/** Bytes, or text that is kept as its UTF-8. */
export function takeBinary(value: unknown, name: string): Uint8Array {
  if (typeof value === 'string') return utf8Encode(takeString(value, name))
  if (!(value instanceof Uint8Array)) throw wrong(name, 'a Uint8Array or a string', value)
  return value
}

/** A Date, or milliseconds since 1970-01-01T00:00Z; what is beyond a Date's range stays an AMQPTimestamp. */
export function takeTimestamp(value: unknown, name: string): Date | AMQPTimestamp {
  if (value instanceof AMQPTimestamp) return value.toDate() ?? value
  if (!(value instanceof Date) && typeof value !== 'number')
    throw wrong(name, 'a Date or milliseconds', value)
  const milliseconds = value instanceof Date ? value.getTime() : value
  if (!Number.isSafeInteger(milliseconds))
    throw new RangeError(`${name} is not a moment in whole milliseconds`)
  if (value instanceof Date) return value
  const timestamp = new AMQPTimestamp(milliseconds)
  return timestamp.toDate() ?? timestamp
}

/** A number stands for an ulong. */
export function takeMessageId(value: unknown, name: string): MessageId {
  if (typeof value === 'string') return takeString(value, name)
  if (value instanceof Uint8Array || value instanceof AMQPUuid) return value
  if (typeof value !== 'bigint' && typeof value !== 'number') {
    throw wrong(name, 'a string, a bigint, a safe integer, an AMQPUuid or a Uint8Array', value)
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`${name} must be a safe integer or a bigint, not ${value}`)
  }
  const id = BigInt(value)
  if (id < 0n || id > MAX_ULONG) throw new RangeError(`${name} must be from 0 to ${MAX_ULONG}, not ${id}`)
  return id
}

/** A plain object; what its values may be is seen when they are encoded. */
export function takeRecord<T>(value: unknown, name: string): Record<string, T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlainObject(value)) {
    throw wrong(name, 'a plain object', value)
  }
  return value as Record<string, T>
}

export function wrong(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${wanted}, not ${kindOf(value)}`)
}
