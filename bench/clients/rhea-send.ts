// Sending with rhea as its user would: while a link is sendable, and with an event for each message that was accepted.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Delivery, Sender } from 'rhea'
import { Meter, retainedBytes } from '../support/meter.js'
import { bodyOf } from '../support/sample.js'
import type { Numbers, Params } from '../support/serve.js'
import { quantile } from '../support/stats.js'
import { flag, number, perMessage, sinkOf } from './places.js'
import { close, connect, newMessage, SESSION_DELIVERIES } from './rhea-library.js'

export function openSender(connection: Connection, params: Params): Promise<Sender> {
  return new Promise((resolve, reject) => {
    const sender = connection.open_sender({
      target: { address: sinkOf(params) },
      snd_settle_mode: flag(params, 'settled') ? 1 : 0,
    })
    sender.once('sender_open', () => resolve(sender))
    sender.once('sender_error', () => reject(sender.error as Error))
  })
}

/** What rhea's declarations leave out. */
interface SenderState {
  readonly credit: number
  /** Goes up when a message is written. */
  readonly delivery_count: number
}

function stateOf(sender: Sender): SenderState {
  return sender as Sender & SenderState
}

/** Closing drops what is not written yet. */
async function allWritten(senders: readonly Sender[], count: number): Promise<void> {
  while (senders.reduce((sum, sender) => sum + stateOf(sender).delivery_count, 0) < count) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function openSenders(connection: Connection, params: Params): Promise<Sender[]> {
  return Promise.all(Array.from({ length: number(params, 'links', 1) }, () => openSender(connection, params)))
}

/** Sends `count` messages over `links` links, as many at a time as they have credit. */
export async function send(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const settled = flag(params, 'settled')
  const body = bodyOf(size)
  const credit = number(params, 'credit', 1000) * number(params, 'links', 1)
  const connection = await connect(params, credit > 1000 ? SESSION_DELIVERIES : undefined)
  const senders = await openSenders(connection, params)
  await sleep(20)
  let sent = 0
  let accepted = 0
  const meter = new Meter()
  meter.start()
  await new Promise<void>((resolve) => {
    const fill = (sender: Sender): void => {
      // The credit goes down when messages are written, not when they are sent.
      for (let room = stateOf(sender).credit; room > 0 && sent < count && sender.sendable(); room--) {
        sender.send(newMessage(sent++, body))
      }
      if (settled && sent === count) resolve()
    }
    connection.on('accepted', () => {
      if (++accepted === count) resolve()
    })
    connection.on('sendable', (context) => fill(context.sender as Sender))
    for (const sender of senders) fill(sender)
  })
  if (settled) {
    await allWritten(senders, count)
    await close(connection)
  }
  const cost = meter.stop()
  if (!settled) await close(connection)
  return perMessage(count, size, cost)
}

/** Sends at a steady rate, and tells how long it took until each message was settled, in microseconds. */
export async function paced(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const perMs = number(params, 'perSecond') / 1000
  const body = bodyOf(number(params, 'size', 1024))
  const connection = await connect(params)
  const sender = await openSender(connection, params)
  await sleep(20)
  const micros: number[] = []
  const started = new WeakMap<Delivery, number>()
  await new Promise<void>((resolve) => {
    connection.on('accepted', (context) => {
      micros.push((performance.now() - (started.get(context.delivery as Delivery) as number)) * 1000)
      if (micros.length === count) resolve()
    })
    const start = performance.now()
    let sent = 0
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor((performance.now() - start) * perMs))
      for (; sent < due; sent++) {
        const startMs = performance.now()
        started.set(sender.send(newMessage(sent, body)), startMs)
      }
      if (sent === count) clearInterval(timer)
    }, 1)
  })
  await close(connection)
  micros.sort((a, b) => a - b)
  return { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) }
}

/** Sends each message when the one before it is settled. */
export async function awaited(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const body = bodyOf(size)
  const connection = await connect(params)
  const sender = await openSender(connection, params)
  await sleep(20)
  const meter = new Meter()
  meter.start()
  await new Promise<void>((resolve) => {
    let sent = 1
    connection.on('accepted', () => {
      if (sent === count) resolve()
      else sender.send(newMessage(sent++, body))
    })
    sender.send(newMessage(0, body))
  })
  const cost = meter.stop()
  await close(connection)
  return perMessage(count, size, cost)
}

/** Sends to a peer that never settles, and tells what is kept of each message, and what a send costs in the end. */
export async function held(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const body = bodyOf(number(params, 'size', 1024))
  const connection = await connect(params, SESSION_DELIVERIES)
  const sender = await openSender(connection, params)
  await sleep(20)
  const before = await retainedBytes()
  const batch = count / 10
  const micros: number[] = []
  for (let b = 0; b < 10; b++) {
    const start = process.cpuUsage()
    for (let i = 0; i < batch; i++) {
      sender.send(newMessage(b * batch + i, body))
      if (i % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
    }
    const { user, system } = process.cpuUsage(start)
    micros.push((user + system) / batch)
  }
  const bytesEach = ((await retainedBytes()) - before) / count
  connection.close()
  const [, early] = micros
  return { bytesEach, growth: (micros[9] as number) / (early as number), lastMicros: micros[9] as number }
}

/** Opens many links at once. */
export async function openLinks(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const connection = await connect(params)
  await openSender(connection, params)
  const before = await retainedBytes()
  const meter = new Meter()
  meter.start()
  await new Promise<void>((resolve) => {
    let open = 0
    connection.on('sender_open', () => {
      if (++open === count) resolve()
    })
    for (let i = 0; i < count; i++) connection.open_sender({ target: { address: sinkOf(params) } })
  })
  const { seconds } = meter.stop()
  const bytesEach = ((await retainedBytes()) - before) / count
  await close(connection)
  return { milliseconds: seconds * 1000, bytesEach }
}
