// Trying again by a policy: each message has its own count and its own waits, which hold up no other message.

import { type AMQPError, ErrorAction, ErrorPolicy, Message, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
broker.createQueue('orders', { answer: 'released' }) // takes no message, for now

// The usual policy: what is `retryable` and not `inDoubt` is tried again, after 20 ms, 40 ms, and so on.
let failures = 0
const usual = new ErrorPolicy({
  maxRetries: 3,
  backoffMs: 20,
  onError: (error) => {
    console.log(`failure ${++failures}: ${error.message}`)
    if (failures === 2) {
      broker.deleteQueue('orders')
      broker.createQueue('orders') // takes messages from now on
    }
    return undefined // leaves the decision to the policy
  },
})
await using sender = new SendClient(`${broker.url}/orders`, { errorPolicy: usual })
const message = new Message('one pizza')
await sender.sendMessage(message)
console.log(`accepted after ${message.retries} retries`)

// A policy of one's own overrides what it wants to decide otherwise.
class Impatient extends ErrorPolicy {
  override onMessageError(error: AMQPError): ErrorAction {
    return new ErrorAction({ retry: error.retryable && !error.inDoubt, backoffMs: 0 })
  }
}
broker.createQueue('closed', { answer: 'released' })
await using other = new SendClient(`${broker.url}/closed`, { errorPolicy: new Impatient({ maxRetries: 1 }) })
const late = new Message('two coffees')
await other.sendMessage(late).catch((error: AMQPError) => {
  console.log(`given up after ${late.retries} retry, retryable is still ${error.retryable}`)
})
