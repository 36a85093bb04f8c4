// Clients and the embedded broker, joined in memory, on one clock that stands still. Everything else is the real thing.

import type { ExecutionContext } from 'ava'
import { EmbeddedBroker } from '../../../lib/broker/index.js'
import type { BrokerOptions } from '../../../lib/broker/options.js'
import { ReceiveClient, type ReceiveClientOptions } from '../../../lib/client/receive-client.js'
import { SendClient, type SendClientOptions } from '../../../lib/client/send-client.js'
import type { Message } from '../../../lib/message/message.js'
import { frameLog } from '../../../lib/trace/frame-log.js'
import type { Transport } from '../../../lib/transport/transport.js'
import { type Watched, watch } from '../../connection/support/watch.js'
import { FakeClock } from '../../support/fake-clock.js'

/** More rounds than any story needs. */
const MOST_ROUNDS = 10_000

export class Stage {
  readonly clock: FakeClock
  readonly broker: EmbeddedBroker
  /** Transports that were asked for. */
  connects = 0
  /** Frames of all clients, as a tracer tells them. */
  readonly frames: string[] = []

  private constructor(clock: FakeClock, broker: EmbeddedBroker) {
    this.clock = clock
    this.broker = broker
  }

  static async open(t: ExecutionContext, options: BrokerOptions = {}): Promise<Stage> {
    const clock = new FakeClock()
    const stage = new Stage(clock, await EmbeddedBroker.start({ listen: false, clock, ...options }))
    t.teardown(() => stage.until(stage.broker.stop()))
    return stage
  }

  url(queue: string): string {
    return `${this.broker.url}/${queue}`
  }

  get base() {
    return {
      clock: this.clock,
      idleTimeoutMs: 0,
      tracer: frameLog((line) => this.frames.push(line)),
      transport: async (): Promise<Transport> => {
        this.connects++
        return this.broker.connect()
      },
    }
  }

  /** Transports that take so long to come. */
  slow(ms: number): () => Promise<Transport> {
    return async () => {
      await new Promise<void>((resolve) => this.clock.setTimer(ms, resolve))
      return this.broker.connect()
    }
  }

  /** Frames of one kind that the clients wrote. */
  written(kind: string): string[] {
    return this.frames.filter((line) => new RegExp(`^-> \\d+ ${kind}\\b`).test(line))
  }

  sender(queue = 'orders', options: SendClientOptions = {}): SendClient {
    return new SendClient(this.url(queue), { ...this.base, ...options })
  }

  receiver(queue = 'orders', options: ReceiveClientOptions = {}): ReceiveClient {
    return new ReceiveClient(this.url(queue), { ...this.base, ...options })
  }

  /** Puts messages into a queue. */
  async fill(...texts: string[]): Promise<void> {
    const sender = this.sender()
    await this.until(Promise.all(texts.map((text) => sender.sendMessage(text))))
    await this.until(sender.close())
    this.frames.length = 0
  }

  /** Texts of the messages that wait in a queue. */
  waiting(queue = 'orders'): string[] {
    return this.broker.queue(queue).messages.map((message) => message.text())
  }

  /** Lets time pass with everything that follows. */
  async run(ms = 0): Promise<void> {
    await this.clock.run(ms)
    for (let round = 0; round < 3; round++) await this.clock.run()
  }

  /** Runs until the promise is settled, without letting time pass. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const watched: Watched<T> = watch(promise)
    for (let round = 0; watched.state === 'pending'; round++) {
      if (round === MOST_ROUNDS) throw new Error('nothing more happens, and the promise is still pending')
      await this.clock.run()
    }
    return promise
  }
}

export function textOf(message: Message | undefined): string | undefined {
  return message?.text()
}
