// Receiving with rhea as its user would: an event for each message, which is accepted when its handler has returned.

import type { Message } from 'rhea'
import { Meter } from '../support/meter.js'
import type { Numbers, Params } from '../support/serve.js'
import { flag, number, perMessage, sourceOf } from './places.js'
import { close, connect } from './rhea-library.js'

/** Looks at every field that the sample message has. */
export function readAll(message: Partial<Message>): number {
  const application = message.application_properties
  return (
    String(message.message_id).length +
    String(message.correlation_id).length +
    (message.content_type?.length ?? 0) +
    String(application?.['region']).length +
    Number(application?.['attempt']) +
    (application?.['urgent'] === true ? 1 : 0) +
    readBody(message)
  )
}

export function readBody(message: Partial<Message>): number {
  return (message.body as { content: Buffer }).content.length
}

export async function receive(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const read = flag(params, 'bodyOnly') ? readBody : readAll
  const connection = await connect(params)
  const meter = new Meter()
  meter.start()
  let sum = 0
  await new Promise<void>((resolve) => {
    let left = count
    connection.on('message', (context) => {
      sum += read(context.message as Message)
      if (--left === 0) resolve()
    })
    connection.open_receiver({
      source: { address: sourceOf(params) },
      credit_window: number(params, 'credit', 1000),
    })
  })
  await new Promise((resolve) => setImmediate(resolve))
  const cost = meter.stop()
  if (sum < count * size) throw new Error(`${sum} bytes were read of ${count * size}`)
  await close(connection)
  return perMessage(count, size, cost)
}
