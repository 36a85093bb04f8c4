// The header of a message [3.2.1]: how it is to be handled on its way. A field that is undefined is not sent, and
// means its default.

import type { Reader, Writer } from '../types/cursor.js'
import { header } from '../types/messaging.js'
import { takeBoolean, takeFields, takeInteger, takeUint } from './checks.js'

/** What {@link MessageHeader} is made of. */
export interface MessageHeaderFields {
  readonly durable?: boolean | undefined
  readonly priority?: number | undefined
  readonly ttl?: number | undefined
  readonly firstAcquirer?: boolean | undefined
  readonly deliveryCount?: number | undefined
}

export class MessageHeader {
  /** To be kept across restarts. Default false. */
  durable: boolean | undefined
  /** 0 to 255, higher first. Default 4. */
  priority: number | undefined
  /** Milliseconds from sending on after which the message is of no use. Default: none. */
  ttl: number | undefined
  /** Nobody can have acquired it before. Default false. */
  firstAcquirer: boolean | undefined
  /** Failed attempts at delivery before this one. Default 0. */
  deliveryCount: number | undefined

  /** @throws TypeError or RangeError naming the field that is unknown or cannot be */
  constructor(fields?: MessageHeaderFields) {
    this.durable = undefined
    this.priority = undefined
    this.ttl = undefined
    this.firstAcquirer = undefined
    this.deliveryCount = undefined
    if (fields !== undefined) takeFields(this, fields, HEADER_FIELDS, 'header')
  }
}

const HEADER_FIELDS = {
  durable: takeBoolean,
  priority: (value: unknown, owner: string, name: string): number => takeInteger(value, owner, name, 255),
  ttl: takeUint,
  firstAcquirer: takeBoolean,
  deliveryCount: takeUint,
}

/**
 * Writes the section.
 * @throws EncodeError naming the field that cannot be encoded
 */
export function encodeHeader(w: Writer, h: MessageHeader): void {
  header.encode(w, h)
}

export function decodeHeader(r: Reader): MessageHeader {
  return new MessageHeader(header.decode(r))
}

/** What of a header that came in goes out again: counting attempts starts anew with the next receiver. */
export function onwardHeader(h: MessageHeader): MessageHeader | undefined {
  const { durable, priority, ttl } = h
  if (durable === undefined && priority === undefined && ttl === undefined) return undefined
  const onward = new MessageHeader()
  onward.durable = durable
  onward.priority = priority
  onward.ttl = ttl
  return onward
}
