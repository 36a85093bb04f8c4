// The head of a compound value in either of its usual forms, for the codecs that read the usual without a table.

import type { Reader } from '../types/cursor.js'

/**
 * Reads constructor, size and count of a compound value that reaches to the reader's end, and gives the count; -1 when
 * something else comes.
 */
export function usualCount(r: Reader, code8: number, code32: number): number {
  const constructor = r.u8()
  const wide = constructor === code32
  if (!wide && constructor !== code8) return -1
  const size = wide ? r.u32() : r.u8()
  if (size !== r.end - r.pos) return -1
  return wide ? r.u32() : r.u8()
}
