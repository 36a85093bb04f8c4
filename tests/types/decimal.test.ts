import test from 'ava'
import fc from 'fast-check'
import { AMQPDecimal32, AMQPDecimal64, AMQPDecimal128 } from '../../lib/types/index.js'
import { bytesOf, hexOf } from '../support/vector-values.js'

const CLASSES = { 32: AMQPDecimal32, 64: AMQPDecimal64, 128: AMQPDecimal128 } as const
type Bits = keyof typeof CLASSES

/** Text and bytes of finite numbers as a C compiler for x86-64 lays them out (binary integer encoding). */
const compiled: readonly (readonly [Bits, string, string])[] = [
  [32, '1', '32800001'],
  [32, '0', '32800000'],
  [32, '-0.0', 'b2000000'],
  [32, '12.50', '318004e2'],
  [32, '-7', 'b2800007'],
  [32, '1E-101', '00000001'],
  [32, '9.999999E+96', '77f8967f'],
  [32, '1E+3', '34000001'],
  [32, '8388607', '32ffffff'],
  [32, '8388608', '6ca00000'],
  [32, '9999999', '6cb8967f'],
  [32, '-9.999999E-95', 'e018967f'],
  [32, '1.00', '31800064'],
  [32, '0.001', '31000001'],
  [64, '1', '31c0000000000001'],
  [64, '-12.50', 'b1800000000004e2'],
  [64, '9007199254740991', '31dfffffffffffff'],
  [64, '9007199254740992', '6c70000000000000'],
  [64, '9999999999999999', '6c7386f26fc0ffff'],
  [64, '9.999999999999999E+384', '77fb86f26fc0ffff'],
  [64, '1E-398', '0000000000000001'],
  [64, '0.1', '31a0000000000001'],
  [64, '1234567890.123456', '310462d53c8abac0'],
  [128, '1', '30400000000000000000000000000001'],
  [128, '-12.50', 'b03c00000000000000000000000004e2'],
  [128, '0.1', '303e0000000000000000000000000001'],
  [128, '1E+3', '30460000000000000000000000000001'],
  [128, '9.999999999999999999999999999999999E+6144', '5fffed09bead87c0378d8e63ffffffff'],
  [128, '1E-6176', '00000000000000000000000000000001'],
  [128, '1234567890123456789012345678901234', '30403cde6fff9732de825cd07e96aff2'],
  [128, '1.234567890123456789012345678901234E-7', '2ff03cde6fff9732de825cd07e96aff2'],
  [128, '0.000001234567890123456789012345678901234', '2ff23cde6fff9732de825cd07e96aff2'],
  [128, '0E+6000', '5f200000000000000000000000000000'],
  [128, '0E-611', '2b7a0000000000000000000000000000'],
]

const special: readonly (readonly [Bits, string, string])[] = [
  [32, 'Infinity', '78000000'],
  [32, '-Infinity', 'f8000000'],
  [32, 'NaN', '7c000000'],
  [32, '-NaN', 'fc000000'],
  [32, 'sNaN', '7e000000'],
  [32, 'NaN123', '7c00007b'],
  [64, 'Infinity', '7800000000000000'],
  [64, '-sNaN7', 'fe00000000000007'],
  [128, 'Infinity', '78000000000000000000000000000000'],
  [128, '-Infinity', 'f8000000000000000000000000000000'],
  [128, 'NaN', '7c000000000000000000000000000000'],
  [128, 'sNaN18', '7e000000000000000000000000000012'],
]

for (const [bits, text, hex] of [...compiled, ...special]) {
  test(`decimal${bits} ${text} is ${hex}, and back [1.6.13-1.6.15]`, (t) => {
    const decimal = new CLASSES[bits](text)
    t.is(hexOf(decimal.value), hex)
    t.is(new CLASSES[bits](bytesOf(hex)).toString(), text)
  })
}

