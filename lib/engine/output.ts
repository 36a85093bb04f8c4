// The output buffer of a connection: frames are written straight into shared chunks, sizes patched afterwards [2.3.1],
// large payloads travel by reference. `take` gives what is due as few pieces for one write.
// Invariant: bytes already taken are never written again.

import { Writer } from '../types/cursor.js'

const CHUNK_BYTES = 65536
/** Room asked for when a frame begins, so that most frames never move to another chunk. */
const FRAME_ROOM = 2048
/** Payload pieces from this size on are not copied: copying costs more than one more piece in the write. */
export const BY_REFERENCE_BYTES = 16384

export class Output {
  writer: Writer = new Writer(CHUNK_BYTES)
  private pieces: Uint8Array[] = []
  private pieceBytes = 0
  private takenTo = 0

  /** Bytes waiting to be taken. */
  get size(): number {
    return this.pieceBytes + this.writer.pos - this.takenTo
  }

  /** Starts a frame; the answer is handed to `end` or `rollback`. */
  begin(type: number, channel: number): number {
    let w = this.writer
    if (w.bytes.length - w.pos < FRAME_ROOM) w = this.rotate()
    const start = w.pos
    w.ensure(8)
    w.view.setUint32(start + 4, 0x02000000 + type * 0x10000 + channel)
    w.pos = start + 8
    return start
  }

  /** Ends the frame begun at `start`, whose payload continues with `referenced` bytes given by reference. */
  end(start: number, referenced = 0): void {
    this.writer.view.setUint32(start, this.writer.pos - start + referenced)
  }

  rollback(start: number): void {
    this.writer.pos = start
  }

  /** Appends bytes as they are; they must not change until they have left. */
  reference(bytes: Uint8Array): void {
    this.cut()
    this.pieces.push(bytes)
    this.pieceBytes += bytes.length
  }

  raw(bytes: Uint8Array): void {
    this.writer.raw(bytes)
  }

  take(): Uint8Array[] {
    this.cut()
    const pieces = this.pieces
    this.pieces = []
    this.pieceBytes = 0
    return pieces
  }

  private cut(): void {
    const { bytes, pos } = this.writer
    if (pos === this.takenTo) return
    this.pieces.push(bytes.subarray(this.takenTo, pos))
    this.pieceBytes += pos - this.takenTo
    this.takenTo = pos
  }

  private rotate(): Writer {
    this.cut()
    this.writer = new Writer(CHUNK_BYTES)
    this.takenTo = 0
    return this.writer
  }
}
