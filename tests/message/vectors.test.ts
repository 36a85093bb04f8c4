import test, { type ExecutionContext } from 'ava'
import { MessageBodyType } from '../../lib/constants.js'
import { MessageHeader } from '../../lib/message/header.js'
import { Message } from '../../lib/message/message.js'
import type { MessageMap, MessageOptions } from '../../lib/message/message-options.js'
import { MessageProperties } from '../../lib/message/properties.js'
import { Reader } from '../../lib/types/cursor.js'
import { skipValue } from '../../lib/types/decode.js'
import { type AMQPMap, AMQPSymbol, AMQPTimestamp, type AMQPType, AMQPUuid } from '../../lib/types/wrappers.js'
import { bytesOf, findDifference, hexOf, toWrapper } from '../support/vector-values.js'
import {
  FakeSettlement,
  type MessageVector,
  readMessageVectors,
  type SectionDescription,
  sentBytes,
} from './support.js'

const messages = readMessageVectors('message')
const sections = readMessageVectors('section')

const HEADER_FIELDS = Object.keys(new MessageHeader())
const PROPERTIES_FIELDS = Object.keys(new MessageProperties())
const MAPS = new Map<
  number,
  'deliveryAnnotations' | 'messageAnnotations' | 'applicationProperties' | 'footer'
>([
  [0x71, 'deliveryAnnotations'],
  [0x72, 'messageAnnotations'],
  [0x74, 'applicationProperties'],
  [0x78, 'footer'],
])

test('the vectors hold every section and every kind of body [3.2]', (t) => {
  t.true(messages.length >= 20)
  t.true(sections.length >= 40)
  const codes = new Set(messages.flatMap((vector) => vector.sections.map(codeOf)))
  t.deepEqual([...codes].sort(), [0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78])
  t.true(messages.some((vector) => !vector.canonical))
})

for (const vector of [...messages, ...sections]) {
  const { name, hex } = vector

  test(`${name} is read as its sections, received or decoded [3.2]`, (t) => {
    const bytes = bytesOf(hex)
    checkSections(t, Message.decodeMessage(bytes), vector)
    checkSections(t, Message.received(bytes, 0, new FakeSettlement()), vector)
  })

  test(`${name} keeps its bytes, read or not [3.2]`, (t) => {
    const message = Message.decodeMessage(bytesOf(hex))
    t.is(hexOf(message.encodeMessage()), hex)
    checkSections(t, message, vector)
    t.is(hexOf(message.encodeMessage()), hex)
  })

  test(`${name} goes on with the bare message and the footer byte for byte as they came [3.2]`, (t) => {
    const message = Message.received(bytesOf(hex), 0, new FakeSettlement())
    const kept = hexFrom(vector, 0x73)
    t.true(hexOf(sentBytes(message)).endsWith(kept))
    checkSections(t, message, vector)
    t.true(hexOf(sentBytes(message)).endsWith(kept))
  })
}

for (const vector of messages.filter(({ canonical, name }) => canonical && name !== 'message/no-body')) {
  const { body, options } = partsOf(vector)

  test(`${vector.name} is written as other implementations write it [3.2]`, (t) => {
    t.is(hexOf(new Message(body, options).encodeMessage()), vector.hex)
    t.is(hexOf(sentBytes(new Message(body, options))), vector.hex)
  })

  test(`${vector.name} is written the same again once every section was assigned [3.2]`, (t) => {
    const message = Message.decodeMessage(bytesOf(vector.hex))
    const { bodyType, ...others } = options
    Object.assign(message, others)
    if (bodyType === MessageBodyType.Data) message.body = body
    t.is(hexOf(message.encodeMessage()), vector.hex)
    t.is(hexOf(sentBytes(message)), vector.hex)
  })
}

function codeOf({ descriptor }: SectionDescription): number {
  const { value } = toWrapper(descriptor)
  const symbols: Readonly<Record<string, number>> = { 'amqp:data:binary': 0x75 }
  return typeof value === 'bigint' ? Number(value) : (symbols[String(value)] ?? 0)
}

/** The digits of the sections from the first on whose descriptor is not less. */
function hexFrom(vector: MessageVector, code: number): string {
  const bytes = bytesOf(vector.hex)
  const r = new Reader(bytes)
  for (const section of vector.sections) {
    if (codeOf(section) >= code) break
    skipValue(r)
  }
  return hexOf(bytes.subarray(r.pos))
}

