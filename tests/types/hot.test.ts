import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { DecodeError, EncodeError } from '../../lib/errors.js'
import type { Composite, FieldDefinition, Input } from '../../lib/types/composite.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import * as hot from '../../lib/types/hot.js'
import { ACCEPTED, type DeliveryState, encodeDeliveryState, RELEASED } from '../../lib/types/messaging.js'
import {
  type Disposition,
  disposition,
  type Flow,
  flow,
  type Transfer,
  transfer,
} from '../../lib/types/transport.js'
import { concatBytes, fromHex, toHex } from '../../lib/util/bytes.js'

type Decode = (r: Reader) => unknown

/** Records as literals make them, with a prototype. */
const plain = <T>(parts: { [K in keyof T]-?: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(parts as never, { noNullPrototype: true }) as unknown as fc.Arbitrary<T>

const uint = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
)
const bytes = (most: number) => fc.uint8Array({ minLength: 0, maxLength: most })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })
const flag = maybe(fc.boolean())
const fields = fc.constantFrom<Flow['properties']>(
  undefined,
  Object.assign(Object.create(null), { 'txn-id': Uint8Array.of(1, 2), n: 7 }),
)
const outcome = fc.constantFrom<DeliveryState>(
  ACCEPTED,
  RELEASED,
  { kind: 'rejected', error: undefined },
  { kind: 'rejected', error: { kind: 'error', condition: 'amqp:not-found', description: 'é'.repeat(200), info: undefined } },
  { kind: 'modified', deliveryFailed: true, undeliverableHere: undefined, messageAnnotations: undefined },
)
const state = maybe(
  fc.oneof(
    fc.constant<DeliveryState>(ACCEPTED),
    outcome,
    plain<DeliveryState & { kind: 'received' }>({
      kind: fc.constant('received'),
      sectionNumber: uint,
      sectionOffset: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    }),
    plain<DeliveryState & { kind: 'transactional-state' }>({
      kind: fc.constant('transactional-state'),
      txnId: bytes(40),
      outcome: maybe(outcome) as fc.Arbitrary<undefined>,
    }),
  ),
)

const transfers: fc.Arbitrary<Transfer> = plain<Transfer>({
  kind: fc.constant('transfer' as const),
  handle: uint,
  deliveryId: maybe(uint),
  deliveryTag: maybe(bytes(32)),
  messageFormat: maybe(uint),
  settled: flag,
  more: flag,
  rcvSettleMode: maybe(fc.integer({ min: 0, max: 255 })),
  state,
  resume: flag,
  aborted: flag,
  batchable: flag,
})
const flows: fc.Arbitrary<Flow> = plain<Flow>({
  kind: fc.constant('flow' as const),
  nextIncomingId: maybe(uint),
  incomingWindow: uint,
  nextOutgoingId: uint,
  outgoingWindow: uint,
  handle: maybe(uint),
  deliveryCount: maybe(uint),
  linkCredit: maybe(uint),
  available: maybe(uint),
  drain: flag,
  echo: flag,
  properties: fields,
})
const dispositions: fc.Arbitrary<Disposition> = plain<Disposition>({
  kind: fc.constant('disposition' as const),
  role: fc.boolean(),
  first: uint,
  last: maybe(uint),
  settled: flag,
  state,
  batchable: flag,
})

/** What a call came to: a value and where the reader stands, or the error. */
function attempt(decode: Decode, input: Uint8Array, start: number, end: number): unknown {
  const r = new Reader(input, start, end)
  try {
    const value = decode(r) as object
    return { value, keys: Object.keys(value), pos: r.pos, end: r.end, depth: r.depth }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { kind: error.kind, offset: error.offset }
  }
}

function bytesOf(encode: (w: Writer) => void): string {
  // Room that is too small from the start, and what stood there before must survive.
  const w = new Writer(3)
  w.raw(Uint8Array.of(0xaa, 0xbb))
  try {
    encode(w)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    return `${error.path} ${toHex(w.written())}`
  }
  return toHex(w.written())
}

