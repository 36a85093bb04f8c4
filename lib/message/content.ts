// What a message holds [3.2]. One that came as bytes decodes each section when it is first asked for and keeps the
// bytes: a section that nobody changed goes out byte for byte as it came, changed ones are encoded anew. A section that
// was handed out counts as changed when it differs from the same bytes decoded again.
// Invariant: `loaded` has a bit for each place whose value is in `values`, `assigned` for each that the user set.

import { MessageBodyType } from '../constants.js'
import { Writer } from '../types/cursor.js'
import { writeAnnotations } from '../types/maps.js'
import { SECTION, writeSectionDescriptor } from '../types/sections.js'
import { bodySizeHint, bodyTypeOf, encodeBody, type MessageBody } from './body.js'
import { type Take, takeRecord } from './checks.js'
import { encodeHeader, type MessageHeader, type MessageHeaderFields, onwardHeader } from './header.js'
import { type MessageMap, takeHeader, takeProperties } from './message-options.js'
import { encodeApplicationProperties } from './named-values.js'
import type { MessageProperties, MessagePropertiesFields } from './properties.js'
import { encodeProperties } from './properties-codec.js'
import { same } from './same.js'
import {
  APPLICATION_PROPERTIES,
  BODY,
  DELIVERY_ANNOTATIONS,
  FOOTER,
  HEADER,
  MESSAGE_ANNOTATIONS,
  PLACES,
  PROPERTIES,
  Sections,
} from './sections.js'

const ALL_PLACES = (1 << PLACES) - 1
const BODY_BIT = 1 << BODY
/** What is reckoned for the sections around a body, in bytes. */
const AROUND_BODY = 256
/** Results up to this many bytes leave the writer that is kept for reuse. */
const REUSED_BYTES = 65536

/** Stands for the values of a message of which nothing was read yet. */
const NOTHING: unknown[] = []

let idleWriter: Writer | undefined

export abstract class MessageContent {
  /** The bytes it came as; undefined for a message that was made here. */
  protected readonly raw: Uint8Array | undefined
  protected found: Sections | undefined
  private loaded: number
  private assigned: number
  private values: unknown[]
  /** The kind of a body that was assigned. */
  private assignedType: MessageBodyType | undefined

  constructor(raw: Uint8Array | undefined) {
    this.raw = raw
    this.found = undefined
    this.loaded = raw === undefined ? ALL_PLACES : 0
    this.assigned = this.loaded
    this.values = raw === undefined ? noValues() : NOTHING
    this.assignedType = undefined
  }

  /** How it is to be handled on its way. Fields that are assigned become a {@link MessageHeader}. */
  get header(): MessageHeader | undefined {
    return this.section(HEADER) as MessageHeader | undefined
  }
  set header(header: MessageHeaderFields | undefined) {
    this.assign(HEADER, header, takeHeader, 'header')
  }

  /** For the next hop only. The keys are symbols. */
  get deliveryAnnotations(): MessageMap | undefined {
    return this.section(DELIVERY_ANNOTATIONS) as MessageMap | undefined
  }
  set deliveryAnnotations(annotations: MessageMap | undefined) {
    this.assign(DELIVERY_ANNOTATIONS, annotations, takeRecord, 'deliveryAnnotations')
  }

  /** For all on the way. The keys are symbols; a number that a peer uses as a key comes as its digits. */
  get messageAnnotations(): MessageMap | undefined {
    return this.section(MESSAGE_ANNOTATIONS) as MessageMap | undefined
  }
  set messageAnnotations(annotations: MessageMap | undefined) {
    this.assign(MESSAGE_ANNOTATIONS, annotations, takeRecord, 'messageAnnotations')
  }

  /** Fields that are assigned become {@link MessageProperties}. */
  get properties(): MessageProperties | undefined {
    return this.section(PROPERTIES) as MessageProperties | undefined
  }
  set properties(properties: MessagePropertiesFields | undefined) {
    this.assign(PROPERTIES, properties, takeProperties, 'properties')
  }

  /** Values of simple types. What came is in an object without prototype, where every key is only a key. */
  get applicationProperties(): MessageMap | undefined {
    return this.section(APPLICATION_PROPERTIES) as MessageMap | undefined
  }
  set applicationProperties(properties: MessageMap | undefined) {
    this.assign(APPLICATION_PROPERTIES, properties, takeRecord, 'applicationProperties')
  }

  /** What follows the body, such as a signature of it. */
  get footer(): MessageMap | undefined {
    return this.section(FOOTER) as MessageMap | undefined
  }
  set footer(footer: MessageMap | undefined) {
    this.assign(FOOTER, footer, takeRecord, 'footer')
  }

  /**
   * The body as it was given. Of one that came: the bytes of a data section, or a list of them; the value; the items
   * of each sequence; undefined when there is none. What is assigned gets its kind by the rules of the constructor.
   */
  get body(): MessageBody {
    return this.section(BODY) as MessageBody
  }
  set body(body: unknown) {
    this.setBody(body, bodyTypeOf(body))
  }

  /** The kind of the body; undefined for a message that came without one. */
  get bodyType(): MessageBodyType | undefined {
    return (this.assigned & BODY_BIT) === 0 ? this.sections().bodyType : this.assignedType
  }

