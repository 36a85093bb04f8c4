// The front of a transfer performative [2.7.5], read without making an object: one for each of millions of messages.

/** So many bytes from the start of a frame always hold what is read here. */
export const HEAD_BYTES = 96

export class TransferHead {
  handle = 0
  /** -1 in frames that continue a delivery. */
  deliveryId = -1
  settled = false
  more = false
  private pos = 0

  /** Reads the performative at `at`. */
  read(bytes: Buffer, at: number): void {
    let pos = at + (bytes[at + 1] === 0x53 ? 3 : 10)
    const wide = bytes[pos] === 0xd0
    const count = wide ? bytes.readUInt32BE(pos + 5) : (bytes[pos + 2] as number)
    pos += wide ? 9 : 3
    this.pos = pos
    this.handle = this.uint(bytes)
    this.deliveryId = count > 1 ? this.uint(bytes) : -1
    if (count > 2) this.skipTag(bytes)
    if (count > 3) this.uint(bytes)
    this.settled = count > 4 && this.flag(bytes)
    this.more = count > 5 && this.flag(bytes)
  }

  private uint(bytes: Buffer): number {
    const code = bytes[this.pos++]
    if (code === 0x52) return bytes[this.pos++] as number
    if (code === 0x70) {
      this.pos += 4
      return bytes.readUInt32BE(this.pos - 4)
    }
    return code === 0x43 ? 0 : -1
  }

  private skipTag(bytes: Buffer): void {
    if (bytes[this.pos++] === 0xa0) this.pos += 1 + (bytes[this.pos] as number)
  }

  private flag(bytes: Buffer): boolean {
    const code = bytes[this.pos++]
    return code === 0x56 ? bytes[this.pos++] === 1 : code === 0x41
  }
}
