// Batches: message-format 0x80013700, one data section for each message, and what that takes to the byte.

import test from 'ava'
import fc from 'fast-check'
import { BATCH_MESSAGE_FORMAT, MAX_MESSAGE_LENGTH_BYTES } from '../../lib/constants.js'
import { DecodeError, EncodeError, MessageContentTooLarge } from '../../lib/errors.js'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { innerMessageOf } from '../../lib/message/inner-message.js'
import { Message, type MessageInput } from '../../lib/message/message.js'
import { packMessages } from '../../lib/message/pack-messages.js'
import { AMQPSymbol } from '../../lib/types/index.js'
import { toHex } from '../../lib/util/bytes.js'
import { chunk, decodeErrorOf, sentBytes } from './support.js'

/** A message whose encoded form has so many bytes; 5 at the least. */
function sized(bytes: number): Message {
  const message = new Message(new Uint8Array(bytes - (bytes > 260 ? 8 : 5)))
  if (message.encodeMessage().length !== bytes) throw new RangeError(`no message has ${bytes} bytes`)
  return message
}

function received(batch: Message): Message {
  return Message.received(sentBytes(batch), batch.messageFormat, undefined)
}

function hexOf(messages: readonly Message[] | undefined): string[] | undefined {
  return messages?.map((message) => toHex(message.encodeMessage()))
}

/** An iterable that can be walked through once, and tells how often it was asked. */
class Once<T> implements Iterable<T> {
  taken = 0
  private readonly items: readonly T[]
  private walks = 0

  constructor(...items: T[]) {
    this.items = items
  }

  *[Symbol.iterator](): Iterator<T> {
    if (this.walks++ > 0) throw new RangeError('walked through twice')
    for (const item of this.items) {
      this.taken++
      yield item
    }
  }
}

test('a batch is one data section for each message, under its own message format', (t) => {
  const batch = new BatchMessage(['ab', Uint8Array.of(1)])
  t.is(batch.messageFormat, BATCH_MESSAGE_FORMAT)
  t.is(batch.count, 2)
  t.deepEqual(sentBytes(batch), chunk('005375 a007 005375 a002 6162', '005375 a006 005375 a001 01'))
  t.deepEqual(batch.encodeMessage(), sentBytes(batch))
  t.deepEqual(batch.data, chunk('005375a0026162', '005375a00101'))
})

for (const [inner, section] of [
  [5, 10],
  [254, 259],
  [255, 260],
  [256, 264],
  [257, 265],
  [65535, 65543],
  [65536, 65544],
] as const) {
  test(`a message of ${inner} bytes takes ${section} in a batch`, (t) => {
    const batch = new BatchMessage(['x'])
    const before = batch.sizeInBytes
    t.true(batch.tryAdd(sized(inner)))
    t.is(batch.sizeInBytes - before, section)
    t.is(batch.encodeMessage().length, batch.sizeInBytes)
    t.is(sentBytes(batch).length, batch.sizeInBytes)
  })
}

for (const bytes of [255, 256]) {
  test(`a message of ${bytes} bytes is added when the limit is just met, and not when it is one short`, (t) => {
    const section = bytes + (bytes < 256 ? 5 : 8)
    const at = (limit: number): BatchMessage => new BatchMessage([sized(100)], { maxSizeInBytes: limit })
    t.true(at(105 + section).tryAdd(sized(bytes)))
    t.true(at(105 + section + 1).tryAdd(sized(bytes)))
    const full = at(105 + section - 1)
    const before = full.encodeMessage()
    t.false(full.tryAdd(sized(bytes)))
    t.is(full.count, 1)
    t.is(full.sizeInBytes, 105)
    t.deepEqual(full.encodeMessage(), before)
    t.true(full.tryAdd(sized(bytes - (bytes > 255 ? 4 : 1))), 'a smaller one still is')
  })
}

test('the limit is MAX_MESSAGE_LENGTH_BYTES unless another is given', (t) => {
  t.is(new BatchMessage().maxSizeInBytes, MAX_MESSAGE_LENGTH_BYTES)
  t.true(new BatchMessage().tryAdd(sized(MAX_MESSAGE_LENGTH_BYTES - 8)))
  t.false(new BatchMessage().tryAdd(sized(MAX_MESSAGE_LENGTH_BYTES - 7)))
})

