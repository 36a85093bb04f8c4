import test from 'ava'
import fc from 'fast-check'
import {
  AMQPArray,
  AMQPBinary,
  AMQPBoolean,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
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
  AMQPType,
  type AMQPTypeName,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
  encode,
} from '../../lib/types/index.js'
import { typedValue } from '../support/arbitraries.js'
import { hexOf } from '../support/vector-values.js'

const integers = [
  [AMQPuByte, 'ubyte', 0, 255],
  [AMQPuShort, 'ushort', 0, 65535],
  [AMQPuInt, 'uint', 0, 4294967295],
  [AMQPByte, 'byte', -128, 127],
  [AMQPShort, 'short', -32768, 32767],
  [AMQPInt, 'int', -2147483648, 2147483647],
] as const

for (const [Wrapper, type, min, max] of integers) {
  test(`${Wrapper.name} holds every integer from ${min} to ${max} and nothing else [1.6.3-1.6.9]`, (t) => {
    for (const value of [min, 0, max]) {
      t.is(new Wrapper(value).value, value)
      t.is(new Wrapper(value).type, type)
      t.is(String(new Wrapper(value)), String(value))
    }
    t.is(new Wrapper(-0).value, 0)
    for (const value of [min - 1, max + 1, 0.5, Number.NaN, Infinity, -Infinity]) {
      t.throws(() => new Wrapper(value), {
        instanceOf: RangeError,
        message: new RegExp(`^${Wrapper.name} takes`),
      })
    }
    for (const value of ['1', 1n, null, undefined, {}, true]) {
      t.throws(() => new Wrapper(value as never), {
        instanceOf: TypeError,
        message: new RegExp(`^${Wrapper.name}`),
      })
    }
  })
}

const longs = [
  [AMQPuLong, 'ulong', 0n, 2n ** 64n - 1n],
  [AMQPLong, 'long', -(2n ** 63n), 2n ** 63n - 1n],
  [AMQPTimestamp, 'timestamp', -(2n ** 63n), 2n ** 63n - 1n],
] as const

for (const [Wrapper, type, min, max] of longs) {
  test(`${Wrapper.name} holds a bigint, made from one or from a safe integer [1.6.6, 1.6.10, 1.6.17]`, (t) => {
    for (const value of [min, 0n, 2n ** 53n + 1n, max]) {
      t.is(new Wrapper(value).value, value)
      t.is(new Wrapper(value).type, type)
    }
    t.is(new Wrapper(Number.MAX_SAFE_INTEGER).value, 9007199254740991n)
    for (const value of [min - 1n, max + 1n, 2 ** 53, 0.5, Number.NaN]) {
      t.throws(() => new Wrapper(value), {
        instanceOf: RangeError,
        message: new RegExp(`^${Wrapper.name} takes`),
      })
    }
    for (const value of ['1', null, undefined, true]) {
      t.throws(() => new Wrapper(value as never), {
        instanceOf: TypeError,
        message: new RegExp(`^${Wrapper.name}`),
      })
    }
  })
}

test('a timestamp is made from a Date and gives one back where one can hold it [1.6.17]', (t) => {
  const date = new Date('2024-01-01T00:00:00Z')
  t.is(new AMQPTimestamp(date).value, 1704067200000n)
  t.deepEqual(new AMQPTimestamp(date).toDate(), date)
  t.is(String(new AMQPTimestamp(date)), '2024-01-01T00:00:00.000Z')
  t.is(new AMQPTimestamp(8_640_000_000_000_001n).toDate(), undefined)
  t.is(String(new AMQPTimestamp(2n ** 63n - 1n)), '9223372036854775807 ms')
  t.throws(() => new AMQPTimestamp(new Date(Number.NaN)), { instanceOf: RangeError })
})