function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${JSON.stringify(actual)} is not ${JSON.stringify(expected, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`)
  }
}

/** Both ways of a frame: the table that is the measure, and the straight-line codec. */
function compare<T extends { readonly kind: string }>(
  values: fc.Arbitrary<T>,
  table: Composite<T>,
  decode: (r: Reader) => T,
  encode: (w: Writer, value: Input<T>) => void,
): void {
  fc.assert(
    fc.property(values, bytes(6), (value, payload) => {
      const expected = bytesOf((w) => table.encode(w, value as unknown as Input<T>))
      same(bytesOf((w) => encode(w, value as unknown as Input<T>)), expected)
      const frame = concatBytes([fromHex(expected), payload])
      const hotResult = attempt(decode, frame, 2, frame.length)
      same(hotResult, attempt((r) => table.decode(r), frame, 2, frame.length))
      same((hotResult as { value: T }).value, value)
    }),
    { numRuns: 600, includeErrorInReport: true },
  )
}

test('a transfer is written and read as its table says [2.7.5]', (t) => {
  compare(transfers, transfer, hot.decodeTransfer, hot.encodeTransfer)
  t.pass()
})

test('a flow is written and read as its table says [2.7.4]', (t) => {
  compare(flows, flow, hot.decodeFlow, hot.encodeFlow)
  t.pass()
})

test('a disposition is written and read as its table says [2.7.6]', (t) => {
  compare(dispositions, disposition, hot.decodeDisposition, hot.encodeDisposition)
  t.pass()
})

/** The forms that a peer may choose for a field of a type, mandatory or not. */
const FORMS: Record<string, readonly string[]> = {
  uint: ['43', '5207', '5200', '70fffffffe', '7000000000'],
  boolean: ['41', '42', '5601', '5600'],
  ubyte: ['5001', '50ff'],
  binary: ['a003010203', 'a000', 'b000000002abcd'],
  '*': [
    '00532445',
    '00532645',
    '00532545',
    '0080000000000000002445',
    '00a312616d71703a61636365707465643a6c69737445',
    '005327c0020141',
    '0053994101',
    '005324c00100',
  ],
  fields: ['c10100', 'c10602a301615401', 'd10000000900000002a301615401'],
}
const SOURCE_TYPES: Record<string, string> = {
  role: 'boolean',
  'receiver-settle-mode': 'ubyte',
  'delivery-tag': 'binary',
  boolean: 'boolean',
  fields: 'fields',
  '*': '*',
}
const strangeForm = fc.constantFrom('5602', 'a10141', '6001ff', '5305', '44', '45', '00532445ff', 'a0ff01', '57', '00', '')
const anyForm = fc.oneof(fc.constantFrom(...Object.values(FORMS).flat()), strangeForm)

function rawField(field: FieldDefinition): fc.Arbitrary<string> {
  const forms = FORMS[SOURCE_TYPES[field.type] ?? 'uint'] as readonly string[]
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...forms) },
    { weight: field.mandatory ? 1 : 10, arbitrary: fc.constant('40') },
    { weight: 1, arbitrary: anyForm },
  )
}

interface RawFrame {
  readonly descriptor: number
  readonly wide: boolean
  readonly items: readonly string[]
  readonly surplus: readonly string[]
  readonly count: number
  readonly lie: readonly [size: number, count: number]
  readonly cut: number
  readonly payload: Uint8Array
}

function rawFrame(table: Composite<{ kind: string }>): fc.Arbitrary<RawFrame> {
  const rarely = <T>(usual: T, else_: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: else_ })
  return fc.record({
    descriptor: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(3) }),
    wide: fc.boolean(),
    items: fc.tuple(...table.fields.map(rawField)),
    surplus: rarely<string[]>([], fc.array(anyForm, { maxLength: 2 })),
    count: fc.integer({ min: 0, max: table.fields.length }),
    lie: rarely<[number, number]>([0, 0], fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }))),
    cut: rarely(0, fc.nat(5)),
    payload: bytes(5),
  })
}

function hexByte(value: number, digits: number): string {
  return Math.max(value, 0).toString(16).padStart(digits, '0').slice(-digits)
}

function buildFrame(code: number, symbol: string, parts: RawFrame): Uint8Array {
  const items = [...parts.items.slice(0, parts.count), ...parts.surplus]
  const content = items.join('')
  const digits = parts.wide ? 8 : 2
  const size = content.length / 2 + digits / 2 + parts.lie[0]
  const head = `${parts.wide ? 'd0' : 'c0'}${hexByte(size, digits)}${hexByte(items.length + parts.lie[1], digits)}`
  const descriptors = [
    `0053${hexByte(code, 2)}`,
    `0080${hexByte(code, 16)}`,
    `00a3${hexByte(symbol.length, 2)}${toHex(new TextEncoder().encode(symbol))}`,
    '005310',
  ]
  return concatBytes([fromHex(`${descriptors[parts.descriptor]}${head}${content}`), parts.payload])
}

for (const [title, table, decode] of [
  ['transfer', transfer, hot.decodeTransfer],
  ['flow', flow, hot.decodeFlow],
  ['disposition', disposition, hot.decodeDisposition],
] as [string, Composite<{ kind: string }>, Decode][]) {
  test(`a ${title} of any fields, right or wrong, comes to what its table makes of it [1.4]`, (t) => {
    let good = 0
    fc.assert(
      fc.property(rawFrame(table), (parts) => {
        const frame = buildFrame(table.code, table.symbol, parts)
        const end = Math.max(0, frame.length - parts.cut)
        const result = attempt(decode, frame, 0, end)
        same(result, attempt((r) => table.decode(r), frame, 0, end))
        if ('value' in (result as object)) good++
      }),
      { numRuns: 3000, includeErrorInReport: true },
    )
    t.log(`${good} of 3000 were valid`)
    t.true(good > 500)
  })

  test(`a damaged ${title} comes to what its table makes of it [1.4]`, (t) => {
    const sound = { transfer: transfers, flow: flows, disposition: dispositions }[title] as fc.Arbitrary<{ kind: string }>
    fc.assert(
      fc.property(sound, fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { minLength: 1, maxLength: 3 }), (value, hits) => {
        const w = new Writer()
        table.encode(w, value as unknown as Input<{ kind: string }>)
        const frame = w.written()
        for (const [place, byte] of hits) frame[place % frame.length] = byte
        same(attempt(decode, frame, 0, frame.length), attempt((r) => table.decode(r), frame, 0, frame.length))
      }),
      { numRuns: 1500, includeErrorInReport: true },
    )
    t.pass()
  })
}

test('what a frame cannot carry is refused as its table refuses it, and leaves nothing behind [2.7]', (t) => {
  const wrong: unknown[] = [-1, 1.5, 2 ** 32, Number.NaN, '1', 1n, null, {}, true, 256, []]
  const cases: [Composite<{ kind: string }>, (w: Writer, value: never) => void, object][] = [
    [transfer as never, hot.encodeTransfer, { handle: 1, deliveryId: 2, deliveryTag: Uint8Array.of(1), batchable: true }],
    [flow as never, hot.encodeFlow, { incomingWindow: 1, nextOutgoingId: 2, outgoingWindow: 3, echo: true }],
    [disposition as never, hot.encodeDisposition, { role: true, first: 1, batchable: true }],
  ]
  for (const [table, encode, value] of cases) {
    for (const { key } of table.fields) {
      for (const item of [...wrong, undefined]) {
        const input = { ...value, [key]: item }
        t.is(
          bytesOf((w) => encode(w, input as never)),
          bytesOf((w) => table.encode(w, input as never)),
          `${table.name}.${key} = ${String(item)}`,
        )
      }
    }
  }
})

test('a delivery tag of more than 32 bytes, and a state beyond 255, go out in a wide list [2.8.7]', (t) => {
  const long = { handle: 0, deliveryTag: new Uint8Array(33).fill(1) }
  t.is(
    bytesOf((w) => hot.encodeTransfer(w, long)),
    bytesOf((w) => transfer.encode(w, long)),
  )
  const w = new Writer()
  hot.encodeTransfer(w, {
    handle: 0,
    state: { kind: 'rejected', error: { kind: 'error', condition: 'a', description: 'x'.repeat(300) } },
  })
  t.is(w.bytes[3], 0xd0)
  t.like(hot.decodeTransfer(new Reader(w.written())), { state: { error: { description: 'x'.repeat(300) } } })
})

test('bare accepted and released are the same objects every time [3.4.2, 3.4.4]', (t) => {
  for (const one of [ACCEPTED, RELEASED]) {
    const w = new Writer()
    hot.encodeDisposition(w, { role: true, first: 1, settled: true, state: one })
    t.is(hot.decodeDisposition(new Reader(w.written())).state, one)
    const alone = new Writer()
    encodeDeliveryState(alone, { kind: one.kind })
    t.is(toHex(alone.written()), one === ACCEPTED ? '00532445' : '00532645')
  }
})

test('a delivery tag is a view of the frame, not a copy [2.7.5]', (t) => {
  const frame = fromHex('005314c00c05435201a004000000014342')
  const { deliveryTag } = hot.decodeTransfer(new Reader(frame))
  t.is(deliveryTag?.buffer, frame.buffer)
  t.is(deliveryTag?.byteOffset, 11)
})
