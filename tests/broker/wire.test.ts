// The embedded broker byte by byte, in memory and on a fake clock: what it passes on unchanged, what it writes anew,
// what it refuses, and what time does.

import test from 'ava'
import { ACCEPTED, RELEASED } from '../../lib/types/messaging.js'
import { concatBytes, fromHex, toHex, utf8Encode } from '../../lib/util/bytes.js'
import { brokerInMemory, EngineClient } from './engine-client.js'

/** A body, amqp-value "a". */
const BODY = '00 53 77 a1 01 61'
/** Properties with message-id "m", in encodings longer than they need be. */
const PROPERTIES = '00 80 0000000000000073 d0 00000007 00000001 a1 01 6d'
/** Annotation x: 1, as a long of eight bytes. */
const ANNOTATIONS = '00 53 72 c1 0d 02 a3 01 78 81 0000000000000001'

function wire(...sections: string[]): string {
  return toHex(fromHex(sections.join(' ')))
}

const hex32 = (value: number): string => value.toString(16).padStart(8, '0')

/** What comes out for what goes in. */
async function through(payload: string): Promise<string[]> {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const sent = client.sender().send(fromHex(payload))
  if (sent.outcome !== ACCEPTED) return []
  return client
    .receiver()
    .receive()
    .map((delivery) => toHex(delivery.payload))
}

test('a message without header passes byte for byte [3.2]', async (t) => {
  const payload = wire(PROPERTIES, '00 53 74 c1 05 02 a1 01 6b 43', BODY, '00 53 78 c1 01 00')
  t.deepEqual(await through(payload), [payload])
})

test('a header that stays true, and message annotations, pass byte for byte [3.2.1]', async (t) => {
  const payload = wire('00 53 70 d0 00000006 00000002 41 40', ANNOTATIONS, PROPERTIES, BODY)
  t.deepEqual(await through(payload), [payload])
})

test('delivery annotations end at the broker, all else stays [3.2.2]', async (t) => {
  const delivery = '00 53 71 c1 05 02 a3 01 79 43'
  t.deepEqual(await through(wire(delivery, ANNOTATIONS, PROPERTIES, BODY)), [
    wire(ANNOTATIONS, PROPERTIES, BODY),
  ])
})

test('a batch keeps its message-format', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const payload = fromHex('00 53 75 a0 02 00 00 00 53 75 a0 01 00')
  client.sender().send(payload, 0x80013700)
  const [delivery] = client.receiver().receive()
  t.is(delivery?.messageFormat, 0x80013700)
  t.deepEqual(delivery?.payload, payload)
})

test('only the header changes when an attempt has failed; the count that came with it goes on [3.2.1]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  // durable, priority 7, first-acquirer, delivery-count 3
  const header = '00 53 70 c0 08 05 41 50 07 40 41 52 03'
  client.sender().send(fromHex(wire(header, ANNOTATIONS, PROPERTIES, BODY)))
  const receiver = client.receiver()
  const [first] = receiver.receive()
  t.is(toHex(first?.payload ?? new Uint8Array(0)), wire(header, ANNOTATIONS, PROPERTIES, BODY))
  if (first !== undefined) receiver.settle(first, { kind: 'modified', deliveryFailed: true })
  const [second] = receiver.receive()
  const changed = '00 53 70 c0 08 05 41 50 07 40 40 52 04'
  t.is(toHex(second?.payload ?? new Uint8Array(0)), wire(changed, ANNOTATIONS, PROPERTIES, BODY))
})

test('a message that was released is not the first acquirer’s any more [3.2.1]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  client.sender().send(fromHex(wire('00 53 70 c0 05 04 40 40 40 41', BODY)))
  const receiver = client.receiver()
  const [first] = receiver.receive()
  if (first !== undefined) receiver.settle(first, RELEASED)
  const [second] = receiver.receive()
  t.is(toHex(second?.payload ?? new Uint8Array(0)), wire(BODY))
})

