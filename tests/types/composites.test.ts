import test from 'ava'
import { composite, type FieldTable, MANDATORY } from '../../lib/types/composite.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { COMPOSITES, compositeOf, readComposite } from '../../lib/types/known-composites.js'
import * as messaging from '../../lib/types/messaging.js'
import { saslMechanisms } from '../../lib/types/security.js'
import { coordinator } from '../../lib/types/transactions.js'
import { attach, begin, close, detach, open } from '../../lib/types/transport.js'
import { AMQPDescribed } from '../../lib/types/wrappers.js'
import { bytesOf, readVectorFile } from '../support/vector-values.js'
import { kindOf, listOf, readAll, written } from './composite-wire.js'

interface Definition {
  readonly name: string
  readonly descriptor: { readonly symbol: string; readonly codeValue: number }
  readonly fields: readonly {
    readonly name: string
    readonly type: string
    readonly requires: string | null
    readonly mandatory: boolean
    readonly multiple: boolean
  }[]
}

const definitions = (readVectorFile('definitions.json') as { composites: Definition[] }).composites

test('there is a codec for every composite of the specification, each once [1.4]', (t) => {
  t.deepEqual(COMPOSITES.map(({ name }) => name).sort(), definitions.map(({ name }) => name).sort() as never)
})

for (const { name, descriptor, fields } of definitions) {
  test(`the table of ${name} has the fields of the specification, in their order [1.4]`, (t) => {
    const codec = compositeOf({ kind: name })
    t.is(codec?.symbol, descriptor.symbol)
    t.is(codec?.code, descriptor.codeValue)
    const rows = codec?.fields.map((field) => ({
      name: field.name,
      type: field.type,
      requires: field.type === '*' ? field.requires : null,
      mandatory: field.mandatory,
      multiple: field.multiple,
    }))
    const wanted = fields.map((field) => ({
      name: field.name,
      type: field.type,
      requires: field.type === '*' ? field.requires : null,
      mandatory: field.mandatory,
      multiple: field.multiple,
    }))
    t.deepEqual(rows, wanted as typeof rows)
  })
}

test('the compiler refuses a table that is not that of its type', (t) => {
  interface Sample {
    readonly kind: 'sample'
    readonly name: string
    readonly size?: number | undefined
    readonly labels?: readonly string[] | undefined
  }
  const right: FieldTable<Sample> = {
    name: ['string', MANDATORY],
    size: ['uint'],
    labels: ['symbol', 'multiple'],
  }
  // @ts-expect-error a field is left out
  const missing: FieldTable<Sample> = { name: ['string', MANDATORY], size: ['uint'] }
  // @ts-expect-error a number is no string
  const typed: FieldTable<Sample> = { ...right, size: ['string'] }
  // @ts-expect-error what must be there is mandatory
  const optional: FieldTable<Sample> = { ...right, name: ['string'] }
  // @ts-expect-error what may be absent is not mandatory
  const mandatory: FieldTable<Sample> = { ...right, size: ['uint', MANDATORY] }
  // @ts-expect-error several values need the mark
  const single: FieldTable<Sample> = { ...right, labels: ['symbol'] }
  t.is([right, missing, typed, optional, mandatory, single].length, 6)
  const codec = composite<Sample>('sample', 0x99, 'test:sample:list', right)
  const hex = written((w) => codec.encode(w, { name: 'n', labels: ['a'] }))
  t.is(hex, '005399c00b03a1016e40e00401a30161')
  t.deepEqual(
    readAll(hex, (r) => codec.decode(r)),
    { kind: 'sample', name: 'n', size: undefined, labels: ['a'] },
  )
})

test('a descriptor may be a ulong of any width or a symbol [1.4]', (t) => {
  for (const descriptor of [
    '5310',
    '800000000000000010',
    'a30e616d71703a6f70656e3a6c697374',
    'b30000000e616d71703a6f70656e3a6c697374',
  ]) {
    t.is(readAll(`00${descriptor}c00401a10163`, (r) => open.decode(r)).containerId, 'c')
  }
  for (const descriptor of ['44', '5311', '800000000100000010', 'a3016f', 'a10f', '5210', '40']) {
    t.is(
      kindOf(() => readAll(`00${descriptor}c00401a10163`, (r) => open.decode(r))),
      'wrong-field-type',
      descriptor,
    )
  }
})

