import test from 'ava'
import { EncodeError } from '../../lib/errors.js'
import { MessageHeader } from '../../lib/message/header.js'
import { Message } from '../../lib/message/message.js'
import type { MessageOptions } from '../../lib/message/message-options.js'
import { MessageProperties } from '../../lib/message/properties.js'
import { AMQPSymbol, AMQPTimestamp, AMQPUuid, AMQPuInt } from '../../lib/types/wrappers.js'
import { hexOf } from '../support/vector-values.js'
import { chunk } from './support.js'

const PROTO = '__proto__'

test('a message is made with every section it can have [3.2]', (t) => {
  const message = new Message('hello', {
    header: { durable: true },
    deliveryAnnotations: { 'x-opt-a': 1 },
    messageAnnotations: { 'x-opt-b': new AMQPSymbol('s') },
    properties: { subject: 'x' },
    applicationProperties: { count: 2 },
    footer: { 'x-opt-c': null },
    messageFormat: 0x80013700,
  })
  const hex = [
    '00 53 70 c0 02 01 41',
    '00 53 71 c1 0c 02 a3 07 782d6f70742d61 54 01',
    '00 53 72 c1 0d 02 a3 07 782d6f70742d62 a3 01 73',
    '00 53 73 c0 07 04 40 40 40 a1 01 78',
    '00 53 74 c1 0a 02 a1 05 636f756e74 54 02',
    '00 53 75 a0 05 68656c6c6f',
    '00 53 78 c1 0b 02 a3 07 782d6f70742d63 40',
  ]
  t.deepEqual(message.encodeMessage(), chunk(...hex))
  t.is(message.messageFormat, 0x80013700)
  t.true(message.header instanceof MessageHeader)
  t.true(message.properties instanceof MessageProperties)
})

test('the message of 151 bytes that uAMQP tests with has symbols for annotation keys here [3.2.10]', (t) => {
  const entry = { 'x-opt-partition-key': 'PartitionKeyInfo' }
  const message = new Message('hello world', {
    header: { durable: true, deliveryCount: 0 },
    properties: { messageId: 'message id', subject: 'test_subject' },
    annotations: entry,
    applicationProperties: entry,
  })
  const [key, value] = [hexOf(Buffer.from('x-opt-partition-key')), hexOf(Buffer.from('PartitionKeyInfo'))]
  const bytes = chunk(
    '00 53 70 c0 06 05 41 40 40 40 43',
    `00 53 72 c1 28 02 a3 13 ${key} a1 10 ${value}`,
    `00 53 73 c0 1d 04 a1 0a ${hexOf(Buffer.from('message id'))} 40 40 a1 0c ${hexOf(Buffer.from('test_subject'))}`,
    `00 53 74 c1 28 02 a1 13 ${key} a1 10 ${value}`,
    `00 53 75 a0 0b ${hexOf(Buffer.from('hello world'))}`,
  )
  t.is(bytes.length, 151)
  t.deepEqual(message.encodeMessage(), bytes)

  const decoded = Message.decodeMessage(bytes)
  t.is(decoded.header?.durable, true)
  t.is(decoded.header?.deliveryCount, 0)
  t.deepEqual({ ...decoded.messageAnnotations }, entry)
  t.deepEqual({ ...decoded.applicationProperties }, entry)
  t.is(decoded.properties?.messageId, 'message id')
  t.is(decoded.text(), 'hello world')
})

test('sections that are not given are neither there nor sent [3.2]', (t) => {
  const message = new Message('', { properties: undefined, header: undefined })
  t.is(message.header, undefined)
  t.is(message.properties, undefined)
  t.is(message.applicationProperties, undefined)
  t.is(message.messageAnnotations, undefined)
  t.is(message.deliveryAnnotations, undefined)
  t.is(message.footer, undefined)
  t.is(message.messageFormat, 0)
  t.is(message.deliveryCount, 0)
  t.is(message.deliveryTag, undefined)
  t.is(hexOf(message.encodeMessage()), '005375a000')
})

test('an empty map or list of fields is sent as one [3.2]', (t) => {
  const message = new Message('', { properties: {}, applicationProperties: {} })
  t.deepEqual(message.encodeMessage(), chunk('00 53 73 45', '00 53 74 c1 01 00', '00 53 75 a0 00'))
})

