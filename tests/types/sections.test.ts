import test from 'ava'
import { DecodeError, EncodeError } from '../../lib/errors.js'
import { Reader, Writer } from '../../lib/types/cursor.js'
import { decode, readValue } from '../../lib/types/decode.js'
import { writeBinary, writeValue } from '../../lib/types/encode.js'
import {
  header,
  properties,
  readAnnotations,
  readApplicationProperties,
  readSection,
  readSectionDescriptor,
  SECTION,
  type Section,
  writeAnnotations,
  writeApplicationProperties,
  writeSectionDescriptor,
} from '../../lib/types/messaging.js'
import { skipValue } from '../../lib/types/skip.js'
import {
  AMQPArray,
  AMQPDescribed,
  AMQPList,
  AMQPMap,
  AMQPSymbol,
  type AMQPType,
  AMQPUuid,
} from '../../lib/types/wrappers.js'
import {
  bytesOf,
  findDifference,
  hexOf,
  readVectorFile,
  toWrapper,
  type ValueDescription,
} from '../support/vector-values.js'
import {
  compositeIn,
  findCompositeDifference,
  findRecordDifference,
  toInput,
} from './composite-descriptions.js'

interface MessageVector {
  readonly name: string
  readonly group: string
  readonly value?: ValueDescription
  readonly sections?: readonly ValueDescription[]
  readonly payloadSections?: readonly ValueDescription[]
  readonly payloadHex?: string
  readonly hex: string
  readonly canonical: boolean
}

const all = readVectorFile('vectors.json') as readonly MessageVector[]

/** Whole messages, single sections, and the payloads of captured transfers: bytes with the sections they hold. */
const vectors = [
  ...all.filter(({ group }) => group === 'message'),
  ...all
    .filter(({ group }) => group === 'section')
    .map((one) => ({ ...one, sections: [one.value as ValueDescription] })),
  ...all
    .filter(({ payloadSections = [] }) => payloadSections.length > 0)
    .map((one) => ({
      ...one,
      sections: one.payloadSections,
      hex: one.payloadHex as string,
      canonical: false,
    })),
]

/** By numeric or symbolic descriptor: the name, and how the value of the section is written. */
const annotations = (w: Writer, value: ValueDescription) => writeAnnotations(w, toRecord(value))
const anyValue = (w: Writer, value: ValueDescription) => writeValue(w, toWrapper(value))
const KINDS: readonly (readonly [number, string, (w: Writer, value: ValueDescription) => void])[] = [
  [SECTION.header, 'header', anyValue],
  [SECTION.deliveryAnnotations, 'delivery-annotations', annotations],
  [SECTION.messageAnnotations, 'message-annotations', annotations],
  [SECTION.properties, 'properties', anyValue],
  [
    SECTION.applicationProperties,
    'application-properties',
    (w, value) => writeApplicationProperties(w, toRecord(value)),
  ],
  [SECTION.data, 'data', (w, value) => writeBinary(w, bytesOf(String(value.value)))],
  [SECTION.amqpSequence, 'amqp-sequence', anyValue],
  [SECTION.amqpValue, 'amqp-value', anyValue],
  [SECTION.footer, 'footer', annotations],
]

function toRecord(map: ValueDescription): Record<string, AMQPType> {
  return Object.fromEntries((map.entries ?? []).map(([key, value]) => [String(key.value), toWrapper(value)]))
}

function kindOf({ descriptor }: ValueDescription) {
  const code = String(descriptor?.value)
  const kind = KINDS.find(([number, name]) => code === String(number) || code.startsWith(`amqp:${name}:`))
  if (kind === undefined) throw new TypeError(`no section ${code}`)
  return kind
}

function findSectionDifference(section: Section, wanted: ValueDescription): string | undefined {
  const composite = compositeIn(wanted)
  if (composite !== undefined) return findCompositeDifference(section, composite)
  const [, name] = kindOf(wanted)
  if (section.kind !== name) return `${name} was read as ${section.kind}`
  const value = wanted.value as ValueDescription
  const read: unknown = 'value' in section ? section.value : undefined
  return value.type === 'map' && name !== 'amqp-value'
    ? findRecordDifference(read, value, name)
    : findDifference(read, toWrapper(value), name)
}