test('a float is rounded to 32 bits on construction, a double is not [1.6.11, 1.6.12]', (t) => {
  t.is(new AMQPFloat(0.1).value, Math.fround(0.1))
  t.is(new AMQPDouble(0.1).value, 0.1)
  t.is(new AMQPFloat(1e-50).value, 0)
  for (const value of [Number.NaN, Infinity, -Infinity, -0]) t.is(new AMQPFloat(value).value, value)
  t.throws(() => new AMQPFloat(1e39), { instanceOf: RangeError, message: /32 bits/ })
  t.throws(() => new AMQPFloat('1' as never), { instanceOf: TypeError })
  t.throws(() => new AMQPDouble(1n as never), { instanceOf: TypeError })
  t.is(String(new AMQPDouble(-0)), '-0')
  t.is(String(new AMQPFloat(-0)), '-0')
  t.is(String(new AMQPFloat(1.5)), '1.5')
})

test('a char is one code point, beyond the basic plane too, and no surrogate [1.6.16]', (t) => {
  for (const value of ['a', '\0', 'é', '€', '\uffff', '😀', '\u{10ffff}'])
    t.is(new AMQPChar(value).value, value)
  for (const value of ['', 'ab', '😀a', '\ud83d', '\ude00', 'e\u0301', '\ud83da']) {
    t.throws(() => new AMQPChar(value), { instanceOf: RangeError })
  }
  t.throws(() => new AMQPChar(65 as never), { instanceOf: TypeError, message: /not number/ })
})

test('a string holds all text that UTF-8 can, a symbol ASCII only [1.6.20, 1.6.21]', (t) => {
  t.is(new AMQPString('é😀').value, 'é😀')
  t.throws(() => new AMQPString('a\ud800'), { instanceOf: RangeError })
  t.throws(() => new AMQPString(1 as never), { instanceOf: TypeError })
  t.is(new AMQPSymbol('a\u007f').value, 'a\u007f')
  t.throws(() => new AMQPSymbol('\u0080'), { instanceOf: RangeError })
  t.throws(() => new AMQPSymbol(null as never), { instanceOf: TypeError })
  t.is(`${new AMQPSymbol('amqp:accepted:list')}`, 'amqp:accepted:list')
})

test('a uuid is made from 16 bytes, which are copied, or from 36 characters [1.6.18]', (t) => {
  const text = '00112233-4455-6677-8899-aabbccddeeff'
  const uuid = new AMQPUuid(text)
  t.is(hexOf(uuid.value), '00112233445566778899aabbccddeeff')
  t.is(String(uuid), text)
  t.true(uuid.equals(new AMQPUuid(text.toUpperCase())))
  const bytes = new Uint8Array(16)
  const zero = new AMQPUuid(bytes)
  bytes.fill(255)
  t.is(String(zero), '00000000-0000-0000-0000-000000000000')
  for (const value of [
    new Uint8Array(15),
    text.slice(1),
    `${text}0`,
    text.replaceAll('-', ''),
    `{${text}}`,
  ]) {
    t.throws(() => new AMQPUuid(value), { instanceOf: RangeError })
  }
  t.throws(() => new AMQPUuid(7 as never), { instanceOf: TypeError })
})

test('binary holds the very bytes it is given, a Buffer too [1.6.19]', (t) => {
  const bytes = Buffer.of(1, 2, 255)
  t.is(new AMQPBinary(bytes).value, bytes)
  t.is(String(new AMQPBinary(bytes)), '0x0102ff')
  t.throws(() => new AMQPBinary([1] as never), { instanceOf: TypeError, message: /not Array/ })
  t.throws(() => new AMQPBinary('abc' as never), { instanceOf: TypeError })
})

test('null, booleans, lists, maps: what does not fit is refused [1.6.1, 1.6.2, 1.6.22, 1.6.23]', (t) => {
  t.is(new AMQPNull().value, null)
  t.throws(() => new AMQPNull(0 as never), { instanceOf: TypeError })
  t.throws(() => new AMQPBoolean(1 as never), { instanceOf: TypeError })
  t.throws(() => new AMQPList('ab' as never), { instanceOf: TypeError })
  t.throws(() => new AMQPMap('ab' as never), { instanceOf: TypeError })
  t.throws(() => new AMQPMap(new Date() as never), { instanceOf: TypeError, message: /not Date/ })
})

