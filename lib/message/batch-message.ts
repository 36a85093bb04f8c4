// Many messages in one delivery, as Event Hubs and Service Bus take them: message-format 0x80013700, and a body of data
// of which each section is one encoded message. One outcome holds for all.
// Invariant: `parts` is the body, `partBytes` what it takes when it is encoded.

import { BATCH_MESSAGE_FORMAT, MAX_MESSAGE_LENGTH_BYTES, MessageBodyType } from '../constants.js'
import { EncodeError } from '../errors.js'
import { Writer } from '../types/cursor.js'
import { checkOptions, integer, object } from '../util/options.js'
import type { MessageBody } from './body.js'
import {
  type InnerMessage,
  innerMessageOf,
  listedMessageOf,
  messageList,
  sectionSize,
  tooLarge,
} from './inner-message.js'
import { Message, type MessageInput, type MessageMap, type MessageOptions } from './message.js'

/** What can be said of a batch. Header, annotations and properties are those of the envelope. */
export interface BatchMessageOptions
  extends Pick<
    MessageOptions,
    'header' | 'properties' | 'messageAnnotations' | 'annotations' | 'deliveryAnnotations'
  > {
  /** The batch grows up to this size. Default MAX_MESSAGE_LENGTH_BYTES, 1 MiB. */
  readonly maxSizeInBytes?: number | undefined
  /** For each message that has none of its own. The message objects stay as they are. */
  readonly applicationProperties?: MessageMap | undefined
}

const CHECKS = {
  maxSizeInBytes: integer(1),
  applicationProperties: object,
  header: object,
  properties: object,
  messageAnnotations: object,
  annotations: object,
  deliveryAnnotations: object,
}

const NO_PARTS: readonly Uint8Array[] = Object.freeze([])

/**
 * A batch. It is sent like any message; `innerMessages()` is what it holds. Its envelope has the message annotations
 * of the first message (such as `x-opt-partition-key`) and of its properties `messageId` and `groupId`, by which the
 * peer chooses the place for the whole batch; `messageAnnotations` and `properties` of the batch itself, as long as
 * they are not undefined, come instead of those. Nothing else of a message shows on the envelope.
 */
export class BatchMessage extends Message {
  /** The batch takes no message that would make it larger. */
  readonly maxSizeInBytes: number
  private readonly applied: MessageMap | undefined
  private readonly parts: Uint8Array[]
  private partBytes: number
  /** Where the envelope is measured. */
  private readonly scratch: Writer

  /**
   * @param messages taken one by one, as by {@link tryAdd}
   * @throws MessageContentTooLarge naming the index of the message with which the batch would be too large;
   * EncodeError; TypeError or RangeError naming the option that is unknown or cannot be
   */
  constructor(messages: Iterable<MessageInput> = [], options: BatchMessageOptions = {}) {
    checkOptions('BatchMessage', options, CHECKS)
    const { maxSizeInBytes = MAX_MESSAGE_LENGTH_BYTES, applicationProperties, ...envelope } = options
    super(undefined, { ...envelope, messageFormat: BATCH_MESSAGE_FORMAT })
    this.maxSizeInBytes = maxSizeInBytes
    this.applied = applicationProperties && { ...applicationProperties }
    this.parts = []
    this.partBytes = 0
    this.scratch = new Writer(256)
    this.setBody(this.parts, MessageBodyType.Data)
    for (const message of messageList(messages, 'BatchMessage')) {
      const size = this.add(listedMessageOf(message, this.count, this.applied))
      if (size <= maxSizeInBytes) continue
      const why = `with it the batch has ${size} bytes, and ${maxSizeInBytes} are the most`
      throw tooLarge(this.count, size, maxSizeInBytes, why)
    }
  }

  /** How many messages it holds. */
  get count(): number {
    return this.parts.length
  }

  /** The size of the whole message, envelope included: as many bytes as are sent. */
  get sizeInBytes(): number {
    return this.envelopeBytes() + this.partBytes
  }

  /** The messages as bytes, in a list that cannot be changed: `tryAdd` adds to the body. */
  override get body(): MessageBody {
    return Object.freeze([...this.parts])
  }
  override set body(_body: unknown) {
    throw new TypeError('the body of a batch is its messages, which tryAdd adds')
  }

  /**
   * Adds a message at the end; false: with it the batch would be larger than `maxSizeInBytes`, and stays as it is. The
   * message is encoded at once, as it would be sent: changes that are made to it later do not count.
   * @throws EncodeError for what cannot be encoded, TypeError for a batch and other messages of a format of their own
   */
  tryAdd(message: MessageInput): boolean {
    return this.add(innerMessageOf(message, this.applied)) <= this.maxSizeInBytes
  }

  /** @internal Adds it if it fits. The size that the batch has with it, either way. */
  add(inner: InnerMessage): number {
    const { messageAnnotations, properties, parts } = this
    if (parts.length === 0) {
      this.messageAnnotations = messageAnnotations ?? inner.messageAnnotations
      this.properties = properties ?? inner.properties
    }
    const more = sectionSize(inner.bytes.length)
    const size = this.sizeInBytes + more
    if (size <= this.maxSizeInBytes) {
      parts.push(inner.bytes)
      this.partBytes += more
    } else if (parts.length === 0) {
      this.messageAnnotations = messageAnnotations
      this.properties = properties
    }
    return size
  }

  /** @internal */
  override encodeTo(w: Writer): void {
    if (this.count === 0) throw new EncodeError('body', 'a batch without messages cannot be sent')
    super.encodeTo(w)
  }

  /** What is around the body can be assigned at any time, so it is measured whenever its size is asked for. */
  private envelopeBytes(): number {
    const { scratch } = this
    scratch.reset()
    this.setBody(NO_PARTS, MessageBodyType.Data)
    try {
      super.encodeTo(scratch)
      return scratch.pos
    } finally {
      this.setBody(this.parts, MessageBodyType.Data)
    }
  }
}
