// The SDK over TLS, in a process of its own: it takes further authorities only from the environment of its process.
// Argument: a connection string. Sends an event, receives it, and tells its body to the parent.

import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs'

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

async function main(connectionString = ''): Promise<void> {
  const options = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } }
  const producer = new EventHubProducerClient(connectionString, options)
  const consumer = new EventHubConsumerClient('$Default', connectionString, options)
  try {
    await producer.sendBatch([{ body: 'over TLS' }], { partitionId: '0' })
    process.send?.({ received: await receiveOne(consumer) })
  } finally {
    await Promise.all([producer.close(), consumer.close()])
    process.disconnect()
  }
}

main(process.argv[2]).catch((error: unknown) => {
  process.exitCode = 1
  process.stderr.write(`${String(error)}\n`)
})