test('the envelope repeats message annotations, message-id and group-id of the first message', (t) => {
  const first = new Message('a', {
    messageAnnotations: { 'x-opt-partition-key': 'pk', 'x-kind': new AMQPSymbol('s') },
    properties: { messageId: 7n, groupId: 'g', subject: 'not repeated' },
    header: { ttl: 1000 },
    applicationProperties: { n: 1 },
  })
  const second = new Message('b', { messageAnnotations: { 'x-opt-partition-key': 'other' } })
  const batch = new BatchMessage([first, second])
  t.is(batch.encodeMessage().length, batch.sizeInBytes)
  const there = received(batch)
  t.is(there.messageAnnotations?.['x-opt-partition-key'], 'pk')
  t.like(there.properties, { messageId: 7n, groupId: 'g', subject: undefined })
  t.is(there.header, undefined)
  t.is(there.applicationProperties, undefined)
  t.deepEqual(hexOf(there.innerMessages()), hexOf([first, second]))
})

test('a batch of messages without annotations and ids has no envelope', (t) => {
  const batch = new BatchMessage([new Message('a', { properties: { subject: 's' } })])
  t.is(batch.messageAnnotations, undefined)
  t.is(batch.properties, undefined)
})

test('annotations and properties of the batch come instead of those of the first message', (t) => {
  const first = new Message('a', { messageAnnotations: { a: 1 }, properties: { messageId: 'first' } })
  const batch = new BatchMessage([first], {
    messageAnnotations: { b: 2 },
    properties: { to: 'there' },
    header: { durable: true },
  })
  const there = received(batch)
  t.deepEqual({ ...there.messageAnnotations }, { b: 2 })
  t.like(there.properties, { to: 'there', messageId: undefined })
  t.is(there.header?.durable, true)
  t.is(batch.sizeInBytes, sentBytes(batch).length)
  t.deepEqual(new BatchMessage([first], { annotations: {} }).messageAnnotations, {})
})

test('the size counts what is assigned to the envelope later', (t) => {
  const batch = new BatchMessage(['a'], { maxSizeInBytes: 200 })
  batch.applicationProperties = { text: 'x'.repeat(100) }
  batch.footer = { f: 1 }
  t.is(batch.sizeInBytes, batch.encodeMessage().length)
  t.false(batch.tryAdd(sized(90)))
  batch.applicationProperties = undefined
  t.true(batch.tryAdd(sized(90)))
  t.is(batch.sizeInBytes, batch.encodeMessage().length)
})

test('a first message that does not fit leaves nothing of it on the envelope', (t) => {
  const large = new Message(new Uint8Array(300), {
    messageAnnotations: { k: 'large' },
    properties: { groupId: 'large' },
  })
  const batch = new BatchMessage([], { maxSizeInBytes: 250 })
  t.false(batch.tryAdd(large))
  t.is(batch.sizeInBytes, 0)
  t.true(batch.tryAdd(new Message('small', { messageAnnotations: { k: 'small' } })))
  t.deepEqual(batch.messageAnnotations, { k: 'small' })
  t.is(batch.properties, undefined)
})

test('application properties of the batch go to each message that has none, and no message object changes', (t) => {
  const without = new Message('a', { messageAnnotations: { m: 1 }, footer: { f: 1 } })
  const own = new Message('b', { applicationProperties: { own: true } })
  const before = hexOf([without, own])
  const batch = new BatchMessage([without, own], { applicationProperties: { shared: 'yes' } })
  t.is(batch.applicationProperties, undefined)
  t.is(without.applicationProperties, undefined)
  t.deepEqual(hexOf([without, own]), before)
  const [a, b] = received(batch).innerMessages() ?? []
  t.deepEqual({ ...a?.applicationProperties }, { shared: 'yes' })
  t.deepEqual({ ...a?.footer }, { f: 1 })
  t.is(a?.text(), 'a')
  t.deepEqual({ ...b?.applicationProperties }, { own: true })
})

