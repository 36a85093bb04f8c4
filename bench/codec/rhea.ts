// Encoding and decoding with rhea: messages by what it exports, values and frames by its inner modules.

import { createRequire } from 'node:module'
import type { Message } from 'rhea'
import { newMessage, rhea } from '../clients/rhea-library.js'
import { readAll, readBody } from '../clients/rhea-receive.js'
import { bodyOf, mapOfTwenty, thousandLongs } from '../support/sample.js'
import { codecJob, type Operation, type Operations } from './loop.js'

interface Writer {
  write(typed: unknown): void
  toBuffer(): Buffer
}

interface Types {
  readonly Writer: new () => Writer
  readonly Reader: new (bytes: Buffer) => { read(): unknown }
  wrap_map(map: object): unknown
  wrap_array(values: readonly number[], code: number): unknown
  unwrap(typed: unknown): unknown
}

interface Frames {
  transfer(fields: object): unknown
  amqp_frame(channel: number, performative: unknown, payload: Buffer): unknown
  write_frame(frame: unknown): Buffer
  read_frame(bytes: Buffer): { readonly payload: Buffer }
}

const require = createRequire(import.meta.url)
const types = require('rhea/lib/types.js') as Types
const frames = require('rhea/lib/frames.js') as Frames
const { message } = rhea

const LONG = 0x81
const body = bodyOf(1024)

function encoded(typed: unknown): Buffer {
  const writer = new types.Writer()
  writer.write(typed)
  return writer.toBuffer()
}

function decoded(bytes: Buffer): unknown {
  return types.unwrap(new types.Reader(bytes).read())
}

/** The declarations know nothing of what a decoded message holds. */
function decodeMessage(bytes: Buffer): Partial<Message> {
  return message.decode(bytes) as unknown as Partial<Message>
}

function frameOf(id: number): Buffer {
  const fields = {
    handle: 0,
    message_format: undefined,
    delivery_id: id,
    delivery_tag: Buffer.from(String(id)),
    settled: false,
    more: false,
  }
  return frames.write_frame(
    frames.amqp_frame(0, frames.transfer(fields), message.encode(newMessage(id, body))),
  )
}

function decoding(read: typeof readAll): () => Operation {
  return () => {
    const bytes = frameOf(0)
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) sum += read(decodeMessage(frames.read_frame(bytes).payload))
      return sum
    }
  }
}

const operations: Operations = {
  encodeMessage() {
    const sample = newMessage(0, body)
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += message.encode(sample).length
      return bytes
    }
  },

  buildAndEncode() {
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += message.encode(newMessage(i, body)).length
      return bytes
    }
  },

  decodeMessage() {
    const bytes = message.encode(newMessage(0, body))
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) sum += readAll(decodeMessage(bytes))
      return sum
    }
  },

  decodeBody() {
    const bytes = message.encode(newMessage(0, body))
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) sum += readBody(decodeMessage(bytes))
      return sum
    }
  },

  encodeMap() {
    const map = mapOfTwenty()
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += encoded(types.wrap_map(map)).length
      return bytes
    }
  },

  decodeMap() {
    const bytes = encoded(types.wrap_map(mapOfTwenty()))
    return (times) => {
      let entries = 0
      for (let i = 0; i < times; i++) entries += decoded(bytes) === undefined ? 0 : 1
      return entries
    }
  },

  encodeLongs() {
    const longs = thousandLongs()
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += encoded(types.wrap_array(longs, LONG)).length
      return bytes
    }
  },

  decodeLongs() {
    const bytes = encoded(types.wrap_array(thousandLongs(), LONG))
    return (times) => {
      let count = 0
      for (let i = 0; i < times; i++) count += (decoded(bytes) as number[]).length
      return count
    }
  },

  encodeFrame() {
    const sample = newMessage(0, body)
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) {
        const fields = {
          handle: 0,
          delivery_id: i,
          delivery_tag: Buffer.from(String(i)),
          settled: false,
          more: false,
        }
        const frame = frames.amqp_frame(0, frames.transfer(fields), message.encode(sample))
        bytes += frames.write_frame(frame).length
      }
      return bytes
    }
  },

  decodeFrame: decoding(readAll),
  decodeFrameBody: decoding(readBody),
}

export const codec = codecJob(operations)
