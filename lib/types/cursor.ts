// Where bytes are written and read: a growing Writer and a bounds-checked Reader, both big-endian [1.2].
// Invariants: a Writer's `bytes` always reach at least to `pos`; a Reader never looks at or beyond its `end`, and
// what it allows a peer to make us allocate is at most proportional to the bytes that the peer has sent.

import { DecodeError } from '../errors.js'
import { getInt64, getUint64, putInt64 } from './int64.js'

/** How deep lists, maps, arrays and described values may nest, read or written, unless limits say otherwise. */
export const MAX_DEPTH = 64
/** Elements that the smallest input may announce, unless limits say otherwise. */
export const MIN_ELEMENTS = 65536

/** What a decoder takes from a peer before it refuses. */
export interface DecodeLimits {
  /** Deepest nesting of lists, maps, arrays and described values: 0 to 1024. Default 64. */
  readonly maxDepth?: number | undefined
  /**
   * Most elements of lists, maps (a key and a value are two) and arrays in one input, all levels together. Default: 65536,
   * or as many as the input has bytes if that is more, so that only elements without bytes can make too many.
   */
  readonly maxElements?: number | undefined
  /** Largest input, in bytes. Default: no limit. */
  readonly maxBytes?: number | undefined
}

/** Largest `maxDepth` that can be asked for: beyond, the stack would be at risk. */
const DEEPEST = 1024
const NO_LIMITS: DecodeLimits = {}

export class Writer {
  bytes: Uint8Array
  view: DataView
  pos: number

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
    this.pos = 0
  }

  /** Makes room for `n` more bytes. */
  ensure(n: number): void {
    if (this.pos + n > this.bytes.length) this.grow(this.pos + n)
  }

  /** Moves to an array of at least `needed` bytes. Positions stay what they are. */
  protected grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.pos))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  u8(value: number): void {
    this.ensure(1)
    this.bytes[this.pos++] = value
  }

  i8(value: number): void {
    this.u8(value)
  }

  u16(value: number): void {
    this.ensure(2)
    this.bytes[this.pos] = value >>> 8
    this.bytes[this.pos + 1] = value
    this.pos += 2
  }

  i16(value: number): void {
    this.u16(value)
  }

  u32(value: number): void {
    this.ensure(4)
    this.view.setUint32(this.pos, value)
    this.pos += 4
  }

  i32(value: number): void {
    this.u32(value)
  }

  u64(value: bigint): void {
    this.ensure(8)
    putInt64(this.view, this.pos, value)
    this.pos += 8
  }

  i64(value: bigint): void {
    this.u64(value)
  }

  f32(value: number): void {
    this.ensure(4)
    this.view.setFloat32(this.pos, value)
    this.pos += 4
  }

  f64(value: number): void {
    this.ensure(8)
    this.view.setFloat64(this.pos, value)
    this.pos += 8
  }

  /** Copies the bytes in. */
  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length)
    this.bytes.set(bytes, this.pos)
    this.pos += bytes.length
  }

  /** Appends bytes that will not change until they have left; a subclass may keep them by reference. */
  bulk(bytes: Uint8Array): void {
    this.raw(bytes)
  }

  /** What was written so far: a view, good until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.pos)
  }

  reset(): void {
    this.pos = 0
  }
}

/**
 * Reads from `start` to before `end`. Every read throws a {@link DecodeError} when the bytes do not suffice; after that
 * the reader is good for nothing until `reset`.
 */
