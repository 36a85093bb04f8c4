// A message as one readable line. It says which message it is, how large and where it stands; of what the message
// holds, which may be secret, it shows nothing.

import { MessageBodyType, MessageState } from '../constants.js'
import { AMQPError } from '../errors.js'
import { inspect } from '../types/inspect.js'
import type { MessageProperties } from './properties.js'

/** What of a message is shown. */
export interface Describable {
  readonly bodyType: MessageBodyType | undefined
  readonly dataSections: readonly Uint8Array[] | undefined
  readonly properties: MessageProperties | undefined
  readonly state: MessageState
}

/** Names of the states by their numbers. */
const STATES = Object.keys(MessageState)

/** E.g. `message(data of 5 bytes, message-id="a", state=ReceivedUnsettled)`. */
export function describe(message: Describable): string {
  return `message(${[...contents(message), `state=${STATES[message.state]}`].join(', ')})`
}

function contents(message: Describable): string[] {
  try {
    const { messageId, subject } = message.properties ?? {}
    const parts = [bodyOf(message)]
    if (messageId !== undefined) parts.push(`message-id=${inspect(messageId)}`)
    if (subject !== undefined) parts.push(`subject=${inspect(subject)}`)
    return parts
  } catch (error) {
    if (error instanceof AMQPError) return [error.message]
    throw error
  }
}

function bodyOf({ bodyType, dataSections }: Describable): string {
  switch (bodyType) {
    case MessageBodyType.Data: {
      const bytes = (dataSections ?? []).reduce((sum, section) => sum + section.length, 0)
      return `data of ${bytes} bytes`
    }
    case MessageBodyType.Value:
      return 'amqp-value'
    case MessageBodyType.Sequence:
      return 'amqp-sequence'
    default:
      return 'no body'
  }
}
