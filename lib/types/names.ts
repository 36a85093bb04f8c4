// Symbols and the keys of maps are few and come again and again: those that were read lately are kept, found by a hash of
// their bytes, and handed out as the same string. That saves most of the cost of reading a map.
// Invariant: a string is handed out only after each of its characters was compared with the bytes.

import { asciiDecode } from '../util/bytes.js'

/** How many names are kept; a power of two. */
const SLOTS = 1024
/** Longer names are not worth the comparison, and would let a peer make us keep more than a few KiB. */
const LONGEST = 32

const names: string[] = new Array<string>(SLOTS).fill('')

/** The text of bytes that are all ASCII; undefined when one is not. */
export function readName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start
  if (length > LONGEST) return asciiDecode(bytes, start, end)
  let hash = length
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
  const known = names[slot] as string
  if (known.length === length && isSame(known, bytes, start)) return known
  const name = asciiDecode(bytes, start, end)
  if (name !== undefined) names[slot] = name
  return name
}

function isSame(name: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
