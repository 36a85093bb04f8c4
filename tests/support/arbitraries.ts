// Random AMQP values in wrappers, for property tests. Keys of maps are distinct, as the specification demands [1.6.23].

import fc from 'fast-check'
import {
  AMQPArray,
  AMQPBinary,
  AMQPBoolean,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPDouble,
  AMQPFloat,
  AMQPInt,
  AMQPList,
  AMQPLong,
  AMQPMap,
  AMQPNull,
  AMQPShort,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
  type AMQPType,
  type AMQPTypeName,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from '../../lib/types/index.js'

/** Integers of a range, often near its ends and near the ends of a byte, where encodings change. */
function integers(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const edges = [min, min + 1n, -129n, -128n, -1n, 0n, 1n, 127n, 128n, 255n, 256n, 2n ** 32n, max - 1n, max]
  return fc.oneof(
    fc.constantFrom(...edges.filter((edge) => edge >= min && edge <= max)),
    fc.bigInt({ min, max }),
  )
}

function numbers(min: number, max: number): fc.Arbitrary<number> {
  return integers(BigInt(min), BigInt(max)).map(Number)
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

/** Lengths around 255, where the size field grows, come up now and then. */
const lengths = fc.oneof(
  { weight: 20, arbitrary: fc.nat({ max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 80, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: 250, max: 260 }) },
)
const text = lengths.chain((length) =>
  fc.string({ unit: 'grapheme', minLength: Math.min(length, 60), maxLength: length }),
)
const ascii = lengths.chain((length) =>
  fc.string({ unit: 'binary-ascii', minLength: length, maxLength: length }),
)
const codePoint = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point))
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/** Values of each simple type. */
export const scalarsOf: { readonly [type: string]: fc.Arbitrary<AMQPType> } = {
  null: fc.constant(new AMQPNull()),
  boolean: fc.boolean().map((value) => new AMQPBoolean(value)),
  ubyte: numbers(0, 0xff).map((value) => new AMQPuByte(value)),
  ushort: numbers(0, 0xffff).map((value) => new AMQPuShort(value)),
  uint: numbers(0, 0xffffffff).map((value) => new AMQPuInt(value)),
  ulong: integers(0n, 2n ** 64n - 1n).map((value) => new AMQPuLong(value)),
  byte: numbers(-0x80, 0x7f).map((value) => new AMQPByte(value)),
  short: numbers(-0x8000, 0x7fff).map((value) => new AMQPShort(value)),
  int: numbers(-0x80000000, 0x7fffffff).map((value) => new AMQPInt(value)),
  long: integers(MIN_INT64, MAX_INT64).map((value) => new AMQPLong(value)),
  float: fc.float().map((value) => new AMQPFloat(value)),
  double: fc.double().map((value) => new AMQPDouble(value)),
  decimal32: bytes(4).map((value) => new AMQPDecimal32(value)),
  decimal64: bytes(8).map((value) => new AMQPDecimal64(value)),
  decimal128: bytes(16).map((value) => new AMQPDecimal128(value)),
  char: codePoint.map((value) => new AMQPChar(value)),
  timestamp: fc
    .oneof(integers(MIN_INT64, MAX_INT64), fc.constantFrom(8_640_000_000_000_000n, 8_640_000_000_000_001n))
    .map((value) => new AMQPTimestamp(value)),
  uuid: bytes(16).map((value) => new AMQPUuid(value)),
  binary: lengths.chain(bytes).map((value) => new AMQPBinary(value)),
  string: text.map((value) => new AMQPString(value)),
  symbol: ascii.map((value) => new AMQPSymbol(value)),
}

export const scalar: fc.Arbitrary<AMQPType> = fc.oneof(...Object.values(scalarsOf))

/** What keys are told apart by: their type and value, as text. */
function keyOf(key: AMQPType): string {
  const { type, value } = key
  if (value instanceof Uint8Array) return `${type} ${Buffer.from(value).toString('hex')}`
  return `${type} ${Object.is(value, -0) ? '-0' : key}`
}