test('a field with several values may be null, one value, or an array, and an empty array is none [1.4]', (t) => {
  const capabilities = (hex: string) => readAll(`005330c0${hex}`, (r) => coordinator.decode(r)).capabilities
  t.is(capabilities('020140'), undefined)
  t.deepEqual(capabilities('0401a30161'), ['a'])
  t.deepEqual(capabilities('0901e00602a301610162'), ['a', 'b'])
  t.deepEqual(capabilities('1001f00000000a00000001b30000000161'), ['a'])
  t.is(capabilities('0501e00200a3'), undefined)
  for (const value of [undefined, []])
    t.is(
      written((w) => coordinator.encode(w, { capabilities: value })),
      '00533045',
    )
  t.is(
    written((w) => coordinator.encode(w, { capabilities: ['a'] })),
    '005330c00701e00401a30161',
  )
  for (const [hex, kind] of [
    ['0701e00401a10161', 'wrong-field-type'],
    ['0401a10161', 'wrong-field-type'],
    ['0701e00402a30161', 'truncated'],
    ['0701e00405a30161', 'count-exceeds-size'],
    ['0801e00501a3016162', 'count-mismatch'],
    ['0701e00401a301e9', 'invalid-symbol'],
    ['0501e0020057', 'unknown-constructor'],
  ] as const) {
    t.is(
      kindOf(() => capabilities(hex)),
      kind,
      hex,
    )
  }
  t.is(
    kindOf(() => readAll('005340c00501e00200a3', (r) => saslMechanisms.decode(r))),
    'missing-mandatory',
  )
})

test('size and count of a composite are honoured to the byte [1.6.22]', (t) => {
  t.is(readAll('005310d00000000700000001a10163', (r) => open.decode(r)).containerId, 'c')
  for (const [hex, kind] of [
    ['005310c00301a10163', 'size-exceeds-input'],
    ['005310c00501a1016340', 'count-mismatch'],
    ['005310c00402a10163', 'truncated'],
    ['005310c00405a10163', 'count-exceeds-size'],
    ['005310c00501a10163', 'size-exceeds-input'],
    ['005310c000', 'size-too-small'],
    ['005310d000000003000000', 'size-too-small'],
    ['005310d0ffffffff00000001a10163', 'size-exceeds-input'],
    ['005310c003', 'size-exceeds-input'],
    ['005310', 'truncated'],
    ['0053', 'truncated'],
    ['', 'truncated'],
    ['00531057', 'unknown-constructor'],
    ['005310c0020157', 'unknown-constructor'],
    ['005318c0050440404040', 'too-many-fields'],
    ['00533145', 'no error but [object Object]'],
    ['005331c0020140', 'no error but [object Object]'],
  ] as const) {
    t.is(
      kindOf(() => readAll(hex, readComposite)),
      kind,
      hex,
    )
  }
})

test('an element that runs beyond its list is refused even when the input goes on [1.6.22]', (t) => {
  t.is(
    kindOf(() => readAll('005310c00401a1056162636465', (r) => open.decode(r))),
    'size-exceeds-input',
  )
  t.is(
    kindOf(() => readAll('005311c0040240700000000000', (r) => begin.decode(r))),
    'truncated',
  )
})

test('integers are of exactly the type of their field, in each of its widths [1.6.5]', (t) => {
  const window = (field: string) => () =>
    readAll(listOf('11', '40', '43', field, '43'), (r) => begin.decode(r)).incomingWindow
  t.is(window('43')(), 0)
  t.is(window('5209')(), 9)
  t.is(window('70ffffffff')(), 0xffffffff)
  t.is(window('7000000009')(), 9)
  for (const field of [
    '44',
    '5309',
    '5409',
    '5009',
    '600009',
    '7100000009',
    '800000000000000009',
    'a10139',
    '41',
    '45',
    'c10100',
  ]) {
    t.is(kindOf(window(field)), 'wrong-field-type', field)
  }
  const channel = (field: string) => () =>
    readAll(listOf('11', field, '43', '43', '43'), (r) => begin.decode(r)).remoteChannel
  t.is(channel('600007')(), 7)
  t.is(channel('60ffff')(), 0xffff)
  t.is(kindOf(channel('5207')), 'wrong-field-type')
  t.is(kindOf(channel('5007')), 'wrong-field-type')
})

