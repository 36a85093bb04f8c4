import test from 'ava'
import fc from 'fast-check'
import { DecodeError } from '../../lib/errors.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { readValue, skipValue } from '../../lib/types/decode.js'
import { writeValue } from '../../lib/types/encode.js'
import { AMQPSymbol, type AMQPType, decode, decodeTyped, encode } from '../../lib/types/index.js'
import { typedValue } from '../support/arbitraries.js'
import { findDifference, hexOf, readValueVectors } from '../support/vector-values.js'
import { encodeWide } from '../support/wide-encoder.js'

const RUNS = { numRuns: 300 }

/** Choices from a list of numbers, over and over. */
function chooser(numbers: readonly number[]): (below: number) => number {
  let next = 0
  return (below) => (numbers[next++ % numbers.length] as number) % below
}

const choices = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 30 })

/** Runs a decoder: its value, or the kind of its DecodeError; whatever else it throws is thrown on. */
function outcome(run: () => unknown): { readonly value?: unknown; readonly kind?: string } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof DecodeError) return { kind: error.kind }
    throw error
  }
}

test('any value is written as bytes that read as the same value with every type kept [1.6]', (t) => {
  fc.assert(
    fc.property(typedValue, (value) => {
      const bytes = encode(value)
      const back = decodeTyped(bytes)
      t.true(back.equals(value), `${back} is not ${value}`)
      t.is(hexOf(encode(back)), hexOf(bytes))
      t.is(findDifference(decode(bytes), value), undefined)
    }),
    RUNS,
  )
  t.pass()
})

test('any valid encoding is read, and written again in a form that is not longer [1.6]', (t) => {
  fc.assert(
    fc.property(typedValue, choices, (value, numbers) => {
      const wide = new Uint8Array(encodeWide(value, chooser(numbers)))
      const back = decodeTyped(wide)
      t.true(back.equals(value), `${back} is not ${value}`)
      t.is(findDifference(decode(wide), value), undefined)
      t.is(hexOf(encode(back)), hexOf(encode(value)))
    }),
    RUNS,
  )
  t.pass()
})

test('every value is skipped by its size, to the same place that reading it leads to [1.6]', (t) => {
  fc.assert(
    fc.property(typedValue, choices, (value, numbers) => {
      const bytes = Buffer.concat([encodeWide(value, chooser(numbers)), Buffer.of(0x40)])
      const skipping = new Reader(bytes)
      skipValue(skipping)
      const reading = new Reader(bytes)
      readValue(reading)
      t.is(skipping.pos, bytes.length - 1)
      t.is(reading.pos, bytes.length - 1)
      t.is(skipping.depth, 0)
      t.is(reading.depth, 0)
      t.is(reading.end, bytes.length)
    }),
    RUNS,
  )
  t.pass()
})

test('every beginning of an encoding that is not all of it is refused [1.6]', (t) => {
  const check = (bytes: Uint8Array): void => {
    const step = Math.max(1, Math.floor(bytes.length / 40))
    for (let length = 0; length < bytes.length; length += step) {
      const part = bytes.subarray(0, length)
      const kind = outcome(() => decode(part)).kind
      t.true(kind === 'truncated' || kind === 'size-exceeds-input', `${kind} for ${hexOf(part)}`)
      t.is(outcome(() => decodeTyped(part)).kind, kind)
      t.not(outcome(() => skipValue(new Reader(part))).kind, undefined)
    }
  }
  for (const { hex } of readValueVectors()) check(new Uint8Array(Buffer.from(hex, 'hex')))
  fc.assert(
    fc.property(typedValue, (value) => check(encode(value))),
    { numRuns: 100 },
  )
  t.pass()
})

test('random bytes give a value or a DecodeError, the same from both decoders [1.6]', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => sameOutcome(t, bytes)),
    { numRuns: 3000 },
  )
  t.pass()
})

test('damaged encodings give a value or a DecodeError, the same from both decoders [1.6]', (t) => {
  const damages = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(typedValue, choices, damages, (value, numbers, list) => {
      const bytes = new Uint8Array(encodeWide(value, chooser(numbers)))
      for (const [at, byte] of list) bytes[at % bytes.length] = byte
      sameOutcome(t, bytes)
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

/** What is read by both is the same value, and can be written again. */
function sameOutcome(t: { is(a: unknown, b: unknown, message?: string): boolean }, bytes: Uint8Array): void {
  const plain = outcome(() => decode(bytes))
  const typed = outcome(() => decodeTyped(bytes))
  t.is(plain.kind, typed.kind, hexOf(bytes))
  if (typed.kind !== undefined) return
  const value = typed.value as AMQPType
  t.is(findDifference(plain.value, value), undefined)
  const again = encode(value)
  t.is(hexOf(encode(decodeTyped(again))), hexOf(again))
}

const plainValue = fc.letrec<{ value: unknown; list: unknown; object: unknown; map: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 12 }),
    fc.date({ noInvalidDate: true }),
    tie('list'),
    tie('object'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 5 }),
  map: fc
    .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie('value')), {
      maxLength: 5,
      selector: ([key]) => key,
    })
    .map((pairs) => new Map(pairs)),
}))

/** What a JavaScript value comes back as: safe integers beyond 32 bits as bigints, objects as maps. */
function cameBack(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) && value !== (value | 0)
      ? BigInt(value)
      : value
  }
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value
  if (Array.isArray(value)) return value.map(cameBack)
  const pairs: readonly (readonly [unknown, unknown])[] =
    value instanceof Map ? [...value] : Object.entries(value)
  return new Map(pairs.map(([key, item]) => [key, cameBack(item)]))
}

test('JavaScript values come back as the table of types says [1.6]', (t) => {
  fc.assert(
    fc.property(plainValue.value, (value) => {
      t.deepEqual(decode(encode(value as never)), cameBack(value))
    }),
    RUNS,
  )
  t.pass()
})

test('a writer of any capacity, full or not, is written the same bytes [1.6]', (t) => {
  fc.assert(
    fc.property(typedValue, fc.nat({ max: 40 }), fc.nat({ max: 20 }), (value, capacity, before) => {
      const w = new Writer(capacity)
      for (let i = 0; i < before; i++) w.u8(i)
      writeValue(w, value)
      t.is(hexOf(w.written().subarray(before)), hexOf(encode(value)))
    }),
    { numRuns: 200 },
  )
  t.pass()
})

test('names read before never change what is read next [1.6.21]', (t) => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '\u007f'), maxLength: 34 })
  fc.assert(
    fc.property(fc.array(name, { maxLength: 30 }), (names) => {
      for (const one of names) t.true(new AMQPSymbol(one).equals(decode(encode(new AMQPSymbol(one)))))
    }),
    { numRuns: 300 },
  )
  t.pass()
})