test('a map is made of a Map, of pairs or of a plain object, and finds values by typed keys [1.6.23]', (t) => {
  const map = new AMQPMap<AMQPType | number | string, string>([
    [new AMQPuInt(1), 'uint'],
    [new AMQPuLong(1), 'ulong'],
    [1, 'int'],
    [new AMQPSymbol('1'), 'symbol'],
  ])
  t.is(map.get(new AMQPuInt(1)), 'uint')
  t.is(map.get(new AMQPuLong(1)), 'ulong')
  t.is(map.get(new AMQPInt(1)), 'int')
  t.is(map.get(new AMQPSymbol('1')), 'symbol')
  t.is(map.get('1'), undefined)
  const entries = new Map([['a', 1]])
  t.is(new AMQPMap(entries).value, entries)
  t.true(new AMQPMap({ a: 1 }).equals(new AMQPMap(entries)))
})

test('equality is of type and value at every level [1.6]', (t) => {
  const same: readonly (readonly [AMQPType, AMQPType])[] = [
    [new AMQPDouble(Number.NaN), new AMQPDouble(Number.NaN)],
    [new AMQPBinary(Uint8Array.of(1)), new AMQPBinary(Buffer.of(1))],
    [new AMQPList([1, 'a', null]), new AMQPList([new AMQPInt(1), new AMQPString('a'), new AMQPNull()])],
    [new AMQPList([undefined, 2 ** 40]), new AMQPList([null, 2n ** 40n])],
    [
      new AMQPList([[true], { k: 1.5 }]),
      new AMQPList([new AMQPList([true]), new AMQPMap({ k: new AMQPDouble(1.5) })]),
    ],
    [new AMQPArray([1n, 2n]), new AMQPArray([new AMQPLong(1), new AMQPLong(2)])],
    [new AMQPArray([1, 2], 'ubyte'), new AMQPArray([new AMQPuByte(1), new AMQPuByte(2)])],
    [new AMQPDescribed(36n, []), new AMQPDescribed(new AMQPuLong(36), new AMQPList([]))],
  ]
  for (const [a, b] of same) {
    t.true(a.equals(b), `${a} ${b}`)
    t.true(b.equals(a))
  }
  const different: readonly (readonly [AMQPType, unknown])[] = [
    [new AMQPInt(1), 1],
    [new AMQPInt(1), new AMQPuInt(1)],
    [new AMQPDouble(0), new AMQPDouble(-0)],
    [new AMQPString('a'), new AMQPSymbol('a')],
    [new AMQPBinary(Uint8Array.of(1)), new AMQPBinary(Uint8Array.of(1, 2))],
    [new AMQPList([1]), new AMQPList([1n])],
    [new AMQPList([1]), new AMQPList([1, 1])],
    [new AMQPList([1]), new AMQPArray([1])],
    [new AMQPMap({ a: 1, b: 2 }), new AMQPMap({ b: 2, a: 1 })],
    [new AMQPMap({ a: 1 }), new AMQPMap({ a: 2 })],
    [new AMQPMap({ a: 1 }), new AMQPMap({})],
    [new AMQPArray([], 'int'), new AMQPArray([], 'uint')],
    [new AMQPArray([1], 'int'), new AMQPArray([1], 'int', ['d'])],
    [new AMQPArray([1], 'int', ['d']), new AMQPArray([1], 'int', ['e'])],
    [new AMQPDescribed('a', 1), new AMQPDescribed('b', 1)],
    [new AMQPDescribed('a', 1), new AMQPDescribed('a', 2)],
    [new AMQPDescribed('a', 1), new AMQPInt(1)],
    [new AMQPNull(), undefined],
  ]
  for (const [a, b] of different) {
    t.false(a.equals(b), `${a} ${b}`)
    if (b instanceof AMQPType) t.false(b.equals(a))
  }
})