test('other spellings mean the same number [1.6.13]', (t) => {
  for (const [text, same] of [
    ['+1', '1'],
    ['001', '1'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['1e3', '1E+3'],
    ['-inf', '-Infinity'],
    ['+INFINITY', 'Infinity'],
    ['nan', 'NaN'],
    ['NaN000', 'NaN'],
    ['1000000000', '1.000000E+9'],
    ['0.000E-100', '0E-101'],
    ['0E+999999999999', '0E+90'],
    ['10E-102', '1E-101'],
    ['1E+96', '1.000000E+96'],
  ] as const) {
    t.is(new AMQPDecimal32(text).toString(), same, text)
  }
})

test('what cannot be held exactly is refused, never rounded [1.6.13]', (t) => {
  for (const text of [
    '12345678',
    '1.2345678',
    '1E+97',
    '10E+96',
    '1E-102',
    '1.5E-101',
    '0.1E-101',
    '1E+999999999999',
    '1E-999999999999',
    'NaN1234567',
  ]) {
    t.throws(() => new AMQPDecimal32(text), {
      instanceOf: RangeError,
      message: /cannot be held exactly by 32 bits/,
    })
  }
  t.throws(() => new AMQPDecimal128(`1${'0'.repeat(34)}1`), { message: /by 128 bits/ })
  t.throws(() => new AMQPDecimal64(`1${'0'.repeat(500)}1`), {
    message: /^10{59}… cannot be held exactly by 64 bits$/,
  })
})

test('what is not a number is refused [1.6.13]', (t) => {
  for (const text of [
    '',
    '.',
    '-',
    '1.2.3',
    '1e',
    'e5',
    '0x10',
    ' 1',
    '1 ',
    'nan-1',
    'Infinit',
    '1_000',
    '١',
  ]) {
    t.throws(
      () => new AMQPDecimal64(text),
      { instanceOf: RangeError, message: /is not a decimal number/ },
      text,
    )
  }
})

test('coefficients with too many digits are zero, as is their text [1.6.13]', (t) => {
  t.is(new AMQPDecimal32(bytesOf('6cbfffff')).toString(), '0')
  t.is(new AMQPDecimal128(bytesOf('6c100000000000000000000000000000')).toString(), '0')
  t.is(new AMQPDecimal128(bytesOf('ec1000000000efbeadde1032547698ba')).toString(), '-0')
  t.is(new AMQPDecimal128(bytesOf('6c11ffffffffffffffffffffffffffff')).toString(), '0E+3')
  t.is(new AMQPDecimal32(bytesOf('7c0fffff')).toString(), 'NaN')
})

test('bytes must be as many as the format has, and are copied [1.6.13]', (t) => {
  const bytes = bytesOf('32800001')
  const decimal = new AMQPDecimal32(bytes)
  bytes.fill(0)
  t.is(decimal.toString(), '1')
  t.throws(() => new AMQPDecimal32(new Uint8Array(8)), { instanceOf: RangeError, message: /4 bytes, not 8/ })
  t.throws(() => new AMQPDecimal64(new Uint8Array(4)), { instanceOf: RangeError })
  t.throws(() => new AMQPDecimal128(1 as never), { instanceOf: TypeError, message: /not number/ })
})

test('numbers that are equal but of other digits are not the same value [1.6.13]', (t) => {
  t.false(new AMQPDecimal32('1.0').equals(new AMQPDecimal32('1.00')))
  t.true(new AMQPDecimal32('1.0').equals(new AMQPDecimal32('1.0')))
  t.false(new AMQPDecimal32('1').equals(new AMQPDecimal64('1')))
})

for (const [bits, digits, lowest, highest] of [
  [32, 7, -101, 90],
  [64, 16, -398, 369],
  [128, 34, -6176, 6111],
] as const) {
  test(`every decimal${bits} survives its text, from bytes and from digits [1.6.13-1.6.15]`, (t) => {
    const coefficient = fc.bigInt({ min: 0n, max: 10n ** BigInt(digits) - 1n })
    fc.assert(
      fc.property(
        fc.boolean(),
        coefficient,
        fc.integer({ min: lowest, max: highest }),
        (negative, number, exponent) => {
          const decimal = new CLASSES[bits](`${negative ? '-' : ''}${number}E${exponent}`)
          const again = new CLASSES[bits](decimal.toString())
          t.is(hexOf(again.value), hexOf(decimal.value))
        },
      ),
      { numRuns: 200 },
    )
    const length = bits / 8
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const text = new CLASSES[bits](bytes).toString()
        t.is(new CLASSES[bits](text).toString(), text)
      }),
      { numRuns: 200 },
    )
    t.pass()
  })
}
