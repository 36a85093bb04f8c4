import test from 'ava'
import { DecodeError } from '../../lib/errors.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { readValue } from '../../lib/types/decode.js'
import { bytesOf } from '../support/vector-values.js'

test('a reader starts over with the same limits, and minds its start and end [1.6]', (t) => {
  const r = new Reader(bytesOf('c0020140'), 0, 4, { maxElements: 1 })
  t.deepEqual(readValue(r), [null])
  r.reset(bytesOf('40c00201415408'), 1, 5)
  t.deepEqual(readValue(r), [true])
  t.is(r.pos, 5)
  r.reset(bytesOf('c003024040'))
  t.throws(() => readValue(r), { instanceOf: DecodeError, message: /count-exceeds-limit/ })
  r.reset(bytesOf('823fe0000000000000'))
  t.is(readValue(r), 0.5)
  t.throws(() => r.reset(new Uint8Array(2), 0, 3), { instanceOf: RangeError })
  t.throws(() => new Reader(new Uint8Array(2), 2, 1), { instanceOf: RangeError })
  t.throws(() => readValue(new Reader(bytesOf('4041'), 1, 1)), { instanceOf: DecodeError })
})

test('a reader and a writer agree on every width [1.6]', (t) => {
  const w = new Writer(1)
  w.u8(255)
  w.i8(-1)
  w.u16(65535)
  w.i16(-2)
  w.u32(4294967295)
  w.i32(-3)
  w.u64(2n ** 64n - 1n)
  w.i64(-4n)
  w.f32(1.5)
  w.f64(-0)
  w.raw(Uint8Array.of(1, 2))
  w.bulk(Uint8Array.of(3))
  const r = new Reader(Uint8Array.of(0, ...w.written(), 0).subarray(1))
  t.deepEqual([r.u8(), r.i8(), r.u16(), r.i16(), r.u32(), r.i32()], [255, -1, 65535, -2, 4294967295, -3])
  t.deepEqual([r.u64(), r.i64()], [2n ** 64n - 1n, -4n])
  t.is(r.f32(), 1.5)
  t.is(r.f64(), -0)
  t.deepEqual([...r.raw(3)], [1, 2, 3])
  r.pos = r.end
  t.throws(() => r.u8(), { instanceOf: DecodeError, message: /truncated/ })
  w.reset()
  t.is(w.written().length, 0)
})
