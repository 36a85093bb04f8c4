// An encoder of its own that picks any of the encodings a type has, as other implementations do: what it writes is valid,
// but seldom the most compact form. Written from the table of the specification [1.6], not from the library's encoder.

import {
  AMQPArray,
  AMQPDescribed,
  AMQPList,
  AMQPMap,
  type AMQPType,
  type AMQPTypeName,
} from '../../lib/types/index.js'

/** A number from 0 to below the one given. */
export type Choice = (below: number) => number

/** Constructors of each type with the number of bytes of the value, or of its size field (`s1`, `s4`). */
const FORMS: { readonly [type in AMQPTypeName]?: readonly Form[] } = {
  null: [[0x40, 0]],
  boolean: [
    [0x56, 1],
    [0x41, 0],
    [0x42, 0],
  ],
  ubyte: [[0x50, 1]],
  ushort: [[0x60, 2]],
  uint: [
    [0x70, 4],
    [0x52, 1],
    [0x43, 0],
  ],
  ulong: [
    [0x80, 8],
    [0x53, 1],
    [0x44, 0],
  ],
  byte: [[0x51, 1]],
  short: [[0x61, 2]],
  int: [
    [0x71, 4],
    [0x54, 1],
  ],
  long: [
    [0x81, 8],
    [0x55, 1],
  ],
  float: [[0x72, 4]],
  double: [[0x82, 8]],
  decimal32: [[0x74, 4]],
  decimal64: [[0x84, 8]],
  decimal128: [[0x94, 16]],
  char: [[0x73, 4]],
  timestamp: [[0x83, 8]],
  uuid: [[0x98, 16]],
  binary: [
    [0xb0, 's4'],
    [0xa0, 's1'],
  ],
  string: [
    [0xb1, 's4'],
    [0xa1, 's1'],
  ],
  symbol: [
    [0xb3, 's4'],
    [0xa3, 's1'],
  ],
  list: [
    [0xd0, 's4'],
    [0xc0, 's1'],
    [0x45, 0],
  ],
  map: [
    [0xd1, 's4'],
    [0xc1, 's1'],
  ],
  array: [
    [0xf0, 's4'],
    [0xe0, 's1'],
  ],
}

type Form = readonly [code: number, width: 0 | 1 | 2 | 4 | 8 | 16 | 's1' | 's4']

/** A value before its form is chosen; `count` for those that have one. */
interface Content {
  readonly value: AMQPType
  readonly bytes: Buffer
  readonly count?: number
}

/** One of the encodings of the value, as the choices fall. */
export function encodeWide(value: AMQPType, choose: Choice): Buffer {
  if (value instanceof AMQPDescribed) {
    const parts = [value.descriptor as AMQPType, value.value as AMQPType].map((one) =>
      encodeWide(one, choose),
    )
    return Buffer.concat([Buffer.of(0), ...parts])
  }
  return encodeAlike(value.type, [contentOf(value, choose)], choose)
}

/** One constructor, and all the values in its form. */
function encodeAlike(type: AMQPTypeName, contents: readonly Content[], choose: Choice): Buffer {
  const fitting = formsOf(type)
    .map((form) => ({ code: form[0], bodies: contents.map((content) => inForm(content, form)) }))
    .filter(({ bodies }) => bodies.every((body) => body !== undefined))
  const chosen = fitting[choose(fitting.length)]
  return Buffer.concat([Buffer.of(chosen?.code ?? 0xff), ...((chosen?.bodies ?? []) as Buffer[])])
}

function formsOf(type: AMQPTypeName): readonly Form[] {
  return FORMS[type] ?? []
}

function contentOf(value: AMQPType, choose: Choice): Content {
  const all = (items: readonly AMQPType[]): Buffer =>
    Buffer.concat(items.map((item) => encodeWide(item, choose)))
  if (value instanceof AMQPList) {
    return { value, bytes: all(value.value as readonly AMQPType[]), count: value.value.length }
  }
  if (value instanceof AMQPMap) {
    const items = [...(value.value as ReadonlyMap<AMQPType, AMQPType>)].flat()
    return { value, bytes: all(items), count: items.length }
  }
  if (!(value instanceof AMQPArray)) return { value, bytes: scalarBytes(value) }
  const before = value.descriptors.map((one) =>
    Buffer.concat([Buffer.of(0), encodeWide(one as AMQPType, choose)]),
  )
  const contents = (value.value as readonly AMQPType[]).map((item) => contentOf(item, choose))
  const bytes = Buffer.concat([...before, encodeAlike(value.elementType, contents, choose)])
  return { value, bytes, count: value.length }
}

/** What follows the constructor; undefined when the form does not fit the value. */
function inForm({ value, bytes, count }: Content, [code, width]: Form): Buffer | undefined {
  if (count !== undefined)
    return width === 0 ? (count === 0 ? bytes : undefined) : counted(width, count, bytes)
  if (width === 's1' || width === 's4') return sized(width, bytes)
  if (code === 0x41 || code === 0x42)
    return (value.value === true) === (code === 0x41) ? Buffer.alloc(0) : undefined
  return narrowed(bytes, width, value.type === 'int' || value.type === 'long')
}

function counted(width: Form[1], count: number, content: Buffer): Buffer | undefined {
  if (width === 's1')
    return count > 0xff ? undefined : sized('s1', Buffer.concat([Buffer.of(count), content]))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(count)
  return sized('s4', Buffer.concat([head, content]))
}

function sized(width: 's1' | 's4', content: Buffer): Buffer | undefined {
  if (width === 's1')
    return content.length > 0xff ? undefined : Buffer.concat([Buffer.of(content.length), content])
  const head = Buffer.alloc(4)
  head.writeUInt32BE(content.length)
  return Buffer.concat([head, content])
}

/** The low bytes, if the others only repeat the sign or are zero. */
function narrowed(bytes: Buffer, width: number, signed: boolean): Buffer | undefined {
  const rest = bytes.subarray(bytes.length - width)
  const fill = signed && ((rest[0] ?? 0) & 0x80) !== 0 ? 0xff : 0
  return bytes.subarray(0, bytes.length - width).every((byte) => byte === fill) ? rest : undefined
}

/** The value in the widest of its forms. */
function scalarBytes({ type, value }: AMQPType): Buffer {
  const bytes = Buffer.alloc(8)
  switch (type) {
    case 'null':
      return bytes.subarray(0, 0)
    case 'float':
      bytes.writeFloatBE(value as number)
      return bytes.subarray(0, 4)
    case 'double':
      bytes.writeDoubleBE(value as number)
      return bytes
    case 'string':
    case 'symbol':
      return Buffer.from(value as string)
    case 'char':
      bytes.writeUInt32BE((value as string).codePointAt(0) as number)
      return bytes.subarray(0, 4)
    default:
      if (value instanceof Uint8Array) return Buffer.from(value)
      bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(value as number | bigint | boolean)))
      return bytes.subarray(8 - integerWidth(type))
  }
}

function integerWidth(type: AMQPTypeName): number {
  const [, width] = formsOf(type)[0] as Form
  return width as number
}
