// Transfers, flows and dispositions at random, and what a codec makes of them.

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { DecodeError, EncodeError } from '../../lib/errors.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import type { Disposition, Flow, Transfer } from '../../lib/types/transport.js'
import { toHex } from '../../lib/util/bytes.js'

export type Decode = (r: Reader) => unknown

/** Records as literals make them, with a prototype. */
const plain = <T>(parts: { [K in keyof T]-?: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(parts as never, { noNullPrototype: true }) as unknown as fc.Arbitrary<T>

export const uint = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
)
export const bytes = (most: number) => fc.uint8Array({ minLength: 0, maxLength: most })
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
  {
    kind: 'rejected',
    error: { kind: 'error', condition: 'amqp:not-found', description: 'é'.repeat(200), info: undefined },
  },
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

export const transfers: fc.Arbitrary<Transfer> = plain<Transfer>({
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
export const flows: fc.Arbitrary<Flow> = plain<Flow>({
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
export const dispositions: fc.Arbitrary<Disposition> = plain<Disposition>({
  kind: fc.constant('disposition' as const),
  role: fc.boolean(),
  first: uint,
  last: maybe(uint),
  settled: flag,
  state,
  batchable: flag,
})

/** What a call came to: a value and where the reader stands, or the error. */
export function attempt(decode: Decode, input: Uint8Array, start: number, end: number): unknown {
  const r = new Reader(input, start, end)
  try {
    const value = decode(r) as object
    return { value, keys: Object.keys(value), pos: r.pos, end: r.end, depth: r.depth }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { kind: error.kind, offset: error.offset }
  }
}

/** Hexadecimal of what was in the writer and what was written, or of the former and the path of the error. */
export function bytesOf(encode: (w: Writer) => void): string {
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

/** Throws when the two differ anywhere. */
export function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(
      `${JSON.stringify(actual)} is not ${JSON.stringify(expected, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
    )
  }
}

/** A number as hexadecimal of so many digits; a negative one as zero. */
export function hexByte(value: number, digits: number): string {
  return Math.max(value, 0).toString(16).padStart(digits, '0').slice(-digits)
}