const wrongOptions: readonly (readonly [options: unknown, name: RegExp])[] = [
  [{ subject: 'x' }, /options has no subject/],
  [
    { application_properties: {} },
    /options has no application_properties, did you mean "applicationProperties"\?; it may have properties, /,
  ],
  [{ toString: {} }, /options has no toString/],
  [{ properties: { subjekt: 'x' } }, /properties has no subjekt, did you mean "subject"\?/],
  [{ properties: 'x' }, /properties must be an object/],
  [{ properties: { subject: 5 } }, /properties\.subject must be a string, not number/],
  [{ properties: { to: new URL('amqp://host/q') } }, /properties\.to must be a string, not URL/],
  [{ properties: { messageId: true } }, /properties\.messageId must be/],
  [{ properties: { messageId: new AMQPSymbol('id') } }, /properties\.messageId must be .*, not AMQPSymbol/],
  [{ properties: { correlationId: {} } }, /properties\.correlationId must be/],
  [{ properties: { userId: 5 } }, /properties\.userId must be/],
  [{ properties: { creationTime: 'today' } }, /properties\.creationTime must be/],
  [{ properties: { groupSequence: new AMQPuInt(1) } }, /properties\.groupSequence must be a number/],
  [{ header: { ttl: '5' } }, /header\.ttl must be a number/],
  [{ header: { timeToLive: 5 } }, /header has no timeToLive/],
  [{ header: { durable: 1 } }, /header\.durable must be a boolean/],
  [{ header: [] }, /header must be an object/],
  [{ applicationProperties: new Map() }, /options\.applicationProperties must be a plain object, not Map/],
  [{ applicationProperties: [] }, /options\.applicationProperties must be a plain object/],
  [{ messageAnnotations: 'x' }, /options\.messageAnnotations must be a plain object/],
  [{ annotations: 5 }, /options\.annotations must be a plain object/],
  [{ annotations: {}, messageAnnotations: {} }, /options\.annotations and options\.messageAnnotations/],
  [{ deliveryAnnotations: new Date(0) }, /options\.deliveryAnnotations must be a plain object/],
  [{ footer: new Uint8Array(1) }, /options\.footer must be a plain object/],
  [{ messageFormat: '0' }, /options\.messageFormat must be a number/],
  [null, /options must be an object, not null/],
  ['properties', /options must be an object, not string/],
]

test('options that are unknown or of another type are refused by name', (t) => {
  for (const [options, message] of wrongOptions) {
    t.throws(
      () => new Message('', options as MessageOptions),
      { instanceOf: TypeError, message },
      String(message),
    )
  }
})

const impossible: readonly (readonly [options: MessageOptions, name: RegExp])[] = [
  [{ messageFormat: -1 }, /options\.messageFormat must be an integer from 0 to 4294967295, not -1/],
  [{ messageFormat: 0x1_0000_0000 }, /options\.messageFormat/],
  [{ messageFormat: 0.5 }, /options\.messageFormat/],
  [{ header: { priority: 256 } }, /header\.priority must be an integer from 0 to 255/],
  [{ header: { ttl: -1 } }, /header\.ttl/],
  [{ header: { ttl: 0x1_0000_0000 } }, /header\.ttl/],
  [{ header: { deliveryCount: 1.5 } }, /header\.deliveryCount/],
  [{ properties: { messageId: -1 } }, /properties\.messageId/],
  [{ properties: { messageId: 1.5 } }, /properties\.messageId/],
  [{ properties: { messageId: 2 ** 53 } }, /properties\.messageId/],
  [{ properties: { correlationId: -1n } }, /properties\.correlationId/],
  [{ properties: { correlationId: 1n << 64n } }, /properties\.correlationId/],
  [{ properties: { contentType: 'té' } }, /properties\.contentType must be ASCII text, not "té"/],
  [{ properties: { contentEncoding: '\u0080' } }, /properties\.contentEncoding must be ASCII/],
  [{ properties: { creationTime: new Date(NaN) } }, /properties\.creationTime/],
  [{ properties: { absoluteExpiryTime: 0.5 } }, /properties\.absoluteExpiryTime/],
  [{ properties: { groupSequence: -1 } }, /properties\.groupSequence/],
]

test('options that no message can carry are refused by name', (t) => {
  for (const [options, message] of impossible) {
    t.throws(() => new Message('', options), { instanceOf: RangeError, message }, String(message))
  }
})

test('fields that are null count as not given', (t) => {
  const fields = { subject: null, messageId: null } as unknown as MessageOptions['properties']
  t.deepEqual(new MessageProperties(fields), new MessageProperties())
  const options = {
    header: null,
    applicationProperties: null,
    messageFormat: null,
  } as unknown as MessageOptions
  t.is(hexOf(new Message('', options).encodeMessage()), '005375a000')
})

