// Whole transfer frames with their message, by the inner parts of amqp1 that do it on a connection: encoded in one
// pass into the output buffer, found in a chunk as it comes from a socket.

import { FrameReader } from '../../lib/engine/frames.js'
import { Output } from '../../lib/engine/output.js'
import { Message } from '../../lib/message/message.js'
import type { Settlement } from '../../lib/message/settlement.js'
import { Reader } from '../../lib/types/cursor.js'
import { decodeTransfer, encodeTransfer } from '../../lib/types/hot.js'
import { type Readable, readAll, readBody } from '../clients/amqp1-receive.js'
import { APPLICATION_PROPERTIES, bodyOf, PROPERTIES } from '../support/sample.js'
import type { Operation, Operations } from './loop.js'

const CHUNK_BYTES = 65_536

const transfer = {
  kind: 'transfer' as const,
  handle: 0,
  deliveryId: 0,
  deliveryTag: new Uint8Array(4),
  messageFormat: 0,
  settled: undefined,
  more: undefined,
  rcvSettleMode: undefined,
  state: undefined,
  resume: undefined,
  aborted: undefined,
  batchable: undefined,
}

const settlement: Settlement = {
  deliveryTag: transfer.deliveryTag,
  address: 'queue',
  told: undefined,
  settled: true,
  settle: () => Promise.resolve(),
}

function sample(): Message {
  return new Message(bodyOf(1024), { properties: PROPERTIES, applicationProperties: APPLICATION_PROPERTIES })
}

function writeFrame(output: Output, message: Message, deliveryId: number): void {
  const start = output.begin(0, 0)
  transfer.deliveryId = deliveryId
  encodeTransfer(output.writer, transfer)
  message.encodeTo(output.writer)
  output.end(start)
}

/** Frames one after the other, as many as fit a chunk. */
function chunkOfFrames(): Uint8Array {
  const output = new Output()
  const message = sample()
  for (let i = 0; output.size < CHUNK_BYTES - 2048; i++) writeFrame(output, message, i)
  return output.take()[0] as Uint8Array
}

function decoding(read: (message: Readable) => number): () => Operation {
  return () => {
    const chunk = chunkOfFrames()
    const frames = new FrameReader(CHUNK_BYTES)
    const reader = new Reader(chunk)
    frames.push(chunk)
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) {
        if (!frames.nextFrame()) {
          frames.push(chunk)
          frames.nextFrame()
        }
        reader.reset(frames.bytes, frames.bodyStart, frames.bodyEnd)
        const { messageFormat = 0 } = decodeTransfer(reader)
        const payload = frames.bytes.subarray(reader.pos, frames.bodyEnd)
        sum += read(Message.received(payload, messageFormat, settlement))
      }
      return sum
    }
  }
}

export const frameOperations: Operations = {
  encodeFrame() {
    const output = new Output()
    const message = sample()
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) {
        writeFrame(output, message, i)
        if (output.size > CHUNK_BYTES) for (const piece of output.take()) bytes += piece.length
      }
      return bytes + output.size
    }
  },

  decodeFrame: decoding(readAll),
  decodeFrameBody: decoding(readBody),
}
