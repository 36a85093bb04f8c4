// Receives by a handler: a message is accepted once its handler is done, and given back when the handler throws.

import { ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
const url = `${broker.url}/orders`
await using sender = new SendClient(url)
await Promise.all(['one pizza', 'two coffees', 'three cakes'].map((order) => sender.sendMessage(order)))

await using receiver = new ReceiveClient(url)
let done = 0
await receiver.receiveMessages(
  async (message) => {
    if (message.text() === 'two coffees' && message.deliveryCount === 0) throw new Error('out of beans')
    console.log(`served ${message.text()}`)
    if (++done === 3) receiver.close() // without await: closing waits for this handler
  },
  { onError: (error, message) => console.log(`not served: ${message.text()}, ${error}; it comes again`) },
)
console.log(`left in the queue: ${broker.queue('orders').depth}`)