test('fields are kept in the form in which they are received [3.2.4]', (t) => {
  const uuid = new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff')
  const id = new Uint8Array([1, 2])
  const p = new MessageProperties({
    messageId: 5,
    userId: 'usér',
    correlationId: uuid,
    absoluteExpiryTime: 1000,
    creationTime: new AMQPTimestamp(2000),
    groupSequence: 0xffffffff,
  })
  t.is(p.messageId, 5n)
  t.is(hexOf(p.userId as Uint8Array), hexOf(Buffer.from('usér')))
  t.is(p.correlationId, uuid)
  t.deepEqual(p.absoluteExpiryTime, new Date(1000))
  t.deepEqual(p.creationTime, new Date(2000))
  t.is(new MessageProperties({ messageId: id }).messageId, id)
  t.is(new MessageProperties({ messageId: 'id' }).messageId, 'id')
  t.is(new MessageProperties({ messageId: (1n << 64n) - 1n }).messageId, 0xffffffffffffffffn)
  const beyond = new AMQPTimestamp(9_000_000_000_000_000n)
  t.is(new MessageProperties({ creationTime: beyond }).creationTime, beyond)
  t.deepEqual(
    new MessageProperties({ creationTime: 8_640_000_000_000_001 }).creationTime,
    new AMQPTimestamp(8_640_000_000_000_001),
  )
})

test('properties and headers are made of their own kind too', (t) => {
  const p = new MessageProperties({ messageId: 'x', creationTime: new Date(5), groupSequence: 3 })
  t.deepEqual(new MessageProperties(p), p)
  t.is(new Message('', { properties: p }).properties, p)
  const h = new MessageHeader({ durable: true, priority: 9, ttl: 10, firstAcquirer: false, deliveryCount: 0 })
  t.deepEqual(new MessageHeader(h), h)
  t.is(new Message('', { header: h }).header, h)
})

test('sections that are assigned are checked as those of the constructor', (t) => {
  const message = new Message('')
  message.properties = { subject: 'a' }
  message.header = { ttl: 5 }
  t.true(message.properties instanceof MessageProperties)
  t.true(message.header instanceof MessageHeader)
  t.is(message.properties?.subject, 'a')
  message.messageFormat = 5
  t.is(message.messageFormat, 5)
  const wrong: readonly (readonly [keyof Message, unknown, RegExp])[] = [
    ['properties', { subjekt: 'a' }, /properties has no subjekt/],
    ['properties', 0, /properties must be an object/],
    ['header', '', /header must be an object/],
    ['applicationProperties', [], /message\.applicationProperties must be a plain object/],
    ['messageAnnotations', 5, /message\.messageAnnotations/],
    ['deliveryAnnotations', 'x', /message\.deliveryAnnotations/],
    ['footer', new Map(), /message\.footer/],
    ['messageFormat', 'x', /message\.messageFormat/],
  ]
  for (const [name, value, text] of wrong) {
    t.throws(() => Object.assign(message, { [name]: value }), { instanceOf: TypeError, message: text })
  }
  Object.assign(message, { properties: null, header: undefined })
  t.is(message.properties, undefined)
  t.is(hexOf(message.encodeMessage()), '005375a000')
})

const unwritable: readonly (readonly [options: MessageOptions, path: string])[] = [
  [{ applicationProperties: { list: [1] } }, 'applicationProperties.list'],
  [{ applicationProperties: { ok: 1, map: {} } }, 'applicationProperties.map'],
  [{ applicationProperties: { 'a b': '\ud800' } }, 'applicationProperties["a b"]'],
  [{ messageAnnotations: { é: 1 } }, 'messageAnnotations["é"]'],
  [{ messageAnnotations: { x: { y: [() => 0] } } } as unknown as MessageOptions, 'messageAnnotations.x.y[0]'],
  [{ deliveryAnnotations: { x: Symbol('s') } } as unknown as MessageOptions, 'deliveryAnnotations.x'],
  [{ footer: { x: new URL('amqp://h') } } as unknown as MessageOptions, 'footer.x'],
  [{ properties: { subject: '\udc00' } }, 'properties.subject'],
]

test('what has no encoding is named with its section when the message is written', (t) => {
  for (const [options, path] of unwritable) {
    const message = new Message('', options)
    const error = t.throws(() => message.encodeMessage(), { instanceOf: EncodeError }, path)
    t.is(error?.path, path)
  }
})

