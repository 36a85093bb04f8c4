// The types that fields of composites have, by the names of the specification [2.8, 3.2, 3.5, 4.5, 5.3]. A restricted
// type reads as its source type does: which choices make sense is for those to say who act on them.

import { EncodeError } from '../errors.js'
import type { AMQPTypeName } from './codes.js'
import { ARRAY8, ARRAY32, TYPE_OF_CODE } from './codes.js'
import type { Reader, Writer } from './cursor.js'
import { readCoded, readValue } from './decode.js'
import { writeValue } from './encode.js'
import type { FieldType } from './field-type.js'
import { readSymbol, wrongFieldType } from './field-type.js'
import { FIELDS, FILTER_SET } from './maps.js'
import { enterCompound, expectElements, leaveCompound } from './skip.js'
import type { AMQPInput, AMQPValue } from './wrappers.js'
import { AMQPArray, AMQPTimestamp, AMQPUuid, kindOf } from './wrappers.js'
import {
  writeBinary,
  writeBoolean,
  writeString,
  writeSymbol,
  writeTimestamp,
  writeUbyte,
  writeUint,
  writeUlong,
  writeUshort,
  writeUuid,
} from './write.js'

/** Identifies a message, or the one it answers. Ids of different types differ: `1n` is not `'1'` [3.2.11–3.2.14]. */
export type MessageId = string | bigint | AMQPUuid | Uint8Array

type Decode<V> = (r: Reader, constructor: number) => V
type Encode<V> = (w: Writer, value: V) => void
type Accepts = (value: unknown) => boolean

/** A type whose values have one of the primitive types on the wire. */
class PrimitiveType<V extends AMQPInput> implements FieldType<V> {
  readonly name: string
  readonly requires: string | undefined
  private readonly wire: AMQPTypeName
  private readonly accepts: Accepts
  private readonly read: Decode<V>
  private readonly write: Encode<V>

  constructor(
    wire: AMQPTypeName,
    accepts: Accepts,
    read: Decode<V>,
    write: Encode<V>,
    name?: string,
    requires?: string,
  ) {
    this.name = name ?? wire
    this.requires = requires
    this.wire = wire
    this.accepts = accepts
    this.read = read
    this.write = write
  }

  /** The restricted type of this name, whose source this type is. */
  as(name: string, requires?: string): PrimitiveType<V> {
    return new PrimitiveType(this.wire, this.accepts, this.read, this.write, name, requires)
  }

  decode(r: Reader, field: string): V {
    const constructor = r.u8()
    if (TYPE_OF_CODE.get(constructor) !== this.wire) throw wrongFieldType(r, constructor, field, this.wire)
    return this.read(r, constructor)
  }

  encode(w: Writer, value: V, path: string): void {
    if (!this.accepts(value)) throw new EncodeError(path, `${kindOf(value)} is no value of type ${this.wire}`)
    try {
      this.write(w, value)
    } catch (error) {
      throw error instanceof RangeError ? new EncodeError(path, error.message) : error
    }
  }

  /** One value without an array, or the elements of an array [1.4]. */
  decodeMultiple(r: Reader, field: string): V[] {
    const constructor = r.u8()
    if (constructor !== ARRAY8 && constructor !== ARRAY32) {
      r.pos--
      return [this.decode(r, field)]
    }
    const { end } = r
    const count = enterCompound(r, constructor === ARRAY32)
    const element = r.u8()
    if (TYPE_OF_CODE.get(element) !== this.wire) throw wrongFieldType(r, element, field, this.wire)
    expectElements(r, element, count)
    const values: V[] = []
    for (let i = 0; i < count; i++) values.push(this.read(r, element))
    leaveCompound(r, end)
    return values
  }

  /** Always an array, of one value too: peers exist that take nothing else. */
  encodeMultiple(w: Writer, values: readonly V[], path: string): void {
    let array: AMQPArray
    try {
      array = new AMQPArray<AMQPInput>(values, this.wire)
    } catch (error) {
      throw new EncodeError(path, error instanceof Error ? error.message : String(error))
    }
    writeValue(w, array, path)
  }
}

/** The type of a field that takes several values of an element type. */
export function multipleOf<V extends AMQPInput>(element: PrimitiveType<V>): FieldType<readonly V[]> {
  return {
    name: element.name,
    decode: (r, field) => element.decodeMultiple(r, field),
    encode(w, values, path) {
      if (!Array.isArray(values)) throw new EncodeError(path, `an array is due, not ${kindOf(values)}`)
      element.encodeMultiple(w, values, path)
    },
  }
}