function maps(key: fc.Arbitrary<AMQPType>, value: fc.Arbitrary<AMQPType>): fc.Arbitrary<AMQPType> {
  const pairs = fc.uniqueArray(fc.tuple(key, value), { maxLength: 4, selector: ([one]) => keyOf(one) })
  return pairs.map((list) => new AMQPMap(list))
}

/** Keys of few values and many types, so that some are alike to JavaScript. */
const closeKey: fc.Arbitrary<AMQPType> = fc.oneof(
  fc
    .constantFrom('', 'a', '1')
    .chain((value) => fc.constantFrom(new AMQPString(value), new AMQPSymbol(value))),
  fc
    .constantFrom(0, 1, 2)
    .chain((value) =>
      fc.constantFrom(
        new AMQPuByte(value),
        new AMQPuInt(value),
        new AMQPInt(value),
        new AMQPDouble(value),
        new AMQPDouble(-value),
        new AMQPFloat(value),
        new AMQPLong(value),
        new AMQPuLong(value),
      ),
    ),
)

/** Arrays of the values given, some of them described. */
function arrays(
  type: AMQPTypeName,
  values: fc.Arbitrary<AMQPType[]>,
  descriptor: fc.Arbitrary<AMQPType>,
): fc.Arbitrary<AMQPType> {
  const descriptors = fc.oneof(
    { weight: 4, arbitrary: fc.constant<AMQPType[]>([]) },
    { weight: 1, arbitrary: fc.array(descriptor, { minLength: 1, maxLength: 2 }) },
  )
  return fc.tuple(values, descriptors).map(([list, around]) => new AMQPArray(list, type, around))
}

/** Arrays of a simple type; a few have so many elements that the count needs more than a byte. */
const scalarArray: fc.Arbitrary<AMQPType> = fc.oneof(
  ...Object.entries(scalarsOf).map(([type, element]) => {
    const many = fc
      .tuple(element, element, fc.integer({ min: 250, max: 260 }))
      .map(([one, other, count]) => Array.from({ length: count }, (_, i) => (i % 7 === 0 ? one : other)))
    const values = fc.oneof(
      { weight: 20, arbitrary: fc.array(element, { maxLength: 5 }) },
      { weight: 1, arbitrary: many },
    )
    return arrays(type as AMQPTypeName, values, scalar)
  }),
)

type Kinds = { readonly [kind in 'value' | 'list' | 'map' | 'array' | 'described']: AMQPType }

const kinds = fc.letrec<Kinds>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 6, arbitrary: scalar },
    { weight: 1, arbitrary: tie('list') },
    { weight: 1, arbitrary: tie('map') },
    { weight: 1, arbitrary: tie('array') },
    { weight: 1, arbitrary: tie('described') },
  ),
  list: fc.array(tie('value'), { maxLength: 5 }).map((items): AMQPType => new AMQPList(items)),
  map: fc.oneof(maps(closeKey, tie('value')), maps(scalar, tie('value'))),
  array: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 3, arbitrary: scalarArray },
    { weight: 1, arbitrary: arrays('list', fc.array(tie('list'), { maxLength: 3 }), scalar) },
    { weight: 1, arbitrary: arrays('map', fc.array(tie('map'), { maxLength: 3 }), scalar) },
    { weight: 1, arbitrary: arrays('array', fc.array(tie('array'), { maxLength: 3 }), scalar) },
  ),
  described: fc
    .tuple(fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: tie('value') }), tie('value'))
    .map(([descriptor, value]): AMQPType => new AMQPDescribed(descriptor, value)),
}))

/** Any value, in wrappers at every level. */
export const typedValue: fc.Arbitrary<AMQPType> = fc.oneof(
  { weight: 2, arbitrary: kinds.value },
  { weight: 1, arbitrary: kinds.list },
  { weight: 1, arbitrary: kinds.map },
  { weight: 2, arbitrary: kinds.array },
)