test('time to live runs down in the queue, and then the message is gone [3.2.1]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const sender = client.sender()
  sender.send(fromHex(wire('00 53 70 c0 08 03 40 40 70 000003e8', BODY)))
  sender.send(fromHex(wire('00 53 70 c0 08 03 40 40 70 000001f4', BODY)))
  clock.advance(400)
  t.is(broker.queue('orders').depth, 2)
  const [browsed] = client
    .receiver({
      source: { kind: 'source', address: 'orders', distributionMode: 'copy' },
    })
    .receive()
  t.is(toHex(browsed?.payload ?? new Uint8Array(0)), wire('00 53 70 c0 08 03 40 40 70 00000258', BODY))
  clock.advance(100)
  t.is(broker.queue('orders').depth, 1)
  clock.advance(500)
  t.is(client.receiver().receive().length, 0)
  t.is(broker.queue('orders').depth, 0)
})

for (const size of [100, 20_000]) {
  test(`a drain comes after all messages that the credit allows, of ${size} bytes too [2.6.7]`, async (t) => {
    const { broker, clock } = await brokerInMemory()
    const client = new EngineClient(broker, clock)
    const sender = client.sender()
    for (let n = 0; n < 4; n++)
      sender.send(concatBytes([fromHex(`00 53 75 b0 ${hex32(size)}`), new Uint8Array(size)]))
    const { link, deliveries } = client.receiver()
    link.setCredit(3)
    link.drain()
    client.settle()
    t.deepEqual([deliveries.length, link.credit.linkCredit, link.isDraining], [3, 0, false])
  })
}

test('expired messages are passed over when a consumer comes', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const sender = client.sender()
  sender.send(fromHex(wire('00 53 70 c0 05 03 40 40 52 64', BODY)))
  sender.send(fromHex(wire(PROPERTIES, BODY)))
  clock.advance(100)
  const received = client.receiver().receive(5)
  t.deepEqual(
    received.map(({ payload }) => toHex(payload)),
    [wire(PROPERTIES, BODY)],
  )
})

const MALFORMED: readonly (readonly [string, string])[] = [
  ['nothing at all', ''],
  ['no section', 'a1 01 61'],
  ['an unknown section', '00 53 79 a1 01 61'],
  ['sections out of order', wire(BODY, PROPERTIES)],
  ['a section twice', wire(PROPERTIES, PROPERTIES, BODY)],
  ['two kinds of body', wire('00 53 75 a0 01 00', BODY)],
  ['two values as a body', wire(BODY, BODY)],
  ['a value cut short', '00 53 77 a1 05 61'],
  ['properties that are a map', '00 53 73 c1 01 00'],
  ['a header with a text for a flag', wire('00 53 70 c0 04 01 a1 01 78', BODY)],
]

for (const [what, payload] of MALFORMED) {
  test(`${what} is rejected with amqp:decode-error, and the link goes on`, async (t) => {
    const { broker, clock } = await brokerInMemory()
    const sender = new EngineClient(broker, clock).sender()
    const { outcome } = sender.send(fromHex(payload))
    t.like(outcome, { kind: 'rejected', error: { condition: 'amqp:decode-error' } })
    t.is(sender.send(fromHex(BODY)).outcome, ACCEPTED)
    t.is(broker.queue('orders').depth, 1)
  })
}

test('annotations that cannot be read are given up when others are added', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  // Two entries announced, and the second key is no value.
  client.sender().send(fromHex(wire('00 53 72 c1 08 04 a3 01 78 43 ff ff ff', BODY)))
  const receiver = client.receiver()
  const [first] = receiver.receive()
  if (first !== undefined) receiver.settle(first, { kind: 'modified', messageAnnotations: { y: true } })
  const [second] = receiver.receive()
  t.is(toHex(second?.payload ?? new Uint8Array(0)), wire('00 53 72 c1 05 02 a3 01 79 41', BODY))
})

