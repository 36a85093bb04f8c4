// Filters of a source. A peer leaves out of its answer those that it does not know: look before you rely on them.

import { Connection, Source } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
await using connection = await Connection.connect(broker.url)

const source = new Source('orders')
source.setFilter("size = 'large'") // a selector in the syntax of JMS, by the name that uAMQP uses
source.setFilter('next', 'rabbitmq:stream-offset-spec', 'rabbitmq:stream-offset-spec') // where a stream begins
console.log(`asked for: ${Object.keys(source.filter ?? {}).join(', ')}`)
console.log(`the selector is: ${source.getFilter()}`)

const receiver = await connection.createReceiver(source)
const inForce = Object.keys(receiver.source?.filter ?? {})
console.log(`in force: ${inForce.join(', ') || 'none, this broker has no filters'}`)

const sender = await connection.createSender('orders')
for (const size of ['small', 'large', 'small']) {
  await sender.send({ order: 'pizza', size })
}
for (let left = 3; left > 0; left--) {
  const message = await receiver.receive({ timeoutMs: 1000 })
  if (message === undefined) break
  const size = (message.value as Map<string, unknown>).get('size')
  if (size === 'large') await message.accept()
  else await message.modify({ undeliverableHere: true }) // for another receiver
  console.log(`a ${size} one: ${size === 'large' ? 'taken' : 'left to others'}`)
}
await receiver.close()
console.log(`left in the queue: ${broker.queue('orders').depth}`)
