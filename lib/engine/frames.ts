// Frame boundaries over chunks cut anywhere [2.3.1], and protocol headers [2.2].
// A frame inside one chunk is not copied. Of a large transfer that crosses chunks, the pieces are kept as they came; any
// other frame is gathered in a buffer of its announced size, which is checked against our max-frame-size before.

import { DecodeError, type DecodeErrorKind } from '../errors.js'
import { allocateBytes } from '../util/bytes.js'

const EMPTY = new Uint8Array(0)
const NO_PIECES: readonly Uint8Array[] = []
/** Smaller pieces are copied together: as views, each would keep a whole chunk alive. */
const MIN_PIECE_BYTES = 2048
const FRAMING = 'amqp:connection:framing-error'

function framingError(kind: DecodeErrorKind, message: string): DecodeError {
  return new DecodeError(kind, 0, message, { condition: FRAMING })
}

export class FrameReader {
  /** The frame found last: its body is `bytes[bodyStart, bodyEnd)`, and `rest` if payload of it came in more pieces. */
  bytes: Uint8Array = EMPTY
  bodyStart = 0
  bodyEnd = 0
  type = 0
  channel = 0
  rest: readonly Uint8Array[] = NO_PIECES

  maxFrameSize: number
  private chunk: Uint8Array = EMPTY
  private pos = 0
  private carry: Uint8Array = EMPTY
  private carried = 0
  /** Pieces of a transfer that is not all there; empty: there is none. */
  private pieces: Uint8Array[] = []
  private piecesBytes = 0
  private piecesSize = 0
  private readonly head = new Uint8Array(8)

  constructor(maxFrameSize: number) {
    this.maxFrameSize = maxFrameSize
  }

  push(chunk: Uint8Array): void {
    this.chunk = chunk
    this.pos = 0
  }

  /** The next 8 bytes as a protocol header, or undefined when they are not all there. */
  nextHeader(): Uint8Array | undefined {
    if (this.carried === 0) this.carry = this.head
    if (!this.fill(8)) return undefined
    this.carried = 0
    return this.head
  }

  /** Moves to the next whole frame; false when it is not all there. Throws DecodeError on a frame that cannot be one. */
  nextFrame(): boolean {
    if (this.pieces.length > 0) return this.nextPiece()
    if (this.carried > 0) return this.nextCarried()
    const left = this.chunk.length - this.pos
    if (left < 8) {
      if (left > 0) {
        this.carry = this.head
        this.fill(8)
        this.checkCarriedSize()
      }
      return false
    }
    const size = this.checkHead(this.chunk, this.pos)
    if (size > left) {
      if (left >= MIN_PIECE_BYTES && isPlainTransfer(this.chunk, this.pos)) {
        this.keepPiece(left, size)
        return false
      }
      this.carry = allocateBytes(size)
      this.fill(size)
      return false
    }
    this.found(this.chunk, this.pos, size)
    this.pos += size
    return true
  }

  private keepPiece(bytes: number, size: number): void {
    this.pieces.push(this.chunk.subarray(this.pos, this.pos + bytes))
    this.piecesBytes += bytes
    this.piecesSize = size
    this.pos += bytes
  }

  private nextPiece(): boolean {
    const missing = this.piecesSize - this.piecesBytes
    const left = this.chunk.length - this.pos
    if (left < missing && left < MIN_PIECE_BYTES) {
      this.gatherPieces()
      return this.nextCarried()
    }
    this.keepPiece(Math.min(missing, left), this.piecesSize)
    if (left < missing) return false
    const [first = EMPTY, ...rest] = this.pieces
    this.dropPieces()
    this.found(first, 0, first.length)
    this.rest = rest
    return true
  }

  /** The peer sends in small pieces after all. */
  private gatherPieces(): void {
    this.carry = allocateBytes(this.piecesSize)
    for (const piece of this.pieces) {
      this.carry.set(piece, this.carried)
      this.carried += piece.length
    }
    this.dropPieces()
  }

  private dropPieces(): void {
    this.pieces = []
    this.piecesBytes = 0
  }

  private nextCarried(): boolean {
    if (this.carry === this.head) {
      if (!this.fill(8)) {
        this.checkCarriedSize()
        return false
      }
      const size = this.checkHead(this.head, 0)
      this.carry = allocateBytes(size)
      this.carry.set(this.head)
    }
    if (!this.fill(this.carry.length)) return false
    this.carried = 0
    this.found(this.carry, 0, this.carry.length)
    return true
  }

  /** Carries bytes over until `want` are there. */
  private fill(want: number): boolean {
    const take = Math.min(want - this.carried, this.chunk.length - this.pos)
    this.carry.set(this.chunk.subarray(this.pos, this.pos + take), this.carried)
    this.carried += take
    this.pos += take
    return this.carried === want
  }

  /** Of a frame shorter than its own header, nothing more may ever come. */
  private checkCarriedSize(): void {
    if (this.carried >= 4) this.checkSize(this.head, 0)
  }

  private checkSize(bytes: Uint8Array, at: number): number {
    const size =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    const unsigned = size >>> 0
    if (unsigned < 8)
      throw framingError('bad-frame-size', `A frame of ${unsigned} bytes cannot hold its own header`)
    if (unsigned > this.maxFrameSize) {
      throw framingError(
        'frame-too-large',
        `A frame of ${unsigned} bytes is over our limit of ${this.maxFrameSize}`,
      )
    }
    return unsigned
  }

  private checkHead(bytes: Uint8Array, at: number): number {
    const size = this.checkSize(bytes, at)
    const doff = bytes[at + 4] as number
    if (doff < 2 || doff * 4 > size) {
      throw framingError('bad-doff', `Data offset ${doff} does not fit a frame of ${size} bytes`)
    }
    const type = bytes[at + 5] as number
    if (type > 1) throw framingError('unknown-frame-type', `Frame type ${type} is neither AMQP nor SASL`)
    return size
  }

  private found(bytes: Uint8Array, at: number, size: number): void {
    this.bytes = bytes
    this.rest = NO_PIECES
    this.bodyStart = at + (bytes[at + 4] as number) * 4
    this.bodyEnd = at + size
    this.type = bytes[at + 5] as number
    this.channel = ((bytes[at + 6] as number) << 8) | (bytes[at + 7] as number)
  }
}

/** A transfer whose fields are sure to lie within its first piece: described by a small ulong, in a short list. */
function isPlainTransfer(bytes: Uint8Array, at: number): boolean {
  const body = at + 8
  const described = bytes[body] === 0x00 && bytes[body + 1] === 0x53 && bytes[body + 2] === 0x14
  if (bytes[at + 4] !== 2 || bytes[at + 5] !== 0 || !described) return false
  if (bytes[body + 3] === 0xc0) return true
  const short = bytes[body + 4] === 0 && bytes[body + 5] === 0 && (bytes[body + 6] as number) < 4
  return bytes[body + 3] === 0xd0 && short
}