const boolean = new PrimitiveType<boolean>(
  'boolean',
  isOf('boolean'),
  readCoded as Decode<boolean>,
  writeBoolean,
)
const ubyte = new PrimitiveType<number>('ubyte', isOf('number'), readCoded as Decode<number>, writeUbyte)
const ushort = new PrimitiveType<number>('ushort', isOf('number'), readCoded as Decode<number>, writeUshort)
const uint = new PrimitiveType<number>('uint', isOf('number'), readCoded as Decode<number>, writeUint)
const ulong = new PrimitiveType<bigint>('ulong', isOf('bigint'), readCoded as Decode<bigint>, writeUlong)
const string = new PrimitiveType<string>('string', isOf('string'), readCoded as Decode<string>, writeString)
const symbol = new PrimitiveType<string>('symbol', isOf('string'), readSymbol, writeSymbol)
const binary = new PrimitiveType<Uint8Array>('binary', isBytes, readCoded as Decode<Uint8Array>, writeBinary)
const timestamp = new PrimitiveType<Date | AMQPTimestamp>(
  'timestamp',
  isTime,
  readCoded as Decode<Date>,
  writeTime,
)
const sequenceNo = uint.as('sequence-no')

/** Every type that a row of a table can name. */
export const FIELD_TYPES = {
  boolean,
  ubyte,
  ushort,
  uint,
  ulong,
  string,
  symbol,
  binary,
  timestamp,
  fields: FIELDS,
  'filter-set': FILTER_SET,
  role: boolean.as('role'),
  handle: uint.as('handle'),
  seconds: uint.as('seconds'),
  milliseconds: uint.as('milliseconds'),
  'sequence-no': sequenceNo,
  'delivery-number': sequenceNo.as('delivery-number'),
  'transfer-number': sequenceNo.as('transfer-number'),
  'message-format': uint.as('message-format'),
  'delivery-tag': binary.as('delivery-tag'),
  'ietf-language-tag': symbol.as('ietf-language-tag'),
  'sender-settle-mode': ubyte.as('sender-settle-mode'),
  'receiver-settle-mode': ubyte.as('receiver-settle-mode'),
  'terminus-durability': uint.as('terminus-durability'),
  'terminus-expiry-policy': symbol.as('terminus-expiry-policy'),
  'sasl-code': ubyte.as('sasl-code'),
} as const

/** Id of a distributed transaction: any value, as no type provides one [4.5.2]. */
export const GLOBAL_TX_ID: FieldType<NonNullable<AMQPValue>> = {
  name: '*',
  requires: 'global-tx-id',
  decode: readValue as (r: Reader) => NonNullable<AMQPValue>,
  encode: writeValue,
}

/** The only address type there is: a string [3.5.15]. */
export const ADDRESS: FieldType<string> = string.as('*', 'address')

/** The only transaction id there is: binary [4.5.9]. */
export const TXN_ID: FieldType<Uint8Array> = binary.as('*', 'txn-id')

export const MESSAGE_ID: FieldType<MessageId> = {
  name: '*',
  requires: 'message-id',
  decode: readMessageId,
  encode: writeMessageId,
}

/** Names of the types with values of `V`, neither more nor less. */
export type TypeNameOf<V> = {
  [N in keyof typeof FIELD_TYPES]: (typeof FIELD_TYPES)[N] extends FieldType<infer W>
    ? [V, W] extends [W, V]
      ? N
      : never
    : never
}[keyof typeof FIELD_TYPES]

function readMessageId(r: Reader, field: string): MessageId {
  const constructor = r.u8()
  switch (TYPE_OF_CODE.get(constructor)) {
    case 'string':
    case 'ulong':
    case 'uuid':
    case 'binary':
      return readCoded(r, constructor) as MessageId
    default:
      throw wrongFieldType(r, constructor, field, 'string, ulong, uuid or binary')
  }
}

function writeMessageId(w: Writer, value: MessageId, path: string): void {
  if (typeof value === 'string') string.encode(w, value, path)
  else if (typeof value === 'bigint') ulong.encode(w, value, path)
  else if (value instanceof AMQPUuid) writeUuid(w, value.value)
  else if (isBytes(value)) writeBinary(w, value)
  else throw new EncodeError(path, `an id is a string, bigint, AMQPUuid or Uint8Array, not ${kindOf(value)}`)
}

function writeTime(w: Writer, value: Date | AMQPTimestamp): void {
  writeTimestamp(w, value instanceof Date ? value.getTime() : value.value)
}

function isOf(type: 'boolean' | 'number' | 'bigint' | 'string'): Accepts {
  return (value) => typeof value === type
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array
}

function isTime(value: unknown): boolean {
  return value instanceof Date || value instanceof AMQPTimestamp
}
