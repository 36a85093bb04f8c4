// The sections of a message that came as bytes [3.2]: where each begins, found by stepping over them, and each decoded
// when it is asked for. An error in one section shows when that one is read.
// Invariant: `starts` ascends; a section that is absent begins where the next one does.

import { MessageBodyType } from '../constants.js'
import { DecodeError } from '../errors.js'
import { LIST0, LIST32, MAP32, TYPE_OF_CODE } from '../types/codes.js'
import { Reader } from '../types/cursor.js'
import { readValue } from '../types/decode.js'
import { wrongFieldType } from '../types/field-type.js'
import {
  readAnnotations,
  readApplicationProperties,
  readData,
  readSectionDescriptor,
  readSequence,
  SECTION,
} from '../types/messaging.js'
import { enterList, enterMap, skipValue } from '../types/skip.js'
import { decodeHeader } from './header.js'
import { decodeProperties } from './properties-codec.js'

/** Places of the sections in the order of the wire; all sections of a body share one. */
export const HEADER = 0
export const DELIVERY_ANNOTATIONS = 1
export const MESSAGE_ANNOTATIONS = 2
export const PROPERTIES = 3
export const APPLICATION_PROPERTIES = 4
export const BODY = 5
export const FOOTER = 6
export const PLACES = 7

export class Sections {
  /** Undefined when there is no body. */
  readonly bodyType: MessageBodyType | undefined
  private readonly reader: Reader
  private readonly bytes: Uint8Array
  private readonly starts: readonly number[]

  /**
   * @param strict looks at the head of each section too: its type, and that each map has a value for every key
   * @throws DecodeError when the bytes are not sections in the order of the specification, each once, but for those of
   * a body of data or sequences
   */
  constructor(bytes: Uint8Array, strict: boolean) {
    const r = new Reader(bytes)
    const starts = [0, 0, 0, 0, 0, 0, 0, 0]
    let last = -1
    let before = 0
    let bodyType: MessageBodyType | undefined
    while (r.pos < r.end) {
      const at = r.pos
      const code = readSectionDescriptor(r)
      if (strict) checkHead(r, code)
      skipValue(r)
      if (code === before && (code === SECTION.data || code === SECTION.amqpSequence)) continue
      const place = placeOf(code)
      if (place <= last) throw misplaced(at, code, before)
      if (place === BODY) bodyType = BODY_TYPES[code - SECTION.data]
      while (last < place) starts[++last] = at
      before = code
    }
    while (last < FOOTER) starts[++last] = r.end
    starts[PLACES] = r.end
    this.bodyType = bodyType
    this.reader = r
    this.bytes = bytes
    this.starts = starts
  }

  has(place: number): boolean {
    return this.start(place) < this.start(place + 1)
  }

  /** The bytes from one place to before another: a view. */
  raw(from: number, to: number): Uint8Array {
    return this.bytes.subarray(this.start(from), this.start(to))
  }

  /** What the section holds, decoded anew each time; undefined when it is absent. */
  decode(place: number): unknown {
    const r = this.reader
    r.reset(this.bytes, this.start(place), this.start(place + 1))
    if (r.pos === r.end) return undefined
    switch (place) {
      case HEADER:
        return decodeHeader(r)
      case PROPERTIES:
        return decodeProperties(r)
      case BODY:
        return this.decodeBody(r)
    }
    const code = readSectionDescriptor(r)
    return place === APPLICATION_PROPERTIES ? readApplicationProperties(r) : readAnnotations(r, nameOf(code))
  }

  private decodeBody(r: Reader): unknown {
    switch (this.bodyType) {
      case MessageBodyType.Value:
        readSectionDescriptor(r)
        return readValue(r)
      case MessageBodyType.Sequence:
        return readAll(r, readSequence)
      default: {
        const parts = readAll(r, readData)
        return parts.length === 1 ? parts[0] : Object.freeze(parts)
      }
    }
  }

  private start(place: number): number {
    return this.starts[place] as number
  }
}

/** Kinds of body in the order of their descriptors. */
const BODY_TYPES = [MessageBodyType.Data, MessageBodyType.Sequence, MessageBodyType.Value] as const

/** Names of the sections in the order of their descriptors. */
const NAMES = [
  'header',
  'delivery-annotations',
  'message-annotations',
  'properties',
  'application-properties',
  'data',
  'amqp-sequence',
  'amqp-value',
  'footer',
] as const

function nameOf(code: number): string {
  return NAMES[code - SECTION.header] ?? 'no section'
}

function placeOf(code: number): number {
  if (code < SECTION.data) return code - SECTION.header
  return code === SECTION.footer ? FOOTER : BODY
}

function misplaced(at: number, code: number, before: number): DecodeError {
  return new DecodeError('not-a-section', at, `${nameOf(code)} cannot come after ${nameOf(before)}`)
}

function readAll<T>(r: Reader, read: (r: Reader) => T): T[] {
  const values: T[] = []
  while (r.pos < r.end) {
    readSectionDescriptor(r)
    values.push(read(r))
  }
  return values
}

/** Looks at the head of the value that comes next, and stays before it. */
function checkHead(r: Reader, code: number): void {
  const { pos, end } = r
  const wanted = typeOf(code)
  const constructor = r.u8()
  if (wanted !== undefined && TYPE_OF_CODE.get(constructor) !== wanted) {
    throw wrongFieldType(r, constructor, nameOf(code), wanted)
  }
  if (wanted === 'map') enterMap(r, constructor === MAP32)
  else if (wanted === 'list' && constructor !== LIST0) enterList(r, constructor === LIST32)
  r.depth = 0
  r.end = end
  r.pos = pos
}

/** Type of the value of a section; undefined for any. */
function typeOf(code: number): 'list' | 'map' | 'binary' | undefined {
  switch (code) {
    case SECTION.header:
    case SECTION.properties:
    case SECTION.amqpSequence:
      return 'list'
    case SECTION.data:
      return 'binary'
    case SECTION.amqpValue:
      return undefined
    default:
      return 'map'
  }
}
