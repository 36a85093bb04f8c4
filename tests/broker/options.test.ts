// What the embedded broker can be told, and what it refuses to be told.

import test from 'ava'
import { type BrokerOptions, EmbeddedBroker, type QueueOptions } from '../../lib/broker/index.js'

test('options that do not exist are refused by name', async (t) => {
  await t.throwsAsync(EmbeddedBroker.start({ prot: 5672 } as BrokerOptions), {
    instanceOf: TypeError,
    message: /"prot"/,
  })
  await t.throwsAsync(EmbeddedBroker.start({ tls: { certificate: '' } } as BrokerOptions), {
    instanceOf: TypeError,
    message: /tls\.certificate/,
  })
  const broker = await EmbeddedBroker.start({ listen: false })
  t.throws(() => broker.createQueue('q', { lock: 1 } as QueueOptions), {
    instanceOf: TypeError,
    message: /"lock"/,
  })
})

const WRONG: readonly (readonly [BrokerOptions, ErrorConstructor, RegExp])[] = [
  [{ port: 65536 }, RangeError, /"port"/],
  [{ port: '1' as never }, TypeError, /"port"/],
  [{ maxFrameSize: 511 }, RangeError, /"maxFrameSize"/],
  [{ idleTimeoutMs: -1 }, RangeError, /"idleTimeoutMs"/],
  [{ credit: 0 }, RangeError, /"credit"/],
  [{ maxDeliveryCount: 0 }, RangeError, /"maxDeliveryCount"/],
  [{ maxMessageSize: 0 }, RangeError, /"maxMessageSize"/],
  [{ serviceBus: 1 as never }, TypeError, /"serviceBus"/],
  [{ serviceBus: { lockDurationMs: 0 } }, RangeError, /"lockDurationMs"/],
  [{ serviceBus: { requiresSession: 'yes' as never } }, TypeError, /"requiresSession"/],
  [{ serviceBus: { sessions: true } as never }, TypeError, /"sessions"/],
  [{ users: { alice: 1 as never } }, TypeError, /"users"/],
  [{ autoCreate: 'yes' as never }, TypeError, /"autoCreate"/],
  [{ anonymous: false }, TypeError, /nobody could log in/],
]

for (const [options, instanceOf, message] of WRONG) {
  test(`${JSON.stringify(options)} is refused`, async (t) => {
    await t.throwsAsync(EmbeddedBroker.start(options), { instanceOf, message })
  })
}

test('queues are made once, and need a name', async (t) => {
  const broker = await EmbeddedBroker.start({ listen: false })
  const queue = broker.createQueue('orders')
  t.is(queue.name, 'orders')
  t.is(queue.depth, 0)
  t.is(queue.locked, 0)
  t.is(queue.consumers, 0)
  t.deepEqual([...queue.messages], [])
  t.throws(() => broker.createQueue('orders'), { code: 'AMQP_QUEUE_EXISTS' })
  t.throws(() => broker.createQueue(''), { instanceOf: TypeError })
  t.throws(() => broker.createQueue('q', { answer: 'maybe' as never }), { instanceOf: RangeError })
})

test('a broker tells where it can be reached', async (t) => {
  const broker = await EmbeddedBroker.start()
  t.is(broker.host, '127.0.0.1')
  t.true(broker.port > 0)
  t.is(broker.url, `amqp://127.0.0.1:${broker.port}`)
  await broker.stop()
})

test('a broker that listens everywhere names an address that can be reached', async (t) => {
  await using broker = await EmbeddedBroker.start({ host: '0.0.0.0' })
  t.is(broker.url, `amqp://127.0.0.1:${broker.port}`)
})

test('a port in use is said to be so', async (t) => {
  const broker = await EmbeddedBroker.start()
  t.teardown(() => broker.stop())
  await t.throwsAsync(EmbeddedBroker.start({ port: broker.port }), {
    message: new RegExp(String(broker.port)),
  })
})
