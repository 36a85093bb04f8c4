import test from 'ava'
import type { DecodeErrorKind } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { bytesOf, readVectorFile } from '../support/vector-values.js'
import { chunk, decodeErrorOf, FakeSettlement } from './support.js'

interface MalformedCase {
  readonly name: string
  readonly context: string
  readonly hex: string
  readonly expect: { readonly kind: DecodeErrorKind; readonly condition: string }
}

const cases = (readVectorFile('malformed.json') as MalformedCase[]).filter((one) => one.context === 'message')

/** Everything that decodes something. */
const readers: readonly (readonly [name: string, read: (message: Message) => unknown])[] = [
  ['header', (message) => message.header],
  ['deliveryAnnotations', (message) => message.deliveryAnnotations],
  ['messageAnnotations', (message) => message.messageAnnotations],
  ['properties', (message) => message.properties],
  ['applicationProperties', (message) => message.applicationProperties],
  ['body', (message) => message.body],
  ['bodyType', (message) => message.bodyType],
  ['footer', (message) => message.footer],
  ['data', (message) => message.data],
  ['text', (message) => message.text()],
  ['deliveryCount', (message) => message.deliveryCount],
]

test('there are malformed messages to refuse', (t) => {
  t.true(cases.length >= 3)
})

for (const { name, hex, expect } of cases) {
  test(`${name} is refused as ${expect.kind}, at once when decoded, on reading when received [3.2]`, (t) => {
    const bytes = bytesOf(hex)
    const error = decodeErrorOf(t, () => Message.decodeMessage(bytes))
    t.is(error.kind, expect.kind)
    t.is(error.condition, expect.condition)
    t.true(error.offset >= 0 && error.offset <= bytes.length)

    const message = Message.received(bytes, 0, new FakeSettlement())
    const kinds = readers.map(([, read]) => thrownKind(() => read(message)))
    t.true(kinds.includes(expect.kind))
    t.true(kinds.every((kind) => kind === undefined || kind === expect.kind))
  })
}

const properties = '00 53 73 c0 05 01 a1 02 6964'
const applicationProperties = '00 53 74 c1 07 02 a1 01 61 a1 01 62'
const data = '00 53 75 a0 02 6869'
const value = '00 53 77 a1 02 6869'
const sequence = '00 53 76 45'
const header = '00 53 70 45'
const footer = '00 53 78 c1 01 00'

const misplaced: readonly (readonly [what: string, pieces: readonly string[], offset: number])[] = [
  ['a section before one that must precede it', [properties, header], 10],
  ['application properties after the body', [data, applicationProperties], 7],
  ['a section twice', [properties, properties], 10],
  ['an empty section twice', [header, header], 4],
  ['two values', [value, value], 7],
  ['a value after data', [data, value], 7],
  ['data after a sequence', [sequence, data], 4],
  ['a body after the footer', [data, footer, data], 13],
  ['two footers', [data, footer, footer], 13],
  ['a descriptor of no section', [data, '00 53 79 40'], 7],
  ['a composite that is no section', ['00 53 24 45'], 0],
  ['a symbol of no section', ['00 a3 03 666f6f 45'], 0],
  ['a value without descriptor', [data, '40'], 7],
]

for (const [what, pieces, offset] of misplaced) {
  test(`${what} makes the bytes no message [3.2]`, (t) => {
    const bytes = chunk(...pieces)
    const error = decodeErrorOf(t, () => Message.decodeMessage(bytes))
    t.is(error.kind, 'not-a-section')
    t.is(error.offset, offset)
    const message = Message.received(bytes, 0, new FakeSettlement())
    for (const [name, read] of readers) t.is(decodeErrorOf(t, () => read(message)).offset, offset, name)
  })
}

test('a message that is cut anywhere is refused on reading, and never otherwise [3.2]', (t) => {
  const whole = chunk(header, properties, applicationProperties, data, footer)
  const boundaries = new Set([0, 4, 14, 26, 33])
  for (let length = 0; length < whole.length; length++) {
    const bytes = whole.slice(0, length)
    const message = Message.received(bytes, 0, new FakeSettlement())
    t.is(message.settled, false)
    t.is(message.messageFormat, 0)
    t.is(message.deliveryTag?.length, 2)
    if (boundaries.has(length)) t.notThrows(() => message.body)
    else t.true(['truncated', 'size-exceeds-input'].includes(decodeErrorOf(t, () => message.body).kind))
    t.regex(String(message), /^message\(.*state=ReceivedUnsettled\)$/)
  }
})

test('an error in one section shows when that section is read, and only then [3.2]', (t) => {
  const brokenProperties = '00 53 73 c0 04 01 a1 01 ff'
  const bytes = chunk(header, brokenProperties, applicationProperties, data, footer)
  for (const message of [Message.decodeMessage(bytes), Message.received(bytes, 0, new FakeSettlement())]) {
    t.is(message.text(), 'hi')
    t.deepEqual({ ...message.applicationProperties }, { a: 'b' })
    t.is(message.deliveryCount, 0)
    t.deepEqual({ ...message.footer }, {})
    const error = decodeErrorOf(t, () => message.properties)
    t.is(error.kind, 'invalid-utf8')
    t.true(error.offset >= 4 && error.offset < 13)
    t.is(decodeErrorOf(t, () => message.properties).offset, error.offset)
    t.is(message.text(), 'hi')
  }
})

test('errors in any section leave the others readable, and say where they are [3.2]', (t) => {
  const pieces = {
    header: ['00 53 70 c0 03 01 a1 00', 'wrong-field-type'],
    deliveryAnnotations: ['00 53 71 c1 04 02 a3 00 ff', 'unknown-constructor'],
    messageAnnotations: ['00 53 72 c1 03 02 41 41', 'wrong-field-type'],
    properties: ['00 53 73 c0 03 01 50 01', 'wrong-field-type'],
    applicationProperties: ['00 53 74 c1 06 02 a1 01 61 56 02', 'invalid-boolean'],
    body: ['00 53 77 a1 01 80', 'invalid-utf8'],
    footer: ['00 53 78 c1 07 04 a3 00 40 a3 00 40', 'count-mismatch'],
  } as const
  const names = Object.keys(pieces) as (keyof typeof pieces)[]
  const bytes = chunk(...names.map((name) => pieces[name][0]))
  const message = Message.decodeMessage(bytes)
  let start = 0
  for (const name of names) {
    const [hex, kind] = pieces[name]
    const end = start + chunk(hex).length
    const error = decodeErrorOf(t, () => message[name])
    t.is(error.kind, kind, name)
    t.true(
      error.offset >= start && error.offset <= end,
      `${name}: ${error.offset} is not from ${start} to ${end}`,
    )
    start = end
  }
  t.deepEqual(message.encodeMessage(), bytes)
})

test('a broken section that nobody read is passed on as it is [3.2]', (t) => {
  const bytes = chunk('00 53 73 c0 04 01 a1 01 ff', data)
  t.deepEqual(Message.decodeMessage(bytes).encodeMessage(), bytes)
})

function thrownKind(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { kind?: string }).kind
  }
}
