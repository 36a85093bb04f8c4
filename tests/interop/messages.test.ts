// Every kind of body and every type of value goes through each broker and is the same on arrival, types included.
import {
  AMQPArray,
  AMQPBinary,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPDouble,
  AMQPFloat,
  type AMQPInput,
  AMQPInt,
  AMQPLong,
  type AMQPMap,
  AMQPShort,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
  encode,
  LinkDetach,
  Message,
  MessageBodyType,
  MessageSendFailed,
} from '../../lib/index.js'
import type { MessageId } from '../../lib/types/messaging.js'
import { brokerJ, peers, proton, rabbitmq3, rabbitmq4 } from './support/peers.js'
import { bodyTypesOf, descriptorOf, section, sectionsOf } from './support/sections.js'
import { next, type Stage, stepMs, story, storyWith } from './support/story.js'

const simple: Readonly<Record<string, AMQPInput>> = {
  null: null,
  true: true,
  false: false,
  ubyte: new AMQPuByte(255),
  ushort: new AMQPuShort(65535),
  uint: new AMQPuInt(4294967295),
  ulong: new AMQPuLong(18446744073709551615n),
  byte: new AMQPByte(-128),
  short: new AMQPShort(-32768),
  int: new AMQPInt(-2147483648),
  long: new AMQPLong(-9223372036854775808n),
  float: new AMQPFloat(0.25),
  double: new AMQPDouble(-0.1),
  char: new AMQPChar('\u{1f600}'),
  timestamp: new AMQPTimestamp(1700000000123n),
  uuid: new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff'),
  binary: new AMQPBinary(Uint8Array.of(0, 1, 254, 255)),
  string: 'grüße, 世界, \u{1f600}',
  symbol: new AMQPSymbol('a-symbol'),
}

const decimals: Readonly<Record<string, AMQPInput>> = {
  decimal32: new AMQPDecimal32('-12.5'),
  decimal64: new AMQPDecimal64('0.001'),
  decimal128: new AMQPDecimal128('123456789012345678901234567890'),
}

const compound: Readonly<Record<string, AMQPInput>> = {
  'a list of everything simple': Object.values(simple),
  'a map with keys of several types': new Map<AMQPInput, AMQPInput>([
    ['text', 1],
    [new AMQPSymbol('symbol'), [1, ['two', new Map([['three', null]])]]],
    [7n, true],
  ]),
  'an array of ulongs': new AMQPArray([new AMQPuLong(1n), new AMQPuLong(2n ** 63n)]),
  'an array without elements': new AMQPArray([], 'symbol'),
  'an array of lists': new AMQPArray([[1, 'a'], []], 'list'),
  'a described list': new AMQPDescribed(new AMQPSymbol('example:point:list'), [1.5, -2.5]),
  'a value described by a number': new AMQPDescribed(new AMQPuLong(0x4d2_0000_0001n), 'described'),
}

const bodies: readonly Message[] = [
  new Message(''),
  new Message('text as one data section'),
  new Message(Uint8Array.from({ length: 300 }, (_, i) => i & 255)),
  new Message([Uint8Array.of(1), Uint8Array.of(), 'three']),
  new Message([], { bodyType: MessageBodyType.Value }),
  new Message([1, 'two', [3]], { bodyType: MessageBodyType.Sequence }),
  new Message(
    [
      [1, 2],
      ['three', null],
    ],
    { bodyType: MessageBodyType.Sequence },
  ),
]

const values = (record: Readonly<Record<string, AMQPInput>>): Message[] =>
  Object.values(record).map((value) => new Message(value, { bodyType: MessageBodyType.Value }))

/** Sends all of the messages, and answers what came for each. */
async function exchange(stage: Stage, queue: string, messages: readonly Message[]): Promise<Message[]> {
  const connection = await stage.connect()
  const sender = await connection.createSender(queue)
  const receiver = await connection.createReceiver(queue, { prefetch: stage.peer.features.prefetch })
  const arrived: Message[] = []
  for (const message of messages) {
    await sender.sendAccepted(message, { timeoutMs: stepMs })
    const came = await next(receiver)
    if (!came.settled) await came.accept()
    arrived.push(came)
  }
  return arrived
}

/** What the old plugin cannot read, or takes for something else: such a message ends the connection, or is never answered. */
const beyondRabbitmq3 = ['a list of everything simple', 'an array of ulongs', 'an array of lists']

const without = (record: Readonly<Record<string, AMQPInput>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)))

storyWith(peers, 'bodies of data and sequences arrive as they were sent [3.2.6, 3.2.7]', async (t, stage) => {
  const arrived = await exchange(stage, await stage.queue(), bodies)
  for (const [i, message] of bodies.entries()) {
    const sent = bodyTypesOf(message)
    t.deepEqual(arrived[i] && bodyTypesOf(arrived[i]), stage.peer === rabbitmq3 ? sent.reverse() : sent)
  }
  if (stage.peer === rabbitmq3) t.log('rabbitmq3 hands on several data sections in reverse order')
})

for (const peer of peers) {
  const lacking = peer === rabbitmq3 ? beyondRabbitmq3 : []
  const but = lacking.length === 0 ? '' : `, but for ${lacking.join(', ')}`
  story(
    peer,
    `a value of every type arrives with its type${but} [1.6, 3.2.8]`,
    async (t, stage) => {
      const sent = [...values(simple), ...values(decimals), ...values(without(compound, lacking))]
      const arrived = await exchange(stage, await stage.queue(), sent)
      for (const [i, message] of sent.entries()) {
        t.deepEqual(arrived[i] && bodyTypesOf(arrived[i]), bodyTypesOf(message))
      }
    },
    { lacks: lacking.length === 0 ? undefined : 'lists and arrays as values' },
  )
}

