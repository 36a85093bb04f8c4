// Event hubs as one makes, looks at and deletes them.

import test from 'ava'
import { EmbeddedBroker, type EventHubOptions } from '../../../lib/broker/index.js'
import { createSasToken } from '../../../lib/cbs/sas.js'
import { MessageBodyType } from '../../../lib/constants.js'
import { Message } from '../../../lib/message/message.js'
import { EngineClient } from '../engine-client.js'
import { hubInMemory, reader, sendEach, texts } from './engine-hub.js'

const PARTITION = 'hub/ConsumerGroups/$Default/Partitions/0'

test('a hub is made once, whatever the capitals, and can be looked at', async (t) => {
  const broker = await EmbeddedBroker.start({ listen: false })
  const hub = broker.createEventHub('Telemetry', { consumerGroups: ['reports'] })
  t.is(hub.name, 'Telemetry')
  t.deepEqual([...hub.partitionIds], ['0', '1', '2', '3'])
  t.deepEqual([...hub.consumerGroups], ['$Default', 'reports'])
  t.like(hub.partitions[3], {
    id: '3',
    count: 0,
    firstSequenceNumber: 0,
    lastSequenceNumber: -1,
    readers: 0,
    events: [],
  })
  t.is(broker.eventHub('telemetry'), hub)
  t.deepEqual([...broker.eventHubNames], ['Telemetry'])
  t.throws(() => broker.createEventHub('TELEMETRY'), { code: 'AMQP_EVENT_HUB_EXISTS' })
  t.throws(() => broker.eventHub('other'), { code: 'AMQP_EVENT_HUB_NOT_FOUND' })
  await broker.stop()
})

const WRONG: readonly (readonly [EventHubOptions, ErrorConstructor, RegExp])[] = [
  [{ partition: 2 } as EventHubOptions, TypeError, /"partition"/],
  [{ partitions: 0 }, RangeError, /"partitions"/],
  [{ partitions: 1025 }, RangeError, /"partitions"/],
  [{ partitions: '2' as never }, TypeError, /"partitions"/],
  [{ maxEvents: 0 }, RangeError, /"maxEvents"/],
  [{ maxBytes: 0.5 }, RangeError, /"maxBytes"/],
  [{ consumerGroups: 'reports' as never }, TypeError, /"consumerGroups"/],
  [{ consumerGroups: [''] }, TypeError, /"consumerGroups"/],
  [{ consumerGroups: ['a/b'] }, TypeError, /"a\/b"/],
  [{ consumerGroups: ['$default'] }, TypeError, /\$Default/],
  [{ consumerGroups: ['a', 'A'] }, TypeError, /once/],
]

for (const [options, instanceOf, message] of WRONG) {
  test(`a hub with ${JSON.stringify(options)} is refused`, async (t) => {
    const broker = await EmbeddedBroker.start({ listen: false })
    t.throws(() => broker.createEventHub('hub', options), { instanceOf, message })
    t.deepEqual([...broker.eventHubNames], [])
  })
}

for (const name of ['', 'a/b', '/a', '$management', undefined as never]) {
  test(`${JSON.stringify(name)} is no name of a hub`, async (t) => {
    const broker = await EmbeddedBroker.start({ listen: false })
    t.throws(() => broker.createEventHub(name), { instanceOf: TypeError })
  })
}

test('a hub that is deleted detaches its links and forgets its events', async (t) => {
  const { broker, client } = await hubInMemory()
  sendEach(client, ['a'])
  const links = [client.sender({ address: 'hub' }), reader(client)]
  t.true(broker.deleteEventHub('HUB'))
  t.false(broker.deleteEventHub('hub'))
  client.settle()
  t.deepEqual(
    links.map(({ endReason }) => endReason?.condition),
    ['amqp:resource-deleted', 'amqp:resource-deleted'],
  )
  broker.createEventHub('hub', { partitions: 1 })
  t.deepEqual(texts(reader(client)), [])
})

test('a hub that has moved detaches its links, and sends new ones on [2.8.18]', async (t) => {
  const { broker, client } = await hubInMemory()
  const links = [client.sender({ address: 'hub' }), reader(client, { address: PARTITION })]
  const others = [client.sender({ address: 'hub/Partitions/0' }), reader(client, { address: PARTITION })]
  broker.redirect('hub', { hostname: 'elsewhere' })
  broker.redirect(PARTITION, { hostname: 'elsewhere' })
  links.push(client.sender({ address: 'hub' }))
  for (const link of [...links, others[1]]) t.is(link?.endReason?.condition, 'amqp:link:redirect')
  t.false(others[0]?.ended)
  broker.redirect('hub', undefined)
  t.true(client.sender({ address: 'hub' }).link.attached)
})

test('a hub comes before a queue of its name; other addresses are queues as before', async (t) => {
  const { broker, client, hub } = await hubInMemory()
  broker.createQueue('hub')
  sendEach(client, ['a'])
  sendEach(client, ['b'], 'hubs')
  t.deepEqual([hub.events.length, broker.queue('hub').depth, broker.queue('hubs').depth], [1, 0, 1])
})

test('a message that names a hub itself goes nowhere: events are sent by links to a hub', async (t) => {
  const { broker, client, hub } = await hubInMemory()
  const sender = client.sender({ address: '' })
  const sent = sender.send(new Message('a', { properties: { to: 'hub/Partitions/0' } }).encodeMessage())
  t.like(sent.outcome, { kind: 'rejected', error: { condition: 'amqp:not-found' } })
  t.deepEqual([hub.events.length, broker.queueNames.length], [0, 0])
})

test('a link to a hub needs a claim that covers it, and ends when the claim does', async (t) => {
  const { broker, clock, hub } = await hubInMemory({}, { cbs: { sasKeys: { Root: 'key' } } })
  const client = new EngineClient(broker, clock, { mechanism: 'ANONYMOUS' })
  const links = () => [client.sender({ address: 'hub' }), reader(client)]
  const conditions = (of: ReturnType<typeof links>) => of.map(({ endReason }) => endReason?.condition)
  t.deepEqual(conditions(links()), ['amqp:unauthorized-access', 'amqp:unauthorized-access'])
  const audience = 'sb://broker/hub'
  const token = await createSasToken('Root', 'key', audience, clock.date() + 60_000)
  const request = new Message(token, {
    bodyType: MessageBodyType.Value,
    properties: { replyTo: 'claims' },
    applicationProperties: {
      operation: 'put-token',
      type: 'servicebus.windows.net:sastoken',
      name: audience,
    },
  })
  const claims = client.receiver({ address: '$cbs', name: 'claims' })
  client.sender({ address: '$cbs' }).send(request.encodeMessage())
  await clock.run()
  t.is(claims.receive().length, 1)
  const covered = links()
  t.deepEqual(conditions(covered), [undefined, undefined])
  await clock.run(61_000)
  t.deepEqual(conditions(covered), ['amqp:unauthorized-access', 'amqp:unauthorized-access'])
  t.is(hub.partitions[0]?.readers, 0)
})
