import test from 'ava'
import { MessageBodyType } from '../../lib/constants.js'
import { EncodeError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { Writer } from '../../lib/types/cursor.js'
import { AMQPBinary, AMQPString, AMQPuInt } from '../../lib/types/wrappers.js'
import { hexOf } from '../support/vector-values.js'
import { chunk, FakeSettlement, sentBytes } from './support.js'

const { Data, Sequence, Value } = MessageBodyType
const hi = new Uint8Array([0x68, 0x69])

const rules: readonly (readonly [what: string, body: unknown, bodyType: MessageBodyType, hex: string])[] = [
  ['text', 'hé', Data, '005375a00368c3a9'],
  ['an empty text', '', Data, '005375a000'],
  ['bytes', hi, Data, '005375a0026869'],
  ['a Buffer', Buffer.from('hi'), Data, '005375a0026869'],
  ['no bytes', new Uint8Array(0), Data, '005375a000'],
  ['a list of texts', ['h', 'i'], Data, '005375a00168005375a00169'],
  ['a list of bytes', [hi], Data, '005375a0026869'],
  ['a list of texts and bytes', ['', hi], Data, '005375a000005375a0026869'],
  ['a list with something else', ['h', 1], Value, '005377c00602a101685401'],
  ['a list of lists', [[1], [2]], Value, '005377c00b02c003015401c003015402'],
  ['an empty list', [], Value, '00537745'],
  ['nothing', undefined, Value, '00537740'],
  ['null', null, Value, '00537740'],
  ['a boolean', true, Value, '00537741'],
  ['an integer', 7, Value, '0053775407'],
  ['a bigint', 7n, Value, '0053775507'],
  ['a moment', new Date(0), Value, '005377830000000000000000'],
  ['an object', { a: 1 }, Value, '005377c10602a101615401'],
  ['a map', new Map([[1, 2]]), Value, '005377c1050254015402'],
  ['text in a wrapper', new AMQPString('hi'), Value, '005377a1026869'],
  ['bytes in a wrapper', new AMQPBinary(hi), Value, '005377a0026869'],
  ['a typed integer', new AMQPuInt(7), Value, '0053775207'],
]

for (const [what, body, bodyType, hex] of rules) {
  test(`${what} as body becomes ${['data', 'a value'][bodyType]} [3.2.6–3.2.8]`, (t) => {
    const message = new Message(body)
    t.is(message.bodyType, bodyType)
    t.is(message.body as unknown, body === undefined ? null : body)
    t.is(hexOf(message.encodeMessage()), hex)
    t.is(Message.decodeMessage(message.encodeMessage()).bodyType, bodyType)

    const assigned = new Message('other')
    assigned.body = body
    t.is(hexOf(assigned.encodeMessage()), hex)
    t.is(hexOf(Message.from(body as object).encodeMessage()), hex)
  })
}

const forced: readonly (readonly [what: string, body: unknown, bodyType: MessageBodyType, hex: string])[] = [
  ['text', 'hi', Value, '005377a1026869'],
  ['bytes', hi, Value, '005377a0026869'],
  ['a list of texts', ['h'], Value, '005377c00401a10168'],
  ['nothing', undefined, Value, '00537740'],
  ['text', 'hi', Data, '005375a0026869'],
  ['a list of bytes', [hi, hi], Data, '005375a0026869005375a0026869'],
  ['an array', [1, 'a'], Sequence, '005376c006025401a10161'],
  ['an array of texts', ['a'], Sequence, '005376c00401a10161'],
  ['an empty array', [], Sequence, '00537645'],
  ['an array of arrays', [[1], []], Sequence, '005376c003015401' + '00537645'],
  ['an array of arrays and others', [[], 1], Sequence, '005376c00402455401'],
]

for (const [what, body, bodyType, hex] of forced) {
  test(`${what} as body is ${['data', 'a value', 'sequences'][bodyType]} when asked for [3.2.6–3.2.8]`, (t) => {
    const message = new Message(body, { bodyType })
    t.is(message.bodyType, bodyType)
    t.is(hexOf(message.encodeMessage()), hex)
  })
}

const refused: readonly (readonly [body: unknown, bodyType: MessageBodyType])[] = [
  [undefined, Data],
  [null, Data],
  [5, Data],
  [{}, Data],
  [[], Data],
  [['a', 1], Data],
  [new AMQPBinary(hi), Data],
  [undefined, Sequence],
  ['text', Sequence],
  [hi, Sequence],
  [{}, Sequence],
  [new Map(), Sequence],
]

test('a body that is not of the kind asked for is refused by name', (t) => {
  for (const [body, bodyType] of refused) {
    const error = t.throws(() => new Message(body, { bodyType }), { instanceOf: TypeError })
    t.regex(error?.message ?? '', new RegExp(`^body .* bodyType ${['Data', 'Value', 'Sequence'][bodyType]}`))
  }
  for (const bodyType of [-1, 3, 0.5, NaN]) {
    t.throws(() => new Message('', { bodyType: bodyType as MessageBodyType }), {
      instanceOf: RangeError,
      message: /options\.bodyType/,
    })
  }
  t.throws(() => new Message('', { bodyType: 'Data' as unknown as MessageBodyType }), {
    instanceOf: TypeError,
    message: /options\.bodyType/,
  })
})

test('data are given as bytes, whatever they were given as [3.2.6]', (t) => {
  t.is(hexOf(new Message('hé').data as Uint8Array), '68c3a9')
  t.is(new Message(hi).data, hi)
  const several = new Message(['h', new Uint8Array([0x69]), 'é'])
  t.is(hexOf(several.data as Uint8Array), '6869c3a9')
  t.is(several.data, several.data)
  t.deepEqual(several.dataSections?.map(hexOf), ['68', '69', 'c3a9'])
  t.deepEqual(new Message(hi).dataSections, [hi])
  t.is(several.value, undefined)
  t.is(several.sequence, undefined)
  several.body = 'other'
  t.is(hexOf(several.data as Uint8Array), hexOf(Buffer.from('other')))
})

test('values and sequences are given as they are [3.2.7, 3.2.8]', (t) => {
  const value = { a: [1] }
  t.is(new Message(value).value as unknown, value)
  t.is(new Message(undefined).value, null)
  t.is(new Message(value).data, undefined)
  t.is(new Message(value).dataSections, undefined)
  t.deepEqual(new Message([1, 2], { bodyType: Sequence }).sequence, [[1, 2]])
  t.deepEqual(new Message([[1], [2]], { bodyType: Sequence }).sequence, [[1], [2]])
  t.deepEqual(Message.decodeMessage(chunk('00537645', '005376c003015401')).sequence, [[], [1]])
  t.is(Message.decodeMessage(chunk('00537740')).value, null)
})

test('a received body of data is a view of the bytes it came in [3.2.6]', (t) => {
  const bytes = chunk('005375a0026869')
  const message = Message.received(bytes, 0, new FakeSettlement())
  t.is(message.data?.buffer, bytes.buffer)
  t.is(message.data, message.data)
  t.is(message.body, message.data)
  const several = Message.decodeMessage(chunk('005375a00168', '005375a00169'))
  t.deepEqual((several.body as readonly Uint8Array[]).map(hexOf), ['68', '69'])
  t.is(several.text(), 'hi')
})

test('the text of a body is its data as UTF-8, or a value that is text', (t) => {
  t.is(new Message('hé').text(), 'hé')
  t.is(new Message(new Uint8Array(Buffer.from('hé'))).text(), 'hé')
  t.is(new Message([hi, '!']).text(), 'hi!')
  t.is(new Message('hi', { bodyType: Value }).text(), 'hi')
  t.is(new Message(new AMQPString('hi')).text(), 'hi')
  t.is(Message.decodeMessage(chunk('005377a1026869')).text(), 'hi')
  t.is(Message.decodeMessage(chunk('005375a0026869')).text(), 'hi')
  for (const other of [5, null, { a: 1 }, [1], new AMQPBinary(hi)]) {
    t.throws(() => new Message(other).text(), { instanceOf: TypeError, message: /not text/ })
  }
  t.throws(() => new Message([1], { bodyType: Sequence }).text(), { instanceOf: TypeError })
  t.throws(() => Message.decodeMessage(new Uint8Array(0)).text(), { instanceOf: TypeError })
  t.throws(() => new Message(new Uint8Array([0xc0, 0x80])).text(), {
    instanceOf: TypeError,
    message: /UTF-8/,
  })
})

test('the text of a body is read as JSON', (t) => {
  t.deepEqual(new Message('{"a":[1,null]}').json(), { a: [1, null] })
  t.is(Message.decodeMessage(chunk('005375a0023432')).json(), 42)
  t.throws(() => new Message('{').json(), { instanceOf: SyntaxError })
  t.throws(() => new Message(42).json(), { instanceOf: TypeError })
})

test('what has no encoding is named with the way to it', (t) => {
  const cases: readonly (readonly [unknown, MessageBodyType, string])[] = [
    [{ a: [1, () => 0] }, Value, 'body.a[1]'],
    [[[1], [Symbol('x')]], Sequence, 'body[0]'],
    ['\ud800', Data, 'body'],
    [['ok', 'a\udc00'], Data, 'body'],
    [new Map([[1, new URL('amqp://x')]]), Value, 'body[1]'],
  ]
  for (const [body, bodyType, path] of cases) {
    const message = new Message(body, { bodyType })
    const error = t.throws(() => message.encodeMessage(), { instanceOf: EncodeError })
    t.is(error?.path, path)
  }
  t.throws(() => new Message('\ud800').data, { instanceOf: EncodeError })
})

test('a list of data that changed into something else is not written', (t) => {
  const parts: unknown[] = ['a']
  const message = new Message(parts)
  parts.push(5)
  t.is(t.throws(() => message.encodeMessage(), { instanceOf: EncodeError })?.path, 'body')
})

test('large data are handed to the writer by reference, once', (t) => {
  class Bulk extends Writer {
    readonly given: Uint8Array[] = []
    override bulk(bytes: Uint8Array): void {
      this.given.push(bytes)
    }
  }
  const large = new Uint8Array(100_000)
  const w = new Bulk()
  new Message(large).encodeTo(w)
  t.is(hexOf(w.written()), '005375b0000186a0')
  t.is(w.given.length, 1)
  t.is(w.given[0], large)

  const text = 'é'.repeat(20_000)
  const textWriter = new Bulk()
  new Message(text).encodeTo(textWriter)
  t.is(hexOf(textWriter.written()), '005375b000009c40')
  t.is(Buffer.from(textWriter.given[0] as Uint8Array).toString(), text)
  t.is(Message.decodeMessage(new Message(text).encodeMessage()).text(), text)
})

test('the size hint covers what is known of the size', (t) => {
  t.true(new Message(new Uint8Array(50_000)).sizeHint >= 50_000)
  t.true(new Message(new Uint8Array(1024)).sizeHint < 2048)
  t.true(new Message(['x'.repeat(5000), new Uint8Array(5000)]).sizeHint >= 10_000)
  t.true(new Message({ a: 1 }).sizeHint > 0)
  const received = Message.received(new Uint8Array(30_000), 0, new FakeSettlement())
  t.true(received.sizeHint >= 30_000)
})

test('a message of any size comes back whole', (t) => {
  for (const size of [0, 1, 255, 256, 65_000, 65_536, 300_000]) {
    const body = new Uint8Array(size).fill(7)
    const bytes = new Message(body).encodeMessage()
    t.deepEqual(Message.decodeMessage(bytes).data, body)
    t.deepEqual(sentBytes(new Message(body)), bytes)
  }
})
