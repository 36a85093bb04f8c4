// Entries added to a map section of a message whose other entries stay as they are, byte for byte.

import { DecodeError } from '../errors.js'
import { MAP32 } from '../types/codes.js'
import { Reader, Writer } from '../types/cursor.js'
import { readValue } from '../types/decode.js'
import { writeValue } from '../types/encode.js'
import { type InputFields, SECTION, writeSectionDescriptor } from '../types/messaging.js'
import { enterMap, skipValue } from '../types/skip.js'
import { AMQPSymbol } from '../types/wrappers.js'
import { closeMap, openMap, writeString, writeSymbol } from '../types/write.js'

/**
 * The section of this kind with the entries set, descriptor included; a null value removes its entry.
 * An old section that cannot be read is given up.
 */
export function annotate(section: SECTION, old: Uint8Array | undefined, entries: InputFields): Uint8Array {
  const w = new Writer(256 + (old?.length ?? 0))
  writeSectionDescriptor(w, section)
  const mark = openMap(w)
  let pairs = copyOthers(w, old, entries)
  for (const [key, value] of Object.entries(entries)) {
    if (value === null || value === undefined) continue
    if (section === SECTION.applicationProperties) writeString(w, key)
    else writeSymbol(w, key)
    writeValue(w, value, key)
    pairs++
  }
  closeMap(w, mark, pairs)
  return w.written()
}

/** Copies the entries of the old section that are not set anew; says how many. */
function copyOthers(w: Writer, old: Uint8Array | undefined, entries: InputFields): number {
  if (old === undefined) return 0
  const start = w.pos
  try {
    return copyPairs(w, old, entries)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    w.pos = start
    return 0
  }
}

function copyPairs(w: Writer, old: Uint8Array, entries: InputFields): number {
  const r = new Reader(old)
  r.u8()
  skipValue(r)
  let copied = 0
  for (let left = enterMap(r, r.u8() === MAP32); left > 0; left -= 2) {
    const start = r.pos
    const key = readValue(r)
    skipValue(r)
    if (Object.hasOwn(entries, key instanceof AMQPSymbol ? key.value : String(key))) continue
    w.raw(old.subarray(start, r.pos))
    copied++
  }
  return copied
}
