// The types that JavaScript has itself, and text, bytes and identifiers [1.6.1–1.6.2, 1.6.11–1.6.12, 1.6.16–1.6.21].

import { fromHex, toHex } from '../util/bytes.js'
import { AMQPType, kindOf } from './wrappers-base.js'

/** Half of a surrogate pair, which no UTF-8 can hold. */
const LONE_SURROGATE = /\p{Surrogate}/u
const UUID_TEXT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** No value. */
export class AMQPNull extends AMQPType<null> {
  constructor(value: null = null) {
    if (value !== null) throw new TypeError(`AMQPNull takes nothing, not ${kindOf(value)}`)
    super(value)
  }
  get type(): 'null' {
    return 'null'
  }
}

export class AMQPBoolean extends AMQPType<boolean> {
  constructor(value: boolean) {
    if (typeof value !== 'boolean') throw new TypeError(`AMQPBoolean takes a boolean, not ${kindOf(value)}`)
    super(value)
  }
  get type(): 'boolean' {
    return 'boolean'
  }
}

/** A number in the binary64 format of IEEE 754, as JavaScript's own. */
export class AMQPDouble extends AMQPType<number> {
  constructor(value: number) {
    if (typeof value !== 'number') throw new TypeError(`AMQPDouble takes a number, not ${kindOf(value)}`)
    super(value)
  }
  get type(): 'double' {
    return 'double'
  }
  override toString(): string {
    return Object.is(this.value, -0) ? '-0' : String(this.value)
  }
}

/** A number in the binary32 format of IEEE 754. The value is rounded to the nearest such number on construction. */
export class AMQPFloat extends AMQPType<number> {
  /** @throws RangeError when a finite value is too large for binary32 */
  constructor(value: number) {
    if (typeof value !== 'number') throw new TypeError(`AMQPFloat takes a number, not ${kindOf(value)}`)
    const rounded = Math.fround(value)
    if (Number.isFinite(value) && !Number.isFinite(rounded)) {
      throw new RangeError(`AMQPFloat takes a number that 32 bits can hold, not ${value}`)
    }
    super(rounded)
  }
  get type(): 'float' {
    return 'float'
  }
  override toString(): string {
    return Object.is(this.value, -0) ? '-0' : String(this.value)
  }
}

/** One Unicode character, beyond the basic plane too. */
export class AMQPChar extends AMQPType<string> {
  /** @throws RangeError when not exactly one code point, or a surrogate */
  constructor(value: string) {
    if (typeof value !== 'string') throw new TypeError(`AMQPChar takes a string, not ${kindOf(value)}`)
    if (!isCharacter(value)) {
      throw new RangeError('AMQPChar takes a string of one character that is not a surrogate')
    }
    super(value)
  }
  get type(): 'char' {
    return 'char'
  }
}

/** Unicode text. */
export class AMQPString extends AMQPType<string> {
  /** @throws RangeError when the text holds half a surrogate pair, which cannot be written as UTF-8 */
  constructor(value: string) {
    if (typeof value !== 'string') throw new TypeError(`AMQPString takes a string, not ${kindOf(value)}`)
    if (!isWellFormed(value)) throw new RangeError('AMQPString takes text without half surrogate pairs')
    super(value)
  }
  get type(): 'string' {
    return 'string'
  }
}

/** A name from a defined set, such as a capability or an error condition: ASCII text. */
export class AMQPSymbol extends AMQPType<string> {
  /** @throws RangeError when the text is not ASCII */
  constructor(value: string) {
    if (typeof value !== 'string') throw new TypeError(`AMQPSymbol takes a string, not ${kindOf(value)}`)
    if (!isAscii(value)) throw new RangeError(`AMQPSymbol takes ASCII text, not ${JSON.stringify(value)}`)
    super(value)
  }
  get type(): 'symbol' {
    return 'symbol'
  }
}

/** Bytes. They are held as given, not copied, and must not change until they have been sent. */
export class AMQPBinary extends AMQPType<Uint8Array> {
  constructor(value: Uint8Array) {
    if (!(value instanceof Uint8Array))
      throw new TypeError(`AMQPBinary takes a Uint8Array, not ${kindOf(value)}`)
    super(value)
  }
  get type(): 'binary' {
    return 'binary'
  }
}

/** A universally unique identifier (RFC 4122): 16 bytes, in the order of its text. */
export class AMQPUuid extends AMQPType<Uint8Array> {
  /**
   * @param value 16 bytes, which are copied, or the form of 36 characters, in lower or upper case
   * @throws RangeError when it is neither
   */
  constructor(value: Uint8Array | string) {
    super(typeof value === 'string' ? parseUuid(value) : copyUuid(value))
  }
  get type(): 'uuid' {
    return 'uuid'
  }
  /** The form of 36 characters, in lower case. */
  override toString(): string {
    const hex = toHex(this.value)
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
}

/** True for a text of one code point that is not a surrogate. */
export function isCharacter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1) && isWellFormed(text)
}

/** True when the text can be written as UTF-8. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

/** True when every character is below U+0080. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function parseUuid(text: string): Uint8Array {
  if (!UUID_TEXT.test(text)) throw new RangeError(`AMQPUuid takes 36 characters, not ${JSON.stringify(text)}`)
  return fromHex(text.replaceAll('-', ''))
}

function copyUuid(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`AMQPUuid takes a Uint8Array or a string, not ${kindOf(bytes)}`)
  }
  if (bytes.length !== 16) throw new RangeError(`AMQPUuid takes 16 bytes, not ${bytes.length}`)
  return new Uint8Array(bytes)
}
