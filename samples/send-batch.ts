// Sends many messages in as few deliveries as possible, and fills a batch by hand.

import { BatchMessage, receiveMessage, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start({ maxMessageSize: 4096 })
const url = `${broker.url}/readings`
await using sender = new SendClient(url)

// As many batches as the peer's max-message-size makes necessary.
const readings = Array.from({ length: 1000 }, (_, i) => `reading ${i}`)
await sender.sendBatch(readings)
console.log(`${readings.length} messages travelled in ${broker.queue('readings').depth} batches`)

// One batch, as large as we say; tryAdd tells when it is full.
const batch = new BatchMessage([], { maxSizeInBytes: 512, applicationProperties: { unit: 'kelvin' } })
let next = 0
while (batch.tryAdd(`reading ${next}`)) next++
await sender.sendMessage(batch)
console.log(`a batch of ${batch.count} messages has ${batch.sizeInBytes} bytes`)

// A queue of this broker hands batches on as they are; its event hubs and Azure's services take them apart.
const received = await receiveMessage(url, { timeoutMs: 1000 })
const inner = received?.innerMessages() ?? []
console.log(`the first one holds ${inner.length}, from "${inner[0]?.text()}" to "${inner.at(-1)?.text()}"`)