test('annotations of modified take the place of those of the same name, null removes them [3.4.5]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  client.sender().send(fromHex(wire('00 53 72 c1 09 04 a3 01 78 43 a3 01 79 43', BODY)))
  const receiver = client.receiver()
  const [first] = receiver.receive()
  if (first !== undefined)
    receiver.settle(first, { kind: 'modified', messageAnnotations: { x: null, z: false } })
  const [second] = receiver.receive()
  t.is(toHex(second?.payload ?? new Uint8Array(0)), wire('00 53 72 c1 09 04 a3 01 79 43 a3 01 7a 42', BODY))
})

test('transactions are refused', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const control = client.sender({ target: { kind: 'coordinator' } })
  t.is(control.endReason?.condition, 'amqp:not-implemented')
  const { outcome } = client.sender().send(fromHex(BODY), 0, {
    kind: 'transactional-state',
    txnId: Uint8Array.of(1),
  })
  t.like(outcome, { kind: 'rejected', error: { condition: 'amqp:transaction:unknown-id' } })
})

test('an attach without source or target is refused', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  t.is(client.sender({ target: undefined }).endReason?.condition, 'amqp:invalid-field')
  t.is(client.receiver({ source: undefined }).endReason?.condition, 'amqp:invalid-field')
})

test('a consumer that settles without an outcome releases the message [3.5.3]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  client.sender().send(fromHex(BODY))
  const receiver = client.receiver()
  const [delivery] = receiver.receive()
  if (delivery !== undefined) receiver.link.dispose(delivery, undefined, true)
  client.settle()
  t.is(broker.queue('orders').depth, 1)
})

for (const end of ['link', 'session', 'connection'] as const) {
  test(`an outcome in the same breath as the end of the ${end} counts`, async (t) => {
    const { broker, clock } = await brokerInMemory()
    const client = new EngineClient(broker, clock)
    client.sender().send(fromHex(BODY))
    const receiver = client.receiver()
    const [delivery] = receiver.receive()
    if (delivery !== undefined) receiver.link.dispose(delivery, ACCEPTED, true)
    if (end === 'link') receiver.link.detach()
    else if (end === 'session') receiver.session.end()
    else client.engine.connection.close()
    client.settle()
    t.true(receiver.ended)
    t.is(broker.queue('orders').depth + broker.queue('orders').locked, 0)
  })

  test(`a message in the same breath as the end of the ${end} is answered before`, async (t) => {
    const { broker, clock } = await brokerInMemory()
    const client = new EngineClient(broker, clock)
    const sender = client.sender()
    const sent = sender.begin(fromHex(BODY))
    if (end === 'link') sender.link.detach()
    else if (end === 'session') sender.session.end()
    else client.engine.connection.close()
    client.settle()
    t.true(sender.ended)
    t.is(sent.outcome, ACCEPTED)
    t.is(broker.queue('orders').depth, 1)
  })
}

test('settled deliveries are off the queue once they are written, however many', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const payload = fromHex(wire('00 53 75 a0 64', '2a'.repeat(100)))
  const sender = client.sender()
  for (let i = 0; i < 2000; i++) sender.begin(payload)
  client.settle()
  const receiver = client.receiver({ sndSettleMode: 1 })
  t.is(receiver.receive(1500).length, 1500)
  t.is(broker.queue('orders').locked, 0)
  t.is(broker.queue('orders').depth, 500)
})

test('a settled delivery that fills the output is off the queue, too', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  const sender = client.sender()
  for (let i = 0; i < 5; i++) sender.begin(fromHex(wire('00 53 75 b0 00003a98', '2a'.repeat(15_000))))
  client.settle()
  t.is(client.receiver({ sndSettleMode: 1 }).receive(5).length, 5)
  t.is(broker.queue('orders').locked, 0)
})

