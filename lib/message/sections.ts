// The sections of a message that came as bytes [3.2]: where each begins, found by stepping over them, and each decoded
// when it is asked for. An error in one section shows when that one is read.
// Invariant: `starts` ascends; a section that is absent begins where the next one does.

import { MessageBodyType } from '../constants.js'
import { DecodeError } from '../errors.js'
import {
  DESCRIBED,
  LAYOUT,
  LIST0,
  LIST32,
  MAP32,
  SIZED8,
  SIZED32,
  SMALLULONG,
  TYPE_OF_CODE,
} from '../types/codes.js'
import { Reader } from '../types/cursor.js'
import { readValue } from '../types/decode.js'
import { wrongFieldType } from '../types/field-type.js'
import { readData, readSectionDescriptor, readSequence, SECTION } from '../types/sections.js'
import { enterList, enterMap, skipValue } from '../types/skip.js'
import { decodeHeader } from './header.js'
import { decodeAnnotations, decodeApplicationProperties } from './named-values.js'
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

const NO_BYTES = new Uint8Array(0)
/** Every section is read at one go, so one reader does; between readings it holds on to no bytes. */
const reader = new Reader(NO_BYTES)

export class Sections {
  /** Undefined when there is no body. */
  readonly bodyType: MessageBodyType | undefined
  private readonly bytes: Uint8Array
  private readonly starts: readonly number[]

  /**
   * @param strict looks at the head of each section too: its type, and that each map has a value for every key
   * @throws DecodeError when the bytes are not sections in the order of the specification, each once, but for those of
   * a body of data or sequences
   */
  constructor(bytes: Uint8Array, strict: boolean) {
    const starts = [0, 0, 0, 0, 0, 0, 0, 0]
    reader.reset(bytes)
    try {
      this.bodyType = findStarts(reader, starts, strict)
    } finally {
      reader.reset(NO_BYTES)
    }
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
    const start = this.start(place)
    const end = this.start(place + 1)
    if (start === end) return undefined
    reader.reset(this.bytes, start, end)
    try {
      return this.decodeNext(reader, place)
    } finally {
      reader.reset(NO_BYTES)
    }
  }

  private decodeNext(r: Reader, place: number): unknown {
    switch (place) {
      case HEADER:
        return decodeHeader(r)
      case PROPERTIES:
        return decodeProperties(r)
      case BODY:
        return this.decodeBody(r)
    }
    const code = readDescriptor(r)
    return place === APPLICATION_PROPERTIES
      ? decodeApplicationProperties(r)
      : decodeAnnotations(r, nameOf(code))
  }

  private decodeBody(r: Reader): unknown {
    readDescriptor(r)
    if (this.bodyType === MessageBodyType.Value) return readValue(r)
    if (this.bodyType === MessageBodyType.Sequence) return readMore(r, [readSequence(r)], readSequence)
    const data = readData(r)
    return r.pos === r.end ? data : Object.freeze(readMore(r, [data], readData))
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

/** Reads the sections that are left, which are all of one kind. */
function readMore<T>(r: Reader, values: T[], read: (r: Reader) => T): T[] {
  while (r.pos < r.end) {
    readDescriptor(r)
    values.push(read(r))
  }
  return values
}

/** Fills in where each place starts, and gives the kind of the body. */
function findStarts(r: Reader, starts: number[], strict: boolean): MessageBodyType | undefined {
  let bodyType: MessageBodyType | undefined
  let last = -1
  let before = 0
  while (r.pos < r.end) {
    const at = r.pos
    const code = stepOver(r, strict)
    if (code === before && (code === SECTION.data || code === SECTION.amqpSequence)) continue
    const place = placeOf(code)
    if (place <= last) throw misplaced(at, code, before)
    if (place === BODY) bodyType = BODY_TYPES[code - SECTION.data]
    while (last < place) starts[++last] = at
    before = code
  }
  while (last < PLACES) starts[++last] = r.end
  return bodyType
}

/** Steps over the next section and gives its descriptor. */
function stepOver(r: Reader, strict: boolean): number {
  const code = readDescriptor(r)
  if (strict) checkHead(r, code)
  const layout = LAYOUT[r.bytes[r.pos] as number]
  if (layout === SIZED8 || layout === SIZED32) {
    r.pos++
    r.takeSized(layout === SIZED8 ? r.u8() : r.u32())
  } else {
    skipValue(r)
  }
  return code
}

/** Reads a descriptor; the usual form at once. */
function readDescriptor(r: Reader): number {
  const { bytes, pos } = r
  const code = bytes[pos + 2] as number
  const usual = bytes[pos] === DESCRIBED && bytes[pos + 1] === SMALLULONG && pos + 3 < r.end
  if (!usual || code < SECTION.header || code > SECTION.footer) return readSectionDescriptor(r)
  r.pos = pos + 3
  return code
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
