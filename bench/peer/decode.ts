// Just enough decoding for the frames that are not transfers: the fields of a performative as slices of the frame.

/** One field: where its bytes lie, and its value when that is simple. */
export interface Field {
  readonly start: number
  readonly end: number
  readonly value: number | boolean | string | undefined
}

const ABSENT: Field = { start: 0, end: 0, value: undefined }
/** Bytes of a value by the upper half of its constructor; for what has a size field, the width of that field. */
const WIDTHS = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 1, 4, 1, 4, 1, 4]

/** Where the value whose constructor is at `pos` ends. */
export function endOf(bytes: Buffer, pos: number): number {
  const code = bytes[pos] as number
  if (code === 0) return endOf(bytes, endOf(bytes, pos + 1))
  const kind = code >> 4
  const width = WIDTHS[kind] as number
  const at = pos + 1
  if (kind < 0xa) return at + width
  return at + width + (width === 1 ? (bytes[at] as number) : bytes.readUInt32BE(at))
}

function simple(bytes: Buffer, start: number, end: number): Field['value'] {
  switch (bytes[start]) {
    case 0x41:
      return true
    case 0x42:
      return false
    case 0x56:
      return bytes[start + 1] === 1
    case 0x43:
    case 0x44:
      return 0
    case 0x50:
    case 0x52:
    case 0x53:
      return bytes[start + 1] as number
    case 0x60:
      return bytes.readUInt16BE(start + 1)
    case 0x70:
      return bytes.readUInt32BE(start + 1)
    case 0xa1:
    case 0xa3:
      return bytes.toString('utf8', start + 2, end)
    case 0xb1:
    case 0xb3:
      return bytes.toString('utf8', start + 5, end)
    default:
      return undefined
  }
}

/** The fields of a described list, by position. */
export class Fields {
  readonly bytes: Buffer
  private readonly all: Field[] = []

  /** `pos` is where the described list begins. */
  constructor(bytes: Buffer, pos: number) {
    this.bytes = bytes
    let at = endOf(bytes, pos + 1)
    const code = bytes[at]
    if (code === 0x45) return
    const wide = code === 0xd0
    const count = wide ? bytes.readUInt32BE(at + 5) : (bytes[at + 2] as number)
    at += wide ? 9 : 3
    for (let i = 0; i < count; i++) {
      const end = endOf(bytes, at)
      this.all.push({ start: at, end, value: simple(bytes, at, end) })
      at = end
    }
  }

  private at(index: number): Field {
    return this.all[index] ?? ABSENT
  }

  number(index: number, fallback = 0): number {
    const { value } = this.at(index)
    return typeof value === 'number' ? value : fallback
  }

  flag(index: number): boolean {
    return this.at(index).value === true
  }

  text(index: number): string {
    const { value } = this.at(index)
    return typeof value === 'string' ? value : ''
  }

  /** The bytes of the field as they came; those of null when it is absent. */
  raw(index: number): Buffer {
    const { start, end } = this.at(index)
    return end === 0 ? Buffer.from([0x40]) : Buffer.from(this.bytes.subarray(start, end))
  }

  /** Of a terminus in this field: its address. */
  address(index: number): string {
    const { start, end } = this.at(index)
    return end - start > 1 && this.bytes[start] === 0 ? new Fields(this.bytes, start).text(0) : ''
  }
}
