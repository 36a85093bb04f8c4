// Encoding and decoding with amqp1, by what it exports.

import { Message } from 'amqp1'
import { AMQPArray, decode, encode } from 'amqp1/types'
import { readAll, readBody } from '../clients/amqp1-receive.js'
import {
  APPLICATION_PROPERTIES,
  bodyOf,
  mapOfTwenty,
  messageId,
  PROPERTIES,
  thousandLongs,
} from '../support/sample.js'
import { frameOperations } from './amqp1-frames.js'
import { codecJob, type Operations } from './loop.js'

const body = bodyOf(1024)

function sample(): Message {
  return new Message(body, { properties: PROPERTIES, applicationProperties: APPLICATION_PROPERTIES })
}

const operations: Operations = {
  encodeMessage() {
    const message = sample()
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += message.encodeMessage().length
      return bytes
    }
  },

  buildAndEncode() {
    const { correlationId, contentType } = PROPERTIES
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) {
        const message = new Message(body, {
          properties: { messageId: messageId(i), correlationId, contentType },
          applicationProperties: APPLICATION_PROPERTIES,
        })
        bytes += message.encodeMessage().length
      }
      return bytes
    }
  },

  decodeMessage() {
    const bytes = sample().encodeMessage()
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) sum += readAll(Message.decodeMessage(bytes))
      return sum
    }
  },

  decodeBody() {
    const bytes = sample().encodeMessage()
    return (times) => {
      let sum = 0
      for (let i = 0; i < times; i++) sum += readBody(Message.decodeMessage(bytes))
      return sum
    }
  },

  encodeMap() {
    const map = mapOfTwenty()
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += encode(map).length
      return bytes
    }
  },

  decodeMap() {
    const bytes = encode(mapOfTwenty())
    return (times) => {
      let entries = 0
      for (let i = 0; i < times; i++) entries += (decode(bytes) as Map<string, unknown>).size
      return entries
    }
  },

  encodeLongs() {
    const longs = thousandLongs().map(BigInt)
    return (times) => {
      let bytes = 0
      for (let i = 0; i < times; i++) bytes += encode(new AMQPArray(longs, 'long')).length
      return bytes
    }
  },

  decodeLongs() {
    const bytes = encode(new AMQPArray(thousandLongs(), 'long'))
    return (times) => {
      let count = 0
      for (let i = 0; i < times; i++) count += (decode(bytes) as AMQPArray).value.length
      return count
    }
  },
}

export const codec = codecJob({ ...operations, ...frameOperations })
