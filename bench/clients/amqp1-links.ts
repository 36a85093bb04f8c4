// What links cost amqp1: the time to open them, and the memory of each that idles.

import { Connection, type MessageSender } from 'amqp1'
import { Meter, retainedBytes } from '../support/meter.js'
import type { Numbers, Params } from '../support/serve.js'
import { number, sinkOf, urlOf } from './places.js'

export async function openLinks(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const address = sinkOf(params)
  const connection = await Connection.connect(urlOf(params))
  await connection.createSender(address)
  const before = await retainedBytes()
  const meter = new Meter()
  meter.start()
  const links: Promise<MessageSender>[] = []
  for (let i = 0; i < count; i++) links.push(connection.createSender(address))
  await Promise.all(links)
  const { seconds } = meter.stop()
  links.length = 0
  const bytesEach = ((await retainedBytes()) - before) / count
  await connection.close()
  return { milliseconds: seconds * 1000, bytesEach }
}
