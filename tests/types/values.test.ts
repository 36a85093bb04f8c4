import test from 'ava'
import {
  AMQPArray,
  AMQPDescribed,
  AMQPDouble,
  type AMQPInput,
  AMQPInt,
  AMQPMap,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPuInt,
  AMQPuLong,
  decode,
  decodeTyped,
  encode,
} from '../../lib/types/index.js'
import { bytesOf, hexOf } from '../support/vector-values.js'

const written = (value: unknown): string => hexOf(encode(value as AMQPInput))

test('numbers are written as int, long or double, by what they are [1.6.9, 1.6.10, 1.6.12]', (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '5400'],
    [127, '547f'],
    [-128, '5480'],
    [128, '7100000080'],
    [-129, '71ffffff7f'],
    [2147483647, '717fffffff'],
    [-2147483648, '7180000000'],
    [2147483648, '810000000080000000'],
    [-2147483649, '81ffffffff7fffffff'],
    [Number.MAX_SAFE_INTEGER, '81001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, '81ffe0000000000001'],
    [2 ** 53, '824340000000000000'],
    [0.5, '823fe0000000000000'],
    [-0, '828000000000000000'],
    [Number.NaN, '827ff8000000000000'],
    [Infinity, '827ff0000000000000'],
    [-Infinity, '82fff0000000000000'],
  ]
  for (const [value, hex] of cases) t.is(written(value), hex, String(value))
})

test('bigints are written as long, from 2^63 on as ulong, and refused beyond 64 bits [1.6.6, 1.6.10]', (t) => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, '5500'],
    [127n, '557f'],
    [-128n, '5580'],
    [128n, '810000000000000080'],
    [-129n, '81ffffffffffffff7f'],
    [2n ** 31n, '810000000080000000'],
    [-1n - 2n ** 31n, '81ffffffff7fffffff'],
    [2n ** 63n - 1n, '817fffffffffffffff'],
    [-(2n ** 63n), '818000000000000000'],
    [2n ** 63n, '808000000000000000'],
    [2n ** 64n - 1n, '80ffffffffffffffff'],
  ]
  for (const [value, hex] of cases) t.is(written(value), hex, String(value))
  t.throws(() => encode(2n ** 64n), { instanceOf: RangeError, message: /18446744073709551616/ })
  t.throws(() => encode({ a: [-(2n ** 63n) - 1n] }), { instanceOf: RangeError, message: /\(at a\[0\]\)$/ })
})

test('other JavaScript values are written as the table says [1.6]', (t) => {
  const cases: readonly (readonly [unknown, string])[] = [
    [null, '40'],
    [undefined, '40'],
    [true, '41'],
    [false, '42'],
    ['', 'a100'],
    ['é', 'a102c3a9'],
    [Uint8Array.of(1, 2), 'a0020102'],
    [Buffer.of(1, 2), 'a0020102'],
    [new Date(-1), '83ffffffffffffffff'],
    [[], '45'],
    [[1, [undefined]], 'c007025401c0020140'],
    [{}, 'c10100'],
    [{ a: 1, b: undefined }, 'c10a04a101615401a1016240'],
    [new Map<unknown, unknown>([[1, 'x']]), 'c106025401a10178'],
    [Object.assign(Object.create(null), { a: 1 }), 'c10602a101615401'],
    [new AMQPuInt(0), '43'],
  ]
  for (const [value, hex] of cases) t.is(written(value), hex)
})

test('texts and bytes get a four byte size from 256 bytes on [1.6.19-1.6.21]', (t) => {
  t.is(written('x'.repeat(255)), `a1ff${'78'.repeat(255)}`)
  t.is(written('x'.repeat(256)), `b100000100${'78'.repeat(256)}`)
  t.is(written('é'.repeat(127)), `a1fe${'c3a9'.repeat(127)}`)
  t.is(written('é'.repeat(128)), `b100000100${'c3a9'.repeat(128)}`)
  t.is(written('€'.repeat(200)), `b100000258${'e282ac'.repeat(200)}`)
  t.is(written(new AMQPSymbol('x'.repeat(255))).slice(0, 4), 'a3ff')
  t.is(written(new AMQPSymbol('x'.repeat(256))).slice(0, 10), 'b300000100')
  t.is(written(new Uint8Array(255)).slice(0, 4), 'a0ff')
  t.is(written(new Uint8Array(256)).slice(0, 10), 'b000000100')
})

