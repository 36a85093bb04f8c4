// A message [3.2]: made here to be sent, or received and to be settled. What it holds is the business of its base;
// this adds how it is made, the body in the form that one wants, and where the message stands.

import { BATCH_MESSAGE_FORMAT, MessageBodyType, MessageState } from '../constants.js'
import { AMQPError, DecodeError } from '../errors.js'
import type { DeliveryState } from '../types/messaging.js'
import { ACCEPTED, RELEASED } from '../types/messaging.js'
import type { AMQPValue } from '../types/wrappers.js'
import { AMQPString, kindOf } from '../types/wrappers.js'
import { concatBytes, utf8Decode } from '../util/bytes.js'
import type { WaitOptions } from '../util/deferred.js'
import { bodyTypeOf, checkBodyType, dataSectionsOf, type MessageBody, sequencesOf } from './body.js'
import { takeUint, wrong } from './checks.js'
import { MessageContent } from './content.js'
import { describe } from './describe.js'
import { MessageHeader } from './header.js'
import { type MessageMap, type MessageOptions, takeOptions } from './message-options.js'
import { type Modification, modifiedBy, type RejectReason, rejectedFor } from './outcomes.js'
import { MessageProperties } from './properties.js'
import {
  APPLICATION_PROPERTIES,
  DELIVERY_ANNOTATIONS,
  FOOTER,
  HEADER,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  Sections,
} from './sections.js'
import { alreadySettled, type Settlement } from './settlement.js'

export type { MessageBody } from './body.js'
export type { MessageMap, MessageOptions } from './message-options.js'
export type { Modification, RejectReason } from './outcomes.js'

/** Whatever can be sent: what is not a message becomes the body of one. */
export type MessageInput = Message | MessageBody | object

/** Handed to the constructor, with the bytes as the body, for a message that came as bytes. */
const FROM_BYTES: MessageOptions = Object.freeze({})

export class Message extends MessageContent {
  private format: number
  private settlement: Settlement | undefined
  /** Set by sending; undefined for a message that came by a link and was not sent on. */
  private sendState: MessageState | undefined
  /** A body of data as one run of bytes, once it had to be made. */
  private joined: Uint8Array | undefined
  private retryCount: number

  /**
   * @param body text or bytes become one data section, a list of nothing but these several; anything else (no body,
   * an empty list and a mixed one too) becomes an amqp-value. `bodyType` forces. Bytes are not copied: they must not
   * change until the message has been sent
   * @throws TypeError or RangeError naming the option or field that is unknown or cannot be
   */
  constructor(body?: unknown, options?: MessageOptions) {
    const received = options === FROM_BYTES
    super(received ? (body as Uint8Array) : undefined)
    this.format = 0
    this.settlement = undefined
    this.sendState = received ? undefined : MessageState.WaitingToBeSent
    this.joined = undefined
    this.retryCount = 0
    if (received) return
    if (options === undefined) this.setBody(body, bodyTypeOf(body))
    else this.fill(body, options)
  }

  /** The input itself if it is a message, else a message whose body it is. */
  static from(input: MessageInput): Message {
    return input instanceof Message ? input : new Message(input)
  }

  /**
   * A message from bytes, as {@link encodeMessage} gives them. It counts as received and settled, and is a view of the
   * bytes.
   * @throws DecodeError when the bytes are not sections in the order of the specification, or a section is not of its
   * type. What is wrong deeper in a section shows when that section is read
   */
  static decodeMessage(bytes: Uint8Array): Message {
    if (!(bytes instanceof Uint8Array)) throw wrong(bytes, 'decodeMessage', 'bytes', 'a Uint8Array')
    const message = new Message(bytes, FROM_BYTES)
    message.found = new Sections(bytes, true)
    return message
  }

  /**
   * @internal A message that came by a link. Its payload, of which it is a view, is looked at when something of it is
   * asked for; whatever is asked for of a payload that is no message throws a DecodeError.
   */
  static received(payload: Uint8Array, messageFormat: number, settlement: Settlement | undefined): Message {
    const message = new Message(payload, FROM_BYTES)
    message.format = messageFormat
    message.settlement = settlement
    return message
  }