test('everything works when bytes come one by one', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const oneByOne = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  const client = new EngineClient(broker, clock, { pair: { chunk: oneByOne } })
  const sender = client.sender()
  for (let i = 0; i < 10; i++) t.is(sender.send(fromHex(BODY)).outcome, ACCEPTED)
  t.is(client.receiver().receive(10).length, 10)
})

test('a consumer that does not read holds back the broker, not other clients', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const payload = fromHex(wire('00 53 75 b0 00004000', '00'.repeat(0x4000)))
  const slow = new EngineClient(broker, clock, { pair: { highWaterBytes: 65536 } })
  const receiver = slow.receiver()
  const producer = new EngineClient(broker, clock)
  const sender = producer.sender()
  receiver.receive(100)
  slow.transport.pause?.()
  for (let i = 0; i < 100; i++) t.is(sender.send(payload).outcome, ACCEPTED)
  t.is(receiver.deliveries.length, 0)
  t.true(slow.far.bufferedBytes < 4 * 65536)
  slow.transport.resume?.()
  slow.settle()
  t.is(receiver.deliveries.length, 100)
  t.true(receiver.deliveries.every((delivery) => delivery.payload.length === payload.length))
})

test('PLAIN may keep its response until it is asked for [5.3.3.2]', async (t) => {
  const { broker, clock } = await brokerInMemory({ users: { alice: 'pässwörd€' } })
  const plain = (text: string, asked: boolean): EngineClient =>
    new EngineClient(broker, clock, { mechanism: 'PLAIN', response: utf8Encode(text), asked })
  t.true(plain('\0alice\0pässwörd€', true).engine.connection.opened)
  t.true(plain('\0alice\0pässwörd€', false).engine.connection.opened)
  t.true(plain('alice\0alice\0pässwörd€', false).engine.connection.opened)
  for (const text of ['\0alice\0wrong', 'bob\0alice\0pässwörd€', 'alice', '\0\0pässwörd€']) {
    const refused = plain(text, true)
    t.true(refused.ended, text)
    t.regex(String(refused.endReason?.message), /sasl-outcome 1/)
  }
  t.is(broker.connections, 3)
})

test('a client is sent something in time when it asks for it [2.4.5]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock, { idleTimeoutMs: 2000 })
  const received: number[] = []
  const { onBytes } = client.transport
  client.transport.onBytes = (chunk) => {
    received.push(chunk.length)
    onBytes?.(chunk)
  }
  for (let i = 0; i < 4; i++) {
    clock.advance(500)
    client.settle()
  }
  t.deepEqual(received, [8, 8, 8, 8])
})

test('a client that is silent for too long is given up [2.4.5]', async (t) => {
  const { broker, clock } = await brokerInMemory({ idleTimeoutMs: 1000 })
  const client = new EngineClient(broker, clock)
  client.sender()
  clock.advance(999)
  client.settle()
  t.is(broker.connections, 1)
  clock.advance(1)
  client.settle()
  t.is(broker.connections, 0)
  t.is(client.endReason?.condition, 'amqp:resource-limit-exceeded')
  t.is(clock.pendingTimers, 0)
})

test('a client that does not answer cannot keep the broker from stopping', async (t) => {
  const { broker, clock } = await brokerInMemory()
  const client = new EngineClient(broker, clock)
  client.transport.pause?.()
  let stopped = false
  const stop = broker.stop().then(() => {
    stopped = true
  })
  await clock.run(999)
  t.false(stopped)
  await clock.run(1)
  await stop
  t.is(broker.connections, 0)
})

test('a broker that has stopped serves nobody', async (t) => {
  const { broker, clock } = await brokerInMemory()
  await broker.stop()
  const transport = broker.connect()
  let closed = false
  transport.onClose = () => {
    closed = true
  }
  transport.onBytes = () => t.fail('nothing was to come')
  clock.runDeferred()
  t.true(closed)
})
