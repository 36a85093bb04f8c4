import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { DecodeError } from '../../lib/errors.js'
import type { Composite, FieldDefinition, Input } from '../../lib/types/composite.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { inspectComposite } from '../../lib/types/inspect.js'
import { type AnyComposite, COMPOSITES, readComposite } from '../../lib/types/known-composites.js'
import { ACCEPTED, RELEASED, readSection } from '../../lib/types/messaging.js'
import { decodePerformative } from '../../lib/types/performative.js'
import { decodeSaslFrame } from '../../lib/types/security.js'
import { AMQPSymbol, AMQPUuid } from '../../lib/types/wrappers.js'

const codecs = COMPOSITES as readonly Composite<AnyComposite>[]

const text = fc.string({ unit: 'grapheme', maxLength: 300, size: 'medium' })
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300, size: 'medium' })
const bytes = fc.uint8Array({ maxLength: 300, size: 'medium' })
const uint = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 255, 256, 0xffffffff))
const ubyte = fc.integer({ min: 0, max: 255 })
const ulong = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn })
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  bytes,
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ascii.map((name) => new AMQPSymbol(name)),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
)
const fields = fc
  .array(fc.tuple(fc.oneof(ascii, fc.constantFrom('__proto__', 'constructor')), value), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries))
  .map((record) => Object.assign(Object.create(null), record) as object)
const outcome = fc.constantFrom(ACCEPTED, RELEASED, { kind: 'rejected', error: undefined })
const state = fc.oneof(outcome, fc.constant({ kind: 'received', sectionNumber: 1, sectionOffset: 2n }))
const error = fc.record(
  {
    kind: fc.constant('error'),
    condition: ascii,
    description: fc.option(text, { nil: undefined }),
    info: fc.constant(undefined),
  },
  { noNullPrototype: true },
)

/** Values of the types that fields have: by what is required for `*`, by name for the rest. */
const byType: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  address: text,
  'message-id': fc.oneof(
    text,
    ulong,
    bytes,
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => new AMQPUuid(id)),
  ),
  'txn-id': bytes,
  'global-tx-id': fc.oneof(text, bytes),
  'delivery-state': state,
  outcome,
  source: fc.constant(undefined),
  target: fc.constant({ kind: 'coordinator', capabilities: ['amqp:local-transactions'] }),
  error,
  boolean: fc.boolean(),
  role: fc.boolean(),
  ubyte,
  'sender-settle-mode': ubyte,
  'receiver-settle-mode': ubyte,
  'sasl-code': ubyte,
  ushort: fc.integer({ min: 0, max: 0xffff }),
  ulong,
  string: text,
  symbol: ascii,
  'ietf-language-tag': ascii,
  'terminus-expiry-policy': ascii,
  binary: bytes,
  'delivery-tag': bytes,
  timestamp: fc.date({ noInvalidDate: true }),
  fields,
  'filter-set': fields,
  'node-properties': fields,
  map: fc.constant(new Map([['00', ACCEPTED]])),
}

function fieldValue(field: FieldDefinition): fc.Arbitrary<unknown> {
  const single = byType[field.requires ?? field.type] ?? uint
  const some = field.multiple ? fc.array(single, { minLength: 1, maxLength: 3 }) : single
  return field.mandatory ? some : fc.option(some, { nil: undefined, freq: 2 })
}

function valuesOf(codec: Composite<AnyComposite>): fc.Arbitrary<AnyComposite> {
  const parts: Record<string, fc.Arbitrary<unknown>> = { kind: fc.constant(codec.name) }
  for (const field of codec.fields) parts[field.key] = fieldValue(field)
  return fc.record(parts, { noNullPrototype: true }) as unknown as fc.Arbitrary<AnyComposite>
}

const anyComposite = fc.oneof(...codecs.map((codec) => valuesOf(codec).map((one) => [codec, one] as const)))

function encode(codec: Composite<AnyComposite>, one: AnyComposite): Uint8Array {
  const w = new Writer(1)
  codec.encode(w, one as Input<AnyComposite>)
  return w.written()
}

/** False for characters that move the cursor or start a line. */
function isVisible(character: string): boolean {
  const code = character.charCodeAt(0)
  return code >= 0x20 && !(code >= 0x7f && code < 0xa0) && code !== 0x2028 && code !== 0x2029
}

/** Reads with every reader; whatever is wrong must be a DecodeError that tells a place within the input. */
function refusals(input: Uint8Array): number {
  let count = 0
  for (const read of [readComposite, decodePerformative, decodeSaslFrame, readSection]) {
    try {
      read(new Reader(input))
    } catch (problem) {
      if (!(problem instanceof DecodeError)) throw problem
      if (problem.offset < 0 || problem.offset > input.length)
        throw new RangeError(`offset ${problem.offset}`)
      count++
    }
  }
  return count
}

test('every composite of any fields is read as it was written [1.4]', (t) => {
  fc.assert(
    fc.property(anyComposite, ([codec, one]) => {
      const r = new Reader(encode(codec, one))
      const decoded = codec.decode(r)
      if (r.pos !== r.end || r.depth !== 0) throw new RangeError(`at ${r.pos} of ${r.end}, depth ${r.depth}`)
      return isDeepStrictEqual(decoded, one)
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

test('a composite that is cut anywhere is refused, whichever reader meets it [1.4]', (t) => {
  fc.assert(
    fc.property(anyComposite, fc.nat(), ([codec, one], place) => {
      const whole = encode(codec, one)
      return refusals(whole.subarray(0, place % whole.length)) === 4
    }),
    { numRuns: 800 },
  )
  t.pass()
})

test('damaged composites are read or refused, and never anything worse [1.4]', (t) => {
  const hits = fc.array(fc.tuple(fc.nat(), ubyte), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(anyComposite, hits, ([codec, one], damage) => {
      const whole = encode(codec, one)
      for (const [place, byte] of damage) whole[place % whole.length] = byte
      refusals(whole)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('any composite is shown in one line [2.7]', (t) => {
  fc.assert(
    fc.property(anyComposite, ([codec, one]) => {
      const line = inspectComposite(one)
      return line.startsWith(`${codec.name}(`) && line.endsWith(')') && [...line].every(isVisible)
    }),
    { numRuns: 500 },
  )
  t.pass()
})