  /** The bytes of a body of data, several sections joined; undefined for other bodies. */
  get data(): Uint8Array | undefined {
    if (this.bodyType !== MessageBodyType.Data) return undefined
    const { body } = this
    if (body instanceof Uint8Array) return body
    this.joined ??= concatBytes(dataSectionsOf(body))
    return this.joined
  }

  /** The bytes of each section of a body of data; undefined for other bodies. */
  get dataSections(): readonly Uint8Array[] | undefined {
    return this.bodyType === MessageBodyType.Data ? dataSectionsOf(this.body) : undefined
  }

  /** The value that is the body; undefined for other bodies. */
  get value(): AMQPValue | undefined {
    return this.bodyType === MessageBodyType.Value ? (this.body as AMQPValue) : undefined
  }

  /** The items of each sequence of the body; undefined for other bodies. */
  get sequence(): AMQPValue[][] | undefined {
    return this.bodyType === MessageBodyType.Sequence ? (sequencesOf(this.body) as AMQPValue[][]) : undefined
  }

  /**
   * The body as text: data as UTF-8, or a value that is a string.
   * @throws TypeError when it is neither
   */
  text(): string {
    const { body } = this
    if (typeof body === 'string') return body
    if (body instanceof AMQPString) return body.value
    const { data } = this
    if (data === undefined) {
      throw new TypeError(`the body of the message is not text but ${kindOf(body)}: see message.body`)
    }
    try {
      return utf8Decode(data, 0, data.length)
    } catch (cause) {
      throw new TypeError('the body of the message is not UTF-8 text', { cause })
    }
  }

  /**
   * The text of the body, read as JSON.
   * @throws TypeError when it is not text, SyntaxError when the text is not JSON
   */
  json(): unknown {
    return JSON.parse(this.text())
  }

  /**
   * The messages that a batch holds (`messageFormat` BATCH_MESSAGE_FORMAT), in order, anew with each call; undefined for
   * other messages. They are views of the batch, which is settled as a whole.
   * @throws DecodeError naming the index of the one that cannot be decoded; its offset counts from the start of that one
   */
  innerMessages(): Message[] | undefined {
    if (this.format !== BATCH_MESSAGE_FORMAT) return undefined
    const sections = this.bodyType === undefined ? [] : this.dataSections
    if (sections === undefined) {
      throw new DecodeError('not-a-section', 0, 'a batch holds its messages in data sections, and has none')
    }
    return sections.map(decodeInner)
  }

  /** What kind of message the transfer says it is [2.8.11]: 0 to 2^32 - 1. Default 0. */
  get messageFormat(): number {
    return this.format
  }
  set messageFormat(messageFormat: number) {
    this.format = takeUint(messageFormat, 'message', 'messageFormat')
  }

  /** Where the message stands: as a received one, until it is sent on. */
  get state(): MessageState {
    if (this.sendState !== undefined) return this.sendState
    return this.settlement?.settled === false ? MessageState.ReceivedUnsettled : MessageState.ReceivedSettled
  }

  /** @internal Says how far the sending of it is. */
  setState(state: MessageState): void {
    this.sendState = state
  }

  /** How often sending it was tried again, as an error policy had it. */
  get retries(): number {
    return this.retryCount
  }

  /** @internal */
  setRetries(retries: number): void {
    this.retryCount = retries
  }

  /** True when nothing is open any more: a received message is settled, a sent one has its result. */
  get settled(): boolean {
    if (this.settlement !== undefined) return this.settlement.settled
    const { state } = this
    return (
      state === MessageState.SendComplete ||
      state === MessageState.SendFailed ||
      state === MessageState.ReceivedSettled
    )
  }

  /** What the sender called the delivery; undefined for a message that did not come by a link. */
  get deliveryTag(): Uint8Array | undefined {
    return this.settlement?.deliveryTag
  }

