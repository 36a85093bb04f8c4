// Arrays [1.6.24]: values of one type, whose constructor, with its descriptors if it has any, is written only once.
// Invariant: every value of an array fits its element type, which an array without values has too.

import type { AMQPTypeName } from './codes.js'
import { PRIMITIVE } from './codes.js'
import { isInt64, isUint64 } from './int64.js'
import type { AMQPInput } from './wrappers-base.js'
import { AMQPType, kindOf } from './wrappers-base.js'
import type { ArrayContent } from './wrappers-compounds.js'
import {
  AMQPDescribed,
  AMQPList,
  AMQPMap,
  asDescriptor,
  equalInputs,
  equalItems,
  render,
  typed,
} from './wrappers-compounds.js'
import { AMQPDecimal32, AMQPDecimal64, AMQPDecimal128 } from './wrappers-decimal.js'
import {
  AMQPByte,
  AMQPInt,
  AMQPLong,
  AMQPShort,
  AMQPTimestamp,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from './wrappers-integers.js'
import {
  AMQPBinary,
  AMQPBoolean,
  AMQPChar,
  AMQPDouble,
  AMQPFloat,
  AMQPNull,
  AMQPString,
  AMQPSymbol,
  AMQPUuid,
} from './wrappers-texts.js'

/** Content that a decoder has made, which needs no check. */
class Checked implements ArrayContent {
  readonly value: readonly AMQPInput[]
  readonly elementType: AMQPTypeName
  readonly descriptors: readonly AMQPInput[]
  constructor(value: readonly AMQPInput[], elementType: AMQPTypeName, descriptors: readonly AMQPInput[]) {
    this.value = value
    this.elementType = elementType
    this.descriptors = descriptors
  }
}

const NO_DESCRIPTORS: readonly AMQPInput[] = Object.freeze([])

/**
 * Values of one type. They are checked and copied on construction, so the array can neither hold a value that does not
 * fit nor get one later. Values that `decode` gives as wrappers (symbols, chars, uuids, decimals) are kept as those.
 */
export class AMQPArray<T extends AMQPInput = AMQPInput>
  extends AMQPType<readonly T[]>
  implements ArrayContent
{
  /** Type of every value; of the value proper, if the values are described. */
  readonly elementType: AMQPTypeName
  /** Descriptors that every value has, the outermost first. Empty unless the values are described. */
  readonly descriptors: readonly AMQPInput[]

  /**
   * @param values plain values, or wrappers of one type; described values are taken apart into descriptor and value
   * @param elementType default: the type that the values are written as. Numbers of several types become long if all are
   * integers, else double. An array without values needs it said.
   * @param descriptors what describes every value, the outermost first; default none
   * @throws TypeError when the values are not of one type, RangeError when one does not fit the type
   */
  constructor(values: Iterable<T>, elementType?: AMQPTypeName, descriptors?: readonly AMQPInput[])
  constructor(values: Iterable<T> | Checked, elementType?: AMQPTypeName, descriptors?: readonly AMQPInput[]) {
    const content = values instanceof Checked ? values : check([...values], elementType, descriptors)
    super(content.value as readonly T[])
    this.elementType = content.elementType
    this.descriptors = content.descriptors
  }

  /** @internal An array of values that are known to fit; it holds what it is given. */
  static adopt<T extends AMQPInput>(
    values: readonly T[],
    elementType: AMQPTypeName,
    descriptors: readonly AMQPInput[] = NO_DESCRIPTORS,
  ): AMQPArray<T> {
    const content: unknown = new Checked(values, elementType, descriptors)
    return new AMQPArray<T>(content as Iterable<T>)
  }

  get type(): 'array' {
    return 'array'
  }

  /** Number of values. */
  get length(): number {
    return this.value.length
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.value[Symbol.iterator]() as IterableIterator<T>
  }

  override equals(other: unknown): boolean {
    if (!(other instanceof AMQPArray) || other.elementType !== this.elementType) return false
    if (this.length !== other.length) return false
    if (!equalItems(this.descriptors.map(asDescriptor), other.descriptors.map(asDescriptor))) return false
    const type = this.elementType
    return this.value.every((item, i) => wrap(type, item).equals(wrap(type, other.value[i])))
  }

  override toString(): string {
    return render(this, 0)
  }
}

/** The value in the wrapper of the type named, whatever it would be without. */
export function wrap(type: AMQPTypeName, value: AMQPInput): AMQPType {
  if (value instanceof AMQPType) {
    if (value.type === type) return value
    throw new TypeError(`${value.type} where ${type} is wanted`)
  }
  return WRAP[type](value as never)
}

const WRAP: { readonly [type in AMQPTypeName]: (value: never) => AMQPType } = {
  null: (value: null | undefined) => new AMQPNull(value),
  boolean: (value: boolean) => new AMQPBoolean(value),
  ubyte: (value: number) => new AMQPuByte(value),
  ushort: (value: number) => new AMQPuShort(value),
  uint: (value: number) => new AMQPuInt(value),
  ulong: (value: bigint | number) => new AMQPuLong(value),
  byte: (value: number) => new AMQPByte(value),
  short: (value: number) => new AMQPShort(value),
  int: (value: number) => new AMQPInt(value),
  long: (value: bigint | number) => new AMQPLong(value),
  float: (value: number) => new AMQPFloat(value),
  double: (value: number) => new AMQPDouble(value),
  decimal32: (value: string | Uint8Array) => new AMQPDecimal32(value),
  decimal64: (value: string | Uint8Array) => new AMQPDecimal64(value),
  decimal128: (value: string | Uint8Array) => new AMQPDecimal128(value),
  char: (value: string) => new AMQPChar(value),
  timestamp: (value: bigint | number | Date) => new AMQPTimestamp(value),
  uuid: (value: string | Uint8Array) => new AMQPUuid(value),
  binary: (value: Uint8Array) => new AMQPBinary(value),
  string: (value: string) => new AMQPString(value),
  symbol: (value: string) => new AMQPSymbol(value),
  list: (value: readonly AMQPInput[]) => new AMQPList(value),
  map: (value: ReadonlyMap<AMQPInput, AMQPInput>) => new AMQPMap(value),
  array: (value: unknown) => {
    throw new TypeError(`an array of arrays takes instances of AMQPArray, not ${kindOf(value)}`)
  },
  described: (value: unknown) => {
    throw new TypeError(`a described value is an AMQPDescribed, not ${kindOf(value)}`)
  },
}

/** Types whose values `decode` gives as JavaScript's own; the others stay wrapped. */
const PLAIN: ReadonlySet<AMQPTypeName> = new Set<AMQPTypeName>([...PRIMITIVE, 'binary', 'list', 'map'])

function check(
  values: readonly AMQPInput[],
  elementType: AMQPTypeName | undefined,
  descriptors: readonly AMQPInput[] = NO_DESCRIPTORS,
): ArrayContent {
  if (elementType !== undefined && !Object.hasOwn(WRAP, elementType)) {
    throw new TypeError(`elementType ${String(elementType)} is not the name of a type`)
  }
  const [first] = values
  if (first instanceof AMQPDescribed && (elementType === undefined || elementType === 'described')) {
    return check(undescribe(values, first.descriptor), undefined, [...descriptors, first.descriptor])
  }
  const type = elementType ?? commonType(values)
  if (type === 'described') {
    throw new TypeError('elementType is that of the values proper, where descriptors describe them')
  }
  return new Checked(
    values.map((value) => settle(type, value)),
    type,
    descriptors,
  )
}

/** The value as the array keeps it. Bigints, of which arrays can be long, are checked without making a wrapper. */
function settle(type: AMQPTypeName, value: AMQPInput): AMQPInput {
  if (typeof value === 'bigint' && (type === 'long' ? isInt64(value) : type === 'ulong' && isUint64(value)))
    return value
  const wrapped = wrap(type, value)
  return value instanceof AMQPType || !PLAIN.has(type) ? wrapped : (wrapped.value as AMQPInput)
}

function undescribe(values: readonly AMQPInput[], descriptor: AMQPInput): AMQPInput[] {
  return values.map((value) => {
    if (value instanceof AMQPDescribed && equalInputs(value.descriptor, descriptor)) return value.value
    throw new TypeError('an array whose first value is described takes values with the same descriptor only')
  })
}

function commonType(values: readonly AMQPInput[]): AMQPTypeName {
  const types = new Set(values.map((value) => typed(value).type))
  const [type] = types
  if (type === undefined) throw new TypeError('elementType must be said for an array without values')
  if (types.size === 1) return type
  if (values.every((value) => typeof value === 'number')) return types.has('double') ? 'double' : 'long'
  if (values.every((value) => typeof value === 'bigint')) return 'ulong'
  throw new TypeError(`an array holds values of one type, not of ${[...types].join(', ')}`)
}
