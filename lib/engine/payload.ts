// Messages that cannot leave at once are encoded aside, into chunks shared by many of them; large bodies stay where they are.
// A payload is a short list of pieces; frames are filled from it in order.

import { Writer } from '../types/cursor.js'
import { BY_REFERENCE_BYTES } from './output.js'

const CHUNK_BYTES = 65536
const MIN_ROOM = 2048

/** What can write itself as the payload of a delivery: a message. */
export interface PayloadSource {
  /** Rough size in bytes, cheap to tell. */
  readonly sizeHint: number
  encodeTo(w: Writer): void
}

export type Payload = readonly Uint8Array[]

class PieceWriter extends Writer {
  pieces: Uint8Array[] = []
  mark = 0

  override bulk(bytes: Uint8Array): void {
    if (bytes.length < BY_REFERENCE_BYTES) return this.raw(bytes)
    this.cut()
    this.pieces.push(bytes)
  }

  cut(): void {
    if (this.pos > this.mark) this.pieces.push(this.bytes.subarray(this.mark, this.pos))
    this.mark = this.pos
  }
}

export class PayloadArena {
  private writer = new PieceWriter(0)

  encode(source: PayloadSource): Payload {
    let w = this.writer
    if (w.bytes.length - w.pos < MIN_ROOM) {
      w = new PieceWriter(CHUNK_BYTES)
      this.writer = w
    }
    w.pieces = []
    w.mark = w.pos
    const start = w.pos
    try {
      source.encodeTo(w)
    } catch (error) {
      w.pos = start
      throw error
    }
    w.cut()
    return w.pieces
  }
}

export function payloadBytes(payload: Payload): number {
  let sum = 0
  for (const piece of payload) sum += piece.length
  return sum
}
