// A message as it goes into a batch: its bytes, and what of it the envelope of the batch repeats.
// Invariant: all is taken when the message is, so that nothing done to the message afterwards shows.

import { BATCH_MESSAGE_FORMAT } from '../constants.js'
import { EncodeError, MessageContentTooLarge } from '../errors.js'
import { Writer } from '../types/cursor.js'
import { Message, type MessageInput, type MessageMap } from './message.js'
import { MessageProperties } from './properties.js'

/** A data section takes so many bytes beside its content: descriptor, constructor and a size of 1 or 4 bytes. */
const NARROW_HEAD_BYTES = 5
const WIDE_HEAD_BYTES = 8
const NARROW_MAX_BYTES = 255

export interface InnerMessage {
  /** The message that it was made of. */
  readonly message: Message
  readonly bytes: Uint8Array
  readonly messageAnnotations: MessageMap | undefined
  /** Its message-id and group-id; undefined when it has neither. */
  readonly properties: MessageProperties | undefined
}

/**
 * @param applicationProperties for a message that has none; the message itself stays without
 * @throws EncodeError for what cannot be encoded, TypeError for a batch and other messages of a format of their own
 */
export function innerMessageOf(input: MessageInput, applicationProperties?: MessageMap): InnerMessage {
  const message = Message.from(input)
  const { messageFormat } = message
  if (messageFormat !== 0) {
    const what = messageFormat === BATCH_MESSAGE_FORMAT ? 'a batch' : `a message of format ${messageFormat}`
    throw new TypeError(`${what} cannot go into a batch, which does not keep the format of its messages`)
  }
  const w = new Writer(message.sizeHint)
  message.encodeTo(w)
  const { messageAnnotations, properties } = message
  const given = applicationProperties !== undefined && message.applicationProperties === undefined
  return {
    message,
    bytes: given ? withApplicationProperties(w.written(), applicationProperties) : w.written().slice(),
    messageAnnotations: messageAnnotations && { ...messageAnnotations },
    properties: properties && identityOf(properties),
  }
}

/** As `innerMessageOf` for one of a list: the error for what cannot be encoded says which. */
export function listedMessageOf(
  input: MessageInput,
  index: number,
  applicationProperties?: MessageMap,
): InnerMessage {
  try {
    return innerMessageOf(input, applicationProperties)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    const reason = error.message.replace(` (at ${error.path})`, '')
    throw new EncodeError(`messages[${index}].${error.path}`, reason)
  }
}

/** What a message of so many bytes takes in a batch. */
export function sectionSize(size: number): number {
  return size + (size > NARROW_MAX_BYTES ? WIDE_HEAD_BYTES : NARROW_HEAD_BYTES)
}

/** The list itself. Text and bytes, which could be walked through too, are single messages. */
export function messageList(messages: Iterable<MessageInput>, what: string): Iterable<MessageInput> {
  const list = messages as { readonly [Symbol.iterator]?: unknown } | null
  const single = typeof messages === 'string' || messages instanceof Uint8Array
  if (!single && typeof list?.[Symbol.iterator] === 'function') return messages
  throw new TypeError(`${what}: messages must be an array or another iterable of messages`)
}

export function tooLarge(
  index: number,
  sizeInBytes: number,
  limitInBytes: number,
  why: string,
): MessageContentTooLarge {
  return new MessageContentTooLarge(`Message ${index} is too large: ${why}`, {
    sizeInBytes,
    limitInBytes,
    info: { index },
    context: { operation: 'putting messages into a batch' },
  })
}

function withApplicationProperties(bytes: Uint8Array, applicationProperties: MessageMap): Uint8Array {
  const message = Message.decodeMessage(bytes)
  message.applicationProperties = applicationProperties
  return message.encodeMessage()
}

function identityOf({ messageId, groupId }: MessageProperties): MessageProperties | undefined {
  if (messageId === undefined && groupId === undefined) return undefined
  return new MessageProperties({ messageId, groupId })
}
