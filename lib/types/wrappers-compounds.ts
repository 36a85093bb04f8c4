// Lists, maps and described values [1.6.22–1.6.23, 1.1.2], and the rule by which a JavaScript value gets its AMQP type.
// Invariant: two inputs are equal exactly when they are written as the same type and value.

import type { AMQPTypeName } from './codes.js'
import { MAX_DEPTH } from './cursor.js'
import type { AMQPInput } from './wrappers-base.js'
import { AMQPType, kindOf } from './wrappers-base.js'
import { AMQPInt, AMQPLong, AMQPTimestamp, AMQPuLong } from './wrappers-integers.js'
import { AMQPBinary, AMQPBoolean, AMQPDouble, AMQPNull, AMQPString, AMQPSymbol } from './wrappers-texts.js'

const TWO_63 = 0x8000000000000000n

/** A sequence of values of any types. It holds the array that it is given. */
export class AMQPList<T extends AMQPInput = AMQPInput> extends AMQPType<readonly T[]> {
  constructor(items: readonly T[]) {
    if (!Array.isArray(items)) throw new TypeError(`AMQPList takes an array, not ${kindOf(items)}`)
    super(items)
  }
  get type(): 'list' {
    return 'list'
  }
  override equals(other: unknown): boolean {
    return other instanceof AMQPList && equalItems(this.value, other.value)
  }
  override toString(): string {
    return render(this, 0)
  }
}

/** Values by keys, in order; both may be of any types. It holds the Map that it is given. */
export class AMQPMap<K extends AMQPInput = AMQPInput, V extends AMQPInput = AMQPInput> extends AMQPType<
  ReadonlyMap<K, V>
> {
  /** @param entries a Map, pairs of key and value, or a plain object */
  constructor(entries: ReadonlyMap<K, V> | Iterable<readonly [K, V]> | { readonly [key: string]: V }) {
    super(toMap(entries))
  }
  get type(): 'map' {
    return 'map'
  }
  /** The value whose key is of the same type and value as this one. Looks at one key after the other. */
  get(key: K): V | undefined {
    const wanted = typed(key)
    for (const [candidate, value] of this.value) if (wanted.equals(typed(candidate))) return value
    return undefined
  }
  override equals(other: unknown): boolean {
    if (!(other instanceof AMQPMap) || this.value.size !== other.value.size) return false
    const keys: boolean = equalItems([...this.value.keys()], [...other.value.keys()])
    return keys && equalItems([...this.value.values()], [...other.value.values()])
  }
  override toString(): string {
    return render(this, 0)
  }
}

/** A value with a descriptor, which says what the value means. */
export class AMQPDescribed<
  V extends AMQPInput = AMQPInput,
  D extends AMQPInput = AMQPInput,
> extends AMQPType<V> {
  /** A symbol or a ulong [1.5]: a plain string or number, as `decode` gives it, is written as one of them. */
  readonly descriptor: D
  constructor(descriptor: D, value: V) {
    super(value)
    this.descriptor = descriptor
  }
  get type(): 'described' {
    return 'described'
  }
  override equals(other: unknown): boolean {
    if (!(other instanceof AMQPDescribed)) return false
    const sameDescriptor = equalInputs(asDescriptor(this.descriptor), asDescriptor(other.descriptor))
    return sameDescriptor && equalInputs(this.value, other.value)
  }
  override toString(): string {
    return render(this, 0)
  }
}

/** What describes a value is a symbol or a ulong [1.5], also where a plain string or number was given. */
export function asDescriptor(descriptor: AMQPInput): AMQPInput {
  if (typeof descriptor === 'string') return new AMQPSymbol(descriptor)
  const whole =
    typeof descriptor === 'bigint' || (typeof descriptor === 'number' && Number.isSafeInteger(descriptor))
  return whole && descriptor >= 0 ? new AMQPuLong(descriptor) : descriptor
}