test('booleans are read in both encodings, and written in the short one [1.6.2]', (t) => {
  const closed = (field: string) => () => readAll(listOf('16', '43', field), (r) => detach.decode(r)).closed
  t.true(closed('41')())
  t.false(closed('42')())
  t.true(closed('5601')())
  t.false(closed('5600')())
  t.is(kindOf(closed('5602')), 'invalid-boolean')
  t.is(
    written((w) => detach.encode(w, { handle: 0, closed: false })),
    '005316c003024342',
  )
})

test('a field beyond its type is refused with its path, and leaves nothing behind [1.4]', (t) => {
  const cases: [object, string][] = [
    [{}, 'open.containerId'],
    [{ containerId: null }, 'open.containerId'],
    [{ containerId: 1 }, 'open.containerId'],
    [{ containerId: '\ud800' }, 'open.containerId'],
    [{ containerId: 'c', channelMax: 65536 }, 'open.channelMax'],
    [{ containerId: 'c', maxFrameSize: -1 }, 'open.maxFrameSize'],
    [{ containerId: 'c', idleTimeOut: 1.5 }, 'open.idleTimeOut'],
    [{ containerId: 'c', offeredCapabilities: 'a' }, 'open.offeredCapabilities'],
    [{ containerId: 'c', offeredCapabilities: ['a', 'é'] }, 'open.offeredCapabilities'],
    [{ containerId: 'c', offeredCapabilities: ['a', 1] }, 'open.offeredCapabilities'],
    [{ containerId: 'c', properties: [] }, 'open.properties'],
    [{ containerId: 'c', properties: new Map([['a', 1]]) }, 'open.properties'],
    [{ containerId: 'c', properties: { f: () => 1 } }, 'open.properties.f'],
    [{ containerId: 'c', properties: { 'a-b': [1, { c: Symbol('s') }] } }, 'open.properties["a-b"][1].c'],
    [{ containerId: 'c', properties: { é: 1 } }, 'open.properties["é"]'],
    [{ kind: 'begin', containerId: 'c' }, 'open'],
  ]
  for (const [value, path] of cases) {
    const w = new Writer(8)
    w.raw(Uint8Array.of(1, 2))
    t.is(
      kindOf(() => open.encode(w, value as never)),
      path,
    )
    t.is(w.pos, 2, path)
  }
  t.is(
    kindOf(() => open.encode(new Writer(), undefined as never)),
    'open',
  )
  const target = { kind: 'target', address: 7 } as never
  t.is(
    kindOf(() => attach.encode(new Writer(), { name: 'n', handle: 0, role: true, target })),
    'target.address',
  )
  t.is(
    kindOf(() => attach.encode(new Writer(), { name: 'n', handle: 0, role: true, source: target })),
    'attach.source',
  )
  t.is(
    kindOf(() => attach.encode(new Writer(), { name: 'n', handle: 0, role: true, maxMessageSize: -1n })),
    'attach.maxMessageSize',
  )
  t.is(
    kindOf(() => close.encode(new Writer(), { error: { kind: 'error' } as never })),
    'error.condition',
  )
})

test('trailing nulls are left out, and a default is written when it is given [1.4]', (t) => {
  t.is(
    written((w) => close.encode(w, {})),
    '00531845',
  )
  t.is(
    written((w) => close.encode(w, { kind: 'close', error: undefined })),
    '00531845',
  )
  t.is(
    written((w) => open.encode(w, { containerId: '', maxFrameSize: 0xffffffff })),
    '005310c00903a1004070ffffffff',
  )
})

test('nesting is counted through composites and given back after them [1.6.22]', (t) => {
  const deep = (levels: number) => {
    let value: unknown = 1
    for (let i = 0; i < levels; i++) value = [value]
    return written((w) =>
      close.encode(w, { error: { kind: 'error', condition: 'c', info: { deep: value as never } } }),
    )
  }
  const r = new Reader(bytesOf(deep(20)))
  close.decode(r)
  t.is(r.depth, 0)
  t.is(
    kindOf(() => readAll(deep(62), (reader) => close.decode(reader))),
    'nesting-too-deep',
  )
})

test('a value that is no known composite is read as any other [1.4]', (t) => {
  t.is(readAll('5401', readComposite), 1)
  t.true(readAll('0053995401', readComposite) instanceof AMQPDescribed)
  t.is(readAll('00532445', readComposite), messaging.ACCEPTED)
  t.is(compositeOf({ kind: 'nothing' }), undefined)
  t.is(compositeOf('open'), undefined)
})
