// A request to a management node, and a node that answers it.

import { Message, MgmtError, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
broker.addNode('$management', (request) => {
  const { operation, name } = request.applicationProperties ?? {}
  if (operation !== 'READ' || name !== 'orders')
    return new Message(null, { applicationProperties: { statusCode: 404, statusDescription: `no ${name}` } })
  const body = { name, partition_count: 2 }
  return new Message(body, { bodyType: 1, applicationProperties: { statusCode: 200 } })
})

await using client = new SendClient(`${broker.url}/orders`)
const { status, message } = await client.mgmtRequest(new Message(null), 'READ', {
  type: 'com.microsoft:eventhub',
  applicationProperties: { name: 'orders' },
  timeoutMs: 5000,
})
console.log(`status ${status}: ${[...(message.value as Map<string, unknown>)].join(', ')}`)

try {
  await client.mgmtRequest(new Message(null), 'READ', { applicationProperties: { name: 'cakes' } })
} catch (error) {
  if (!(error instanceof MgmtError)) throw error
  console.log(`status ${error.statusCode}: ${error.description}`)
}
