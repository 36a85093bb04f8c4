// A sending link of the null peer: writes as many pre-encoded messages as credit and window allow, with only the
// delivery-id and the tag put in. Small messages lie many to a page that is copied whole.

import type { Socket } from 'node:net'
import { APPLICATION_PROPERTIES, bodyOf, PROPERTIES } from '../support/sample.js'
import { binary, described, flag, list, map, nothing, symbol, text, uint } from './encode.js'

const PAGE_BYTES = 65_536
/** Where delivery-id and tag lie in the first frame of a message. */
const ID_AT = 26
const TAG_AT = 32

export interface FloodSession {
  readonly socket: Socket
  readonly channel: number
  /** Transfer-id up to which the client takes frames. */
  windowEnd: number
  nextOutgoingId: number
  nextDeliveryId: number
}

export interface FloodOptions {
  readonly handle: number
  readonly size: number
  readonly count: number
  readonly settled: boolean
  readonly maxFrameSize: number
}

export class Flood {
  private readonly session: FloodSession
  private readonly message: readonly Buffer[]
  private readonly frameCount: number
  private readonly page: Buffer
  private readonly perPage: number
  private left: number
  private deliveryCount = 0
  private creditEnd = 0

  constructor(session: FloodSession, options: FloodOptions) {
    this.session = session
    this.left = options.count
    this.message = framesOf(session.channel, options)
    this.frameCount = this.message.length / 2
    const [head, body] = this.message as [Buffer, Buffer]
    const single = Buffer.concat([head, body])
    this.perPage = this.frameCount === 1 ? Math.max(1, Math.floor(PAGE_BYTES / single.length)) : 0
    this.page = Buffer.concat(Array.from({ length: this.perPage }, () => single))
  }

  grant(deliveryCount: number, credit: number): void {
    this.creditEnd = deliveryCount + credit
    this.pump()
  }

  pump(): void {
    const { session } = this
    while (!session.socket.writableNeedDrain && !session.socket.destroyed) {
      const frames = session.windowEnd - session.nextOutgoingId
      const most = Math.min(
        this.left,
        this.creditEnd - this.deliveryCount,
        Math.floor(frames / this.frameCount),
      )
      if (most <= 0) return
      const count = this.perPage === 0 ? 1 : Math.min(most, this.perPage)
      if (this.perPage === 0) this.writeLarge()
      else this.writePage(count)
      this.left -= count
      this.deliveryCount += count
      session.nextOutgoingId += count * this.frameCount
    }
  }

  private writePage(count: number): void {
    const each = this.page.length / this.perPage
    const bytes = Buffer.allocUnsafeSlow(count * each)
    this.page.copy(bytes, 0, 0, bytes.length)
    for (let at = 0; at < bytes.length; at += each) this.putId(bytes, at)
    this.session.socket.write(bytes)
  }

  /** Large bodies are written from where they lie. */
  private writeLarge(): void {
    const { socket } = this.session
    socket.cork()
    for (const [i, part] of this.message.entries()) {
      if (i > 0) socket.write(part)
      else {
        const head = Buffer.from(part)
        this.putId(head, 0)
        socket.write(head)
      }
    }
    socket.uncork()
  }

  private putId(bytes: Buffer, at: number): void {
    const id = this.session.nextDeliveryId++
    bytes.writeUInt32BE(id, at + ID_AT)
    bytes.writeUInt32BE(id, at + TAG_AT)
  }
}

/** Heads and payloads of a message's frames, in turn. */
function framesOf(channel: number, options: FloodOptions): Buffer[] {
  const payload = encodedMessage(options.size)
  const room = options.maxFrameSize - 64
  const parts: Buffer[] = []
  for (let at = 0; at < payload.length; at += room) {
    const piece = payload.subarray(at, at + room)
    const more = at + room < payload.length
    parts.push(headOf(channel, options, at === 0, more, piece.length), piece)
  }
  return parts
}

function headOf(
  channel: number,
  options: FloodOptions,
  first: boolean,
  more: boolean,
  bytes: number,
): Buffer {
  const fields = first
    ? [uint(options.handle), uint(0), binary(Buffer.alloc(4)), uint(0), flag(options.settled), flag(more)]
    : [uint(options.handle), nothing(), nothing(), nothing(), nothing(), flag(more)]
  const performative = described(0x14, list(fields))
  const head = Buffer.from([0, 0, 0, 0, 2, 0, channel >> 8, channel])
  head.writeUInt32BE(8 + performative.length + bytes, 0)
  return Buffer.concat([head, performative])
}

/** The sample message with a body of so many bytes. */
export function encodedMessage(size: number): Buffer {
  const { messageId, correlationId, contentType } = PROPERTIES
  const { region, attempt, urgent } = APPLICATION_PROPERTIES
  const none = nothing()
  return Buffer.concat([
    described(
      0x73,
      list([text(messageId), none, none, none, none, text(correlationId), symbol(contentType)]),
    ),
    described(
      0x74,
      map([text('region'), text(region), text('attempt'), uint(attempt), text('urgent'), flag(urgent)]),
    ),
    described(0x75, binary(bodyOf(size))),
  ])
}
