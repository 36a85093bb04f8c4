// Composite types [1.4]: a list behind a descriptor, whose items are fields with names. Each is made from a table whose
// rows read like the specification, and the compiler checks that the rows are the fields of the type, each of its kind.
// Invariant: what is decoded has every field as a property, in the order of the table; absent ones are undefined.

import { DecodeError, EncodeError } from '../errors.js'
import {
  DESCRIBED,
  LIST0,
  LIST8,
  LIST32,
  NULL,
  SMALLULONG,
  SYMBOL8,
  SYMBOL32,
  ULONG,
  ULONG0,
} from './codes.js'
import type { Reader, Writer } from './cursor.js'
import type { FieldType } from './field-type.js'
import { readSymbol, wrongFieldType } from './field-type.js'
import type { TypeNameOf } from './field-types.js'
import { FIELD_TYPES, multipleOf } from './field-types.js'
import type { Fields, InputFields } from './maps.js'
import { enterList, leaveCompound } from './skip.js'
import type { AMQPInput, AMQPValue } from './wrappers.js'
import { kindOf } from './wrappers.js'
import { closeList, openList, writeNull, writeUlong } from './write.js'

/** A field that must be there. */
export const MANDATORY = 'mandatory'
/** A field that takes several values. */
export const MULTIPLE = 'multiple'

/** What a composite of type `T` may be written from: its kind need not be said, and maps take any AMQP input. */
export type Input<T extends { readonly kind: string }> = T extends { readonly kind: infer K }
  ? InputFieldsOf<T> & { readonly kind?: K | undefined }
  : never
type InputFieldsOf<T> = { readonly [K in keyof T as Exclude<K, 'kind'>]: InputValue<T[K]> }
type InputValue<V> = [AMQPValue] extends [V] ? AMQPInput | undefined : InputPart<V>
type InputPart<V> = V extends Fields
  ? InputFields
  : V extends { readonly kind: infer K }
    ? InputFieldsOf<V> & { readonly kind: K }
    : V

/** A field as the specification defines it. */
export interface FieldDefinition {
  /** The property that holds it: `containerId`. */
  readonly key: string
  /** Its name in the specification: `container-id`. */
  readonly name: string
  readonly type: string
  readonly requires: string | undefined
  readonly mandatory: boolean
  readonly multiple: boolean
}

/** A codec for one composite type. */
export interface Composite<T extends { readonly kind: string }> {
  readonly name: T['kind']
  /** Numeric descriptor. */
  readonly code: number
  /** Symbolic descriptor. */
  readonly symbol: string
  readonly fields: readonly FieldDefinition[]
  /**
   * Writes descriptor and fields, exactly those given; fields absent at the end are left out.
   * @throws EncodeError when a field is missing or none of its type; nothing stays written then
   */
  encode(w: Writer, value: Input<T>): void
  /**
   * Reads descriptor, numeric or symbolic, and fields. Fields that are null or not there are undefined: defaults are
   * not filled in.
   */
  decode(r: Reader, field?: string): T
}

type Must<T, K extends keyof T> = undefined extends T[K] ? readonly [] : readonly [typeof MANDATORY]
type Row<T, K extends keyof T, V = NonNullable<T[K]>> = [V] extends [readonly (infer E)[]]
  ? readonly [TypeNameOf<E>, typeof MULTIPLE, ...Must<T, K>]
  :
      | readonly [TypeNameOf<V>, ...Must<T, K>]
      | readonly ['*', FieldType<V>, ...Must<T, K>]
      | readonly [FieldType<V> | (V extends { readonly kind: string } ? Composite<V> : never), ...Must<T, K>]

/** A row for each field, in wire order: type, then what it requires if the type is `*`, then its marks. */
export type FieldTable<T> = { readonly [K in Exclude<keyof T, 'kind'>]-?: Row<T, K> }

type AnyRow = readonly (string | FieldType<unknown>)[]

/** @param only the object that every decoded value is, for a type without fields */
export function composite<T extends { readonly kind: string }>(
  name: T['kind'],
  code: number,
  symbol: string,
  table: FieldTable<T>,
  only?: T,
): Composite<T> {
  const rows = Object.entries(table as Record<string, AnyRow>)
  return new TableCodec<T>(
    name,
    code,
    symbol,
    rows.map(([key, row]) => new Field(name, key, row)),
    only,
  )
}

class Field implements FieldDefinition {
  readonly key: string
  readonly name: string
  readonly type: string
  readonly requires: string | undefined
  readonly mandatory: boolean
  readonly multiple: boolean
  readonly codec: FieldType<unknown>
  /** Names for errors: as the specification has it, and as the user wrote it. */
  readonly title: string
  readonly path: string