  /**
   * The sections as bytes: all that the message holds, hop-specific sections included.
   * @throws EncodeError naming what has no encoding
   */
  encodeMessage(): Uint8Array {
    const hint = this.sizeHint
    const w = (hint > REUSED_BYTES ? undefined : idleWriter) ?? new Writer(hint)
    idleWriter = undefined
    w.reset()
    this.encode(w, false)
    if (w.bytes.length > REUSED_BYTES) return w.written()
    idleWriter = w
    return w.bytes.slice(0, w.pos)
  }

  /** @internal About how many bytes it takes. */
  get sizeHint(): number {
    const body = (this.assigned & BODY_BIT) === 0 ? 0 : bodySizeHint(this.values[BODY])
    return body + (this.raw === undefined ? 0 : this.raw.length) + AROUND_BODY
  }

  /**
   * @internal Writes the sections for the next hop. A message that came as bytes starts its next hop afresh [3.2.1,
   * 3.2.2]: durable, priority and ttl are what stays of its header, its delivery annotations are dropped. Either goes
   * out in full once it was assigned.
   */
  encodeTo(w: Writer): void {
    this.encode(w, true)
  }

  protected setBody(body: unknown, bodyType: MessageBodyType): void {
    this.put(BODY, body === undefined ? null : body)
    this.assignedType = bodyType
  }

  protected put(place: number, value: unknown): void {
    this.keep(place, value)
    this.assigned |= 1 << place
  }

  private keep(place: number, value: unknown): void {
    if (this.values === NOTHING) this.values = noValues()
    this.values[place] = value
    this.loaded |= 1 << place
  }

  private assign(place: number, value: unknown, take: Take, name: string): void {
    this.put(place, value === undefined || value === null ? undefined : take(value, 'message', name))
  }

  private section(place: number): unknown {
    if ((this.loaded & (1 << place)) === 0) this.keep(place, this.sections().decode(place))
    return this.values[place]
  }

  private sections(): Sections {
    this.found ??= new Sections(this.raw as Uint8Array, false)
    return this.found
  }

  private encode(w: Writer, onward: boolean): void {
    if (this.raw === undefined) this.encodeOwn(w)
    else if (this.loaded === 0 && !onward) w.bulk(this.raw)
    else this.encodeKept(w, onward)
  }

  /** Encodes everything. Every message that is sent passes here: what most of them have is not looked up. */
  private encodeOwn(w: Writer): void {
    const { values } = this
    for (let place = HEADER; place < PROPERTIES; place++) {
      if (values[place] !== undefined) this.encodeSection(w, place, values[place])
    }
    const properties = values[PROPERTIES] as MessageProperties | undefined
    if (properties !== undefined) encodeProperties(w, properties)
    const applicationProperties = values[APPLICATION_PROPERTIES] as MessageMap | undefined
    if (applicationProperties !== undefined)
      this.encodeSection(w, APPLICATION_PROPERTIES, applicationProperties)
    encodeBody(w, values[BODY], this.assignedType as MessageBodyType)
    if (values[FOOTER] !== undefined) this.encodeSection(w, FOOTER, values[FOOTER])
  }

  /** Copies what is as it came, in runs as long as can be, and encodes the rest. */
  private encodeKept(w: Writer, onward: boolean): void {
    const found = this.sections()
    let from = HEADER
    for (let place = HEADER; place < PLACES; place++) {
      if (this.keeps(place, onward)) continue
      if (from < place) w.bulk(found.raw(from, place))
      this.encodeSection(w, place, onward ? this.onward(place) : this.values[place])
      from = place + 1
    }
    w.bulk(found.raw(from, PLACES))
  }

  /** True when the section goes out as it came. */
  private keeps(place: number, onward: boolean): boolean {
    const bit = 1 << place
    const found = this.sections()
    if ((this.assigned & bit) !== 0) return false
    if (onward && place <= DELIVERY_ANNOTATIONS) return !found.has(place)
    if ((this.loaded & bit) === 0) return true
    // Data are views of the bytes themselves: whoever writes to them writes to what goes out.
    if (place === BODY && found.bodyType === MessageBodyType.Data) return true
    return same(this.values[place], found.decode(place))
  }

  private onward(place: number): unknown {
    if (place > DELIVERY_ANNOTATIONS || (this.assigned & (1 << place)) !== 0) return this.values[place]
    const { header } = this
    return place === HEADER && header !== undefined ? onwardHeader(header) : undefined
  }

  private encodeSection(w: Writer, place: number, value: unknown): void {
    if (place === BODY) {
      const { bodyType } = this
      if (bodyType !== undefined) encodeBody(w, value, bodyType)
      return
    }
    if (value === undefined) return
    switch (place) {
      case HEADER:
        return encodeHeader(w, value as MessageHeader)
      case PROPERTIES:
        return encodeProperties(w, value as MessageProperties)
      case APPLICATION_PROPERTIES:
        writeSectionDescriptor(w, SECTION.applicationProperties)
        return encodeApplicationProperties(w, value as MessageMap)
      case DELIVERY_ANNOTATIONS:
        writeSectionDescriptor(w, SECTION.deliveryAnnotations)
        return writeAnnotations(w, value as MessageMap, 'deliveryAnnotations')
      case MESSAGE_ANNOTATIONS:
        writeSectionDescriptor(w, SECTION.messageAnnotations)
        return writeAnnotations(w, value as MessageMap, 'messageAnnotations')
      default:
        writeSectionDescriptor(w, SECTION.footer)
        return writeAnnotations(w, value as MessageMap, 'footer')
    }
  }
}

function noValues(): unknown[] {
  return [undefined, undefined, undefined, undefined, undefined, undefined, undefined]
}
