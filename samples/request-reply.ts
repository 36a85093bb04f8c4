// A service and its client: the answers come to a node that the broker makes for this client alone (a dynamic source).

import { Connection, Message, Source } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()

/** Answers each request to wherever its `replyTo` says, over one sender without an address of its own. */
async function serve(connection: Connection): Promise<void> {
  const requests = await connection.createReceiver('prices')
  const answers = await connection.createSender(null)
  for await (const request of requests) {
    const { messageId: correlationId, replyTo: to } = request.properties ?? {}
    const price = request.text().length * 100
    await answers.send(new Message(`${request.text()} costs ${price}`, { properties: { to, correlationId } }))
    await request.accept()
  }
}

await using server = await Connection.connect(broker.url)
const service = serve(server)

await using client = await Connection.connect(broker.url)
const replies = await client.createReceiver(new Source({ dynamic: true }))
console.log(`the broker made a node with an address of its own: ${replies.address !== ''}`)

const requests = await client.createSender('prices')
const asked = ['pizza', 'coffee', 'cake']
await Promise.all(
  asked.map((text, i) =>
    requests.send(new Message(text, { properties: { messageId: BigInt(i), replyTo: replies.address } })),
  ),
)
for (let left = asked.length; left > 0; left--) {
  const reply = await replies.receive({ timeoutMs: 1000 })
  console.log(`answer to request ${reply?.properties?.correlationId}: ${reply?.text()}`)
  await reply?.accept()
}

await server.close() // ends the loop of the service in good order
await service
console.log('the service has ended')