test('values are equal exactly when they are written alike [1.6]', (t) => {
  fc.assert(
    fc.property(typedValue, typedValue, (a, b) => {
      t.true(a.equals(a))
      t.is(a.equals(b), hexOf(encode(a)) === hexOf(encode(b)))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('values are shown as readable text [1.6]', (t) => {
  const value = new AMQPDescribed(
    new AMQPSymbol('x:y'),
    new AMQPList([
      null,
      true,
      -1.5,
      2n ** 63n,
      'a "b"',
      Uint8Array.of(10),
      { k: [] },
      new AMQPArray(['a', 'b'], 'symbol'),
      new AMQPArray([], 'uint', [new AMQPSymbol('d')]),
      new AMQPChar('é'),
    ]),
  )
  t.is(
    String(value),
    'x:y([null, true, -1.5, 9223372036854775808, "a \\"b\\"", 0x0a, {"k": []}, symbol[a, b], d uint[], é])',
  )
  const circular: unknown[] = []
  circular.push(circular)
  t.regex(String(new AMQPList(circular as never)), /^\[{65}…\]{65}$/)
})

test('an array finds the type of its values, or takes the one named [1.6.24]', (t) => {
  const types: readonly (readonly [readonly unknown[], AMQPTypeName])[] = [
    [[1, 2], 'int'],
    [[1, 2 ** 40], 'long'],
    [[1, 0.5], 'double'],
    [[2 ** 40, 0.5], 'double'],
    [[1n, -1n], 'long'],
    [[1n, 2n ** 63n], 'ulong'],
    [['a'], 'string'],
    [[true], 'boolean'],
    [[null, undefined], 'null'],
    [[new Date(0)], 'timestamp'],
    [[Uint8Array.of(1)], 'binary'],
    [[[1], ['a']], 'list'],
    [[{ a: 1 }, new Map()], 'map'],
    [[new AMQPArray([1]), new AMQPArray(['a'])], 'array'],
    [[new AMQPSymbol('a')], 'symbol'],
    [[new AMQPDecimal32('1')], 'decimal32'],
  ]
  for (const [values, type] of types) t.is(new AMQPArray(values as never).elementType, type)
  t.is(new AMQPArray([1, 2], 'ushort').elementType, 'ushort')
  t.deepEqual([...new AMQPArray([1, 2], 'long')], [1n, 2n] as never)
  t.is(new AMQPArray([1, 2]).length, 2)
  t.deepEqual(new AMQPArray(['a'], 'symbol').value, [new AMQPSymbol('a')] as never)
  t.deepEqual(new AMQPArray(['00112233-4455-6677-8899-aabbccddeeff'], 'uuid').value, [
    new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff'),
  ] as never)
  t.is(new AMQPArray<number>([0.1], 'float').value[0], Math.fround(0.1))
})

test('an array keeps its own copy of values that all fit [1.6.24]', (t) => {
  const values = [1, 2]
  const array = new AMQPArray(values)
  values.push(3)
  t.is(array.length, 2)
  const bad: readonly (readonly [
    readonly unknown[],
    string | undefined,
    typeof TypeError | typeof RangeError,
  ])[] = [
    [[], undefined, TypeError],
    [[1, 'a'], undefined, TypeError],
    [[1, 1n], undefined, TypeError],
    [[-1n, 2n ** 63n], undefined, RangeError],
    [[256], 'ubyte', RangeError],
    [['a'], 'int', TypeError],
    [[new AMQPInt(1)], 'uint', TypeError],
    [[new AMQPInt(1), new AMQPuInt(1)], undefined, TypeError],
    [['é'], 'symbol', RangeError],
    [[2n ** 64n], 'ulong', RangeError],
    [[[1]], 'array', TypeError],
    [[1], 'described', TypeError],
    [[], 'described', TypeError],
    [[1], 'integer', TypeError],
    [[1], 'toString', TypeError],
    [[() => 1], undefined, TypeError],
    [[new AMQPDescribed('a', 1), 1], undefined, TypeError],
    [[new AMQPDescribed('a', 1), new AMQPDescribed('b', 1)], undefined, TypeError],
  ]
  for (const [list, type, kind] of bad) {
    t.throws(
      () => new AMQPArray(list as never, type as never),
      { instanceOf: kind },
      `${String(type)} ${list.length}`,
    )
  }
})

test('described values of an array are taken apart, whatever their depth [1.6.24]', (t) => {
  const symbol = new AMQPSymbol('celsius')
  const array = new AMQPArray([new AMQPDescribed(symbol, 1), new AMQPDescribed(symbol, 2)])
  t.true(array.equals(new AMQPArray([1, 2], 'int', [symbol])))
  const twice = new AMQPArray([new AMQPDescribed('a', new AMQPDescribed('b', true))], 'described')
  t.true(twice.equals(new AMQPArray([true], 'boolean', ['a', 'b'])))
})