test('fields that were changed into something impossible are named when the message is written', (t) => {
  const message = new Message('', { properties: { subject: 'a' }, header: { ttl: 1 } })
  Object.assign(message.properties as MessageProperties, { subject: 5 })
  t.is(t.throws(() => message.encodeMessage(), { instanceOf: EncodeError })?.path, 'properties.subject')
  Object.assign(message.properties as MessageProperties, { subject: undefined, messageId: new Date(0) })
  t.is(t.throws(() => message.encodeMessage(), { instanceOf: EncodeError })?.path, 'properties.messageId')
  message.properties = undefined
  Object.assign(message.header as MessageHeader, { ttl: -1 })
  t.is(t.throws(() => message.encodeMessage(), { instanceOf: EncodeError })?.path, 'header.ttl')
})

test('a failed encoding leaves nothing behind for the next one', (t) => {
  const good = new Message('good')
  const bytes = good.encodeMessage()
  t.throws(() => new Message({ f: () => 0 }).encodeMessage())
  t.deepEqual(good.encodeMessage(), bytes)
})

test('application properties of every simple type are written [3.2.5]', (t) => {
  const applicationProperties = {
    text: 'é',
    long: 'x'.repeat(300),
    yes: true,
    no: false,
    zero: 0,
    minusZero: -0,
    int: -7,
    wide: 2 ** 40,
    fraction: 0.5,
    big: 5n,
    huge: 1n << 63n,
    nothing: null,
    missing: undefined,
    bytes: new Uint8Array([1]),
    moment: new Date(0),
    typed: new AMQPuInt(1),
  }
  const { applicationProperties: decoded } = Message.decodeMessage(
    new Message('', { applicationProperties }).encodeMessage(),
  )
  t.deepEqual({ ...decoded }, { ...applicationProperties, wide: 1n << 40n, missing: null, typed: 1 })
  t.true(Object.is(decoded?.['minusZero'], -0))
})

test('a key that means something to JavaScript is only a key [3.2.5]', (t) => {
  const hostile = JSON.parse('{"__proto__": "polluted", "constructor": "c", "toString": "t"}') as Record<
    string,
    string
  >
  const bytes = new Message('', {
    applicationProperties: hostile,
    messageAnnotations: hostile,
  }).encodeMessage()
  const message = Message.decodeMessage(bytes)
  for (const values of [message.applicationProperties, message.messageAnnotations]) {
    t.deepEqual(Object.keys(values ?? {}), ['__proto__', 'constructor', 'toString'])
    t.is(values?.[PROTO], 'polluted')
    t.is(Object.getPrototypeOf(values), null)
  }
  t.is(({} as { polluted?: unknown }).polluted, undefined)
  t.is(Object.getPrototypeOf({}), Object.prototype)
  message.properties = { subject: 'changed' }
  t.is(Message.decodeMessage(message.encodeMessage()).applicationProperties?.[PROTO], 'polluted')
  const copy = Message.decodeMessage(bytes).copy()
  t.is(copy.applicationProperties?.[PROTO], 'polluted')
  t.is(new Message('', { applicationProperties: hostile }).copy().applicationProperties?.[PROTO], 'polluted')
})

test('any input is a message, or becomes the body of one', (t) => {
  const message = new Message('x')
  t.is(Message.from(message), message)
  t.is(Message.from('x').text(), 'x')
  interface Order {
    id: number
  }
  const order: Order = { id: 5 }
  t.deepEqual(Message.from(order).body, { id: 5 })
  t.throws(() => Message.decodeMessage('x' as unknown as Uint8Array), {
    instanceOf: TypeError,
    message: /bytes/,
  })
})

test('a message shows which it is, and nothing of what it holds', (t) => {
  const options: MessageOptions = {
    properties: { messageId: 'a', subject: 'b' },
    applicationProperties: { token: 'secret' },
  }
  t.is(
    String(new Message('secret', options)),
    'message(data of 6 bytes, message-id="a", subject="b", state=WaitingToBeSent)',
  )
  t.is(String(new Message(['a', 'b'])), 'message(data of 2 bytes, state=WaitingToBeSent)')
  t.is(String(new Message({ secret: 1 })), 'message(amqp-value, state=WaitingToBeSent)')
  t.regex(String(new Message('\ud800')), /surrogate.*state=WaitingToBeSent/)
  t.is(String(new Message([1], { bodyType: 2 })), 'message(amqp-sequence, state=WaitingToBeSent)')
  t.is(String(Message.decodeMessage(new Uint8Array(0))), 'message(no body, state=ReceivedSettled)')
})
