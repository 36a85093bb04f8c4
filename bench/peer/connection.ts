// One connection of the null peer: finds the frames in the chunks, looks only at the front of transfers, and never
// copies a payload.

import type { Socket } from 'node:net'
import { Fields } from './decode.js'
import { AMQP_HEADER, frame, MECHANISMS, SASL_HEADER, SASL_OK, text, uint } from './encode.js'
import { type Counters, PeerSession } from './session.js'
import { HEAD_BYTES, TransferHead } from './transfer-head.js'

const MAX_FRAME_BYTES = 65_536

export class PeerConnection {
  private readonly socket: Socket
  private readonly counters: Counters
  private readonly sessions: (PeerSession | undefined)[] = []
  private readonly transfer = new TransferHead()
  /** A frame of which only the beginning has come. */
  private readonly carry = Buffer.alloc(MAX_FRAME_BYTES)
  private carried = 0
  /** Bytes of the present transfer that are still to come. */
  private skip = 0
  private deliveryId = 0
  private settled = false
  private session: PeerSession | undefined = undefined
  private maxFrameSize = MAX_FRAME_BYTES

  constructor(socket: Socket, counters: Counters) {
    this.socket = socket
    this.counters = counters
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.onData(chunk))
    socket.on('drain', () => {
      for (const session of this.sessions) session?.pump()
    })
    socket.on('error', () => socket.destroy())
  }

  private onData(chunk: Buffer): void {
    let pos = 0
    while (pos < chunk.length) {
      if (this.skip > 0) pos += this.skipped(chunk.length - pos)
      else if (this.carried > 0) pos += this.gather(chunk, pos)
      else {
        const taken = this.take(chunk, pos, chunk.length)
        if (taken === 0) {
          this.carried = chunk.copy(this.carry, 0, pos)
          break
        }
        pos += taken
      }
    }
    for (const session of this.sessions) session?.answer()
  }

  private skipped(available: number): number {
    const bytes = Math.min(this.skip, available)
    this.skip -= bytes
    if (this.skip === 0) this.transferEnded()
    return bytes
  }

  /** Adds to what was carried over just what is missing. */
  private gather(chunk: Buffer, pos: number): number {
    const copied = chunk.copy(this.carry, this.carried, pos, pos + this.wanted() - this.carried)
    this.carried += copied
    const taken = this.carried < this.wanted() ? 0 : this.take(this.carry, 0, this.carried)
    if (taken > 0) this.carried = 0
    return copied
  }

  private wanted(): number {
    if (this.carried < 8 || this.carry[0] === 0x41) return 8
    const size = this.carry.readUInt32BE(0)
    if (size > 8 && this.carried < 12) return 12
    return isTransfer(this.carry, 0) ? Math.min(size, HEAD_BYTES) : size
  }

  /** Takes one frame; answers how many of the bytes it was, or 0 when too few are there to tell. */
  private take(bytes: Buffer, pos: number, end: number): number {
    const left = end - pos
    if (left < 8) return 0
    if (bytes[pos] === 0x41) return this.onHeader(bytes[pos + 4] === 3)
    const size = bytes.readUInt32BE(pos)
    if (size === 8) return 8
    if (left < 12) return 0
    if (isTransfer(bytes, pos))
      return left < Math.min(size, HEAD_BYTES) ? 0 : this.onTransfer(bytes, pos, size, left)
    if (left < size) return 0
    this.onFrame(bytes, pos)
    return size
  }

  private onHeader(sasl: boolean): number {
    if (sasl) this.socket.write(Buffer.concat([SASL_HEADER, MECHANISMS]))
    else this.socket.write(AMQP_HEADER)
    return 8
  }

  private onTransfer(bytes: Buffer, pos: number, size: number, left: number): number {
    const { transfer } = this
    transfer.read(bytes, pos + (bytes[pos + 4] as number) * 4)
    this.session = this.sessions[bytes.readUInt16BE(pos + 6)]
    this.session?.onTransferFrame()
    if (transfer.deliveryId !== -1) {
      this.deliveryId = transfer.deliveryId
      this.settled = transfer.settled
    }
    const here = Math.min(size, left)
    this.skip = size - here
    if (this.skip === 0) this.transferEnded()
    return here
  }

  private transferEnded(): void {
    const { transfer } = this
    if (!transfer.more) this.session?.onMessage(transfer.handle, this.deliveryId, this.settled)
  }

  private onFrame(bytes: Buffer, pos: number): void {
    const channel = bytes.readUInt16BE(pos + 6)
    const at = pos + (bytes[pos + 4] as number) * 4
    const fields = new Fields(bytes, at)
    const session = this.sessions[channel]
    const code = codeAt(bytes, at)
    switch (code) {
      case 0x41:
        this.socket.write(SASL_OK)
        return
      case 0x10:
        this.maxFrameSize = Math.min(MAX_FRAME_BYTES, fields.number(2, MAX_FRAME_BYTES))
        this.socket.write(frame(0, 0, 0x10, [text('null-peer'), text(''), uint(MAX_FRAME_BYTES)]))
        return
      case 0x11:
        this.sessions[channel] = new PeerSession(
          this.socket,
          channel,
          fields,
          this.maxFrameSize,
          this.counters,
        )
        return
      case 0x12:
        session?.onAttach(fields)
        return
      case 0x13:
        session?.onFlow(fields)
        return
      case 0x15:
        session?.onDisposition(fields)
        return
      case 0x16:
        session?.onDetach(fields)
        return
      case 0x17:
        this.sessions[channel] = undefined
        this.socket.write(frame(0, channel, 0x17, []))
        return
      case 0x18:
        this.socket.end(frame(0, 0, 0x18, []))
    }
  }
}

function codeAt(bytes: Buffer, at: number): number {
  return bytes[at + (bytes[at + 1] === 0x53 ? 2 : 9)] as number
}

/** A wide descriptor is not looked at: no client here writes one for a transfer. */
function isTransfer(bytes: Buffer, pos: number): boolean {
  const at = pos + (bytes[pos + 4] as number) * 4
  return bytes[pos + 5] === 0 && at + 2 < bytes.length && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x14
}
