// Values and frames put together by hand, byte by byte [1.6, 2.3]: the null peer shares no code with any client.

const NULL = Buffer.from([0x40])

export const nothing = (): Buffer => NULL
export const flag = (value: boolean): Buffer => Buffer.from([value ? 0x41 : 0x42])

export function ubyte(value: number): Buffer {
  return Buffer.from([0x50, value])
}

export function ushort(value: number): Buffer {
  return Buffer.from([0x60, value >> 8, value & 0xff])
}

export function uint(value: number): Buffer {
  const bytes = Buffer.from([0x70, 0, 0, 0, 0])
  bytes.writeUInt32BE(value, 1)
  return bytes
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([0xa1, bytes.length]), bytes])
}

export function symbol(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([0xa3, bytes.length]), bytes])
}

export function binary(value: Uint8Array): Buffer {
  if (value.length < 256) return Buffer.concat([Buffer.from([0xa0, value.length]), value])
  const head = Buffer.from([0xb0, 0, 0, 0, 0])
  head.writeUInt32BE(value.length, 1)
  return Buffer.concat([head, value])
}

function compound(code: number, items: readonly Buffer[]): Buffer {
  const content = Buffer.concat(items)
  const head = Buffer.from([code, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(content.length + 4, 1)
  head.writeUInt32BE(items.length, 5)
  return Buffer.concat([head, content])
}

export const list = (items: readonly Buffer[]): Buffer => compound(0xd0, items)
/** Keys and values in turn. */
export const map = (items: readonly Buffer[]): Buffer => compound(0xd1, items)

export function described(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x00, 0x53, code]), value])
}

/** A frame with a performative of these fields. */
export function frame(type: number, channel: number, code: number, fields: readonly Buffer[]): Buffer {
  const body = described(code, list(fields))
  const head = Buffer.from([0, 0, 0, 0, 2, type, channel >> 8, channel])
  head.writeUInt32BE(body.length + 8, 0)
  return Buffer.concat([head, body])
}

export const AMQP_HEADER = Buffer.from('AMQP\0\x01\0\0', 'latin1')
export const SASL_HEADER = Buffer.from('AMQP\x03\x01\0\0', 'latin1')
export const MECHANISMS = frame(1, 0, 0x40, [symbol('ANONYMOUS')])
export const SASL_OK = frame(1, 0, 0x44, [ubyte(0)])

/** Disposition of a receiver that accepts and settles the ids from first to last. */
export const DISPOSITION_BYTES = 30
const DISPOSITION = Buffer.from(
  '0000001e 02000000 005315 c01105 41 7000000000 7000000000 41 00532445'.replaceAll(' ', ''),
  'hex',
)

export function putDisposition(into: Buffer, at: number, channel: number, first: number, last: number): void {
  DISPOSITION.copy(into, at)
  into.writeUInt16BE(channel, at + 6)
  into.writeUInt32BE(first, at + 16)
  into.writeUInt32BE(last, at + 21)
}

/** Flow with the first seven fields: the windows, then handle, delivery-count and link-credit. */
export const FLOW_BYTES = 49
const FLOW = Buffer.from(`0000003102000000005313c02407${'7000000000'.repeat(7)}`, 'hex')
/** So many frames may come: more than any run has. */
export const WIDE_WINDOW = 0x7fffffff

export function putFlow(
  into: Buffer,
  at: number,
  channel: number,
  nextIncomingId: number,
  handle: number,
  deliveryCount: number,
  credit: number,
): void {
  FLOW.copy(into, at)
  into.writeUInt16BE(channel, at + 6)
  into.writeUInt32BE(nextIncomingId, at + 15)
  into.writeUInt32BE(WIDE_WINDOW, at + 20)
  into.writeUInt32BE(WIDE_WINDOW, at + 30)
  into.writeUInt32BE(handle, at + 35)
  into.writeUInt32BE(deliveryCount, at + 40)
  into.writeUInt32BE(credit, at + 45)
}
