// What the scripted peer reads and writes: protocol headers and frames. It shares the codecs with the library, and
// nothing of the engine: boundaries, sizes and offsets are found and written here anew.

import { Reader, Writer } from '../../lib/types/cursor.js'
import { encode } from '../../lib/types/encode.js'
import { decodePerformative, encodePerformative } from '../../lib/types/performative.js'
import type { SaslFrame } from '../../lib/types/security.js'
import * as security from '../../lib/types/security.js'
import type { Performative } from '../../lib/types/transport.js'
import { AMQPDescribed, type AMQPInput, AMQPuInt, AMQPuLong } from '../../lib/types/wrappers.js'

export const AMQP_HEADER: Uint8Array = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0)
export const SASL_HEADER: Uint8Array = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0)

export interface HeaderItem {
  readonly kind: 'header'
  readonly bytes: Uint8Array
}

/** A frame without a body. */
export interface EmptyFrame {
  readonly kind: 'empty'
}

export type Body = Performative | SaslFrame | HeaderItem | EmptyFrame
export type Kind = Body['kind']
export type BodyOf<K extends Kind> = Extract<Body, { readonly kind: K }>

/** One thing that came: a header or a frame. */
export interface Item<B extends Body = Body> {
  readonly body: B
  readonly channel: number
  /** All bytes of it. */
  readonly size: number
  readonly payload: Uint8Array
}

const NO_BYTES = new Uint8Array(0)

/** Finds headers and frames in what came. Slow and plain: it starts over with every chunk. */
export class PeerReader {
  /** The next eight bytes are a protocol header. */
  headerNext = true
  private waiting: Uint8Array = NO_BYTES

  push(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.waiting.length + chunk.length)
    joined.set(this.waiting)
    joined.set(chunk, this.waiting.length)
    this.waiting = joined
  }

  get waitingBytes(): number {
    return this.waiting.length
  }

  next(): Item | undefined {
    const { waiting } = this
    if (waiting.length < 8) return undefined
    if (this.headerNext) {
      this.waiting = waiting.subarray(8)
      this.headerNext = false
      return { body: { kind: 'header', bytes: waiting.slice(0, 8) }, channel: 0, size: 8, payload: NO_BYTES }
    }
    const view = new DataView(waiting.buffer, waiting.byteOffset)
    const size = view.getUint32(0)
    if (size < 8) throw new Error(`the engine wrote a frame of ${size} bytes`)
    if (waiting.length < size) return undefined
    this.waiting = waiting.subarray(size)
    return readFrame(waiting.slice(0, size))
  }
}

function readFrame(frame: Uint8Array): Item {
  const [doff = 0, type = 0] = frame.subarray(4, 6)
  const channel = new DataView(frame.buffer).getUint16(6)
  const common = { channel: type === 0 ? channel : 0, size: frame.length }
  if (doff !== 2 || type > 1) throw new Error(`the engine wrote data offset ${doff}, frame type ${type}`)
  if (frame.length === 8) return { ...common, body: { kind: 'empty' }, payload: NO_BYTES }
  const reader = new Reader(frame, 8)
  const body = type === 0 ? decodePerformative(reader) : security.decodeSaslFrame(reader)
  return { ...common, body, payload: frame.slice(reader.pos) }
}

/** A frame around a body as it is. */
export function frameBytes(channel: number, body: Uint8Array, type = 0): Uint8Array {
  const frame = new Uint8Array(8 + body.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length)
  frame[4] = 2
  frame[5] = type
  view.setUint16(6, channel)
  frame.set(body, 8)
  return frame
}

export function performativeBytes(performative: Performative, payload: Uint8Array = NO_BYTES): Uint8Array {
  const w = new Writer()
  encodePerformative(w, performative)
  w.raw(payload)
  return w.written()
}

const SASL_CODECS = {
  'sasl-mechanisms': security.saslMechanisms,
  'sasl-init': security.saslInit,
  'sasl-challenge': security.saslChallenge,
  'sasl-response': security.saslResponse,
  'sasl-outcome': security.saslOutcome,
} as const

export function saslBytes(frame: SaslFrame): Uint8Array {
  const w = new Writer()
  const codec = SASL_CODECS[frame.kind] as { encode(w: Writer, value: SaslFrame): void }
  codec.encode(w, frame)
  return w.written()
}

/** A described list with its fields by position, right or wrong. Plain numbers become uint, undefined becomes null. */
export function listBytes(code: number, fields: readonly (AMQPInput | undefined)[]): Uint8Array {
  const items = fields.map((field) => (typeof field === 'number' ? new AMQPuInt(field) : (field ?? null)))
  return encode(new AMQPDescribed(new AMQPuLong(code), items))
}
