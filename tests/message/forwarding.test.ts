import test from 'ava'
import { MessageBodyType, MessageState } from '../../lib/constants.js'
import { EncodeError } from '../../lib/errors.js'
import type { MessageHeader } from '../../lib/message/header.js'
import { Message } from '../../lib/message/message.js'
import type { MessageProperties } from '../../lib/message/properties.js'
import { AMQPLong, AMQPString } from '../../lib/types/wrappers.js'
import { hexOf } from '../support/vector-values.js'
import { chunk, FakeSettlement, sentBytes } from './support.js'

// None of these is as our encoder would write it: wide lists and maps, full-width descriptors, symbols, uint values.
const header = wide('00 53 70', 'd0', 5, '56 01 50 05 70 00000064 42 52 03')
const deliveryAnnotations = wide('00 53 71', 'd1', 2, 'a3 01 64 54 01')
const messageAnnotations = '00 80 0000000000000072 c1 06 02 a3 01 6d 52 07'
const properties = wide('00 53 73', 'd0', 3, 'a1 01 69 40 40')
const applicationProperties = wide(
  `00 a3 1f ${hexOf(Buffer.from('amqp:application-properties:map'))}`,
  'd1',
  4,
  'a1 01 61 52 05 a1 01 62 80 0000000000000001',
)
const data = '00 53 75 b0 00000002 6869'
const value = wide('00 53 77', 'd0', 2, 'c1 05 02 52 01 52 02 45')
const sequence = wide('00 53 76', 'd0', 1, '52 05')
const footer = wide('00 53 78', 'd1', 2, 'a3 01 66 52 01')

const whole = [
  header,
  deliveryAnnotations,
  messageAnnotations,
  properties,
  applicationProperties,
  data,
  footer,
]
/** Durable, priority and ttl of the header above, in our encoding. */
const onward = '00 53 70 c0 06 03 41 50 05 52 64'
const sentOn = [onward, messageAnnotations, properties, applicationProperties, data, footer]

/** A list or a map with size and count in four bytes each. */
function wide(descriptor: string, constructor: string, count: number, content: string): string {
  const size = 4 + chunk(content).length
  const [sizeHex, countHex] = [size, count].map((number) => number.toString(16).padStart(8, '0'))
  return `${descriptor} ${constructor} ${sizeHex} ${countHex} ${content}`
}

function receive(...pieces: readonly string[]): Message {
  return Message.received(chunk(...pieces), 0, new FakeSettlement())
}

/** Reads all there is. */
function readAll(message: Message): void {
  void [message.header, message.deliveryAnnotations, message.messageAnnotations, message.properties]
  void [message.applicationProperties, message.body, message.footer, message.deliveryCount]
}

test('a received message goes on as it came, but for what was meant for its last hop [3.2.1, 3.2.2]', (t) => {
  const message = receive(...whole)
  t.deepEqual(sentBytes(message), chunk(...sentOn))
  t.deepEqual(sentBytes(message), chunk(...sentOn))
  readAll(message)
  t.deepEqual(sentBytes(message), chunk(...sentOn))
  t.is(message.header?.deliveryCount, 3)
  t.deepEqual({ ...message.deliveryAnnotations }, { d: 1 })
})

test('a message without a header goes on without one [3.2.1]', (t) => {
  const pieces = [messageAnnotations, properties, data]
  t.deepEqual(sentBytes(receive(...pieces)), chunk(...pieces))
  t.deepEqual(sentBytes(receive('00 53 70 45', ...pieces)), chunk(...pieces))
  const countOnly = '00 53 70 c0 06 05 40 40 40 40 43'
  t.deepEqual(sentBytes(receive(countOnly, ...pieces)), chunk(...pieces))
})

test('encodeMessage keeps everything a message came with', (t) => {
  const message = receive(...whole)
  t.deepEqual(message.encodeMessage(), chunk(...whole))
  readAll(message)
  t.deepEqual(message.encodeMessage(), chunk(...whole))
  const bytes = chunk(...whole)
  const encoded = Message.decodeMessage(bytes).encodeMessage()
  t.not(encoded.buffer, bytes.buffer)
})

test('a section that is assigned is encoded anew, and no other [3.2]', (t) => {
  const message = receive(...whole)
  message.properties = { messageId: 'j' }
  const changed = [...sentOn]
  changed[2] = '00 53 73 c0 04 01 a1 01 6a'
  t.deepEqual(sentBytes(message), chunk(...changed))

  message.footer = undefined
  changed.pop()
  t.deepEqual(sentBytes(message), chunk(...changed))

  message.body = 'ho'
  changed[4] = '00 53 75 a0 02 686f'
  t.deepEqual(sentBytes(message), chunk(...changed))
  t.is(message.bodyType, MessageBodyType.Data)

  message.body = { a: null }
  changed[4] = '00 53 77 c1 05 02 a1 01 61 40'
  t.deepEqual(sentBytes(message), chunk(...changed))
  t.is(message.bodyType, MessageBodyType.Value)
  t.is(message.data, undefined)
})