test('a message is encoded when it is added: what is changed later does not count', (t) => {
  const bytes = Uint8Array.of(1, 2, 3)
  const annotations: Record<string, string> = { k: 'v' }
  const message = new Message(bytes, { messageAnnotations: annotations, properties: { messageId: 'm' } })
  const batch = new BatchMessage([message])
  const before = batch.encodeMessage()
  bytes.fill(9)
  annotations['k'] = 'changed'
  message.properties = { messageId: 'changed' }
  message.body = 'a longer body'
  t.deepEqual(batch.encodeMessage(), before)
})

test('a received message goes into a batch as it would be sent on', (t) => {
  const origin = new Message('x', {
    header: { durable: true, deliveryCount: 3 },
    deliveryAnnotations: { hop: 1 },
  })
  const message = received(origin)
  const [inner] = received(new BatchMessage([message])).innerMessages() ?? []
  t.deepEqual(inner?.encodeMessage(), sentBytes(message))
  t.like(inner?.header, { durable: true, deliveryCount: undefined })
})

test('the constructor takes each item once, in order', (t) => {
  const items = new Once<MessageInput>('a', new Message('b'), 'c')
  const batch = new BatchMessage(items)
  t.is(items.taken, 3)
  t.deepEqual(
    batch.innerMessages()?.map((message) => message.text()),
    ['a', 'b', 'c'],
  )
})

test('the constructor names the message with which the batch is too large', (t) => {
  const error = t.throws(() => new BatchMessage([sized(50), sized(50), sized(50)], { maxSizeInBytes: 164 }), {
    instanceOf: MessageContentTooLarge,
    message: /Message 2 /,
  })
  t.like(error, { sizeInBytes: 165, limitInBytes: 164, info: { index: 2 } })
})

for (const [what, messages] of [
  ['text', 'hello'],
  ['bytes', Uint8Array.of(1)],
  ['one message', new Message('x')],
  ['null', null],
] as const) {
  test(`${what} is not taken for a list of messages`, (t) => {
    t.throws(() => new BatchMessage(messages as unknown as Iterable<MessageInput>), {
      instanceOf: TypeError,
      message: /messages must be/,
    })
  })
}

test('messages whose format would be lost are refused', (t) => {
  const batch = new BatchMessage(['x'])
  t.throws(() => batch.tryAdd(new BatchMessage(['y'])), { instanceOf: TypeError, message: /a batch/ })
  t.throws(() => batch.tryAdd(new Message('z', { messageFormat: 3 })), {
    instanceOf: TypeError,
    message: /format 3/,
  })
  t.is(batch.count, 1)
})

test('what cannot be encoded is refused when it is added, and the batch stays as it is', (t) => {
  const batch = new BatchMessage(['x'])
  const size = batch.sizeInBytes
  t.throws(() => batch.tryAdd({ f: () => 1 }), { instanceOf: EncodeError })
  t.is(batch.sizeInBytes, size)
})

test('options are checked by name', (t) => {
  const made = (options: object) => () => new BatchMessage([], options)
  t.throws(made({ maxSize: 1 }), { instanceOf: TypeError, message: /"maxSize"/ })
  t.throws(made({ maxSizeInBytes: 0 }), { instanceOf: RangeError, message: /maxSizeInBytes/ })
  t.throws(made({ properties: { nothing: 1 } }), { instanceOf: TypeError, message: /nothing/ })
  t.throws(made({ messageFormat: 0 }), { instanceOf: TypeError, message: /messageFormat/ })
})

test('the body of a batch changes by tryAdd only', (t) => {
  const batch = new BatchMessage(['x'])
  t.throws(() => (batch.body = 'y'), { instanceOf: TypeError, message: /tryAdd/ })
  t.throws(() => (batch.body as unknown[]).push(Uint8Array.of(1)), { instanceOf: TypeError })
  const { data } = batch
  batch.tryAdd('y')
  t.not(batch.data?.length, data?.length)
})

test('a batch without messages is not sent', (t) => {
  t.throws(() => sentBytes(new BatchMessage()), { instanceOf: EncodeError, message: /without messages/ })
})

test('only a batch has inner messages', (t) => {
  t.is(new Message('x').innerMessages(), undefined)
  t.is(received(new Message(['x', 'y'])).innerMessages(), undefined)
  t.deepEqual(Message.received(chunk(), BATCH_MESSAGE_FORMAT, undefined).innerMessages(), [])
})