story(proton, 'decodes every value and encodes it anew, and it is the same to us [1.6]', async (t, stage) => {
  const queue = `reencode-${await stage.queue()}`
  // A message whose value is null is one without a body to Proton.
  const sent = [...values(without(simple, ['null'])), ...values(decimals), ...values(compound)]
  const arrived = await exchange(stage, queue, sent)
  for (const [i, message] of sent.entries()) {
    t.deepEqual(arrived[i] && bodyTypesOf(arrived[i]), bodyTypesOf(message))
  }
})

storyWith(
  peers,
  'an application property of every simple type arrives with its type [3.2.5]',
  async (t, stage) => {
    const applicationProperties = { ...simple, ...decimals }
    const message = new Message('all of them', { applicationProperties })
    const [arrived] = await exchange(stage, await stage.queue(), [message])
    t.deepEqual(arrived && propertyTypes(arrived), propertyTypes(message))
  },
)

/** Application properties by name, printed with their types: a broker may hand them on in an order of its own. */
function propertyTypes(message: Message): Record<string, string> {
  const map = sectionsOf(message).find((one) => descriptorOf(one) === section.applicationProperties)
  const entries = map === undefined ? [] : [...(map.value as AMQPMap).value]
  return Object.fromEntries(entries.map(([key, value]) => [String(key), String(value)]).sort())
}

const properties = {
  userId: 'test',
  to: 'somewhere/else',
  subject: 'every field',
  replyTo: 'back/here',
  contentType: 'text/plain; charset=utf-8',
  contentEncoding: 'identity',
  absoluteExpiryTime: new Date('2100-01-02T03:04:05.678Z'),
  creationTime: new Date('2001-02-03T04:05:06.789Z'),
  groupId: 'group',
  groupSequence: 4294967295,
  replyToGroupId: 'answers',
}

const ids: Readonly<Record<string, MessageId>> = {
  text: 'an-id',
  number: 18446744073709551615n,
  uuid: new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff'),
  bytes: Uint8Array.of(0, 255),
}

storyWith(
  peers,
  'every field of the properties arrives, with ids of all four types [3.2.4]',
  async (t, stage) => {
    const messages = Object.values(ids).map(
      (id) => new Message('x', { properties: { ...properties, messageId: id, correlationId: id } }),
    )
    const arrived = await exchange(stage, await stage.queue(), messages)
    for (const [i, message] of messages.entries()) t.deepEqual(arrived[i]?.properties, message.properties)
  },
)

const messageAnnotations = {
  'x-opt-symbol': new AMQPSymbol('value'),
  'x-opt-long': 2n ** 40n,
  'x-opt-map': new Map([['deep', [1, null]]]),
}

storyWith(peers, 'header, message annotations and footer arrive [3.2.1, 3.2.3, 3.2.9]', async (t, stage) => {
  const footer = { 'x-opt-digest': Uint8Array.of(1, 2, 3) }
  const header = { durable: stage.peer !== brokerJ, priority: 7, ttl: 600_000 }
  const message = new Message('x', { header, messageAnnotations, footer })
  const [arrived] = await exchange(stage, await stage.queue(), [message])
  t.like(arrived?.header, { durable: header.durable, priority: 7 })
  const ttl = arrived?.header?.ttl ?? 0
  t.true(ttl > 590_000 && ttl <= 600_000, `ttl is ${ttl}`)
  t.like(arrived?.messageAnnotations, messageAnnotations)
  t.deepEqual({ ...arrived?.footer }, footer)
})

story(
  brokerJ,
  'with a store in memory it takes no durable message: the link is detached, and says why [3.2.1]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const durable = new Message('x', { header: { durable: true } })
    const error = await t.throwsAsync(sender.send(durable, { timeoutMs: stepMs }), {
      instanceOf: MessageSendFailed,
    })
    t.is(error.condition, 'amqp:precondition-failed')
    t.regex(error.message, /Non-durable message store cannot accept durable message/)
    t.true((await sender.closed) instanceof LinkDetach)
    const another = await connection.createSender(queue)
    t.is((await another.send('not durable', { timeoutMs: stepMs })).kind, 'accepted')
  },
  { lacks: 'durable messages, when its store is in memory' },
)

story(
  rabbitmq4,
  'delivery annotations are for the broker only, which adds message annotations of its own [3.2.2, 3.2.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const message = new Message('x', { deliveryAnnotations: { 'x-opt-hop': 1 }, messageAnnotations })
    const [arrived] = await exchange(stage, queue, [message])
    t.is(arrived?.deliveryAnnotations, undefined)
    t.like(arrived?.messageAnnotations, { 'x-exchange': '', 'x-routing-key': queue.replace('/queues/', '') })
  },
)

storyWith(
  peers,
  'a message that came and is sent on keeps its bare message byte for byte [3.2]',
  async (t, stage) => {
    const original = new Message(new AMQPArray([1.5, -2.5], 'float'), {
      bodyType: MessageBodyType.Value,
      properties: { ...properties, messageId: 1n },
      applicationProperties: { small: new AMQPuLong(1n) },
    })
    if (stage.peer === rabbitmq3) original.body = 'rabbitmq3 cannot read arrays'
    const [first] = await exchange(stage, await stage.queue(), [original])
    if (first === undefined) return t.fail('nothing came')
    const [second] = await exchange(stage, await stage.queue(), [first])
    t.deepEqual(second && bareMessage(second), bareMessage(first))
  },
)

/** Properties, application properties and body as their bytes [3.2]. */
function bareMessage(message: Message): string[] {
  const bare = sectionsOf(message).filter((one) => {
    const number = descriptorOf(one)
    return number >= section.properties && number <= section.value
  })
  return bare.map((one) => Buffer.from(encode(one)).toString('hex'))
}
