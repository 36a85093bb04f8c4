// Composites as hexadecimal: built from the hexadecimal of their fields, written, read, and refused.

import { DecodeError, EncodeError } from '../../lib/errors.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { bytesOf, hexOf } from '../support/vector-values.js'

/** Hexadecimal of what is written. */
export function written(encode: (w: Writer) => void): string {
  const w = new Writer(8)
  encode(w)
  return hexOf(w.written())
}

/** Reads a value from hexadecimal. */
export function readAll<T>(hex: string, read: (r: Reader) => T): T {
  return read(new Reader(bytesOf(hex)))
}

/** Hexadecimal of a composite from that of its fields: list8 with the right size and count. */
export function listOf(code: string, ...items: string[]): string {
  const content = items.join('')
  return `0053${code}c0${byte(1 + content.length / 2)}${byte(items.length)}${content}`
}

/** Hexadecimal of a map8 from that of its keys and values. */
export function mapOf(...items: string[]): string {
  const content = items.join('')
  return `c1${byte(1 + content.length / 2)}${byte(items.length)}${content}`
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** The kind of a DecodeError or the path of an EncodeError. */
export function kindOf(act: () => unknown): string {
  try {
    return `no error but ${String(act())}`
  } catch (error) {
    if (error instanceof DecodeError) return error.kind
    if (error instanceof EncodeError) return error.path
    throw error
  }
}