function checkSections(t: ExecutionContext, message: Message, vector: MessageVector): void {
  const present = new Set(vector.sections.map(codeOf))
  for (const section of vector.sections) {
    const code = codeOf(section)
    const name = MAPS.get(code)
    if (code === 0x70) checkFields(t, message.header, HEADER_FIELDS, section)
    else if (code === 0x73) checkFields(t, message.properties, PROPERTIES_FIELDS, section)
    else if (name !== undefined) checkMap(t, message[name], section)
  }
  t.is(message.header !== undefined, present.has(0x70))
  t.is(message.properties !== undefined, present.has(0x73))
  for (const [code, name] of MAPS) t.is(message[name] !== undefined, present.has(code), name)
  checkBody(t, message, vector)
}

function checkFields(
  t: ExecutionContext,
  decoded: object | undefined,
  names: readonly string[],
  section: SectionDescription,
): void {
  const items = (toWrapper(section.value).value as readonly AMQPType[]) ?? []
  names.forEach((name, i) => {
    const value = (decoded as Record<string, unknown>)[name]
    const wanted = items[i]
    if (wanted === undefined || wanted.value === null) t.is(value, undefined, name)
    else if (wanted instanceof AMQPSymbol) t.is(value, wanted.value, name)
    else t.is(findDifference(value, wanted), undefined, name)
  })
}

function checkMap(t: ExecutionContext, decoded: MessageMap | undefined, section: SectionDescription): void {
  const wanted = recordOf(section)
  t.is(Object.getPrototypeOf(decoded), null)
  t.deepEqual(Object.keys(decoded ?? {}), Object.keys(wanted))
  for (const [key, value] of Object.entries(wanted))
    t.is(findDifference(decoded?.[key], value), undefined, key)
}

function checkBody(t: ExecutionContext, message: Message, vector: MessageVector): void {
  const body = vector.sections.filter((section) => [0x75, 0x76, 0x77].includes(codeOf(section)))
  const [first] = body
  const code = first === undefined ? 0 : codeOf(first)
  const wanted = body.map((section) => toWrapper(section.value))
  t.is(message.data !== undefined, code === 0x75)
  t.is(message.dataSections !== undefined, code === 0x75)
  t.is(message.sequence !== undefined, code === 0x76)
  t.is(message.value !== undefined, code === 0x77)
  if (code === 0) {
    t.is(message.body, undefined)
    t.is(message.bodyType, undefined)
  } else if (code === 0x75) {
    t.is(message.bodyType, MessageBodyType.Data)
    t.is(
      hexOf(message.data ?? new Uint8Array(1)),
      wanted.map((data) => hexOf(data.value as Uint8Array)).join(''),
    )
    t.deepEqual(
      message.dataSections?.map(hexOf),
      wanted.map((data) => hexOf(data.value as Uint8Array)),
    )
  } else if (code === 0x76) {
    t.is(message.bodyType, MessageBodyType.Sequence)
    t.is(message.sequence?.length, wanted.length)
    wanted.forEach((list, i) => t.is(findDifference(message.sequence?.[i], list), undefined))
  } else {
    t.is(message.bodyType, MessageBodyType.Value)
    t.is(findDifference(message.value, wanted[0] as AMQPType), undefined)
  }
}

/** A map with its keys as texts and its values in wrappers. */
function recordOf(section: SectionDescription): Record<string, AMQPType> {
  const { value } = toWrapper(section.value) as AMQPMap<AMQPType, AMQPType>
  return Object.fromEntries([...value].map(([key, item]) => [String(key.value), item]))
}

/** What one makes a message of to get the sections described, with every type said. */
function partsOf(vector: MessageVector): { body: unknown; options: MessageOptions } {
  const options: Record<string, unknown> = {}
  const bodies: AMQPType[] = []
  for (const section of vector.sections) {
    const code = codeOf(section)
    const name = MAPS.get(code)
    if (code === 0x70) options['header'] = fieldsOf(HEADER_FIELDS, section)
    else if (code === 0x73) options['properties'] = fieldsOf(PROPERTIES_FIELDS, section)
    else if (name !== undefined) options[name] = recordOf(section)
    else bodies.push(toWrapper(section.value))
    if (code === 0x75) options['bodyType'] = MessageBodyType.Data
    if (code === 0x76) options['bodyType'] = MessageBodyType.Sequence
    if (code === 0x77) options['bodyType'] = MessageBodyType.Value
  }
  const body = options['bodyType'] === MessageBodyType.Value ? bodies[0] : bodies.map((one) => one.value)
  return { body, options }
}

function fieldsOf(names: readonly string[], section: SectionDescription): Record<string, unknown> {
  const items = (toWrapper(section.value).value as readonly AMQPType[]) ?? []
  const fields: Record<string, unknown> = {}
  items.forEach((item, i) => {
    const plain = item instanceof AMQPTimestamp ? item.toDate() : item instanceof AMQPUuid ? item : item.value
    if (plain !== null) fields[names[i] as string] = plain
  })
  return fields
}
