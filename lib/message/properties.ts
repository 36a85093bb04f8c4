// The properties of a message [3.2.4]: part of the bare message, which nobody on the way may change.

import type { MessageId } from '../types/messaging.js'
import type { AMQPTimestamp } from '../types/wrappers.js'
import {
  takeBinary,
  takeFields,
  takeMessageId,
  takeString,
  takeSymbol,
  takeTimestamp,
  takeUint,
} from './checks.js'

/** What {@link MessageProperties} is made of. */
export interface MessagePropertiesFields {
  /** A number stands for an ulong. */
  readonly messageId?: MessageId | number | undefined
  /** Text is taken as its UTF-8. */
  readonly userId?: Uint8Array | string | undefined
  readonly to?: string | undefined
  readonly subject?: string | undefined
  readonly replyTo?: string | undefined
  /** A number stands for an ulong. */
  readonly correlationId?: MessageId | number | undefined
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  /** A number is milliseconds since 1970-01-01T00:00Z. */
  readonly absoluteExpiryTime?: Date | AMQPTimestamp | number | undefined
  /** A number is milliseconds since 1970-01-01T00:00Z. */
  readonly creationTime?: Date | AMQPTimestamp | number | undefined
  readonly groupId?: string | undefined
  readonly groupSequence?: number | undefined
  readonly replyToGroupId?: string | undefined
}

export class MessageProperties {
  /** Identifies the message. The types are distinct: `1n` (ulong) is not `'1'`. */
  messageId: MessageId | undefined
  /** Who made the message; a broker may check it. */
  userId: Uint8Array | undefined
  /** Address of the node that the message is meant for. */
  to: string | undefined
  subject: string | undefined
  /** Address of the node that answers are meant for. */
  replyTo: string | undefined
  /** Id of the message that this one answers. */
  correlationId: MessageId | undefined
  /** MIME type of a body of data; ASCII. */
  contentType: string | undefined
  /** Encoding applied to the body beyond its content type; ASCII. */
  contentEncoding: string | undefined
  /** When the message is of no use any more; an AMQPTimestamp beyond a Date's range. */
  absoluteExpiryTime: Date | AMQPTimestamp | undefined
  creationTime: Date | AMQPTimestamp | undefined
  groupId: string | undefined
  /** Place within the group: a serial number of 32 bits. */
  groupSequence: number | undefined
  /** Group that answers belong to. */
  replyToGroupId: string | undefined

  /** @throws TypeError or RangeError naming the field that is unknown or cannot be */
  constructor(fields?: MessagePropertiesFields) {
    this.messageId = undefined
    this.userId = undefined
    this.to = undefined
    this.subject = undefined
    this.replyTo = undefined
    this.correlationId = undefined
    this.contentType = undefined
    this.contentEncoding = undefined
    this.absoluteExpiryTime = undefined
    this.creationTime = undefined
    this.groupId = undefined
    this.groupSequence = undefined
    this.replyToGroupId = undefined
    if (fields !== undefined) takeFields(this, fields, PROPERTIES_FIELDS, 'properties')
  }
}

const PROPERTIES_FIELDS = {
  messageId: takeMessageId,
  userId: takeBinary,
  to: takeString,
  subject: takeString,
  replyTo: takeString,
  correlationId: takeMessageId,
  contentType: takeSymbol,
  contentEncoding: takeSymbol,
  absoluteExpiryTime: takeTimestamp,
  creationTime: takeTimestamp,
  groupId: takeString,
  groupSequence: takeUint,
  replyToGroupId: takeString,
}