function writeSection(w: Writer, wanted: ValueDescription): void {
  const composite = compositeIn(wanted)
  if (composite?.name === 'header') header.encode(w, toInput(composite) as never)
  else if (composite !== undefined) properties.encode(w, toInput(composite) as never)
  else {
    const [code, , write] = kindOf(wanted)
    writeSectionDescriptor(w, code as SECTION)
    write(w, wanted.value as ValueDescription)
  }
}

test('the vectors hold every section [3.2]', (t) => {
  const names = new Set(vectors.flatMap(({ sections = [] }) => sections.map((section) => kindOf(section)[1])))
  t.deepEqual([...names].sort(), KINDS.map(([, name]) => name).sort())
})

for (const { name, sections = [], hex, canonical } of vectors) {
  test(`${name} holds the sections described, one after the other [3.2]`, (t) => {
    const r = new Reader(bytesOf(hex))
    for (const wanted of sections) t.is(findSectionDifference(readSection(r), wanted), undefined)
    t.is(r.pos, r.end)
    t.is(r.depth, 0)
  })

  test(`${name} is stepped over by descriptors alone [3.2]`, (t) => {
    const r = new Reader(bytesOf(hex))
    for (const wanted of sections) {
      t.is(readSectionDescriptor(r), kindOf(wanted)[0] as SECTION)
      skipValue(r)
    }
    t.is(r.pos, r.end)
  })

  // A ulong as key of an annotation is reserved: it can be read, not written.
  const writable = !name.includes('ulong-key')
  test(`${name} is written ${canonical && writable ? 'to exactly its bytes' : 'to the same sections'} [3.2]`, (t) => {
    const w = new Writer(1)
    for (const wanted of sections) writeSection(w, wanted)
    if (canonical && writable) t.is(hexOf(w.written()), hex)
    const r = new Reader(w.written())
    for (const wanted of sections) t.is(findSectionDifference(readSection(r), wanted), undefined)
    t.is(r.pos, r.end)
  })
}

function written(encode: (w: Writer) => void): string {
  const w = new Writer(4)
  encode(w)
  return hexOf(w.written())
}

test('the descriptor of a section may be a ulong of any width or a symbol, of a section only [3.2]', (t) => {
  const read = (hex: string) => () => readSectionDescriptor(new Reader(bytesOf(hex)))
  t.is(read('00800000000000000077')(), SECTION.amqpValue)
  t.is(read('00a311616d71703a616d71702d76616c75653a2a')(), SECTION.amqpValue)
  for (const hex of [
    '00536f',
    '005379',
    '0044',
    '00800000000100000077',
    '00a3046e6f6e65',
    '005077',
    '40',
    '5375',
  ]) {
    t.is(t.throws(read(hex), { instanceOf: DecodeError })?.kind, 'not-a-section', hex)
  }
  for (const hex of ['', '00', '0053', '008000'])
    t.is(t.throws(read(hex), { instanceOf: DecodeError })?.kind, 'truncated')
})

test('a section holds what its kind says and nothing else [3.2]', (t) => {
  for (const hex of [
    '0053704101',
    '005370c10100',
    '00537145',
    '005372a10161',
    '005373a000',
    '00537440',
    '005375a30161',
    '00537540',
    '005376c10100',
    '005376a000',
    '00537840',
  ]) {
    const error = t.throws(() => readSection(new Reader(bytesOf(hex))), { instanceOf: DecodeError })
    t.is(error?.kind, 'wrong-field-type', hex)
  }
  t.is(
    t.throws(() => readSection(new Reader(bytesOf('00537557'))), { instanceOf: DecodeError })?.kind,
    'unknown-constructor',
  )
})

