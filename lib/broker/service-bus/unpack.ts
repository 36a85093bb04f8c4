// What a delivery to a Service Bus queue brings: one message, or those of a batch (azure: message-format 0x80013700).

import { BATCH_MESSAGE_FORMAT } from '../../constants.js'
import { Message } from '../../message/message.js'
import { BrokeredMessage } from './brokered-message.js'

/** Throws a DecodeError when one of them is no message. */
export function unpack(payload: Uint8Array, format: number, nowMs: number): BrokeredMessage[] {
  if (format !== BATCH_MESSAGE_FORMAT) return [new BrokeredMessage(payload, format, nowMs)]
  const inner = Message.received(payload, format, undefined).innerMessages() ?? []
  return inner.map((message) => new BrokeredMessage(message.encodeMessage(), 0, nowMs))
}
