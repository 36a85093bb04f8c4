// Messages by `for await`. Leaving the loop gives back what was prefetched; nothing is accepted by accident.

import { ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
const url = `${broker.url}/numbers`
await using sender = new SendClient(url)
await Promise.all(Array.from({ length: 10 }, (_, i) => sender.sendMessage({ number: BigInt(i) })))

await using receiver = new ReceiveClient(url)
for await (const message of receiver) {
  const { number } = Object.fromEntries(message.value as Map<string, bigint>) // a map came, and a long is a bigint
  console.log(`number ${number}`)
  await message.accept()
  if (number === 3n) break
}

// The client goes on: what the loop had given back comes again, as if it had never been here.
const rest = await receiver.receiveMessageBatch({ maxBatchSize: 100, timeoutMs: 1000 })
await Promise.all(rest.map((message) => message.accept()))
console.log(`a batch took ${rest.length} more, failed ${rest[0]?.deliveryCount} times before`)
