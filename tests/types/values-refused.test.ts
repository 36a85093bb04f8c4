import { runInNewContext } from 'node:vm'
import test from 'ava'
import { EncodeError } from '../../lib/errors.js'
import { Writer } from '../../lib/types/cursor.js'
import {
  writeString,
  writeSymbol,
  writeUbyte,
  writeUint,
  writeUlong,
  writeValue,
} from '../../lib/types/encode.js'
import {
  AMQPArray,
  AMQPDescribed,
  type AMQPInput,
  AMQPList,
  AMQPMap,
  AMQPString,
  AMQPTimestamp,
  AMQPuInt,
  decode,
  encode,
} from '../../lib/types/index.js'
import { hexOf } from '../support/vector-values.js'

test('two keys that would be written alike are an EncodeError [1.6.23]', (t) => {
  const twins: readonly Map<AMQPInput, AMQPInput>[] = [
    new Map<AMQPInput, AMQPInput>([
      ['a', 1],
      [new AMQPString('a'), 2],
    ]),
    new Map<AMQPInput, AMQPInput>([
      [null, 1],
      [undefined, 2],
    ]),
    new Map<AMQPInput, AMQPInput>([
      [1n, 1],
      [Uint8Array.of(1), 1],
      [Uint8Array.of(1), 2],
    ]),
    new Map<AMQPInput, AMQPInput>([
      [new Date(5), 1],
      [new AMQPTimestamp(5), 2],
    ]),
  ]
  for (const map of twins) {
    const error = t.throws(() => encode({ filters: [map] }), {
      instanceOf: EncodeError,
      message: /^two keys of a map/,
    })
    t.is(error?.path, 'filters[0]')
  }
  t.notThrows(() =>
    encode(new Map<AMQPInput, AMQPInput>([...[1, 1n, new AMQPuInt(1), '1'].map((k) => [k, k] as const)])),
  )
})

class Point {
  readonly x = 1
}

test('what no AMQP type can hold is an EncodeError that names its path [1.6]', (t) => {
  const circularList: AMQPInput[] = [1]
  circularList.push([circularList])
  const circularMap = new Map<string, AMQPInput>()
  circularMap.set('self', circularMap)
  const cases: readonly (readonly [unknown, string, RegExp])[] = [
    [() => 1, '', /^function has no AMQP type$/],
    [Symbol('s'), '', /^symbol has no AMQP type$/],
    [new Point(), '', /^Point has no AMQP type; plain objects, Maps, arrays and wrappers have one$/],
    [new ArrayBuffer(1), '', /^ArrayBuffer/],
    [new Uint16Array(1), '', /^Uint16Array/],
    [new Set(), '', /^Set/],
    [/x/, '', /^RegExp/],
    [Promise.resolve(), '', /^Promise/],
    [new Date(Number.NaN), '', /AMQPTimestamp/],
    ['\ud800', '', /half surrogate/],
    [`${'x'.repeat(300)}\udc00`, '', /half surrogate/],
    [{ items: [1, { callback: () => 1 }] }, 'items[1].callback', /^function/],
    [{ 'a b': { 1: new Point() } }, '["a b"]["1"]', /^Point/],
    [new Map([['k', new Point()]]), 'k', /^Point/],
    [new Map([[3, new Point()]]), '[3]', /^Point/],
    [new Map<unknown, unknown>([[new Point(), 1]]), 'key(0)', /^Point/],
    [new AMQPList([[new Point() as never]]), '[0][0]', /^Point/],
    [new AMQPMap({ a: new Point() as never }), 'a', /^Point/],
    [new AMQPDescribed('d', [new Point() as never]), 'value[0]', /^Point/],
    [new AMQPDescribed(new Point() as never, 1), 'descriptor', /^Point/],
    [new AMQPArray([[1], [new Point() as never]]), '[1][0]', /^Point/],
    [circularList, '[1][0]', /contains itself/],
    [{ map: circularMap }, 'map.self', /contains itself/],
  ]
  for (const [value, path, reason] of cases) {
    const error = t.throws(() => encode(value as AMQPInput), { instanceOf: EncodeError })
    t.is(error?.path, path)
    t.regex(error?.message.replace(/ \(at .*\)$/, '') ?? '', reason)
  }
})

test('the path begins where the caller says, and a failed write leaves nothing behind [1.6]', (t) => {
  const w = new Writer()
  w.u8(1)
  const error = t.throws(() => writeValue(w, ['x', () => 1] as never, 'body'), { instanceOf: EncodeError })
  t.is(error?.path, 'body[1]')
  t.deepEqual([...w.written()], [1])
})

test('errors and values of a getter reach the caller as they are [1.6]', (t) => {
  const failure = new TypeError('mine')
  const throwing = {
    get a(): number {
      throw failure
    },
  }
  t.is(
    t.throws(() => encode(throwing), { instanceOf: TypeError }),
    failure,
  )
  const nested = {
    get a(): Uint8Array {
      return encode({ b: 1 })
    },
    c: 2,
  }
  const decoded = decode(encode(nested)) as Map<string, unknown>
  t.deepEqual(decode(decoded.get('a') as Uint8Array), new Map([['b', 1]]))
  t.is(decoded.get('c'), 2)
  let reads = 0
  const fickle = {
    get a(): unknown {
      return reads++ === 0 ? () => 1 : 1
    },
  }
  t.throws(() => encode(fickle as never), { instanceOf: EncodeError, message: /changed while/ })
})

test('plain objects of another realm are maps too, class instances never [1.6.23]', (t) => {
  t.is(hexOf(encode(runInNewContext('({ a: 1 })'))), 'c10602a101615401')
  t.throws(() => encode(runInNewContext('new (class A { x = 1 })')), { instanceOf: EncodeError })
  t.throws(() => encode(Object.create({ a: 1 }) as never), { instanceOf: EncodeError })
})

test('a typed writer refuses what its type cannot hold, and writes nothing then [1.6]', (t) => {
  const w = new Writer()
  for (const write of [
    () => writeUbyte(w, 256),
    () => writeUbyte(w, 1.5),
    () => writeUint(w, -1),
    () => writeUlong(w, -1n),
    () => writeUlong(w, 2 ** 53),
    () => writeString(w, '\ud800'),
    () => writeString(w, `${'é'.repeat(300)}\ud800`),
    () => writeSymbol(w, 'é'),
    () => writeSymbol(w, 'é'.repeat(300)),
  ]) {
    t.throws(write, { instanceOf: RangeError })
    t.is(w.pos, 0)
  }
})