export class Reader {
  bytes: Uint8Array
  pos: number
  /** Where reading must stop: the end of the input, or of the compound value being read. */
  end: number
  /** Compound and described values that have been entered and not left. */
  depth: number
  /** Elements that may still be announced. */
  budget: number
  readonly maxDepth: number
  private readonly limits: DecodeLimits
  private lazyView: DataView | undefined

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, limits: DecodeLimits = NO_LIMITS) {
    if (limits !== NO_LIMITS) checkLimits(limits)
    this.bytes = bytes
    this.pos = start
    this.end = end
    this.depth = 0
    this.budget = 0
    this.maxDepth = limits.maxDepth ?? MAX_DEPTH
    this.limits = limits
    this.lazyView = undefined
    this.reset(bytes, start, end)
  }

  /** Starts over on other bytes, under the same limits. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (start < 0 || end > bytes.length || start > end) {
      throw new RangeError(`start ${start} and end ${end} are not within ${bytes.length} bytes`)
    }
    const { maxBytes, maxElements } = this.limits
    if (maxBytes !== undefined && end - start > maxBytes) {
      const message = `${end - start} bytes where at most ${maxBytes} are allowed`
      throw new DecodeError('count-exceeds-limit', start, message)
    }
    if (bytes !== this.bytes) this.lazyView = undefined
    this.bytes = bytes
    this.pos = start
    this.end = end
    this.depth = 0
    this.budget = maxElements ?? Math.max(MIN_ELEMENTS, end - start)
  }

  /** The same bytes as a DataView, made when first asked for. */
  get view(): DataView {
    let view = this.lazyView
    if (view === undefined) {
      view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
      this.lazyView = view
    }
    return view
  }

  /** Steps over `n` bytes and says where they start. */
  take(n: number): number {
    const at = this.pos
    if (n > this.end - at) throw this.truncated(n)
    this.pos = at + n
    return at
  }

  /** As {@link take}, for bytes that a size field has promised. */
  takeSized(n: number): number {
    const at = this.pos
    if (n > this.end - at) {
      const message = `a size of ${n} bytes where ${this.end - at} are left`
      throw new DecodeError('size-exceeds-input', at, message)
    }
    this.pos = at + n
    return at
  }

  u8(): number {
    if (this.pos >= this.end) throw this.truncated(1)
    return this.bytes[this.pos++] as number
  }

  i8(): number {
    return (this.u8() << 24) >> 24
  }

  u16(): number {
    const at = this.take(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  i16(): number {
    return (this.u16() << 16) >> 16
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i32(): number {
    const at = this.take(4)
    const bytes = this.bytes
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  u64(): bigint {
    return getUint64(this.view, this.take(8))
  }

  i64(): bigint {
    return getInt64(this.view, this.take(8))
  }

  f32(): number {
    return this.view.getFloat32(this.take(4))
  }

  f64(): number {
    return this.view.getFloat64(this.take(8))
  }

  /** The next `n` bytes as a view of the input. */
  raw(n: number): Uint8Array {
    const at = this.take(n)
    return this.bytes.subarray(at, at + n)
  }

  /** Goes one level deeper, into the value whose constructor is at `at`. */
  descend(at: number): void {
    if (++this.depth > this.maxDepth) {
      throw new DecodeError('nesting-too-deep', at, `more than ${this.maxDepth} levels of nesting`)
    }
  }

  /** Takes the elements that a compound value announces off the budget. */
  announce(count: number): void {
    this.budget -= count
    if (this.budget < 0) {
      throw new DecodeError('count-exceeds-limit', this.pos, `${count} elements are more than allowed`)
    }
  }

  private truncated(wanted: number): DecodeError {
    const message = `${wanted} more byte${wanted === 1 ? '' : 's'} needed where ${this.end - this.pos} are left`
    return new DecodeError('truncated', this.pos, message)
  }
}

function checkLimits(limits: DecodeLimits): void {
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (name !== 'maxDepth' && name !== 'maxElements' && name !== 'maxBytes') {
      throw new TypeError(`${name} is not a decode limit`)
    }
    if (value === undefined) continue
    const most = name === 'maxDepth' ? DEEPEST : Number.MAX_SAFE_INTEGER
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
      throw new RangeError(`${name} must be an integer between 0 and ${most}`)
    }
  }
}
