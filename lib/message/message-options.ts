// What a message can be made with beside its body, checked as soon as it is given.

import { MessageBodyType } from '../constants.js'
import type { AMQPInput } from '../types/wrappers.js'
import { type Take, takeFields, takeInteger, takeRecord, takeUint } from './checks.js'
import { MessageHeader, type MessageHeaderFields } from './header.js'
import { MessageProperties, type MessagePropertiesFields } from './properties.js'

/** Annotations, application properties or a footer: values by names. */
export type MessageMap = Record<string, AMQPInput>

export interface MessageOptions {
  /** Properties, or their fields. */
  readonly properties?: MessagePropertiesFields | undefined
  /** Header, or its fields. */
  readonly header?: MessageHeaderFields | undefined
  /** Values of simple types: no lists, maps, arrays or described values [3.2.5]. */
  readonly applicationProperties?: MessageMap | undefined
  /** The keys are written as symbols, so they are ASCII. */
  readonly messageAnnotations?: MessageMap | undefined
  /** The same as `messageAnnotations`, by uAMQP's name. */
  readonly annotations?: MessageMap | undefined
  /** For the next hop only. */
  readonly deliveryAnnotations?: MessageMap | undefined
  readonly footer?: MessageMap | undefined
  /** Layout of the message, as the transfer will say it [2.8.11]: 0 to 2^32 - 1. Default 0. */
  readonly messageFormat?: number | undefined
  /** The kind of body. Default: by uAMQP's rules. */
  readonly bodyType?: MessageBodyType | undefined
}

/** Options in the form in which a message keeps them. */
export interface CheckedOptions {
  readonly properties?: MessageProperties
  readonly header?: MessageHeader
  readonly applicationProperties?: MessageMap
  readonly messageAnnotations?: MessageMap
  readonly annotations?: MessageMap
  readonly deliveryAnnotations?: MessageMap
  readonly footer?: MessageMap
  readonly messageFormat?: number
  readonly bodyType?: MessageBodyType
}

const OPTIONS: { readonly [name in keyof Required<CheckedOptions>]: Take<CheckedOptions[name]> } = {
  properties: takeProperties,
  header: takeHeader,
  applicationProperties: takeRecord,
  messageAnnotations: takeRecord,
  annotations: takeRecord,
  deliveryAnnotations: takeRecord,
  footer: takeRecord,
  messageFormat: takeUint,
  bodyType: takeBodyType,
}

/** @throws TypeError or RangeError naming the option that is unknown or cannot be */
export function takeOptions(options: unknown): CheckedOptions {
  const checked: CheckedOptions = {}
  takeFields(checked, options, OPTIONS, 'options')
  if (checked.annotations !== undefined && checked.messageAnnotations !== undefined) {
    throw new TypeError('options.annotations and options.messageAnnotations are the same: give one of them')
  }
  return checked
}

/** Properties are kept as they are, their fields become properties. */
export function takeProperties(value: unknown): MessageProperties {
  if (value instanceof MessageProperties) return value
  return new MessageProperties(value as MessagePropertiesFields)
}

/** A header is kept as it is, its fields become a header. */
export function takeHeader(value: unknown): MessageHeader {
  return value instanceof MessageHeader ? value : new MessageHeader(value as MessageHeaderFields)
}

function takeBodyType(value: unknown, owner: string, name: string): MessageBodyType {
  return takeInteger(value, owner, name, MessageBodyType.Sequence) as MessageBodyType
}