test('assigning to a section that was read, or never was, comes to the same [3.2]', (t) => {
  const read = receive(...whole)
  const unread = receive(...whole)
  readAll(read)
  for (const message of [read, unread]) message.applicationProperties = { a: 6 }
  const changed = [...sentOn]
  changed[3] = '00 53 74 c1 06 02 a1 01 61 54 06'
  t.deepEqual(sentBytes(read), chunk(...changed))
  t.deepEqual(sentBytes(unread), chunk(...changed))
})

test('header and delivery annotations that are assigned go out in full [3.2.1, 3.2.2]', (t) => {
  const message = receive(...whole)
  message.header = { deliveryCount: 4 }
  message.deliveryAnnotations = { d: 2 }
  const rest = whole.slice(2)
  t.deepEqual(
    sentBytes(message),
    chunk('00 53 70 c0 07 05 40 40 40 40 52 04', '00 53 71 c1 06 02 a3 01 64 54 02', ...rest),
  )
  message.header = undefined
  message.deliveryAnnotations = undefined
  t.deepEqual(sentBytes(message), chunk(...rest))
})

test('a change within a header that came is sent, without what is left behind [3.2.1]', (t) => {
  const message = receive(...whole)
  ;(message.header as MessageHeader).priority = 9
  const changed = ['00 53 70 c0 06 03 41 50 09 52 64', ...sentOn.slice(1)]
  t.deepEqual(sentBytes(message), chunk(...changed))
  const all = ['00 53 70 c0 09 05 41 50 09 52 64 42 52 03', ...whole.slice(1)]
  t.deepEqual(message.encodeMessage(), chunk(...all))
})

const changes: readonly (readonly [
  what: string,
  place: number,
  change: (message: Message) => void,
  hex: string,
])[] = [
  [
    'a field of the properties',
    2,
    ({ properties: p }) => Object.assign(p as object, { subject: 's' }),
    '00 53 73 c0 09 04 a1 01 69 40 40 a1 01 73',
  ],
  [
    'a field of the properties that is taken away',
    2,
    ({ properties: p }) => Object.assign(p as object, { messageId: undefined }),
    '00 53 73 45',
  ],
  [
    'a new application property',
    3,
    ({ applicationProperties: a }) => Object.assign(a as object, { c: 'x' }),
    '00 53 74 c1 11 06 a1 01 61 54 05 a1 01 62 55 01 a1 01 63 a1 01 78',
  ],
  [
    'another application property',
    3,
    ({ applicationProperties: a }) => Object.assign(a as object, { a: 6 }),
    '00 53 74 c1 0b 04 a1 01 61 54 06 a1 01 62 55 01',
  ],
  [
    'the same number in another type',
    3,
    ({ applicationProperties: a }) => Object.assign(a as object, { b: new AMQPLong(1n) }),
    '00 53 74 c1 0b 04 a1 01 61 54 05 a1 01 62 55 01',
  ],
  [
    'an annotation that is taken away',
    1,
    ({ messageAnnotations: m }) => void Reflect.deleteProperty(m as object, 'm'),
    '00 53 72 c1 01 00',
  ],
  [
    'an entry of the footer',
    5,
    ({ footer: f }) => Object.assign(f as object, { f: null }),
    '00 53 78 c1 05 02 a3 01 66 40',
  ],
]

for (const [what, place, change, hex] of changes) {
  test(`${what} is noticed, and only its section encoded anew [3.2]`, (t) => {
    const message = receive(...whole)
    readAll(message)
    change(message)
    const changed = [...sentOn]
    changed[place] = hex
    t.deepEqual(sentBytes(message), chunk(...changed))
  })
}

test('a change deep within a value is noticed [3.2.8]', (t) => {
  const message = receive(header, value)
  const [map] = message.value as unknown[]
  t.deepEqual(sentBytes(message), chunk(onward, value))
  ;(map as Map<number, number>).set(1, 3)
  t.deepEqual(sentBytes(message), chunk(onward, '00 53 77 c0 09 02 c1 05 02 54 01 54 03 45'))
  ;(map as Map<number, number>).set(1, 2)
  t.deepEqual(sentBytes(message), chunk(onward, value))
})

test('a moment that is set in place, and a value that gets another class, are noticed [3.2.4, 3.2.5]', (t) => {
  const created = wide('00 53 73', 'd0', 10, `${'40 '.repeat(9)} 83 0000000000000005`)
  const symbol = wide('00 53 74', 'd1', 2, 'a1 01 61 a3 01 73')
  const message = receive(created, symbol)
  const { creationTime } = message.properties as MessageProperties
  const { applicationProperties } = message
  t.deepEqual(sentBytes(message), chunk(created, symbol))
  ;(creationTime as Date).setTime(6)
  t.deepEqual(sentBytes(message), chunk(`00 53 73 c0 13 0a ${'40 '.repeat(9)} 83 0000000000000006`, symbol))
  ;(creationTime as Date).setTime(5)
  Object.assign(applicationProperties as object, { a: new AMQPString('s') })
  t.deepEqual(sentBytes(message), chunk(created, '00 53 74 c1 07 02 a1 01 61 a1 01 73'))
})

