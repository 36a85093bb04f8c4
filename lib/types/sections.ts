// The sections of a message [3.2]: their descriptors, the two that are composites, and reading any of them.
// Each section is a described value; the map and body sections have no fields, so they are read by what they hold.

import { DecodeError } from '../errors.js'
import { BINARY8, BINARY32, DESCRIBED, LIST0, LIST8, LIST32, SMALLULONG } from './codes.js'
import { composite, readDescriptor } from './composite.js'
import type { Reader, Writer } from './cursor.js'
import { readCoded, readValue } from './decode.js'
import { wrongFieldType } from './field-type.js'
import type { MessageId } from './field-types.js'
import { ADDRESS, MESSAGE_ID } from './field-types.js'
import type { Fields } from './maps.js'
import { readAnnotations, readApplicationProperties } from './maps.js'
import type { AMQPTimestamp, AMQPValue } from './wrappers.js'

/** Numeric descriptors of the sections, in the order in which a message has them. */
export const SECTION = Object.freeze({
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  amqpSequence: 0x76,
  amqpValue: 0x77,
  footer: 0x78,
} as const)
export type SECTION = (typeof SECTION)[keyof typeof SECTION]

/** How the message is to be delivered [3.2.1]. */
export interface Header {
  readonly kind: 'header'
  /** Default false. */
  readonly durable?: boolean | undefined
  /** Default 4. */
  readonly priority?: number | undefined
  /** Milliseconds that the message is worth keeping. */
  readonly ttl?: number | undefined
  /** True: nobody acquired it before. Default false. */
  readonly firstAcquirer?: boolean | undefined
  /** Failed attempts before this one. Default 0. */
  readonly deliveryCount?: number | undefined
}

/** Immutable properties of the message [3.2.4]. */
export interface Properties {
  readonly kind: 'properties'
  readonly messageId?: MessageId | undefined
  readonly userId?: Uint8Array | undefined
  readonly to?: string | undefined
  readonly subject?: string | undefined
  readonly replyTo?: string | undefined
  readonly correlationId?: MessageId | undefined
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly absoluteExpiryTime?: Date | AMQPTimestamp | undefined
  readonly creationTime?: Date | AMQPTimestamp | undefined
  readonly groupId?: string | undefined
  readonly groupSequence?: number | undefined
  readonly replyToGroupId?: string | undefined
}

/** Any section as {@link readSection} gives it. */
export type Section =
  | Header
  | Properties
  | {
      readonly kind: 'delivery-annotations' | 'message-annotations' | 'application-properties' | 'footer'
      readonly value: Fields
    }
  | { readonly kind: 'data'; readonly value: Uint8Array }
  | { readonly kind: 'amqp-sequence'; readonly value: AMQPValue[] }
  | { readonly kind: 'amqp-value'; readonly value: AMQPValue }

export const header = composite<Header>('header', 0x70, 'amqp:header:list', {
  durable: ['boolean'],
  priority: ['ubyte'],
  ttl: ['milliseconds'],
  firstAcquirer: ['boolean'],
  deliveryCount: ['uint'],
})

export const properties = composite<Properties>('properties', 0x73, 'amqp:properties:list', {
  messageId: ['*', MESSAGE_ID],
  userId: ['binary'],
  to: ['*', ADDRESS],
  subject: ['string'],
  replyTo: ['*', ADDRESS],
  correlationId: ['*', MESSAGE_ID],
  contentType: ['symbol'],
  contentEncoding: ['symbol'],
  absoluteExpiryTime: ['timestamp'],
  creationTime: ['timestamp'],
  groupId: ['string'],
  groupSequence: ['sequence-no'],
  replyToGroupId: ['string'],
})

const BY_SYMBOL: ReadonlyMap<number | string | undefined, number> = new Map([
  ['amqp:header:list', SECTION.header],
  ['amqp:delivery-annotations:map', SECTION.deliveryAnnotations],
  ['amqp:message-annotations:map', SECTION.messageAnnotations],
  ['amqp:properties:list', SECTION.properties],
  ['amqp:application-properties:map', SECTION.applicationProperties],
  ['amqp:data:binary', SECTION.data],
  ['amqp:amqp-sequence:list', SECTION.amqpSequence],
  ['amqp:amqp-value:*', SECTION.amqpValue],
  ['amqp:footer:map', SECTION.footer],
])

/** Writes the descriptor that starts a section; its value is written next. */
export function writeSectionDescriptor(w: Writer, section: SECTION): void {
  w.ensure(3)
  w.bytes[w.pos] = DESCRIBED
  w.bytes[w.pos + 1] = SMALLULONG
  w.bytes[w.pos + 2] = section
  w.pos += 3
}

/**
 * Reads the descriptor that starts a section, numeric or symbolic.
 * @throws DecodeError `not-a-section` when something else comes
 */
export function readSectionDescriptor(r: Reader): SECTION {
  const at = r.pos
  const descriptor = r.u8() === DESCRIBED ? readDescriptor(r) : undefined
  const code = typeof descriptor === 'number' ? descriptor : BY_SYMBOL.get(descriptor)
  if (code === undefined || code < SECTION.header || code > SECTION.footer) {
    throw new DecodeError('not-a-section', at, 'what stands here is no section of a message')
  }
  return code as SECTION
}

/** Reads the value of a data section: a view of the input. */
export function readData(r: Reader): Uint8Array {
  const constructor = r.u8()
  if (constructor !== BINARY8 && constructor !== BINARY32)
    throw wrongFieldType(r, constructor, 'data', 'binary')
  return readCoded(r, constructor) as Uint8Array
}

/** Reads the value of an amqp-sequence section. */
export function readSequence(r: Reader): AMQPValue[] {
  const constructor = r.u8()
  if (constructor !== LIST0 && constructor !== LIST8 && constructor !== LIST32) {
    throw wrongFieldType(r, constructor, 'amqp-sequence', 'list')
  }
  return readCoded(r, constructor) as AMQPValue[]
}

/** Reads the section that comes next, whichever it is. */
export function readSection(r: Reader): Section {
  const at = r.pos
  switch (readSectionDescriptor(r)) {
    case SECTION.header:
      r.pos = at
      return header.decode(r)
    case SECTION.properties:
      r.pos = at
      return properties.decode(r)
    case SECTION.deliveryAnnotations:
      return { kind: 'delivery-annotations', value: readAnnotations(r, 'delivery-annotations') }
    case SECTION.messageAnnotations:
      return { kind: 'message-annotations', value: readAnnotations(r, 'message-annotations') }
    case SECTION.applicationProperties:
      return { kind: 'application-properties', value: readApplicationProperties(r) }
    case SECTION.data:
      return { kind: 'data', value: readData(r) }
    case SECTION.amqpSequence:
      return { kind: 'amqp-sequence', value: readSequence(r) }
    case SECTION.amqpValue:
      return { kind: 'amqp-value', value: readValue(r) }
    case SECTION.footer:
      return { kind: 'footer', value: readAnnotations(r, 'footer') }
  }
}
