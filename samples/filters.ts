// Filters of a source: where to begin in a partition of an event hub, and how to see which filters are in force.

import { ReceiveClient, SendClient, Source } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
broker.createEventHub('telemetry', { partitions: 1 })
await using sender = new SendClient(`${broker.url}/telemetry`)
await sender.sendBatch(['17 degrees', '18 degrees', '21 degrees', '22 degrees'])

/** Peers leave out of their attach the filters that they do not know, so look before you rely on one. */
function receiverOf(source: Source): ReceiveClient {
  return new ReceiveClient(source, {
    onAttach: (link) => {
      const inForce = Object.keys(link.source?.filter ?? {})
      console.log(
        `${link.address}: asked for ${source.getFilter()}, in force: ${inForce.join(', ') || 'none'}`,
      )
    },
  })
}

const late = new Source(`${broker.url}/telemetry/ConsumerGroups/$Default/Partitions/0`)
late.setFilter("amqp.annotation.x-opt-sequence-number > '1'") // name and descriptor are those of uAMQP
await using events = receiverOf(late)
for (const event of await events.receiveMessageBatch({ timeoutMs: 1000 })) {
  const number = event.messageAnnotations?.['x-opt-sequence-number']
  console.log(`event ${number}: ${event.text()}`)
  await event.accept()
}

// A queue of this broker has no filters; others have their own, by the name and the descriptor that they give them.
const picky = new Source(`${broker.url}/orders`)
picky.setFilter("size = 'large'")
picky.setFilter('next', 'rabbitmq:stream-offset-spec', 'rabbitmq:stream-offset-spec')
await using orders = receiverOf(picky)
await orders.open()