test('an inner message that is broken is named by its index', (t) => {
  const broken = Message.received(
    chunk('005375 a006 005375 a001 01', '005375 a003 005399'),
    BATCH_MESSAGE_FORMAT,
    undefined,
  )
  const error = decodeErrorOf(t, () => broken.innerMessages())
  t.regex(error.message, /message 1 of the batch/)
  t.is(error.kind, 'not-a-section')
  t.true(error.cause instanceof DecodeError)
  const value = Message.received(sentBytes(new Message(null)), BATCH_MESSAGE_FORMAT, undefined)
  t.is(decodeErrorOf(t, () => value.innerMessages()).kind, 'not-a-section')
})

test('a batch that came in can be sent on as it is', (t) => {
  const batch = new BatchMessage(['a', 'b'])
  t.deepEqual(sentBytes(received(batch)), sentBytes(batch))
})

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 236, max: 262 }).map((length) => new Uint8Array(length)),
  fc.string(),
  fc.integer(),
)
const messages = fc
  .record({
    body: bodies,
    key: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
    id: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
  })
  .map(({ body, key, id }) => {
    const messageAnnotations = key === undefined ? undefined : { key }
    return new Message(body, {
      messageAnnotations,
      properties: id === undefined ? undefined : { messageId: id },
    })
  })

test('any list packs into messages within the limit whose inner messages are the list, byte for byte', (t) => {
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 25 }), fc.integer({ min: 400, max: 1500 }), (list, limit) => {
      const packed = packMessages(
        list.map((message) => innerMessageOf(message)),
        limit,
      )
      const inner: Message[] = []
      for (const { message, first, last } of packed) {
        const bytes = sentBytes(message)
        t.true(bytes.length <= limit)
        t.is(first, inner.length)
        const there = Message.received(bytes, message.messageFormat, undefined)
        inner.push(...(there.innerMessages() ?? [there]))
        t.is(last, inner.length - 1)
        t.is(message.messageFormat === BATCH_MESSAGE_FORMAT, last > first)
      }
      t.deepEqual(hexOf(inner), hexOf(list))
    }),
  )
})

test('a batch that is packed could not take the message that follows it', (t) => {
  fc.assert(
    fc.property(fc.array(messages, { minLength: 2, maxLength: 25 }), (list) => {
      const packed = packMessages(
        list.map((message) => innerMessageOf(message)),
        600,
      )
      for (const { first, last } of packed.slice(0, -1)) {
        const batch = new BatchMessage(list.slice(first, last + 1), { maxSizeInBytes: 600 })
        t.false(batch.tryAdd(list[last + 1]))
      }
    }),
  )
})

test('a message that fits alone, but not into a batch of its own, goes alone', (t) => {
  const [a, b, c] = packMessages(
    [sized(50), sized(99), sized(100)].map((message) => innerMessageOf(message)),
    100,
  )
  t.deepEqual(
    [a, b, c].map((one) => one?.message.messageFormat),
    [0, 0, 0],
  )
  t.deepEqual(c && sentBytes(c.message), sized(100).encodeMessage())
  const error = t.throws(() => packMessages([innerMessageOf('x'), innerMessageOf(sized(101))], 100), {
    instanceOf: MessageContentTooLarge,
    message: /Message 1 /,
  })
  t.like(error, { sizeInBytes: 101, limitInBytes: 100, info: { index: 1 } })
})

test('without a limit batches have up to MAX_MESSAGE_LENGTH_BYTES, and a larger message goes alone', (t) => {
  const half = MAX_MESSAGE_LENGTH_BYTES / 2
  const list = [sized(half - 8), sized(half - 8), sized(5), sized(MAX_MESSAGE_LENGTH_BYTES + 1), sized(5)]
  const packed = packMessages(
    list.map((message) => innerMessageOf(message)),
    undefined,
  )
  t.deepEqual(
    packed.map(({ first, last }) => [first, last]),
    [
      [0, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ],
  )
  t.is(sentBytes(packed[0]?.message as Message).length, MAX_MESSAGE_LENGTH_BYTES)
})
