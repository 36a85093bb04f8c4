import test from 'ava'
import type { DecodeErrorKind } from '../../lib/errors.js'
import { DecodeError } from '../../lib/errors.js'
import { Reader } from '../../lib/types/cursor.js'
import { readValue, skipValue } from '../../lib/types/decode.js'
import { decode, decodeTyped } from '../../lib/types/index.js'
import { bytesOf, readVectorFile } from '../support/vector-values.js'

interface MalformedCase {
  readonly name: string
  readonly context: string
  readonly hex: string
  readonly expect: { readonly kind: DecodeErrorKind; readonly condition: string }
}

const cases = (readVectorFile('malformed.json') as MalformedCase[]).filter((one) => one.context === 'value')

const decoders: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ['decode', (bytes) => decode(bytes)],
  ['decodeTyped', (bytes) => decodeTyped(bytes)],
  ['readValue', (bytes) => readValue(new Reader(bytes))],
]

test('there are malformed values to refuse', (t) => {
  t.true(cases.length >= 36)
})

for (const { name, hex, expect } of cases) {
  for (const [decoder, run] of decoders) {
    test(`${decoder} refuses ${name} as ${expect.kind} [1.6]`, (t) => {
      const error = t.throws(() => run(bytesOf(hex)), { instanceOf: DecodeError })
      t.is(error?.kind, expect.kind)
      t.is(error?.condition, expect.condition)
      t.true(Number.isInteger(error?.offset) && (error?.offset ?? -1) >= 0)
      t.true((error?.offset ?? Infinity) <= hex.length / 2)
      t.regex(error?.message ?? '', new RegExp(`^.{8,120} \\(${expect.kind} at offset ${error?.offset}\\)$`))
    })
  }
}

const more: readonly (readonly [name: string, hex: string, kind: DecodeErrorKind, offset: number])[] = [
  ['bytes after the value', '4040', 'trailing-bytes', 1],
  [
    'a list item that ends beyond its list, inside the input',
    'd000000006000000017000000000',
    'truncated',
    10,
  ],
  ['more bytes than a list has items', 'c00401540140', 'count-mismatch', 5],
  ['a list whose items end before its count', 'c003025401', 'truncated', 5],
  ['an array that holds more than its count', 'e00402500102' + '03', 'trailing-bytes', 6],
  ['an array of more bytes than elements', 'e0050250010203', 'count-mismatch', 6],
  ['an array without room for its constructor', 'f00000000400000000', 'truncated', 9],
  ['an array of 32 bit size that does not cover its count', 'f000000003000000', 'size-too-small', 0],
  ['the same string key twice', 'c10b04a1016b5401a1016b5402', 'count-mismatch', 8],
  ['the same number as key twice, in two encodings', 'c10604' + '4340' + '520040', 'count-mismatch', 5],
  [
    'the same symbol as key twice, after a string alike',
    'c10d06a1016b40a3016b40a3016b40',
    'count-mismatch',
    11,
  ],
  ['null as key twice', 'c1050440404040', 'count-mismatch', 5],
]

for (const [name, hex, kind, offset] of more) {
  for (const [decoder, run] of decoders.slice(0, 2)) {
    test(`${decoder} refuses ${name} [1.6]`, (t) => {
      const error = t.throws(() => run(bytesOf(hex)), { instanceOf: DecodeError })
      t.is(error?.kind, kind)
      t.is(error?.offset, offset)
    })
  }
}

test('an error is placed from the start of the bytes, wherever reading began [1.6]', (t) => {
  const error = t.throws(() => readValue(new Reader(bytesOf('40405602'), 2)), { instanceOf: DecodeError })
  t.is(error?.kind, 'invalid-boolean')
  t.is(error?.offset, 3)
})

test('skipping checks sizes and constructors, not contents [1.6]', (t) => {
  const skip = (hex: string): number => {
    const r = new Reader(bytesOf(hex))
    skipValue(r)
    return r.pos
  }
  t.is(skip('a1028080' + '40'), 4)
  t.is(skip('005324c00101' + '40'), 6)
  for (const [hex, kind] of [
    ['', 'truncated'],
    ['00', 'truncated'],
    ['0040', 'truncated'],
    ['8000', 'truncated'],
    ['a105616263', 'size-exceeds-input'],
    ['d0ffffffff00', 'size-exceeds-input'],
    ['f0000000', 'truncated'],
    ['46', 'unknown-constructor'],
    ['00'.repeat(70), 'nesting-too-deep'],
    [`${'0040'.repeat(70)}40`, 'nesting-too-deep'],
  ] as const) {
    t.is(t.throws(() => skip(hex), { instanceOf: DecodeError })?.kind, kind, hex)
  }
})

test('skipping stays within the end that the reader was given [1.6]', (t) => {
  const r = new Reader(bytesOf('a1036162634040'), 0, 4)
  t.is(t.throws(() => skipValue(r), { instanceOf: DecodeError })?.kind, 'size-exceeds-input')
})