test('application properties take simple values of every type, and their names are strings [3.2.5]', (t) => {
  const uuid = new AMQPUuid('f275ea5e-0c57-4ad7-b11a-b20c563d3b71')
  const record = {
    text: 'x',
    n: 5,
    big: 2n ** 63n - 1n,
    none: null,
    raw: Uint8Array.of(1),
    when: new Date(0),
    flag: true,
    uuid,
    sym: new AMQPSymbol('s'),
  }
  const hex = written((w) => writeApplicationProperties(w, record))
  t.deepEqual({ ...readApplicationProperties(new Reader(bytesOf(hex))) }, record)
  for (const key of (decode(bytesOf(hex)) as Map<unknown, unknown>).keys()) t.is(typeof key, 'string')
  t.is(hex.slice(6, 18), 'a10474657874')
})

test('application properties refuse a list, a map, an array and a described value, and name them [3.2.5]', (t) => {
  const compounds = [
    [1],
    new Map(),
    { a: 1 },
    new AMQPList([]),
    new AMQPMap({}),
    new AMQPArray([1]),
    new AMQPDescribed('d', 1),
  ]
  for (const foo of compounds) {
    const w = new Writer()
    const error = t.throws(() => writeApplicationProperties(w, { ok: 1, foo } as never), {
      instanceOf: EncodeError,
    })
    t.is(error?.path, 'applicationProperties.foo')
  }
  const error = t.throws(() => writeApplicationProperties(new Writer(), { 'a b': [] }), {
    instanceOf: EncodeError,
  })
  t.is(error?.path, 'applicationProperties["a b"]')
  t.is(
    t.throws(() => writeApplicationProperties(new Writer(), { f: () => 1 } as never), {
      instanceOf: EncodeError,
    })?.path,
    'applicationProperties.f',
  )
})

test('compound values and symbols as names in the application properties of a peer are borne [3.2.5]', (t) => {
  const read = readApplicationProperties(new Reader(bytesOf('c10c04a30161c0020143a1016245')))
  t.deepEqual({ ...read }, { a: [0], b: [] })
})

test('annotations are written with symbols as names; any value may stand there [3.2.10]', (t) => {
  const hex = written((w) => writeAnnotations(w, { 'x-opt-a': [1], b: { c: 2 } }))
  const keys = [...(decode(bytesOf(hex)) as Map<unknown, unknown>).keys()]
  t.deepEqual(keys, ['x-opt-a', 'b'])
  t.is(hex.slice(6, 24), 'a307782d6f70742d61')
  t.deepEqual({ ...readAnnotations(new Reader(bytesOf(hex))) }, { 'x-opt-a': [1], b: new Map([['c', 2]]) })
  const error = t.throws(() => writeAnnotations(new Writer(), { 'x-ö': 1 }), { instanceOf: EncodeError })
  t.is(error?.path, 'annotations["x-ö"]')
})

test('annotations may have ulong keys, which read as their digits; other maps may not [3.2.10]', (t) => {
  const map = 'c1100680ffffffffffffffff414441530541'
  t.deepEqual(
    { ...readAnnotations(new Reader(bytesOf(map))) },
    { '18446744073709551615': true, '0': true, '5': true },
  )
  t.is(
    t.throws(() => readApplicationProperties(new Reader(bytesOf(map))), { instanceOf: DecodeError })?.kind,
    'wrong-field-type',
  )
})

test('a name of an annotation means nothing to the language [3.2.10]', (t) => {
  const hex = written((w) => writeAnnotations(w, { ['__proto__']: 1, toString: 2 }))
  const read = readAnnotations(new Reader(bytesOf(hex)))
  t.is(Object.getPrototypeOf(read), null)
  t.deepEqual(Object.entries(read), [
    ['__proto__', 1],
    ['toString', 2],
  ])
  t.is(
    written((w) => writeAnnotations(w, read as never)),
    hex,
  )
})

test('the value of an amqp-value section is any value, a composite too [3.2.8]', (t) => {
  const r = new Reader(bytesOf('00537700533145'))
  t.is(readSectionDescriptor(r), SECTION.amqpValue)
  t.true(readValue(r) instanceof AMQPDescribed)
})
