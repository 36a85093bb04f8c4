import test from 'ava'
import { Writer } from '../../lib/types/cursor.js'
import * as messaging from '../../lib/types/messaging.js'
import { declare } from '../../lib/types/transactions.js'
import { attach, disposition, error, open } from '../../lib/types/transport.js'
import {
  AMQPDescribed,
  AMQPList,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPUuid,
  AMQPuLong,
  type AMQPValue,
} from '../../lib/types/wrappers.js'
import { kindOf, listOf, mapOf, readAll, written } from './composite-wire.js'

test('maps are objects without a prototype, in which no name of a peer means anything [2.8.10]', (t) => {
  const properties = { constructor: 1, toString: 'x', ['__proto__']: { deep: true }, hasOwnProperty: null }
  const hex = written((w) => open.encode(w, { containerId: 'c', properties }))
  const decoded = readAll(hex, (r) => open.decode(r)).properties as Record<string, unknown>
  t.is(Object.getPrototypeOf(decoded), null)
  t.deepEqual(Object.keys(decoded), ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
  t.deepEqual(Object.values(decoded)[2], new Map([['deep', true]]))
  t.is(({} as { deep?: boolean }).deep, undefined)
  t.is(
    written((w) => open.encode(w, { containerId: 'c', properties: decoded as never })),
    hex,
  )
})

test('names are symbols when written, and taken as symbols or strings, once each [2.8.10]', (t) => {
  const info = (map: string) => () => readAll(listOf('1d', 'a30163', '40', map), (r) => error.decode(r)).info
  t.is(
    written((w) => error.encode(w, { condition: 'c', info: { k: 1 } })),
    listOf('1d', 'a30163', '40', 'c10602a3016b5401'),
  )
  for (const key of ['a3016b', 'a1016b', 'b3000000016b', 'b1000000016b']) {
    t.deepEqual({ ...info(mapOf(key, '5401'))() }, { k: 1 })
  }
  t.deepEqual({ ...info('d10000000900000002a3016b5401')() }, { k: 1 })
  for (const [map, kind] of [
    [mapOf('5301', '5401'), 'wrong-field-type'],
    [mapOf('40', '5401'), 'wrong-field-type'],
    [mapOf('a3016b', '5401', 'a1016b', '5402'), 'count-mismatch'],
    [mapOf('a3016b'), 'odd-map-count'],
    ['c10702a3016b540140', 'count-mismatch'],
    ['c10502a3016b5401', 'truncated'],
    ['c1ff02a3016b5401', 'size-exceeds-input'],
    ['45', 'wrong-field-type'],
  ] as const) {
    t.is(kindOf(info(map)), kind, map)
  }
})

test('a state that is not known is kept as it came, and one that is no state is refused [3.4]', (t) => {
  for (const state of ['00539945', '005399c0020140', '00a3016145', '008000000001000000245401']) {
    const hex = listOf('15', '41', '43', '40', '42', state)
    const decoded = readAll(hex, (r) => disposition.decode(r))
    t.true(decoded.state instanceof AMQPDescribed)
    t.is(
      written((w) => disposition.encode(w, decoded)),
      hex,
    )
  }
  for (const state of ['41', 'a10161', '45', 'c00100', '57']) {
    const kind = state === '57' ? 'unknown-constructor' : 'wrong-field-type'
    t.is(
      kindOf(() => readAll(listOf('15', '41', '43', '40', '42', state), (r) => disposition.decode(r))),
      kind,
    )
  }
  const w = new Writer()
  t.is(
    kindOf(() => messaging.encodeDeliveryState(w, { kind: 'source' } as never)),
    'state',
  )
})

test('the unsettled map has tags in hexadecimal, and deliveries without a state [2.7.3]', (t) => {
  const unsettled = new Map<string, messaging.DeliveryState | undefined>([
    ['', undefined],
    ['00ff', messaging.ACCEPTED],
    ['0a', { kind: 'received', sectionNumber: 1, sectionOffset: 2n }],
  ])
  const hex = written((w) => attach.encode(w, { name: 'n', handle: 0, role: false, unsettled }))
  const decoded = readAll(hex, (r) => attach.decode(r)).unsettled
  t.deepEqual([...(decoded as typeof unsettled)], [...unsettled])
  t.is(decoded?.get('00ff'), messaging.ACCEPTED)
  const attached = (value: unknown) => () =>
    attach.encode(new Writer(), { name: 'n', handle: 0, role: false, unsettled: value as never })
  t.is(kindOf(attached({})), 'attach.unsettled')
  t.is(kindOf(attached(new Map([['xyz', undefined]]))), 'attach.unsettled')
  t.is(kindOf(attached(new Map([['00', { kind: 'target' }]]))), 'attach.unsettled[00]')
})

test('the lifetime policy of a dynamic node is a composite of its own [3.5.9]', (t) => {
  const dynamicNodeProperties = {
    'lifetime-policy': { kind: 'delete-on-no-links' },
    other: new AMQPSymbol('x'),
  } as const
  const hex = written((w) => messaging.target.encode(w, { dynamic: true, dynamicNodeProperties }))
  const decoded = readAll(hex, (r) => messaging.target.decode(r)).dynamicNodeProperties
  t.deepEqual(decoded?.['lifetime-policy'], { kind: 'delete-on-no-links' })
  t.true(new AMQPSymbol('x').equals(decoded?.['other']))
  const strange = { dynamicNodeProperties: { 'lifetime-policy': { kind: 'delete-on-a-whim' } } } as never
  t.is(
    kindOf(() => messaging.target.encode(new Writer(), strange)),
    'target.dynamicNodeProperties["lifetime-policy"]',
  )
})

test('ids of messages keep their type, and nothing else is one [3.2.11–3.2.14]', (t) => {
  const uuid = new AMQPUuid('f275ea5e-0c57-4ad7-b11a-b20c563d3b71')
  for (const messageId of ['1', 1n, 0xffffffffffffffffn, Uint8Array.of(1), uuid]) {
    const hex = written((w) => messaging.properties.encode(w, { messageId, correlationId: messageId }))
    const decoded = readAll(hex, (r) => messaging.properties.decode(r))
    t.deepEqual(decoded.messageId, messageId)
    t.deepEqual(decoded.correlationId, messageId)
  }
  for (const id of ['5201', '5401', '41', 'a30161', '45']) {
    t.is(
      kindOf(() => readAll(listOf('73', id), (r) => messaging.properties.decode(r))),
      'wrong-field-type',
      id,
    )
  }
  for (const messageId of [1, true, 2n ** 64n, -1n, {}, new AMQPSymbol('a')]) {
    t.is(
      kindOf(() => messaging.properties.encode(new Writer(), { messageId } as never)),
      'properties.messageId',
    )
  }
})

test('times are dates, and stay what they are beyond the range of a date [1.6.17]', (t) => {
  const far = new AMQPTimestamp(2n ** 62n)
  const near = new Date('2026-01-02T03:04:05.678Z')
  const hex = written((w) => messaging.properties.encode(w, { creationTime: near, absoluteExpiryTime: far }))
  const decoded = readAll(hex, (r) => messaging.properties.decode(r))
  t.deepEqual(decoded.creationTime, near)
  t.true(far.equals(decoded.absoluteExpiryTime))
  const invalid = { creationTime: new Date(Number.NaN) }
  t.is(
    kindOf(() => messaging.properties.encode(new Writer(), invalid)),
    'properties.creationTime',
  )
})

test('any value is the id of a distributed transaction [4.5.2]', (t) => {
  const globalId = new AMQPDescribed(new AMQPuLong(5), new AMQPList(['x']))
  const hex = written((w) => declare.encode(w, { globalId }))
  t.is(hex, listOf('31', '005305c00401a10178'))
  const decoded = readAll(hex, (r) => declare.decode(r)).globalId
  t.deepEqual(decoded, new AMQPDescribed<AMQPValue, AMQPValue>(5n, ['x']))
})
