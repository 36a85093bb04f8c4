// Sends one message with properties, and one by the one-shot function.

import { Message, SendClient, sendMessage } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
const url = `${broker.url}/orders` // or amqps://user:password@host/orders

await using sender = new SendClient(url)
const order = new Message('one pizza', {
  properties: { messageId: 'order-17', contentType: 'text/plain' },
  applicationProperties: { size: 'large' },
})
await sender.sendMessage(order) // resolves when the broker has accepted it
console.log(`accepted: ${order}`)

await sendMessage(url, 'two coffees') // opens a client, sends, closes it
console.log(`in the queue: ${broker.queue('orders').depth}`)
