// Claims-based security with shared-access signatures: put before the first link, renewed before they expire.

import { CBSAuthStatus, Connection, ReceiveClient, SASTokenAuth, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

const sasKeys = { 'send-and-listen': 'not a secret' }
await using broker = await EmbeddedBroker.start({ anonymous: false, cbs: { sasKeys } })

let renewed = () => {}
const renewal = new Promise<void>((resolve) => {
  renewed = resolve
})
let tokens = 0
const auth = new SASTokenAuth({
  uri: `${broker.url}/orders`, // Azure: sb://NAMESPACE.servicebus.windows.net/orders
  keyName: 'send-and-listen',
  sharedAccessKey: sasKeys['send-and-listen'],
  expiryMs: 5_000, // so that a renewal can be seen here; leave it out for one hour
  onRefreshed: () => {
    console.log(`token ${++tokens} is in force`)
    if (tokens === 2) renewed()
  },
  onFailure: (error) => console.log(`no token: ${error}`),
})

// Azure: amqps://NAMESPACE.servicebus.windows.net. One connection, one claim, two clients.
await using connection = await Connection.connect(broker.url, { auth })
await using sender = new SendClient('orders', { connection })
await using receiver = new ReceiveClient('orders', { connection })
await sender.sendMessage('with the first token')
await renewal
await sender.sendMessage('with the second, over the same link')
for (const message of await receiver.receiveMessageBatch({ maxBatchSize: 2, timeoutMs: 1000 })) {
  console.log(`received: ${message.text()}`)
  await message.accept()
}
console.log(`the claim is in order: ${auth.status === CBSAuthStatus.Complete}`)