test('a change within sequences is noticed [3.2.7]', (t) => {
  const message = receive(sequence, '00 53 76 45')
  t.deepEqual(message.sequence, [[5], []])
  t.deepEqual(sentBytes(message), chunk(sequence, '00 53 76 45'))
  message.sequence?.[1]?.push('x')
  t.deepEqual(sentBytes(message), chunk('00 53 76 c0 03 01 54 05', '00 53 76 c0 04 01 a1 01 78'))
})

test('bytes that are changed in place are what goes out [3.2.6]', (t) => {
  const message = receive(properties, data)
  message.data?.set([0x6f], 1)
  t.deepEqual(sentBytes(message), chunk(properties, '00 53 75 b0 00000002 686f'))
})

test('the list of several data sections cannot be changed, only replaced [3.2.6]', (t) => {
  const message = receive(data, data)
  t.throws(() => (message.body as unknown[]).push('x'), { instanceOf: TypeError })
  t.deepEqual(sentBytes(message), chunk(data, data))
})

test('a section that was changed into something impossible is named [3.2]', (t) => {
  const message = receive(...whole)
  Object.assign(message.applicationProperties as object, { list: [] })
  t.is(t.throws(() => sentBytes(message), { instanceOf: EncodeError })?.path, 'applicationProperties.list')
})

test('a message without a body goes on without one, and can be given one [3.2]', (t) => {
  const message = receive(properties)
  t.is(message.body, undefined)
  t.is(message.bodyType, undefined)
  t.deepEqual(sentBytes(message), chunk(properties))
  message.body = null
  t.deepEqual(sentBytes(message), chunk(properties, '00 53 77 40'))
  t.deepEqual(sentBytes(receive()), new Uint8Array(0))
})

test('a message that is sent on can still be settled, and says both [3.4]', async (t) => {
  const settlement = new FakeSettlement()
  const message = Message.received(chunk(...whole), 7, settlement)
  message.setState(MessageState.WaitingToBeSent)
  message.setState(MessageState.SendComplete)
  t.is(message.state, MessageState.SendComplete)
  t.is(message.settled, false)
  await message.accept()
  t.is(message.settled, true)
  t.is(message.messageFormat, 7)
})

test('a copy holds the same message, and nothing of the chunk it came in', (t) => {
  const settlement = new FakeSettlement()
  const bytes = new Uint8Array(65536)
  bytes.set(chunk(...whole), 100)
  const view = bytes.subarray(100, 100 + chunk(...whole).length)
  const message = Message.received(view, 5, settlement)
  const untouched = message.copy()
  message.properties = { subject: 'changed' }
  const changed = message.copy()
  bytes.fill(0xff)

  t.deepEqual(untouched.encodeMessage(), chunk(...whole))
  t.not(untouched.data?.buffer, bytes.buffer)
  t.true((untouched.data?.buffer.byteLength ?? Infinity) < 1000)
  t.is(untouched.messageFormat, 5)
  t.is(untouched.deliveryTag, settlement.deliveryTag)
  t.is(untouched.state, MessageState.ReceivedUnsettled)
  t.is(changed.properties?.subject, 'changed')
  t.is(changed.text(), 'hi')
})

test('a copy of a message of our own can be changed without the other', (t) => {
  const original = new Message(['a', 'b'], {
    properties: { subject: 's', messageId: 5 },
    header: { durable: true, deliveryCount: 1 },
    applicationProperties: { a: 1 },
    messageAnnotations: { b: 2 },
    deliveryAnnotations: { c: 3 },
    footer: { d: 4 },
    messageFormat: 9,
  })
  const bytes = original.encodeMessage()
  const twin = original.copy()
  t.deepEqual(twin.encodeMessage(), bytes)
  t.deepEqual(sentBytes(twin), bytes)
  t.is(twin.messageFormat, 9)
  t.is(twin.state, MessageState.WaitingToBeSent)
  Object.assign(twin.properties as object, { subject: 'other' })
  Object.assign(twin.header as object, { durable: false })
  Object.assign(twin.applicationProperties as object, { a: 2 })
  t.deepEqual(original.encodeMessage(), bytes)
  t.notDeepEqual(twin.encodeMessage(), bytes)
  const forced = new Message(['a'], { bodyType: MessageBodyType.Sequence }).copy()
  t.is(hexOf(forced.encodeMessage()), '005376c00401a10161')
  t.deepEqual(new Message('').copy(), new Message(''))
})
