// Packs a list of messages into as few as will hold them: batches of neighbours, and plain messages where a batch would
// have only one.

import { MAX_MESSAGE_LENGTH_BYTES } from '../constants.js'
import type { Writer } from '../types/cursor.js'
import { BatchMessage } from './batch-message.js'
import { type InnerMessage, tooLarge } from './inner-message.js'
import { Message } from './message.js'

/** One message to be sent for the messages from one index to another, both included. */
export interface Packed {
  readonly message: Message
  readonly first: number
  readonly last: number
}

/** Sends the bytes that a message was encoded to before. */
class EncodedMessage extends Message {
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super()
    this.bytes = bytes
  }

  override get sizeHint(): number {
    return this.bytes.length
  }

  override encodeTo(w: Writer): void {
    w.bulk(this.bytes)
  }
}

/**
 * Packs all of them, in order.
 * @param limitInBytes the most that the peer takes; without a limit batches have up to MAX_MESSAGE_LENGTH_BYTES, and
 * a message that is larger goes alone
 * @throws MessageContentTooLarge naming the index of the message that alone is over the limit
 */
export function packMessages(messages: readonly InnerMessage[], limitInBytes: number | undefined): Packed[] {
  checkSizes(messages, limitInBytes ?? Number.POSITIVE_INFINITY)
  const maxSizeInBytes = limitInBytes ?? MAX_MESSAGE_LENGTH_BYTES
  const packed: Packed[] = []
  let first = 0
  while (first < messages.length) {
    const batch = new BatchMessage([], { maxSizeInBytes })
    let next = first
    while (next < messages.length && batch.add(messages[next] as InnerMessage) <= maxSizeInBytes) next++
    const several = next > first + 1
    if (!several) next = first + 1
    const message = several ? batch : new EncodedMessage((messages[first] as InnerMessage).bytes)
    packed.push({ message, first, last: next - 1 })
    first = next
  }
  return packed
}

function checkSizes(messages: readonly InnerMessage[], limitInBytes: number): void {
  for (const [index, { bytes }] of messages.entries()) {
    const { length } = bytes
    if (length <= limitInBytes) continue
    throw tooLarge(
      index,
      length,
      limitInBytes,
      `it has ${length} bytes, the peer takes ${limitInBytes}; nothing was sent`,
    )
  }
}
