import test from 'ava'
import { EncodeError } from '../../lib/errors.js'
import { Source, type SourceFields, Target, type TargetFields } from '../../lib/message/terminus.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { RELEASED, source as sourceCodec, target as targetCodec } from '../../lib/types/messaging.js'
import { AMQPDescribed, AMQPSymbol, AMQPuLong } from '../../lib/types/wrappers.js'
import { hexOf } from '../support/vector-values.js'

const SELECTOR = 'apache.org:selector-filter:string'

function written(terminus: Source | Target): string {
  const w = new Writer()
  if (terminus instanceof Source) sourceCodec.encode(w, terminus)
  else targetCodec.encode(w, terminus)
  return hexOf(w.written())
}

test('a terminus is made of an address [3.5.3, 3.5.4]', (t) => {
  t.is(new Source('q').address, 'q')
  t.is(written(new Source('q')), '005328c00401a10171')
  t.is(written(new Target('q')), '005329c00401a10171')
  t.is(written(new Target()), '00532945')
  t.is(written(new Source({})), '00532845')
})

test('a source has every field of the specification, and is read as it was written [3.5.3]', (t) => {
  const fields: SourceFields = {
    address: 'a',
    durable: 2,
    expiryPolicy: 'never',
    timeout: 60,
    dynamic: false,
    dynamicNodeProperties: { 'lifetime-policy': { kind: 'delete-on-close' } },
    distributionMode: 'copy',
    filter: { f: new AMQPDescribed(new AMQPSymbol('d'), 'x') },
    defaultOutcome: RELEASED,
    outcomes: ['amqp:accepted:list'],
    capabilities: ['queue', 'shared'],
  }
  const source = new Source(fields)
  t.deepEqual({ ...source } as unknown, fields)
  const names = sourceCodec.fields.map((field) => field.key)
  t.deepEqual(Object.keys(source).sort(), [...names].sort())

  const bytes = new Uint8Array(Buffer.from(written(source), 'hex'))
  const decoded = sourceCodec.decode(new Reader(bytes))
  const again = new Source(decoded)
  t.is(written(again), hexOf(bytes))
  t.is(again.getFilter('f'), 'x')
  t.deepEqual(again.capabilities, ['queue', 'shared'])
})

test('a target has every field of the specification, and is read as it was written [3.5.4]', (t) => {
  const fields: TargetFields = {
    address: 'a',
    durable: 1,
    expiryPolicy: 'link-detach',
    timeout: 0,
    dynamic: false,
    dynamicNodeProperties: { 'supported-dist-modes': new AMQPSymbol('move') },
    capabilities: ['queue'],
  }
  const target = new Target(fields)
  t.deepEqual({ ...target } as unknown, fields)
  t.deepEqual(Object.keys(target).sort(), targetCodec.fields.map((field) => field.key).sort())
  const bytes = new Uint8Array(Buffer.from(written(target), 'hex'))
  t.is(written(new Target(targetCodec.decode(new Reader(bytes)))), hexOf(bytes))
})

test('a single capability or outcome is a list of one', (t) => {
  t.deepEqual(new Target({ capabilities: 'queue' }).capabilities, ['queue'])
  t.deepEqual(new Source({ outcomes: 'amqp:accepted:list' }).outcomes, ['amqp:accepted:list'])
})

const wrong: readonly (readonly [fields: unknown, error: 'TypeError' | 'RangeError', text: RegExp])[] = [
  [5, 'TypeError', /source must be an object, not number/],
  [{ adress: 'q' }, 'TypeError', /source has no adress/],
  [{ address: 5 }, 'TypeError', /source\.address must be a string/],
  [{ durable: 3 }, 'RangeError', /source\.durable must be an integer from 0 to 2/],
  [{ durable: true }, 'TypeError', /source\.durable must be a number/],
  [{ expiryPolicy: 'later' }, 'RangeError', /source\.expiryPolicy must be one of link-detach, session-end/],
  [{ timeout: -1 }, 'RangeError', /source\.timeout/],
  [{ dynamic: 1 }, 'TypeError', /source\.dynamic/],
  [{ dynamicNodeProperties: [] }, 'TypeError', /source\.dynamicNodeProperties/],
  [{ distributionMode: 'é' }, 'RangeError', /source\.distributionMode/],
  [{ filter: new Map() }, 'TypeError', /source\.filter must be a plain object/],
  [{ defaultOutcome: 'accepted' }, 'TypeError', /source\.defaultOutcome must be an outcome/],
  [{ defaultOutcome: { kind: 'received' } }, 'RangeError', /source\.defaultOutcome\.kind must be one of/],
  [{ outcomes: [5] }, 'TypeError', /source\.outcomes\[0\] must be a string/],
  [{ capabilities: ['q', 'é'] }, 'RangeError', /source\.capabilities\[1\] must be ASCII/],
]

test('fields that are unknown or cannot be are refused by name', (t) => {
  for (const [fields, name, message] of wrong) {
    t.throws(() => new Source(fields as SourceFields), { name, message }, String(message))
  }
  t.throws(() => new Target({ filter: {} } as TargetFields), {
    instanceOf: TypeError,
    message: /target has no filter/,
  })
  t.throws(() => new Target({ ...sourceKind } as TargetFields), {
    instanceOf: TypeError,
    message: /target has no kind/,
  })
})

const sourceKind = { kind: 'source' }

test('filters are set one beside the other, described by a symbol or a number [3.5.8]', (t) => {
  const source = new Source('q')
  t.is(source.getFilter(), undefined)
  source.setFilter("color = 'red'")
  source.setFilter(5, 'mine', 0x123n)
  source.setFilter(['a'], 'bare', null)
  source.setFilter(null, 'none')
  t.deepEqual(source.filter, {
    [SELECTOR]: new AMQPDescribed(new AMQPSymbol(SELECTOR), "color = 'red'"),
    mine: new AMQPDescribed(new AMQPuLong(0x123n), 5),
    bare: ['a'],
    none: null,
  })
  t.is(source.getFilter(), "color = 'red'")
  t.is(source.getFilter('mine'), 5)
  t.deepEqual(source.getFilter('bare'), ['a'])
  t.is(source.getFilter('none'), null)
  t.is(source.getFilter('toString'), undefined)
  source.setFilter('other')
  t.is(source.getFilter(), 'other')
  t.is(Object.keys(source.filter ?? {}).length, 4)
  t.throws(() => source.setFilter('x', 'y', 'é'), { instanceOf: RangeError })
})

test('a terminus that was changed into something impossible is refused when it is written', (t) => {
  const target = new Target('q')
  Object.assign(target, { timeout: 'long' })
  t.is(t.throws(() => written(target), { instanceOf: EncodeError })?.path, 'target.timeout')
})
