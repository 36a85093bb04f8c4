// Sending with amqp1 as its user would: a SendClient, a new Message each time, a promise for each.

import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, Message, SendClient, SenderSettleMode } from 'amqp1'
import { Meter, retainedBytes } from '../support/meter.js'
import { APPLICATION_PROPERTIES, bodyOf, messageId, PROPERTIES } from '../support/sample.js'
import type { Numbers, Params } from '../support/serve.js'
import { quantile } from '../support/stats.js'
import { flag, number, perMessage, sinkOf, urlOf } from './places.js'

const { correlationId, contentType } = PROPERTIES

function newMessage(i: number, body: Uint8Array): Message {
  return new Message(body, {
    properties: { messageId: messageId(i), correlationId, contentType },
    applicationProperties: APPLICATION_PROPERTIES,
  })
}

async function openClient(connection: Connection, params: Params): Promise<SendClient> {
  const client = new SendClient(sinkOf(params), {
    connection,
    sendSettleMode: flag(params, 'settled') ? SenderSettleMode.Settled : SenderSettleMode.Unsettled,
  })
  await client.open()
  return client
}

/** Messages still to be sent by all links of a run, and the promise of its end. */
class Run {
  private readonly body: Uint8Array
  private readonly count: number
  private sent = 0
  private done = 0
  private finish: () => void = () => {}
  private fail: (error: unknown) => void = () => {}

  constructor(count: number, size: number) {
    this.count = count
    this.body = bodyOf(size)
  }

  /** Keeps `window` messages of each client in flight until all are settled. */
  send(clients: readonly SendClient[], window: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
      for (const client of clients) new Feeder(this, client, window).fill()
    })
  }

  next(): Message | undefined {
    return this.sent === this.count ? undefined : newMessage(this.sent++, this.body)
  }

  readonly onDone = (): void => {
    if (++this.done === this.count) this.finish()
  }

  readonly onFail = (error: unknown): void => this.fail(error)
}

class Feeder {
  private readonly run: Run
  private readonly client: SendClient
  private room: number

  constructor(run: Run, client: SendClient, window: number) {
    this.run = run
    this.client = client
    this.room = window
  }

  fill(): void {
    while (this.room > 0) {
      const message = this.run.next()
      if (message === undefined) return
      this.room--
      this.client.sendMessage(message).then(this.onSettled, this.run.onFail)
    }
  }

  private readonly onSettled = (): void => {
    this.room++
    this.run.onDone()
    this.fill()
  }
}

/** Sends `count` messages over `links` links, `window` of them in flight on each. */
export async function send(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const connection = await Connection.connect(urlOf(params))
  const clients = await Promise.all(
    Array.from({ length: number(params, 'links', 1) }, () => openClient(connection, params)),
  )
  await sleep(20)
  const run = new Run(count, size)
  const meter = new Meter()
  meter.start()
  await run.send(clients, number(params, 'window', 1000))
  if (flag(params, 'settled')) await connection.close()
  const cost = meter.stop()
  await connection.close()
  return perMessage(count, size, cost)
}

/** Sends at a steady rate, and tells how long it took until each message was settled, in microseconds. */
export async function paced(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const perMs = number(params, 'perSecond') / 1000
  const body = bodyOf(number(params, 'size', 1024))
  const connection = await Connection.connect(urlOf(params))
  const client = await openClient(connection, params)
  await sleep(20)
  const micros: number[] = []
  await new Promise<void>((resolve, reject) => {
    const start = performance.now()
    let sent = 0
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor((performance.now() - start) * perMs))
      for (; sent < due; sent++) {
        const startMs = performance.now()
        client.sendMessage(newMessage(sent, body)).then(() => {
          micros.push((performance.now() - startMs) * 1000)
          if (micros.length === count) resolve()
        }, reject)
      }
      if (sent === count) clearInterval(timer)
    }, 1)
  })
  await connection.close()
  micros.sort((a, b) => a - b)
  return { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) }
}

/** Sends each message when the one before it is settled. */
export async function awaited(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const size = number(params, 'size', 1024)
  const body = bodyOf(size)
  const connection = await Connection.connect(urlOf(params))
  const client = await openClient(connection, params)
  await sleep(20)
  const meter = new Meter()
  meter.start()
  for (let i = 0; i < count; i++) await client.sendMessage(newMessage(i, body))
  const cost = meter.stop()
  await connection.close()
  return perMessage(count, size, cost)
}

/** Sends to a peer that never settles, and tells what is kept of each message, and what a send costs in the end. */
export async function held(params: Params): Promise<Numbers> {
  const count = number(params, 'count')
  const body = bodyOf(number(params, 'size', 1024))
  const connection = await Connection.connect(urlOf(params))
  const client = await openClient(connection, params)
  const before = await retainedBytes()
  const batch = count / 10
  const micros: number[] = []
  for (let b = 0; b < 10; b++) {
    const start = process.cpuUsage()
    for (let i = 0; i < batch; i++) {
      client.sendMessage(newMessage(b * batch + i, body)).then(ignore, ignore)
      if (i % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
    }
    const { user, system } = process.cpuUsage(start)
    micros.push((user + system) / batch)
  }
  const bytesEach = ((await retainedBytes()) - before) / count
  void connection.close({ timeoutMs: 1 }).catch(ignore)
  const [, early] = micros
  return { bytesEach, growth: (micros[9] as number) / (early as number), lastMicros: micros[9] as number }
}

function ignore(): void {}
