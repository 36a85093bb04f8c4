// Bytes and text: hexadecimal, comparison, and UTF-8 both ways. Short ASCII, which is most of what a protocol
// carries, is done in JavaScript; longer text goes to the native routines under Buffer where the platform has
// them. Decoding is strict: what is not UTF-8 (RFC 3629) is refused, never replaced.

import type { NativeStrings } from './globals.js'
import { globals } from './globals.js'

/** Up to here a loop beats the call into native code. V8 keeps strings this short flat. */
const SHORT_DECODE = 12
const SHORT_ENCODE = 20
/** Zeroing so many bytes costs less than finding a way round it. */
const ZEROED_BYTES = 4096

const encoder = new globals.TextEncoder()
const strictDecoder = new globals.TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const native = findNative()
const byteLength = native === undefined ? undefined : globals.Buffer?.byteLength

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal, two digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number] as string
  return text
}

/** The bytes that hexadecimal digits stand for; white space between them is ignored. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new TypeError('not an even number of hexadecimal digits')
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** New bytes that the caller overwrites all of: they are not set to zero where the platform can spare that. */
export function allocateBytes(length: number): Uint8Array {
  const buffer = length < ZEROED_BYTES ? undefined : globals.Buffer?.allocUnsafeSlow(length)
  return buffer === undefined
    ? new Uint8Array(length)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, length)
}

/** One new array with the contents of all. */
export function concatBytes(list: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of list) length += part.length
  const whole = allocateBytes(length)
  let pos = 0
  for (const part of list) {
    whole.set(part, pos)
    pos += part.length
  }
  return whole
}

/** True when both hold the same bytes. Not in constant time: no use for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Number of bytes that {@link utf8Write} writes for the text. */
export function utf8Length(text: string): number {
  if (byteLength !== undefined && text.length > SHORT_ENCODE) return byteLength(text)
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else {
      length += 2
      // A pair counts two units and takes four bytes.
      if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) i++
    }
  }
  return length
}

/**
 * Writes the text as UTF-8 at `pos` and says how many bytes that took. The target must have room for
 * {@link utf8Length} bytes. Half a surrogate pair becomes U+FFFD, as everywhere on the platform.
 */
export function utf8Write(text: string, target: Uint8Array, pos: number): number {
  if (text.length > SHORT_ENCODE) return writeNative(text, target, pos)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return i + writeUnits(text, i, target, pos + i)
    target[pos + i] = unit
  }
  return text.length
}

/** The text as new UTF-8 bytes. */
export function utf8Encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * The text that the bytes from `start` to before `end` hold.
 * @throws RangeError when they are not valid UTF-8: overlong, surrogate, beyond U+10FFFF, or cut short.
 */
export function utf8Decode(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_DECODE) {
    const text = shortAscii(bytes, start, end)
    if (text !== undefined) return text
  } else if (native !== undefined) {
    const text = native.utf8Slice.call(bytes, start, end)
    // Whatever is invalid comes out as U+FFFD. Text that truly holds one is decoded again, strictly.
    if (!text.includes('\ufffd')) return text
  }
  return decodeStrictly(bytes, start, end)
}

/** The text of bytes that are all ASCII; undefined when one is not. */
export function asciiDecode(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_DECODE) return shortAscii(bytes, start, end)
  for (let i = start; i < end; i++) if ((bytes[i] as number) >= 0x80) return undefined
  return native === undefined ? decodeStrictly(bytes, start, end) : native.latin1Slice.call(bytes, start, end)
}

/** Four at a time: joining strings costs more than looking at bytes. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = ''
  let i = start
  for (; i + 4 <= end; i += 4) {
    const a = bytes[i] as number
    const b = bytes[i + 1] as number
    const c = bytes[i + 2] as number
    const d = bytes[i + 3] as number
    if ((a | b | c | d) >= 0x80) return undefined
    text += String.fromCharCode(a, b, c, d)
  }
  for (; i < end; i++) {
    const byte = bytes[i] as number
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

function decodeStrictly(bytes: Uint8Array, start: number, end: number): string {
  try {
    return strictDecoder.decode(bytes.subarray(start, end))
  } catch (cause) {
    throw new RangeError('not valid UTF-8', { cause })
  }
}

function writeNative(text: string, target: Uint8Array, pos: number): number {
  if (native !== undefined) return native.utf8Write.call(target, text, pos, target.length - pos)
  return encoder.encodeInto(text, target.subarray(pos)).written ?? 0
}

/** Writes from the code unit at `from` on, any characters; for short text. */
function writeUnits(text: string, from: number, target: Uint8Array, start: number): number {
  let pos = start
  for (let i = from; i < text.length; i++) {
    let code = text.codePointAt(i) as number
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) {
      target[pos++] = code
    } else if (code < 0x800) {
      target[pos++] = 0xc0 | (code >> 6)
      target[pos++] = 0x80 | (code & 0x3f)
    } else if (code < 0x10000) {
      target[pos++] = 0xe0 | (code >> 12)
      target[pos++] = 0x80 | ((code >> 6) & 0x3f)
      target[pos++] = 0x80 | (code & 0x3f)
    } else {
      target[pos++] = 0xf0 | (code >> 18)
      target[pos++] = 0x80 | ((code >> 12) & 0x3f)
      target[pos++] = 0x80 | ((code >> 6) & 0x3f)
      target[pos++] = 0x80 | (code & 0x3f)
      i++
    }
  }
  return pos - start
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** The native routines, if all of them are there and take a plain Uint8Array. */
function findNative(): NativeStrings | undefined {
  const { utf8Slice, latin1Slice, utf8Write } = globals.Buffer?.prototype ?? {}
  if (utf8Slice === undefined || latin1Slice === undefined || utf8Write === undefined) return undefined
  const probe = new Uint8Array(4)
  try {
    const works =
      utf8Write.call(probe, 'aé', 1, 3) === 3 &&
      utf8Slice.call(probe, 1, 4) === 'aé' &&
      latin1Slice.call(probe, 1, 2) === 'a'
    return works ? { utf8Slice, latin1Slice, utf8Write } : undefined
  } catch {
    return undefined
  }
}
