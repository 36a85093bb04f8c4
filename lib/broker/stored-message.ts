// A message in a queue: its bytes as they came, and what the broker knows of it beside them [3.2].
// Invariant: a plain queue's bare message leaves byte for byte as it came; only header and annotations are written anew.

import type { PayloadSource } from '../engine/payload.js'
import { DecodeError } from '../errors.js'
import { encodeHeader, type MessageHeader } from '../message/header.js'
import type { MessageProperties } from '../message/properties.js'
import {
  DELIVERY_ANNOTATIONS,
  HEADER,
  MESSAGE_ANNOTATIONS,
  PLACES,
  PROPERTIES,
  Sections,
} from '../message/sections.js'
import { Writer } from '../types/cursor.js'

/** Where a message stands in its queue. */
export const WAITING = 0
export const LOCKED = 1
export const GONE = 2
export type MessageStanding = typeof WAITING | typeof LOCKED | typeof GONE

/** More than a header that is written anew can take. */
const HEADER_BYTES = 64

export class StoredMessage implements PayloadSource {
  readonly format: number
  readonly payload: Uint8Array
  /** Attempts to deliver it that failed. */
  deliveryCount: number
  /** It was handed out at least once. */
  acquired: boolean
  /** By the clock of the broker; Infinity: never. */
  readonly expiresAtMs: number
  /** Time to live to state when it is written next. */
  ttlMs: number | undefined
  /** Place in its queue. */
  sequence: number
  state: MessageStanding
  previous: StoredMessage | undefined
  next: StoredMessage | undefined
  private readonly header: MessageHeader | undefined
  /** Properties, application properties, body, footer. */
  private bare: Uint8Array
  /** The section of message annotations as it is now, descriptor included. */
  private annotations: Uint8Array | undefined
  /** Leaves as it came. */
  private unchanged: boolean
  /** Links it must not be given to again. */
  private excluded: number[] | undefined

  /** Throws a DecodeError when the payload is no message. */
  constructor(payload: Uint8Array, format: number, nowMs: number) {
    const sections = sectionsOf(payload)
    const header = sections.decode(HEADER) as MessageHeader | undefined
    this.format = format
    this.payload = payload
    this.deliveryCount = header?.deliveryCount ?? 0
    this.acquired = false
    this.expiresAtMs = header?.ttl === undefined ? Number.POSITIVE_INFINITY : nowMs + header.ttl
    this.ttlMs = header?.ttl
    this.sequence = 0
    this.state = WAITING
    this.previous = undefined
    this.next = undefined
    this.header = header
    this.bare = sections.raw(PROPERTIES, PLACES)
    this.annotations = sections.has(MESSAGE_ANNOTATIONS)
      ? sections.raw(MESSAGE_ANNOTATIONS, PROPERTIES)
      : undefined
    // Delivery annotations are for the next hop only [3.2.2], and that was the broker.
    this.unchanged =
      !sections.has(DELIVERY_ANNOTATIONS) && header?.ttl === undefined && header?.firstAcquirer !== true
    this.excluded = undefined
  }

  /** The address that the message itself names [3.2.4]. Throws a DecodeError when the payload is no message. */
  static addressOf(payload: Uint8Array): string | undefined {
    return (sectionsOf(payload).decode(PROPERTIES) as MessageProperties | undefined)?.to
  }

  get sizeHint(): number {
    return this.payload.length + HEADER_BYTES
  }

  get messageAnnotations(): Uint8Array | undefined {
    return this.annotations
  }

  set messageAnnotations(section: Uint8Array | undefined) {
    this.annotations = section
    this.unchanged = false
  }

  /** The bare message; whoever sets another gives up that it leaves as it came. */
  protected get bareMessage(): Uint8Array {
    return this.bare
  }

  protected set bareMessage(bytes: Uint8Array) {
    this.bare = bytes
    this.unchanged = false
  }

  /** An attempt to deliver it failed. */
  countFailure(): void {
    this.deliveryCount++
    this.unchanged = false
  }

  /** It is on its way to somebody, for whom it may not be the first. */
  onHandedOut(nowMs: number): void {
    if (this.ttlMs !== undefined) this.ttlMs = Math.max(1, Math.floor(this.expiresAtMs - nowMs))
  }

  exclude(linkId: number): void {
    this.excluded ??= []
    this.excluded.push(linkId)
  }

  isExcluded(linkId: number): boolean {
    return this.excluded?.includes(linkId) ?? false
  }

  encodeTo(w: Writer): void {
    if (this.unchanged) {
      w.bulk(this.payload)
      return
    }
    this.writeHeader(w)
    if (this.annotations !== undefined) w.raw(this.annotations)
    w.bulk(this.bare)
  }

  /** Delivery-count to state; a count of 0 goes without saying. */
  protected get toldCount(): number | undefined {
    return this.deliveryCount === 0 ? undefined : this.deliveryCount
  }

  private writeHeader(w: Writer): void {
    const { durable, priority, firstAcquirer } = this.header ?? {}
    const fields = {
      durable,
      priority,
      ttl: this.ttlMs,
      firstAcquirer: this.acquired ? undefined : firstAcquirer,
      deliveryCount: this.toldCount,
    }
    if (Object.values(fields).some((value) => value !== undefined)) encodeHeader(w, fields)
  }

  /** The message as it would be sent now. */
  toBytes(): Uint8Array {
    const w = new Writer(this.sizeHint)
    this.encodeTo(w)
    return w.written()
  }
}

/** Throws a DecodeError when the payload is no message. */
export function sectionsOf(payload: Uint8Array): Sections {
  if (payload.length === 0) throw new DecodeError('truncated', 0, 'a message has at least one section')
  return new Sections(payload, true)
}