test('array elements share the shortest constructor that fits them all [1.6.24]', (t) => {
  const cases: readonly (readonly [AMQPArray, string])[] = [
    [new AMQPArray([0, 127], 'int'), 'e0040254007f'],
    [new AMQPArray([0, 128], 'int'), 'e00a02710000000000000080'],
    [new AMQPArray([0, 255], 'uint'), 'e004025200ff'],
    [new AMQPArray([0, 256], 'uint'), 'e00a02700000000000000100'],
    [new AMQPArray([255n], 'ulong'), 'e0030153ff'],
    [new AMQPArray([256n], 'ulong'), 'e00a01800000000000000100'],
    [new AMQPArray([-128, 127], 'long'), 'e0040255807f'],
    [new AMQPArray([2 ** 40], 'long'), 'e00a01810000010000000000'],
    [new AMQPArray([2n ** 63n], 'ulong'), 'e00a01808000000000000000'],
    [new AMQPArray([true, false]), 'e00402560100'],
    [new AMQPArray([null, null]), 'e0020240'],
    [new AMQPArray([0, 0], 'uint'), 'e00402520000'],
    [new AMQPArray([[], []]), 'e00602c001000100'],
    [new AMQPArray([], 'list'), 'e00200c0'],
    [new AMQPArray([], 'string'), 'e00200a1'],
    [new AMQPArray([], 'boolean', [new AMQPSymbol('d')]), 'e0060000a3016456'],
    [new AMQPArray(['', 'x'.repeat(256)]), `f00000010d00000002b100000000${'00000100'}${'78'.repeat(256)}`],
    [new AMQPArray([new AMQPArray([1]), new AMQPArray([], 'string')]), 'e00902e003015401' + '0200a1'],
  ]
  for (const [array, hex] of cases) t.is(written(array), hex, String(array).slice(0, 60))
})

test('one long element makes the heads of all compound elements long [1.6.24]', (t) => {
  const long = 'x'.repeat(252)
  const hex = written(new AMQPArray([[], [long]]))
  t.is(hex.slice(0, 28), 'f00000010700000002c0' + '0100ff01')
  const wide = written(new AMQPArray([[], [`${long}y`]]))
  t.is(wide.slice(0, 52), 'f00000011400000002d0' + '0000000400000000' + '0000010300000001')
  t.true(decodeTyped(bytesOf(wide)).equals(new AMQPArray([[], [`${long}y`]])))
})

test('types come out as the table says: 64-bit integers always as bigint [1.6]', (t) => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['5201', 1],
    ['5001', 1],
    ['51ff', -1],
    ['61ffff', -1],
    ['60ffff', 65535],
    ['70ffffffff', 4294967295],
    ['723fc00000', 1.5],
    ['44', 0n],
    ['5301', 1n],
    ['55ff', -1n],
    ['80ffffffffffffffff', 18446744073709551615n],
    ['800000000080000000', 2147483648n],
    ['81ffffffff7fffffff', -2147483649n],
    ['830000000000000000', new Date(0)],
    ['83001eb208c2dc0000', new Date(8.64e15)],
    ['83001eb208c2dc0001', new AMQPTimestamp(8640000000000001n)],
    ['837fffffffffffffff', new AMQPTimestamp(2n ** 63n - 1n)],
    ['a30161', new AMQPSymbol('a')],
    ['45', []],
  ]
  for (const [hex, value] of cases) t.deepEqual(decode(bytesOf(hex)), value, hex)
  const binary = decode(bytesOf('a003010203')) as Uint8Array
  t.deepEqual([...binary], [1, 2, 3])
})