  /** Failed attempts at delivery before this one [3.2.1]. */
  get deliveryCount(): number {
    return this.header?.deliveryCount ?? 0
  }

  /**
   * Tells the peer that the message is done with [3.4.2]. Resolves when it is settled: with `confirmSettlement`, when
   * the peer says so too. Rejects with MessageAlreadySettled when it was settled before, or came settled.
   */
  accept(options?: WaitOptions): Promise<void> {
    return this.settle(ACCEPTED, options)
  }

  /**
   * Tells the peer that nobody can make use of the message [3.4.3]: it is dropped, or put aside. Without `error` none is
   * told. Resolves and rejects as {@link accept} does.
   */
  async reject(error?: RejectReason, options?: WaitOptions): Promise<void> {
    await this.settle(rejectedFor(error), options)
  }

  /** Gives the message back as it is [3.4.4]. Resolves and rejects as {@link accept} does. */
  release(options?: WaitOptions): Promise<void> {
    return this.settle(RELEASED, options)
  }

  /** Gives the message back, to be changed as said [3.4.5]. Resolves and rejects as {@link accept} does. */
  async modify(modification?: Modification, options?: WaitOptions): Promise<void> {
    await this.settle(modifiedBy(modification), options)
  }

  /** A message of its own with the same content and the same delivery, which keeps no larger buffer alive. */
  copy(): Message {
    if (this.raw !== undefined) return Message.received(this.encodeMessage(), this.format, this.settlement)
    const twin = new Message(this.body, { bodyType: this.bodyType, messageFormat: this.format })
    twin.put(HEADER, this.header && new MessageHeader(this.header))
    twin.put(DELIVERY_ANNOTATIONS, copyMap(this.deliveryAnnotations))
    twin.put(MESSAGE_ANNOTATIONS, copyMap(this.messageAnnotations))
    twin.put(PROPERTIES, this.properties && new MessageProperties(this.properties))
    twin.put(APPLICATION_PROPERTIES, copyMap(this.applicationProperties))
    twin.put(FOOTER, copyMap(this.footer))
    return twin
  }

  /** @internal What Node prints of it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** One line for people: what kind of body, which message, how far. */
  override toString(): string {
    return describe(this)
  }

  protected override setBody(body: unknown, bodyType: MessageBodyType): void {
    super.setBody(body, bodyType)
    this.joined = undefined
  }

  private fill(body: unknown, options: MessageOptions): void {
    const given = takeOptions(options)
    const { bodyType } = given
    if (bodyType !== undefined) checkBodyType(body, bodyType)
    this.setBody(body, bodyType ?? bodyTypeOf(body))
    this.put(HEADER, given.header)
    this.put(DELIVERY_ANNOTATIONS, given.deliveryAnnotations)
    this.put(MESSAGE_ANNOTATIONS, given.messageAnnotations ?? given.annotations)
    this.put(PROPERTIES, given.properties)
    this.put(APPLICATION_PROPERTIES, given.applicationProperties)
    this.put(FOOTER, given.footer)
    this.format = given.messageFormat ?? 0
  }

  private settle(state: DeliveryState, options: WaitOptions | undefined): Promise<void> {
    const { settlement } = this
    if (settlement === undefined) return Promise.reject(notReceived(state.kind))
    if (settlement.settled) return Promise.reject(alreadySettled(settlement, state.kind))
    return settlement.settle(state, options)
  }
}

function notReceived(outcome: string): AMQPError {
  return new AMQPError(`only a message that came by a link can be ${outcome}`, {
    code: 'AMQP_MESSAGE_NOT_RECEIVED',
    context: { operation: `settling a message as ${outcome}` },
  })
}

function decodeInner(bytes: Uint8Array, index: number): Message {
  try {
    return Message.decodeMessage(bytes)
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new DecodeError(cause.kind, cause.offset, `message ${index} of the batch cannot be decoded`, {
      cause,
    })
  }
}

function copyMap(map: MessageMap | undefined): MessageMap | undefined {
  return map === undefined ? undefined : Object.assign(Object.create(null), map)
}
