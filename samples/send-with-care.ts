// What to do when a message was not accepted: `retryable` and `inDoubt` tell which failures may be tried again.

import {
  AMQPError,
  Message,
  MessageContentTooLarge,
  MessageSendFailed,
  type MessageState,
  SendClient,
} from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start({ maxMessageSize: 1000 })
broker.createQueue('strict', { answer: 'rejected' })
broker.createQueue('busy', { answer: 'released' })
broker.createQueue('silent', { answer: 'none' }) // keeps the message, and never says so

/**
 * Tries again what surely did not arrive (`retryable`), and what may have (`inDoubt`): only where the receiver knows a
 * twin by its messageId.
 */
async function sendWithCare(sender: SendClient, message: Message): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sender.sendMessage(message, { timeoutMs: 500 })
      return `accepted by attempt ${attempt}`
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error // a mistake of ours, not the peer's answer
      const fate = fateOf(error)
      const again = error.retryable || (error.inDoubt && message.properties?.messageId !== undefined)
      if (!again || attempt === 3) return `${fate}, given up after attempt ${attempt}`
      console.log(`  attempt ${attempt}: ${fate}; once more`)
    }
  }
}

function fateOf(error: AMQPError): string {
  if (error.inDoubt) return 'in doubt'
  if (error instanceof MessageContentTooLarge) return `too large, ${error.sizeInBytes} bytes`
  if (error instanceof MessageSendFailed && error.outcome !== undefined) return error.outcome
  return 'not sent'
}

const order = (text: string) => new Message(text, { properties: { messageId: crypto.randomUUID() } })

for (const queue of ['orders', 'strict', 'busy', 'silent']) {
  await using sender = new SendClient(`${broker.url}/${queue}`)
  console.log(`${queue}: ${await sendWithCare(sender, order('one pizza'))}`)
}

await using sender = new SendClient(`${broker.url}/orders`)
console.log(`orders: ${await sendWithCare(sender, order('x'.repeat(2000)))}`)

// A connection that breaks leaves in doubt what is under way, and the next send opens another.
broker.dropConnections()
console.log(`orders, after the line was cut: ${await sendWithCare(sender, order('two coffees'))}`)

// Many at once: `sendAllMessages` rejects for none of them, and tells the state of each.
sender.queueMessage('one', new Message('y'.repeat(2000)), 'three')
const states: MessageState[] = await sender.sendAllMessages()
console.log(`states of three messages, where 2 is SendComplete and 3 is SendFailed: ${states}`)
