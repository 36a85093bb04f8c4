// What uAMQP's messages and values got wrong; README.md lists all of its defects.

import test from 'ava'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { Message } from '../../lib/message/message.js'
import { decode } from '../../lib/types/decode.js'
import { encode } from '../../lib/types/encode.js'
import { AMQPBinary, AMQPChar, AMQPDescribed, AMQPSymbol, AMQPuLong } from '../../lib/types/wrappers.js'
import { Stage } from '../client/support/stage.js'
import { Rig } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { hexOf } from '../support/vector-values.js'

keepTidy(test)

/** A message with every section, and a character of NUL in every text that may hold one. */
function full(): Message {
  return new Message('bo\0dy', {
    header: { durable: true, priority: 7, ttl: 60_000 },
    deliveryAnnotations: { 'x-opt-hop': 'a\0b' },
    messageAnnotations: { 'x-opt-partition-key': 'k\0ey' },
    properties: {
      messageId: 'i\0d',
      userId: Uint8Array.of(1, 0, 2),
      subject: 'sub\0ject',
      groupId: 'g\0',
    },
    applicationProperties: { 'na\0me': 'va\0lue' },
    footer: { 'x-opt-sum': '\0' },
  })
}

test('uAMQP #169: every section goes over the wire, footer and delivery annotations too, in the order of the specification [3.2]', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(1)
  watch(sender.send(full()))
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  const hex = hexOf(transfer?.payload ?? new Uint8Array(0))
  const places = ['70', '71', '72', '73', '74', '75', '78'].map((code) => hex.indexOf(`0053${code}`))
  t.true(places.every((place) => place >= 0))
  t.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  )
})

test('uAMQP message: what was sent is received in every section, texts as strings and whole, NUL or not [3.2]', async (t) => {
  const stage = await Stage.open(t)
  const sender = stage.sender()
  await stage.until(sender.sendMessage(full()))
  const received = await stage.until(stage.receiver().receive())
  const sent = full()
  t.is(received?.text(), 'bo\0dy')
  t.like(received?.properties, {
    messageId: 'i\0d',
    userId: Uint8Array.of(1, 0, 2),
    subject: 'sub\0ject',
    groupId: 'g\0',
  })
  t.like(received?.header, { durable: true, priority: 7 })
  t.deepEqual({ ...received?.messageAnnotations }, { ...sent.messageAnnotations })
  t.deepEqual({ ...received?.applicationProperties }, { ...sent.applicationProperties })
  t.deepEqual({ ...received?.footer }, { ...sent.footer })
})

test('azure-sdk #48078: texts, keys and properties of type symbol come as strings, and no text comes as bytes', (t) => {
  const message = new Message(null, {
    messageAnnotations: { key: new AMQPSymbol('symbol') },
    properties: { to: 'there', contentType: 'text/plain' },
    applicationProperties: { name: 'text' },
  })
  const decoded = Message.decodeMessage(message.encodeMessage())
  t.deepEqual(Object.keys(decoded.messageAnnotations ?? {}), ['key'])
  t.deepEqual(decoded.messageAnnotations?.['key'], new AMQPSymbol('symbol'))
  t.is(decoded.properties?.to, 'there')
  t.is(decoded.properties?.contentType, 'text/plain')
  t.is(decoded.applicationProperties?.['name'], 'text')
})

test('uAMQP #17: a text of one character is a string, and a char only when it is asked for [1.6.16, 1.6.20]', (t) => {
  t.is(hexOf(encode('x')), 'a10178')
  t.is(hexOf(encode(new AMQPChar('x'))), '7300000078')
  t.is(decode(encode('x')), 'x')
})

test('uAMQP data_factory: bytes are binary and text is string, whatever zeros they hold [1.6.19, 1.6.20]', (t) => {
  t.is(hexOf(encode(Uint8Array.of(0x61, 0, 0x62))), 'a003610062')
  t.is(hexOf(encode('a\0b')), 'a103610062')
  t.is(decode(encode('a\0b')), 'a\0b')
  t.deepEqual(decode(encode(Uint8Array.of(0x61, 0, 0x62))), Uint8Array.of(0x61, 0, 0x62))
  t.deepEqual(new AMQPBinary(Uint8Array.of(0)).value, Uint8Array.of(0))
})

test('uAMQP data_factory: an integer of 64 bits is never a double, and one beyond is refused [1.6.6, 1.6.10]', (t) => {
  for (const value of [2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)])
    t.is(decode(encode(value)), value)
  t.throws(() => encode(2n ** 64n), { instanceOf: RangeError })
})

test('uAMQP data_factory: a described value keeps its descriptor [1.5]', (t) => {
  const value = new AMQPDescribed(new AMQPuLong(0x4711n), 'what is described')
  const decoded = decode(encode(value)) as AMQPDescribed
  t.true(decoded instanceof AMQPDescribed)
  t.true(value.equals(decoded))
})

test('uAMQP message: an empty body is empty data or an empty text, and not null [3.2.6, 3.2.8]', (t) => {
  for (const body of ['', new Uint8Array(0)]) {
    const decoded = Message.decodeMessage(new Message(body).encodeMessage())
    t.deepEqual(decoded.data, new Uint8Array(0))
  }
})

test('azure-sdk #5312: a batch keeps every section of its messages, and gives its application properties to those that have none', (t) => {
  const own = full()
  const batch = new BatchMessage([own, 'plain'], { applicationProperties: { of: 'batch' } })
  const [first, second] = batch.innerMessages() ?? []
  t.deepEqual({ ...first?.applicationProperties }, { 'na\0me': 'va\0lue' })
  t.deepEqual({ ...first?.messageAnnotations }, { 'x-opt-partition-key': 'k\0ey' })
  t.deepEqual({ ...first?.footer }, { 'x-opt-sum': '\0' })
  t.is(first?.properties?.subject, 'sub\0ject')
  t.deepEqual({ ...second?.applicationProperties }, { of: 'batch' })
  t.deepEqual({ ...own.applicationProperties }, { 'na\0me': 'va\0lue' })
})
