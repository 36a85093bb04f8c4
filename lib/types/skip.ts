// The frame of compound values: sizes, counts and nesting [1.6.22–1.6.24], and stepping over a value unread.
// Invariant: inside a compound value the reader's end is that of the compound, so nothing in it can reach beyond.

import { DecodeError } from '../errors.js'
import * as code from './codes.js'
import type { Reader } from './cursor.js'

/** Steps over the next value: sizes are checked, contents are not; nothing is made. */
export function skipValue(r: Reader): void {
  const depth = r.depth
  let constructor = r.u8()
  while (constructor === code.DESCRIBED) {
    r.descend(r.pos - 1)
    skipValue(r)
    constructor = r.u8()
  }
  r.depth = depth
  const layout = code.LAYOUT[constructor] as number
  if (layout <= 16) r.take(layout)
  else if (layout === code.SIZED8) r.takeSized(r.u8())
  else if (layout === code.SIZED32) r.takeSized(r.u32())
  else throw unknownConstructor(constructor, r.pos - 1)
}

/** Reads size and count of a compound value whose constructor was read, and confines the reader to it. */
export function enterCompound(r: Reader, wide: boolean): number {
  const at = r.pos - 1
  r.descend(at)
  const size = wide ? r.u32() : r.u8()
  if (size < (wide ? 4 : 1))
    throw new DecodeError('size-too-small', at, `a size of ${size} does not cover the count`)
  if (size > r.end - r.pos) {
    throw new DecodeError('size-exceeds-input', at, `a size of ${size} bytes where ${r.end - r.pos} are left`)
  }
  r.end = r.pos + size
  return wide ? r.u32() : r.u8()
}

/** As {@link enterCompound}, for a list: its items are known to have a byte each. */
export function enterList(r: Reader, wide: boolean): number {
  const count = enterCompound(r, wide)
  expectRoom(r, count, 1)
  return count
}

/** As {@link enterList}, for a map; gives the number of keys and values together. */
export function enterMap(r: Reader, wide: boolean): number {
  const count = enterCompound(r, wide)
  if (count % 2 === 1) {
    throw new DecodeError('odd-map-count', r.pos, `${count} keys and values, so one key has no value`)
  }
  expectRoom(r, count, 1)
  return count
}

/** Leaves a compound value, whose content must have been read to its last byte, for what ends at `end`. */
export function leaveCompound(r: Reader, end: number): void {
  if (r.pos !== r.end) {
    throw new DecodeError(
      'count-mismatch',
      r.pos,
      `${r.end - r.pos} bytes after the last element of a compound value`,
    )
  }
  r.end = end
  r.depth--
}

/** Checks that the elements of an array, `count` with this constructor, can be there at all. */
export function expectElements(r: Reader, constructor: number, count: number): void {
  const layout = code.LAYOUT[constructor] as number
  if (layout === code.UNKNOWN) throw unknownConstructor(constructor, r.pos - 1)
  expectRoom(r, count, layout <= 16 ? layout : layout === code.SIZED8 ? 1 : 4)
}

export function unknownConstructor(constructor: number, at: number): DecodeError {
  const hex = constructor.toString(16).padStart(2, '0')
  return new DecodeError('unknown-constructor', at, `0x${hex} is not the constructor of any type`)
}

function expectRoom(r: Reader, count: number, width: number): void {
  const room = r.end - r.pos
  if (count * width > room) {
    throw new DecodeError('count-exceeds-size', r.pos, `${count} elements where ${room} bytes are left`)
  }
  r.announce(count)
}
