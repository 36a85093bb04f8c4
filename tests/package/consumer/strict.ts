// Compiled as an ES module and as CommonJS, by the strictest settings, without the types of Node or of the DOM.
import { AMQPError, type Message, ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'
import { AMQPLong, type AMQPValue, decode, encode } from 'amqp1/types'

export async function mainJob(): Promise<string> {
  await using broker = await EmbeddedBroker.start({ port: 0 })
  await using sender = new SendClient(`${broker.url}/orders`)
  await using receiver = new ReceiveClient(`${broker.url}/orders`, { prefetch: 10 })
  await sender.sendMessage('hello', { timeoutMs: 1000 })
  const message: Message | undefined = await receiver.receive({ timeoutMs: 1000 })
  if (message === undefined) return 'nothing'
  await message.accept()
  return message.text()
}

export async function each(receiver: ReceiveClient): Promise<void> {
  for await (const message of receiver) await message.release()
}

export const value: AMQPValue = decode(encode(new AMQPLong(1n)))

export const isRetryable = (error: unknown): boolean => error instanceof AMQPError && error.retryable

// @ts-expect-error a message has no such member: the declarations are exact, and nothing is `any`
export const wrong = (message: Message): unknown => message.noSuchMember

// @ts-expect-error an option of the wrong type is refused
export const refused = (receiver: ReceiveClient): unknown => receiver.receive({ timeoutMs: 'soon' })
