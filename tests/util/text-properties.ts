// What must hold of text and bytes whichever way they are converted: with the native routines under Buffer, or without.
import test from 'ava'
import fc from 'fast-check'
import type * as Bytes from '../../lib/util/bytes.js'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of any length around the limits between the ways it is done, with and without other than ASCII. */
const anyText = fc.oneof(
  fc.string({ maxLength: 64 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
)

/** Declares the tests for one way. */
export function testText(way: typeof Bytes): void {
  const { asciiDecode, concatBytes, fromHex, utf8Decode, utf8Encode, utf8Length, utf8Write } = way

  function decodeAll(bytes: Uint8Array): string {
    return utf8Decode(bytes, 0, bytes.length)
  }

  test('text is written as the platform encodes it, and its length is known before [1.6.20]', (t) => {
    fc.assert(
      fc.property(anyText, fc.nat(5), (text, pos) => {
        const expected = new TextEncoder().encode(text)
        t.is(utf8Length(text), expected.length)
        t.deepEqual(utf8Encode(text), expected)
        const target = new Uint8Array(pos + expected.length + 2).fill(0xee)
        t.is(utf8Write(text, target, pos), expected.length)
        t.deepEqual(target.slice(pos, pos + expected.length), expected)
        t.true(target.subarray(0, pos).every((byte) => byte === 0xee))
        t.is(target[pos + expected.length], 0xee)
      }),
      { numRuns: 500 },
    )
  })

  test('half a surrogate pair is written as the replacement character, in short and in long text', (t) => {
    for (const padding of ['', 'x'.repeat(40)]) {
      for (const half of ['\ud800', '\udfff', '\ud800x', '\udc00\ud800']) {
        const text = padding + half + padding
        const target = new Uint8Array(200)
        const written = utf8Write(text, target, 0)
        t.is(decodeAll(target.subarray(0, written)), text.replace(/\p{Surrogate}/gu, '\ufffd'))
        t.is(utf8Length(text), written)
      }
    }
  })

  test('any bytes decode to what a strict decoder makes of them, or are refused as it does [1.6.20]', (t) => {
    const piece = fc.oneof(
      anyText.map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom(
          'c080',
          'e08080',
          'f0808080',
          'eda080',
          'f4908080',
          'f8888080',
          'fe',
          'c3',
          'efbbbf',
          'efbfbd',
        )
        .map(fromHex),
    )
    const pieces = fc.array(piece, { maxLength: 4 }).map((parts) => concatBytes(parts))
    fc.assert(
      fc.property(pieces, (bytes) => {
        let expected: string | undefined
        try {
          expected = strict.decode(bytes)
        } catch {
          expected = undefined
        }
        if (expected === undefined) t.throws(() => decodeAll(bytes), { instanceOf: RangeError })
        else t.is(decodeAll(bytes), expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('overlong, surrogate, out of range and cut UTF-8 is refused, short or long [1.6.20]', (t) => {
    const wrong = [
      'c080',
      'c1bf',
      'e09fbf',
      'f08fbfbf',
      'eda080',
      'edbfbf',
      'f4908080',
      'f5808080',
      '80',
      'c3',
      'e282',
      'f09f98',
    ]
    for (const hex of wrong) {
      for (const padding of ['', '61'.repeat(30)]) {
        t.throws(() => decodeAll(fromHex(padding + hex)), { instanceOf: RangeError }, hex)
      }
    }
  })

  test('a replacement character and a byte order mark that were sent are kept', (t) => {
    for (const text of [
      '\ufffd',
      'a long text with \ufffd within it',
      '\ufeffx',
      `\ufeff${'x'.repeat(40)}`,
    ]) {
      t.is(decodeAll(utf8Encode(text)), text)
    }
  })

  test('only the part asked for is decoded, from a view into a larger buffer too', (t) => {
    const text = 'häuser und straßen, lang genug'
    const encoded = utf8Encode(text)
    const view = concatBytes([fromHex('ff'), fromHex('ff'), encoded, fromHex('ff')]).subarray(1)
    t.is(utf8Decode(view, 1, 1 + encoded.length), text)
    t.is(utf8Decode(view, 1, 2), 'h')
    t.is(utf8Decode(view, 1, 1), '')
  })

  test('ASCII is decoded, anything else is not', (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, clear) => {
        if (clear) for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) & 0x7f
        const isAscii = bytes.every((byte) => byte < 0x80)
        t.is(asciiDecode(bytes, 0, bytes.length), isAscii ? String.fromCharCode(...bytes) : undefined)
      }),
      { numRuns: 300 },
    )
  })
}