/** Values of one type, which is written only once [1.6.24]; the content of {@link AMQPArray}. */
export interface ArrayContent {
  readonly value: readonly AMQPInput[]
  readonly elementType: AMQPTypeName
  readonly descriptors: readonly AMQPInput[]
}

/** The value in the wrapper of the type that it is written as; a wrapper is given back as it is. */
export function typed(value: AMQPInput): AMQPType {
  if (value instanceof AMQPType) return value
  switch (typeof value) {
    case 'undefined':
      return new AMQPNull()
    case 'boolean':
      return new AMQPBoolean(value)
    case 'number':
      return typedNumber(value)
    case 'bigint':
      return value < TWO_63 ? new AMQPLong(value) : new AMQPuLong(value)
    case 'string':
      return new AMQPString(value)
    case 'object':
      return typedObject(value)
    default:
      throw new TypeError(`${kindOf(value)} has no AMQP type`)
  }
}

export function equalInputs(a: AMQPInput, b: AMQPInput): boolean {
  return typed(a).equals(typed(b))
}

export function equalItems(a: readonly AMQPInput[], b: readonly AMQPInput[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!equalInputs(a[i], b[i])) return false
  return true
}

/** True for objects made by literals and those without a prototype, of this realm or another. */
export function isPlainObject(value: object): value is { readonly [key: string]: AMQPInput } {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

/** A value as text, with its strings quoted; what is nested too deeply, or in itself, ends as `…`. */
export function render(value: AMQPInput, depth: number): string {
  if (depth > MAX_DEPTH) return '…'
  const inner = (item: AMQPInput): string => render(item, depth + 1)
  const plain = value instanceof AMQPType ? value : typed(value)
  if (plain instanceof AMQPString) return JSON.stringify(plain.value)
  if (plain instanceof AMQPList) return `[${plain.value.map(inner).join(', ')}]`
  if (plain instanceof AMQPMap) {
    return `{${[...plain.value].map(([key, item]) => `${inner(key)}: ${inner(item)}`).join(', ')}}`
  }
  if (plain instanceof AMQPDescribed) return `${inner(plain.descriptor)}(${inner(plain.value)})`
  if (plain.type === 'array') {
    const { value: items, elementType, descriptors } = plain as unknown as ArrayContent
    return `${[...descriptors.map(inner), elementType].join(' ')}[${items.map(inner).join(', ')}]`
  }
  return plain.toString()
}

function typedNumber(value: number): AMQPType {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return new AMQPDouble(value)
  return (value | 0) === value ? new AMQPInt(value) : new AMQPLong(value)
}

function typedObject(value: Exclude<AMQPInput, undefined> & (object | null)): AMQPType {
  if (value === null) return new AMQPNull()
  if (value instanceof Uint8Array) return new AMQPBinary(value)
  if (value instanceof Date) return new AMQPTimestamp(value)
  if (Array.isArray(value)) return new AMQPList(value as readonly AMQPInput[])
  if (value instanceof Map) return new AMQPMap(value as ReadonlyMap<AMQPInput, AMQPInput>)
  if (isPlainObject(value)) return new AMQPMap(value)
  throw new TypeError(`${kindOf(value)} has no AMQP type; plain objects, Maps, arrays and wrappers have one`)
}

function toMap<K extends AMQPInput, V extends AMQPInput>(
  entries: ReadonlyMap<K, V> | Iterable<readonly [K, V]> | { readonly [key: string]: V },
): ReadonlyMap<K, V> {
  if (entries instanceof Map) return entries as ReadonlyMap<K, V>
  if (typeof entries === 'object' && entries !== null) {
    if (Symbol.iterator in entries) return new Map(entries as Iterable<readonly [K, V]>)
    if (isPlainObject(entries)) return new Map(Object.entries(entries) as unknown as [K, V][])
  }
  throw new TypeError(`AMQPMap takes a Map, pairs or a plain object, not ${kindOf(entries)}`)
}
