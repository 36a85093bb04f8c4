// Payload of one delivery, gathered from its frames [2.6.14]. It is copied once, as it comes: chunks that were kept until
// the end would outlive the cheap kind of garbage collection. How long a delivery becomes is not known before its end;
// the last one of the same link is the guess.

import { allocateBytes } from '../util/bytes.js'

const FIRST_BYTES = 16_384

export class Gathering {
  private buffer: Uint8Array
  /** Bytes gathered so far. */
  length = 0

  /** @param expected bytes that the whole is likely to have; 0 when nothing is known */
  constructor(expected: number) {
    this.buffer = allocateBytes(Math.max(expected, FIRST_BYTES))
  }

  add(piece: Uint8Array): void {
    const length = this.length + piece.length
    if (length > this.buffer.length) {
      const larger = allocateBytes(Math.max(length, 2 * this.buffer.length))
      larger.set(this.buffer.subarray(0, this.length))
      this.buffer = larger
    }
    this.buffer.set(piece, this.length)
    this.length = length
  }

  /** The whole; no more is added afterwards. Much more than its bytes is never kept alive by it. */
  finish(): Uint8Array {
    const { buffer, length } = this
    return length < buffer.length * 0.75 ? buffer.slice(0, length) : buffer.subarray(0, length)
  }
}
