// Base64 (RFC 4648, section 4) with the routines that every platform has. Decoding is strict.

import { globals } from './globals.js'

/** So many bytes are handed to one call at most: arguments lie on the stack. */
const SLICE_BYTES = 4096

/** The bytes as Base64 text, padded. */
export function toBase64(bytes: Uint8Array): string {
  let latin1 = ''
  for (let i = 0; i < bytes.length; i += SLICE_BYTES) {
    latin1 += String.fromCharCode(...bytes.subarray(i, i + SLICE_BYTES))
  }
  return globals.btoa(latin1)
}

/** The bytes that Base64 text stands for; undefined when it is not well-formed, padding included. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const latin1 = globals.atob(text)
  const bytes = new Uint8Array(latin1.length)
  for (let i = 0; i < latin1.length; i++) bytes[i] = latin1.charCodeAt(i)
  // Bits beyond the last byte have to be zero, so that a value has one spelling.
  return toBase64(bytes) === text ? bytes : undefined
}
