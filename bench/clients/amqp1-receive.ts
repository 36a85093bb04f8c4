// Receiving with amqp1 as its user would, in each of the ways that it offers.

import { Connection, type Message, ReceiveClient } from 'amqp1'
import { Meter } from '../support/meter.js'
import type { Numbers, Params } from '../support/serve.js'
import { flag, number, perMessage, sourceOf, text, urlOf } from './places.js'

/** What is read of a message. */
export interface Readable {
  readonly properties:
    | { messageId?: unknown; correlationId?: unknown; contentType?: string | undefined }
    | undefined
  readonly applicationProperties: Readonly<Record<string, unknown>> | undefined
  readonly data: Uint8Array | undefined
}

/** Looks at every field that the sample message has. */
export function readAll(message: Readable): number {
  const properties = message.properties
  const application = message.applicationProperties
  return (
    String(properties?.messageId).length +
    String(properties?.correlationId).length +
    (properties?.contentType?.length ?? 0) +
    String(application?.['region']).length +
    Number(application?.['attempt']) +
    (application?.['urgent'] === true ? 1 : 0) +
    readBody(message)
  )
}

export function readBody(message: Readable): number {
  return message.data?.length ?? 0
}

type Read = (message: Readable) => number

/** Reads and accepts one message after the other, until there were `count`. */
type Loop = (client: ReceiveClient, count: number, read: Read) => Promise<number>

const LOOPS: Readonly<Record<string, Loop>> = {
  async iterate(client, count, read) {
    let sum = 0
    let left = count
    for await (const message of client) {
      sum += finish(message, read)
      if (--left === 0) break
    }
    return sum
  },

  async receive(client, count, read) {
    let sum = 0
    for (let left = count; left > 0; left--) sum += finish((await client.receive()) as Message, read)
    return sum
  },

  async batch(client, count, read) {
    let sum = 0
    for (let left = count; left > 0; ) {
      const messages = await client.receiveMessageBatch({ maxBatchSize: 100 })
      for (const message of messages) sum += finish(message, read)
      left -= messages.length
    }
    return sum
  },

  async handler(client, count, read) {
    let sum = 0
    let left = count
    const stop = new AbortController()
    const handle = (message: Message): void => {
      sum += read(message)
      if (--left === 0) stop.abort()
    }
    await client.receiveMessages(handle, { signal: stop.signal }).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
    })
    return sum
  },
}

function finish(message: Message, read: Read): number {
  const bytes = read(message)
  if (!message.settled) message.accept().catch(rethrow)
  return bytes
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

export async function receive(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const connection = await Connection.connect(urlOf(params))
  const client = new ReceiveClient(sourceOf(params), { connection, prefetch: number(params, 'credit', 1000) })
  const loop = LOOPS[text(params, 'way') || 'iterate'] as Loop
  const meter = new Meter()
  meter.start()
  const sum = await loop(client, count, flag(params, 'bodyOnly') ? readBody : readAll)
  await new Promise((resolve) => setImmediate(resolve))
  const cost = meter.stop()
  if (sum < count * size) throw new Error(`${sum} bytes were read of ${count * size}`)
  await connection.close()
  return perMessage(count, size, cost)
}
