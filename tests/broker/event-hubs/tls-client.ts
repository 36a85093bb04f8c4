// The SDK over TLS, in a process of its own: it takes further authorities only from the environment of its process.
// Arguments: a connection string and a JSON Web Token. Sends an event by the token, receives it by the key, and tells its
// body to the parent.

import {
  EventHubConsumerClient,
  EventHubProducerClient,
  earliestEventPosition,
  parseEventHubConnectionString,
} from '@azure/event-hubs'

async function receiveOne(consumer: EventHubConsumerClient): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const subscription = consumer.subscribe(
      '0',
      {
        processEvents: async ([event]) => {
          if (event !== undefined) subscription.close().then(() => resolve(event.body), reject)
        },
        processError: async (error) => reject(error),
      },
      { startPosition: earliestEventPosition },
    )
  })
}

async function main(connectionString = '', token = ''): Promise<void> {
  const options = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } }
  const { endpoint, eventHubName = '' } = parseEventHubConnectionString(connectionString)
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const byToken = { ...options, customEndpointAddress: endpoint }
  const producer = new EventHubProducerClient('localhost', eventHubName, credential, byToken)
  const consumer = new EventHubConsumerClient('$Default', connectionString, options)
  try {
    await producer.sendBatch([{ body: 'over TLS' }], { partitionId: '0' })
    process.send?.({ received: await receiveOne(consumer) })
  } finally {
    await Promise.all([producer.close(), consumer.close()])
    process.disconnect()
  }
}

main(...process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = 1
  process.stderr.write(`${String(error)}\n`)
})