test('binary values are views of the input, uuids and decimals are not [1.6.18, 1.6.19]', (t) => {
  const bytes = bytesOf(`c01502a0010198${'00'.repeat(16)}`)
  const [binary, uuid] = decode(bytes) as [Uint8Array, { value: Uint8Array }]
  t.is(binary.buffer, bytes.buffer)
  bytes.fill(9)
  t.is(binary[0], 9)
  t.is(uuid.value[0], 0)
})

test('map keys keep apart what AMQP keeps apart [1.6.23]', (t) => {
  const map = new AMQPMap<AMQPInput, string>([
    [new AMQPuInt(1), 'uint'],
    [new AMQPuLong(1), 'ulong'],
    [new AMQPInt(1), 'int'],
    [new AMQPDouble(1), 'double'],
    ['a', 'string'],
    [new AMQPSymbol('a'), 'symbol'],
    [new AMQPSymbol('b'), 'another symbol'],
    [new AMQPDouble(0), 'zero'],
    [new AMQPDouble(-0), 'negative zero'],
    [null, 'null'],
    [true, 'true'],
  ])
  const decoded = decode(encode(map)) as Map<unknown, string>
  t.is(decoded.size, 11)
  t.is(decoded.get(1), 'uint')
  t.is(decoded.get(1n), 'ulong')
  t.is(decoded.get('a'), 'string')
  t.is(decoded.get('b'), 'another symbol')
  t.is(decoded.get(0), 'zero')
  t.is(decoded.get(null), 'null')
  t.is(decoded.get(true), 'true')
  const wrapped = [...decoded.keys()].filter((key) => key instanceof AMQPInt || key instanceof AMQPDouble)
  t.deepEqual(wrapped, [new AMQPInt(1), new AMQPDouble(1), new AMQPDouble(-0)])
  t.deepEqual(
    [...decoded.keys()].find((key) => key instanceof AMQPSymbol),
    new AMQPSymbol('a'),
  )
  t.deepEqual([...decoded.values()], [...map.value.values()])
  t.true(
    decodeTyped(encode(map)).equals(new AMQPMap([...map.value].map(([key, value]) => [key, value] as const))),
  )
})

test('a string key stays in its wrapper after a symbol alike [1.6.23]', (t) => {
  const bytes = encode(
    new Map<AMQPInput, number>([
      [new AMQPSymbol('a'), 1],
      ['a', 2],
    ]),
  )
  t.deepEqual(
    [...(decode(bytes) as Map<unknown, unknown>)],
    [
      ['a', 1],
      [new AMQPString('a'), 2],
    ],
  )
})

test('keys may be of any type, __proto__ is a key like others [1.6.23]', (t) => {
  const key = [1, 'x']
  const decoded = decode(encode(new Map<AMQPInput, AMQPInput>([[key, 1]]))) as Map<unknown, unknown>
  t.deepEqual([...decoded], [[key, 1]])
  const object = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}') as AMQPInput
  const map = decode(encode(object)) as Map<string, unknown>
  t.deepEqual([...map.keys()], ['__proto__', 'constructor'])
  t.is(({} as { polluted?: unknown }).polluted, undefined)
})

test('results stay what they are when more is encoded [1.6]', (t) => {
  const results = Array.from(
    { length: 2000 },
    (_, i) => [i, encode(['value', i, 'x'.repeat(i % 300)])] as const,
  )
  const large = encode(new Uint8Array(200_000))
  t.is(large.length, 200_005)
  for (const [i, bytes] of results) t.deepEqual(decode(bytes), ['value', i, 'x'.repeat(i % 300)])
})

test('a described value decodes and encodes to the same bytes, whatever the form of its descriptor [1.5]', (t) => {
  for (const hex of ['00532445', '0080ffffffffffffffff45', '00a30161a10162', '004440']) {
    t.is(hexOf(encode(decode(bytesOf(hex)))), hex)
  }
  t.is(hexOf(encode(new AMQPDescribed('a', 'b'))), '00a30161a10162')
})
