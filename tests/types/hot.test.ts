import test from 'ava'
import fc from 'fast-check'
import type { Composite, Input } from '../../lib/types/composite.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import * as hot from '../../lib/types/hot.js'
import { ACCEPTED, encodeDeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { disposition, flow, transfer } from '../../lib/types/transport.js'
import { concatBytes, fromHex, toHex } from '../../lib/util/bytes.js'
import {
  attempt,
  bytes,
  bytesOf,
  type Decode,
  dispositions,
  flows,
  hexByte,
  same,
  transfers,
} from './hot-frames.js'

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
      same(
        bytesOf((w) => encode(w, value as unknown as Input<T>)),
        expected,
      )
      const frame = concatBytes([fromHex(expected), payload])
      const hotResult = attempt(decode, frame, 2, frame.length)
      same(
        hotResult,
        attempt((r) => table.decode(r), frame, 2, frame.length),
      )
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

test('what a frame cannot carry is refused as its table refuses it, and leaves nothing behind [2.7]', (t) => {
  const wrong: unknown[] = [-1, 1.5, 2 ** 32, Number.NaN, '1', 1n, null, {}, true, 256, []]
  const cases: [Composite<{ kind: string }>, (w: Writer, value: never) => void, object][] = [
    [
      transfer as never,
      hot.encodeTransfer,
      { handle: 1, deliveryId: 2, deliveryTag: Uint8Array.of(1), batchable: true },
    ],
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

/** The same frame with its list in the wide form, as some peers write every list. */
function widened(frame: Uint8Array): Uint8Array {
  const [size = 0, count = 0] = frame.subarray(4, 6)
  const head = `${toHex(frame.subarray(0, 3))}d0${hexByte(size + 3, 8)}${hexByte(count, 8)}`
  return concatBytes([fromHex(head), frame.subarray(6)])
}

test('the usual frames never come to the tables [2.7.4–2.7.6]', (t) => {
  const tag = Uint8Array.of(0, 0, 0, 1)
  const cases: [Composite<{ kind: string }>, Decode, (w: Writer, value: never) => void, object][] = []
  for (const value of [
    { handle: 0 },
    { handle: 0, deliveryId: 1, deliveryTag: tag, messageFormat: 0, settled: true, more: false },
    { handle: 9, deliveryId: 0xffffffff, deliveryTag: tag, messageFormat: 0x80013700, state: ACCEPTED },
    {
      handle: 0,
      deliveryId: 1,
      deliveryTag: tag,
      rcvSettleMode: 1,
      resume: true,
      aborted: true,
      batchable: true,
    },
  ]) {
    cases.push([transfer as never, hot.decodeTransfer, hot.encodeTransfer, value])
  }
  const windows = { incomingWindow: 2048, nextOutgoingId: 0, outgoingWindow: 0xffffffff }
  for (const value of [
    windows,
    {
      ...windows,
      nextIncomingId: 1,
      handle: 0,
      deliveryCount: 4,
      linkCredit: 300,
      available: 0,
      drain: true,
      echo: false,
    },
  ]) {
    cases.push([flow as never, hot.decodeFlow, hot.encodeFlow, value])
  }
  for (const value of [
    { role: true, first: 0 },
    { role: true, first: 1, last: 9, settled: true, state: ACCEPTED },
    { role: false, first: 1, settled: false, state: RELEASED, batchable: true },
  ]) {
    cases.push([disposition as never, hot.decodeDisposition, hot.encodeDisposition, value])
  }
  const frames = cases.map(([table, , , value]) =>
    fromHex(bytesOf((w) => table.encode(w, value as never)).slice(4)),
  )
  const expected = cases.map(([table], i) => table.decode(new Reader(frames[i] as Uint8Array)))
  const refuse = (): never => {
    throw new TypeError('the table was asked')
  }
  for (const [table] of cases) Object.assign(table, { decode: refuse, encode: refuse })
  try {
    for (const [i, [, decode, encode, value]] of cases.entries()) {
      const frame = frames[i] as Uint8Array
      t.is(bytesOf((w) => encode(w, value as never)).slice(4), toHex(frame))
      t.deepEqual(decode(new Reader(frame)), expected[i])
      t.deepEqual(decode(new Reader(widened(frame))), expected[i])
    }
  } finally {
    for (const [table] of cases) {
      Reflect.deleteProperty(table, 'decode')
      Reflect.deleteProperty(table, 'encode')
    }
  }
})