  constructor(owner: string, key: string, row: AnyRow) {
    const [type, provider] = row
    const named = type === '*' ? provider : typeof type === 'string' ? FIELD_TYPES[type as 'uint'] : type
    const codec = named as FieldType<unknown>
    this.key = key
    this.name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    this.type = codec.name
    this.requires = codec.requires
    this.mandatory = row.includes(MANDATORY)
    this.multiple = row.includes(MULTIPLE)
    this.codec = this.multiple ? multipleOf(codec as typeof FIELD_TYPES.symbol) : codec
    this.title = `${owner}.${this.name}`
    this.path = `${owner}.${key}`
  }
}

class TableCodec<T extends { readonly kind: string }> implements Composite<T> {
  readonly name: T['kind']
  readonly code: number
  readonly symbol: string
  readonly fields: readonly Field[]
  private readonly only: T | undefined

  constructor(name: T['kind'], code: number, symbol: string, fields: readonly Field[], only: T | undefined) {
    this.name = name
    this.code = code
    this.symbol = symbol
    this.fields = fields
    this.only = only
  }

  encode(w: Writer, value: Input<T>): void {
    if (typeof value !== 'object' || value === null || (value.kind ?? this.name) !== this.name) {
      throw new EncodeError(this.name, `an object for ${this.name} is due, not ${kindOf(value)}`)
    }
    const start = w.pos
    try {
      this.encodeFields(w, value as Readonly<Record<string, unknown>>)
    } catch (error) {
      w.pos = start
      throw error
    }
  }

  private encodeFields(w: Writer, value: Readonly<Record<string, unknown>>): void {
    const { fields } = this
    w.u8(DESCRIBED)
    writeUlong(w, this.code)
    const mark = openList(w)
    let count = 0
    let end = w.pos
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field
      const item = value[field.key]
      if (isAbsent(item, field.multiple)) {
        if (field.mandatory) throw new EncodeError(field.path, `${field.title} must be there`)
        writeNull(w)
        continue
      }
      field.codec.encode(w, item, field.path)
      count = i + 1
      end = w.pos
    }
    w.pos = end
    closeList(w, mark, count)
  }

  decode(r: Reader, field: string = this.name): T {
    const at = r.pos
    const constructor = r.u8()
    if (constructor !== DESCRIBED) throw wrongFieldType(r, constructor, field, this.name)
    r.descend(at)
    const descriptor = readDescriptor(r)
    if (descriptor !== this.code && descriptor !== this.symbol) {
      throw new DecodeError('wrong-field-type', at, `${field} is no ${this.name}`)
    }
    const value = this.decodeList(r)
    r.depth--
    return value
  }

  private decodeList(r: Reader): T {
    const constructor = r.u8()
    if (constructor === LIST0) return this.decodeFields(r, 0)
    if (constructor !== LIST8 && constructor !== LIST32)
      throw wrongFieldType(r, constructor, this.name, 'list')
    const { end } = r
    const count = enterList(r, constructor === LIST32)
    if (count > this.fields.length) {
      const message = `${count} fields where ${this.name} has ${this.fields.length}`
      throw new DecodeError('too-many-fields', r.pos, message)
    }
    const value = this.decodeFields(r, count)
    leaveCompound(r, end)
    return value
  }

  private decodeFields(r: Reader, count: number): T {
    if (this.only !== undefined) return this.only
    const { fields } = this
    const value: Record<string, unknown> = { kind: this.name }
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field
      const item = i < count ? readItem(r, field) : undefined
      if (item === undefined && field.mandatory) {
        throw new DecodeError('missing-mandatory', r.pos, `${field.title} must be there`)
      }
      value[field.key] = item
    }
    return value as unknown as T
  }
}

/** The value of a field; undefined for null, and for an array of none [1.4]. */
function readItem(r: Reader, field: Field): unknown {
  if (r.pos < r.end && r.bytes[r.pos] === NULL) {
    r.pos++
    return undefined
  }
  const item = field.codec.decode(r, field.title)
  return isAbsent(item, field.multiple) ? undefined : item
}

function isAbsent(item: unknown, multiple: boolean): boolean {
  return item === undefined || item === null || (multiple && Array.isArray(item) && item.length === 0)
}

/**
 * Reads the descriptor of a described value whose 0x00 was read: the code, or the symbol. Undefined, with the reader
 * anywhere, for what cannot be the descriptor of a composite.
 */
export function readDescriptor(r: Reader): number | string | undefined {
  const constructor = r.u8()
  switch (constructor) {
    case SMALLULONG:
      return r.u8()
    case ULONG0:
      return 0
    case ULONG: {
      const high = r.u32()
      const low = r.u32()
      return high === 0 ? low : undefined
    }
    case SYMBOL8:
    case SYMBOL32:
      return readSymbol(r, constructor)
    default:
      return undefined
  }
}
