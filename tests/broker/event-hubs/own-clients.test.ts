// Event hubs of the embedded broker with the clients of this library: what other clients can do with them, these can.

import test from 'ava'
import { SASTokenAuth } from '../../../lib/cbs/sas.js'
import { ReceiveClient } from '../../../lib/client/receive-client.js'
import { SendClient } from '../../../lib/client/send-client.js'
import { Message } from '../../../lib/message/message.js'
import { Source } from '../../../lib/message/terminus.js'
import { startBroker } from '../rhea-client.js'

test('a batch, a start position and management, with claims', async (t) => {
  const broker = await startBroker(t, { cbs: { sasKeys: { Root: 'key' } } })
  broker.createEventHub('telemetry', { partitions: 2 })
  const auth = (path: string) =>
    new SASTokenAuth({ uri: `sb://${broker.host}/${path}`, keyName: 'Root', sharedAccessKey: 'key' })
  await using sender = new SendClient(`${broker.url}/telemetry`, { auth: auth('telemetry') })
  const bodies = ['a', 'b', 'c']
  await sender.sendBatch(
    bodies.map((body) => new Message(body, { messageAnnotations: { 'x-opt-partition-key': 'kitchen' } })),
  )
  const used = broker.eventHub('telemetry').partitions.find(({ count }) => count > 0)
  const { message } = await sender.mgmtRequest([], 'READ', {
    type: 'com.microsoft:partition',
    applicationProperties: { name: 'telemetry', partition: used?.id },
  })
  t.is((message.value as ReadonlyMap<string, unknown>).get('last_enqueued_sequence_number'), 2n)
  const path = `telemetry/ConsumerGroups/$Default/Partitions/${used?.id}`
  const source = new Source(`${broker.url}/${path}`)
  source.setFilter("amqp.annotation.x-opt-sequence-number > '0'")
  await using receiver = new ReceiveClient(source, { auth: auth(path) })
  const received = [
    await receiver.receive({ timeoutMs: 5_000 }),
    await receiver.receive({ timeoutMs: 5_000 }),
  ]
  t.deepEqual(
    received.map((event) => [event?.text(), event?.messageAnnotations?.['x-opt-partition-key']]),
    [
      ['b', 'kitchen'],
      ['c', 'kitchen'],
    ],
  )
})
