// Whatever message is made, its bytes make the same message again, and that message the same bytes.

import test from 'ava'
import fc from 'fast-check'
import { MessageBodyType } from '../../lib/constants.js'
import { Message } from '../../lib/message/message.js'
import type { MessageOptions } from '../../lib/message/message-options.js'
import type { AMQPInput } from '../../lib/types/wrappers.js'
import { FakeSettlement, sentBytes } from './support.js'

const RUNS = 500

/** Values that are decoded to what they were encoded from. */
const scalar: fc.Arbitrary<AMQPInput> = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.boolean(),
  fc.integer(),
  fc.double({ noInteger: true }),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
  fc.date({ noInvalidDate: true }),
)
const anything = fc.letrec<{ value: AMQPInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }).map((record) => new Map(Object.entries(record))),
  ),
})).value
const symbols = fc.dictionary(fc.string({ unit: 'binary-ascii', maxLength: 20 }), anything, { maxKeys: 4 })
const id = fc.oneof(
  fc.string(),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.uint8Array({ maxLength: 20 }),
)
const text = fc.string({ maxLength: 20 })
const symbol = fc.string({ unit: 'binary-ascii', maxLength: 20 })
const uint = fc.integer({ min: 0, max: 0xffffffff })
const moment = fc.date({ noInvalidDate: true })

const sections = fc.record(
  {
    header: fc.record(
      {
        durable: fc.boolean(),
        priority: fc.nat(255),
        ttl: uint,
        firstAcquirer: fc.boolean(),
        deliveryCount: uint,
      },
      { requiredKeys: [] },
    ),
    deliveryAnnotations: symbols,
    messageAnnotations: symbols,
    properties: fc.record(
      {
        messageId: id,
        userId: fc.uint8Array({ maxLength: 20 }),
        to: text,
        subject: text,
        replyTo: text,
        correlationId: id,
        contentType: symbol,
        contentEncoding: symbol,
        absoluteExpiryTime: moment,
        creationTime: moment,
        groupId: text,
        groupSequence: uint,
        replyToGroupId: text,
      },
      { requiredKeys: [] },
    ),
    applicationProperties: fc.dictionary(text, scalar, { maxKeys: 5 }),
    footer: symbols,
  },
  { requiredKeys: [] },
)

const body: fc.Arbitrary<readonly [body: AMQPInput, bodyType: MessageBodyType]> = fc.oneof(
  fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.constant(MessageBodyType.Data)),
  fc.tuple(
    fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 2, maxLength: 4 }),
    fc.constant(MessageBodyType.Data),
  ),
  fc.tuple(anything, fc.constant(MessageBodyType.Value)),
  fc.tuple(
    fc.array(fc.array(anything, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    fc.constant(MessageBodyType.Sequence),
  ),
)

const NAMES = [
  'header',
  'deliveryAnnotations',
  'messageAnnotations',
  'properties',
  'applicationProperties',
  'footer',
] as const

test('a message made of bytes is the message that the bytes were made of [3.2]', (t) => {
  fc.assert(
    fc.property(sections, body, (options, [content, bodyType]) => {
      const message = new Message(content, { ...(options as MessageOptions), bodyType })
      const bytes = message.encodeMessage()
      t.deepEqual(sentBytes(message), bytes)

      const decoded = Message.decodeMessage(bytes)
      t.deepEqual(decoded.encodeMessage(), bytes)
      t.deepEqual(decoded.body, content)
      t.is(decoded.bodyType, bodyType)
      t.deepEqual(decoded.header, message.header)
      t.deepEqual(decoded.properties, message.properties)
      for (const name of NAMES) t.deepEqual(plain(decoded[name]), plain(message[name]), name)
      t.deepEqual(decoded.encodeMessage(), bytes)

      for (const name of NAMES) Object.assign(decoded, { [name]: decoded[name] })
      t.deepEqual(decoded.encodeMessage(), bytes)
      t.deepEqual(sentBytes(decoded), bytes)

      const again = new Message(decoded.body, { ...(copyOf(decoded) as MessageOptions), bodyType })
      t.deepEqual(again.encodeMessage(), bytes)
      t.deepEqual(message.copy().encodeMessage(), bytes)
      t.deepEqual(decoded.copy().encodeMessage(), bytes)
    }),
    { numRuns: RUNS },
  )
  t.pass()
})

test('a message sent from hop to hop stays the same from the first hop on [3.2]', (t) => {
  fc.assert(
    fc.property(sections, body, fc.boolean(), (options, [content, bodyType], read) => {
      const first = new Message(content, { ...(options as MessageOptions), bodyType }).encodeMessage()
      const hop = (bytes: Uint8Array): Uint8Array => {
        const message = Message.received(bytes, 0, new FakeSettlement())
        if (read) copyOf(message)
        return sentBytes(message).slice()
      }
      const second = hop(first)
      t.deepEqual(hop(second), second)
      const message = Message.decodeMessage(second)
      const { durable, priority, ttl } = options.header ?? {}
      t.is(message.header?.durable, durable)
      t.is(message.header?.priority, priority)
      t.is(message.header?.ttl, ttl)
      t.is(message.header?.firstAcquirer, undefined)
      t.is(message.deliveryCount, 0)
      t.is(message.deliveryAnnotations, undefined)
      t.deepEqual(plain(message.messageAnnotations), plain(options.messageAnnotations))
      t.deepEqual(message.body, content)
    }),
    { numRuns: RUNS },
  )
  t.pass()
})

/** Random bytes behind the head of a section, or anywhere: never more than a DecodeError. */
test('bytes that are no message throw DecodeErrors and nothing else [3.2]', (t) => {
  const start = fc.constantFrom(0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78)
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(start, fc.uint8Array({ maxLength: 60 }))
      .map(([code, rest]) => new Uint8Array([0, 0x53, code, ...rest])),
  )
  fc.assert(
    fc.property(input, (bytes) => {
      const message = Message.received(bytes, 0, new FakeSettlement())
      for (const name of [
        ...NAMES,
        'body',
        'data',
        'value',
        'sequence',
        'bodyType',
        'deliveryCount',
      ] as const) {
        try {
          void message[name]
        } catch (error) {
          t.is((error as Error).name, 'DecodeError')
          t.true((error as { offset: number }).offset <= bytes.length)
        }
      }
      t.is(typeof String(message), 'string')
    }),
    { numRuns: 4 * RUNS },
  )
  t.pass()
})

function copyOf(message: Message): unknown {
  return Object.fromEntries(NAMES.map((name) => [name, message[name]]))
}

/** Without a prototype, own properties only. */
function plain(value: object | undefined): unknown {
  return value === undefined ? undefined : new Map(Object.entries(value))
}
