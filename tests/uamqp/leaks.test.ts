// uAMQP leaked with each receiver that was opened and each message that was encoded. README.md lists all of its defects.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import type { ConnectionOptions } from '../../lib/connection/options.js'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { Message } from '../../lib/message/message.js'

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

/** Bytes alive, large buffers included. */
async function alive(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** More than what tables, caches and compiled code grow by, far less than what one object each time would come to. */
const BOUND_BYTES = 3_000_000

/** Does it `warmUp` times, then `times` more, and answers how much more is alive after that. */
async function growth(warmUp: number, times: number, round: () => void | Promise<void>): Promise<number> {
  for (let i = 0; i < warmUp; i++) await round()
  const before = await alive()
  for (let i = 0; i < times; i++) await round()
  return (await alive()) - before
}

async function joined(t: { teardown(fn: () => Promise<void>): void }) {
  const broker = await EmbeddedBroker.start({ listen: false })
  t.teardown(() => broker.stop())
  const options: ConnectionOptions = { transport: async () => broker.connect() }
  return { broker, options, url: `${broker.url}/orders` }
}

/** Links that are opened at a time. */
const AT_A_TIME = 50

test.serial(
  'azure-sdk #15747, #19777: ten thousand links that are opened and closed leave nothing behind',
  async (t) => {
    const { options, url } = await joined(t)
    const connection = await Connection.connect(url, options)
    const idle = connection.explain()
    const open = (i: number) =>
      i % 2 === 0 ? connection.createSender('orders') : connection.createReceiver('orders', { prefetch: 10 })
    const round = async (): Promise<void> => {
      const links = await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => open(i)))
      await Promise.all(links.map((link) => link.close()))
    }
    const grown = await growth(20, 10_000 / AT_A_TIME, round)
    t.true(grown < BOUND_BYTES, `${grown} bytes`)
    t.is(
      connection.explain().split('\n').length,
      idle.split('\n').length + 1,
      'the session, and no link in it',
    )
    await connection.close()
  },
)

test.serial(
  'azure-sdk #15747, #19777: five hundred clients that come, work and go leave nothing behind',
  async (t) => {
    const { broker, options, url } = await joined(t)
    const round = async (): Promise<void> => {
      const sender = new SendClient(url, options)
      await sender.sendMessage('x')
      await sender.close()
      const receiver = new ReceiveClient(url, options)
      await (await receiver.receive())?.accept()
      await receiver.close()
    }
    const grown = await growth(50, 250, round)
    t.true(grown < BOUND_BYTES, `${grown} bytes`)
    t.is(broker.queue('orders').messages.length, 0)
  },
)

test.serial(
  'uAMQP #8, #69: half a million messages that are encoded and decoded leave nothing behind',
  async (t) => {
    let seen = 0
    const round = (): void => {
      for (let i = 0; i < 1_000; i++) {
        const message = new Message('hello world', {
          properties: { messageId: i, subject: `subject ${i}` },
          messageAnnotations: { 'x-opt-partition-key': `key ${i}` },
          applicationProperties: { [`name ${i}`]: i },
        })
        seen += Message.decodeMessage(message.encodeMessage()).text().length
      }
    }
    const grown = await growth(50, 450, round)
    t.is(seen, 500_000 * 'hello world'.length)
    t.true(grown < BOUND_BYTES, `${grown} bytes`)
  },
)

test.serial(
  'uAMQP #8, #69: ten thousand batches that are filled and encoded leave nothing behind',
  async (t) => {
    let bytes = 0
    const round = (): void => {
      const batch = new BatchMessage(['a', 'b', 'c'], { applicationProperties: { of: 'batch' } })
      bytes += batch.encodeMessage().length
    }
    const grown = await growth(1_000, 10_000, round)
    t.true(bytes > 0)
    t.true(grown < BOUND_BYTES, `${grown} bytes`)
  },
)

test.serial(
  'azure-sdk #15747, #19777: a hundred thousand reads that nothing came for leave nothing behind',
  async (t) => {
    const { options, url } = await joined(t)
    const client = new ReceiveClient(url, options)
    const abort = new AbortController()
    await client.open()
    const round = async (): Promise<void> => {
      const reads = Array.from({ length: 1_000 }, () =>
        client.receive({ timeoutMs: 0, signal: abort.signal }),
      )
      await Promise.all(reads)
    }
    const grown = await growth(10, 90, round)
    t.true(grown < BOUND_BYTES, `${grown} bytes`)
    await client.close()
  },
)
