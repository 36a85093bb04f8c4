// What is read and written without the general codecs must be exactly what these make of it, right or wrong.

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { DecodeError } from '../../lib/errors.js'
import {
  decodeAnnotations,
  decodeApplicationProperties,
  encodeApplicationProperties,
} from '../../lib/message/named-values.js'
import { MessageProperties } from '../../lib/message/properties.js'
import { decodeProperties, encodeProperties } from '../../lib/message/properties-codec.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import {
  properties as propertiesTable,
  readAnnotations,
  readApplicationProperties,
  writeAnnotations,
  writeApplicationProperties,
} from '../../lib/types/messaging.js'
import { readName } from '../../lib/types/names.js'
import {
  AMQPDouble,
  type AMQPInput,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPUuid,
  AMQPuInt,
} from '../../lib/types/wrappers.js'
import { bytesOf, hexOf } from '../support/vector-values.js'
import { readMessageVectors } from './support.js'

const RUNS = 400

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 250, maxLength: 260 }),
)
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 })
const bytes = fc.uint8Array({ maxLength: 300 })
const ulong = fc.oneof(fc.bigInt({ min: 0n, max: 255n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => new AMQPUuid(value))
const id = fc.oneof(text, ulong, uuid, bytes)
const moment = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.bigInt({ min: 8_640_000_000_000_001n, max: (1n << 63n) - 1n }).map((ms) => new AMQPTimestamp(ms)),
)
const uint = fc.oneof(fc.nat(255), fc.integer({ min: 0, max: 0xffffffff }))

const properties = fc
  .record(
    {
      messageId: id,
      userId: bytes,
      to: text,
      subject: text,
      replyTo: text,
      correlationId: id,
      contentType: ascii,
      contentEncoding: ascii,
      absoluteExpiryTime: moment,
      creationTime: moment,
      groupId: text,
      groupSequence: uint,
      replyToGroupId: text,
    },
    { requiredKeys: [] },
  )
  .map((fields) => new MessageProperties(fields))

const simple: fc.Arbitrary<AMQPInput> = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
  fc.constantFrom(null, undefined, new AMQPuInt(5), new AMQPDouble(1), new AMQPSymbol('s')),
  bytes,
  fc.date({ noInvalidDate: true }),
)
const named = fc.dictionary(fc.oneof(text, ascii, fc.constant('__proto__')), simple, { maxKeys: 6 })
const symbolNamed = fc.dictionary(ascii, fc.oneof(simple, fc.array(simple, { maxLength: 3 })), { maxKeys: 6 })

test('properties are written as their table writes them [3.2.4]', (t) => {
  fc.assert(
    fc.property(properties, (p) => {
      t.is(
        written((w) => encodeProperties(w, p)),
        written((w) => propertiesTable.encode(w, { ...p })),
      )
    }),
    { numRuns: RUNS },
  )
  t.pass()
})

test('properties are read as their table reads them, whatever is wrong with them [3.2.4]', (t) => {
  fc.assert(
    fc.property(properties, damage(), (p, spoil) => {
      const input = spoil(bytesOf(written((w) => encodeProperties(w, p))))
      const wanted = outcome(input, (r) => ({ ...propertiesTable.decode(r), kind: undefined }))
      t.deepEqual(
        outcome(input, (r) => ({ ...decodeProperties(r), kind: undefined })),
        wanted,
      )
    }),
    { numRuns: 4 * RUNS },
  )
  t.pass()
})

test('properties that other implementations wrote are read as their table reads them [3.2.4]', (t) => {
  const vectors = readMessageVectors('section').filter(({ name }) => name.startsWith('properties/'))
  t.true(vectors.length >= 12)
  for (const { name, hex } of vectors) {
    for (let cut = 0; cut < hex.length / 2; cut++) {
      const input = bytesOf(hex).subarray(0, hex.length / 2 - cut)
      const wanted = outcome(input, (r) => ({ ...propertiesTable.decode(r), kind: undefined }))
      t.deepEqual(
        outcome(input, (r) => ({ ...decodeProperties(r), kind: undefined })),
        wanted,
        `${name} less ${cut}`,
      )
    }
  }
})

