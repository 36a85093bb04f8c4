// Checks of what a user hands in. Each takes a value and what it is called, gives the value in the form that is kept, or
// throws a TypeError (wrong kind) or RangeError (right kind, impossible value) that names it.

import type { MessageId } from '../types/messaging.js'
import { AMQPTimestamp, AMQPUuid, kindOf } from '../types/wrappers.js'
import { isPlainObject } from '../types/wrappers-compounds.js'
import { isAscii } from '../types/wrappers-texts.js'
import { utf8Encode } from '../util/bytes.js'
import { suggestion } from '../util/spelling.js'

/** `owner` and `name` make the name in the error, `owner.name`. */
export type Take<T = unknown> = (value: unknown, owner: string, name: string) => T

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
    throw new TypeError(`${owner} must be an object, not ${kindOf(given)}`)
  }
  const target = into as Record<string, unknown>
  const source = given as Readonly<Record<string, unknown>>
  const names = Object.keys(source)
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const value = source[name]
    if (Object.hasOwn(fields, name)) {
      if (value !== undefined && value !== null) target[name] = (fields[name] as Take)(value, owner, name)
    } else if (name !== 'kind' || value !== owner) {
      const known = Object.keys(fields)
      throw new TypeError(
        `${owner} has no ${name}${suggestion(name, known)}; it may have ${known.join(', ')}`,
      )
    }
  }
}

export function takeString(value: unknown, owner: string, name: string): string {
  if (typeof value !== 'string') throw wrong(value, owner, name, 'a string')
  return value
}

export function takeSymbol(value: unknown, owner: string, name: string): string {
  const text = takeString(value, owner, name)
  if (!isAscii(text)) throw new RangeError(`${owner}.${name} must be ASCII text, not ${JSON.stringify(text)}`)
  return text
}

/** One symbol, or a list of them. */
export function takeSymbols(value: unknown, owner: string, name: string): readonly string[] {
  if (!Array.isArray(value)) return [takeSymbol(value, owner, name)]
  return value.map((item, i) => takeSymbol(item, owner, `${name}[${i}]`))
}

export function takeBoolean(value: unknown, owner: string, name: string): boolean {
  if (typeof value !== 'boolean') throw wrong(value, owner, name, 'a boolean')
  return value
}

export function takeUint(value: unknown, owner: string, name: string): number {
  return takeInteger(value, owner, name, MAX_UINT)
}

export function takeInteger(value: unknown, owner: string, name: string, max: number): number {
  if (typeof value !== 'number') throw wrong(value, owner, name, 'a number')
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${owner}.${name} must be an integer from 0 to ${max}, not ${value}`)
  }
  return value
}

export function takeOneOf(value: unknown, owner: string, name: string, choices: readonly string[]): string {
  const text = takeString(value, owner, name)
  if (choices.includes(text)) return text
  throw new RangeError(`${owner}.${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
}

/** Bytes, or text that is kept as its UTF-8. */
export function takeBinary(value: unknown, owner: string, name: string): Uint8Array {
  if (typeof value === 'string') return utf8Encode(value)
  if (!(value instanceof Uint8Array)) throw wrong(value, owner, name, 'a Uint8Array or a string')
  return value
}

/** A Date, or milliseconds since 1970-01-01T00:00Z; what is beyond a Date's range stays an AMQPTimestamp. */
export function takeTimestamp(value: unknown, owner: string, name: string): Date | AMQPTimestamp {
  if (value instanceof AMQPTimestamp) return value.toDate() ?? value
  if (!(value instanceof Date) && typeof value !== 'number') {
    throw wrong(value, owner, name, 'a Date or milliseconds')
  }
  const milliseconds = value instanceof Date ? value.getTime() : value
  if (!Number.isSafeInteger(milliseconds)) {
    throw new RangeError(`${owner}.${name} must be a moment in whole milliseconds, not ${milliseconds}`)
  }
  const timestamp = new AMQPTimestamp(milliseconds)
  return timestamp.toDate() ?? timestamp
}

/** A number stands for an ulong. */
export function takeMessageId(value: unknown, owner: string, name: string): MessageId {
  if (typeof value === 'string' || value instanceof Uint8Array || value instanceof AMQPUuid) return value
  if (typeof value !== 'bigint' && typeof value !== 'number') {
    throw wrong(value, owner, name, 'a string, a bigint, a safe integer, an AMQPUuid or a Uint8Array')
  }
  const exact = typeof value === 'bigint' || Number.isSafeInteger(value)
  const id = exact ? BigInt(value) : -1n
  if (id >= 0n && id <= MAX_ULONG) return id
  throw new RangeError(
    `${owner}.${name} must be an integer from 0 to ${MAX_ULONG}, a safe one or a bigint, not ${value}`,
  )
}

/** A plain object; what its values may be is seen when they are encoded. */
export function takeRecord<T>(value: unknown, owner: string, name: string): Record<string, T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlainObject(value)) {
    throw wrong(value, owner, name, 'a plain object')
  }
  return value as Record<string, T>
}

export function wrong(value: unknown, owner: string, name: string, wanted: string): TypeError {
  return new TypeError(`${owner}.${name} must be ${wanted}, not ${kindOf(value)}`)
}