test('application properties are written as every map of names is [3.2.5]', (t) => {
  fc.assert(
    fc.property(named, (record) => {
      t.is(
        outcomeOf(() => written((w) => encodeApplicationProperties(w, record))),
        outcomeOf(() => written((w) => writeApplicationProperties(w, record))),
      )
    }),
    { numRuns: RUNS },
  )
  t.pass()
})

test('application properties are read as every map of names is, whatever is wrong with them [3.2.5]', (t) => {
  fc.assert(
    fc.property(named, damage(), (record, spoil) => {
      const input = spoil(bytesOf(written((w) => writeApplicationProperties(w, record))))
      sameRecord(t, outcome(input, decodeApplicationProperties), outcome(input, readApplicationProperties))
    }),
    { numRuns: 4 * RUNS },
  )
  t.pass()
})

test('annotations are read as every map of names is, whatever is wrong with them [3.2.10]', (t) => {
  fc.assert(
    fc.property(symbolNamed, damage(), (record, spoil) => {
      const input = spoil(bytesOf(written((w) => writeAnnotations(w, record))))
      const wanted = outcome(input, (r) => readAnnotations(r, 'footer'))
      sameRecord(
        t,
        outcome(input, (r) => decodeAnnotations(r, 'footer')),
        wanted,
      )
    }),
    { numRuns: 4 * RUNS },
  )
  t.pass()
})

test('a reader is left behind what was read, and at its level [3.2.5]', (t) => {
  const record = { a: 1, b: 'x', c: [1, [2]] }
  for (const [write, read] of [
    [writeAnnotations, (r: Reader) => decodeAnnotations(r, 'footer')],
    [(w: Writer) => encodeProperties(w, new MessageProperties({ subject: 's' })), decodeProperties],
  ] as const) {
    const input = bytesOf(written((w) => write(w, record)))
    const r = new Reader(input)
    read(r)
    t.is(r.pos, input.length)
    t.is(r.end, input.length)
    t.is(r.depth, 0)
  }
})

test('names come out as their characters, whichever came before', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary-ascii', maxLength: 40 }), { maxLength: 20 }), (names) => {
      for (const name of [...names, ...names]) {
        const input = Buffer.from(`<${name}>`)
        t.is(readName(new Uint8Array(input), 1, input.length - 1), name)
      }
    }),
    { numRuns: RUNS },
  )
  t.is(readName(new Uint8Array([0x61, 0x80, 0x61]), 0, 3), undefined)
  t.is(readName(new Uint8Array([0xe1, 0x61]), 0, 1), undefined)
  // Same length, first, middle and last character: the same slot.
  for (const name of ['abcXdef', 'acbXdef', 'abcXdef'])
    t.is(readName(new Uint8Array(Buffer.from(name)), 0, 7), name)
})

/** Leaves bytes alone, changes one, cuts some off or adds some. */
function damage(): fc.Arbitrary<(input: Uint8Array) => Uint8Array> {
  const place = fc.nat(0xffff)
  return fc.oneof(
    fc.constant((input: Uint8Array) => input),
    fc.tuple(place, fc.nat(255)).map(([at, byte]) => (input: Uint8Array) => {
      const spoilt = input.slice()
      spoilt[at % input.length] = byte
      return spoilt
    }),
    fc.tuple(fc.nat(12), fc.nat(255)).map(([at, byte]) => (input: Uint8Array) => {
      const spoilt = input.slice()
      spoilt[Math.min(at, input.length - 1)] = byte
      return spoilt
    }),
    place.map((at) => (input: Uint8Array) => input.slice(0, at % input.length)),
  )
}

function written(write: (w: Writer) => void): string {
  const w = new Writer(8)
  write(w)
  return hexOf(w.written())
}

/** What reading gives, or the error in short. */
function outcome(input: Uint8Array, read: (r: Reader) => unknown): unknown {
  try {
    return read(new Reader(input))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return `${error.kind} at ${error.offset}: ${error.message}`
  }
}

function outcomeOf(run: () => string): string {
  try {
    return run()
  } catch (error) {
    return String(error)
  }
}

function sameRecord(t: ExecutionContext, actual: unknown, wanted: unknown): void {
  t.deepEqual(actual, wanted)
  if (typeof wanted === 'object' && wanted !== null)
    t.deepEqual(Object.keys(actual as object), Object.keys(wanted))
}
