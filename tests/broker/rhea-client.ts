// rhea's client, an independent implementation, with promises where the tests wait for an event.

import type { EventEmitter } from 'node:events'
import type { ExecutionContext } from 'ava'
import {
  type Connection,
  type ConnectionOptions,
  create_container,
  type EventContext,
  type Receiver,
  type ReceiverOptions,
  type Sender,
  type SenderOptions,
} from 'rhea'
import { type BrokerOptions, EmbeddedBroker } from '../../lib/broker/index.js'

/** A broker that stops with the test. */
export async function startBroker(t: ExecutionContext, options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const broker = await EmbeddedBroker.start(options)
  t.teardown(() => broker.stop())
  return broker
}

/** Opens a connection. Rejects with the context of whatever came instead of the broker's open. */
export function connect(
  broker: EmbeddedBroker,
  options: Partial<ConnectionOptions> = {},
): Promise<Connection> {
  const container = create_container()
  // Without a listener rhea throws what goes wrong into the event loop.
  container.on('error', () => {})
  return new Promise((resolve, reject) => {
    const connection = container.connect({
      host: broker.host,
      port: broker.port,
      reconnect: false,
      ...options,
    } as ConnectionOptions)
    connection.on('connection_open', () => resolve(connection))
    for (const event of [
      'connection_error',
      'connection_close',
      'disconnected',
      'session_error',
      'session_close',
    ]) {
      connection.on(event, (context: EventContext) => reject(context))
    }
  })
}

/** The context of the next event of this name. */
export function next(emitter: unknown, event: string): Promise<EventContext> {
  return new Promise((resolve) => (emitter as EventEmitter).once(event, resolve))
}

export async function openSender(connection: Connection, options: SenderOptions | string): Promise<Sender> {
  const sender = connection.open_sender(options)
  await next(sender, 'sendable')
  return sender
}

/** Deliveries that a receiver gets, to be waited for by number. */
export class Inbox {
  readonly contexts: EventContext[] = []
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = []

  constructor(receiver: Receiver) {
    receiver.on('message', (context: EventContext) => {
      this.contexts.push(context)
      for (const { count, resolve } of this.waiting) if (this.contexts.length >= count) resolve()
    })
  }

  get bodies(): unknown[] {
    return this.contexts.map(({ message }) => message?.body as unknown)
  }

  /** Waits until so many have come in all, and gives the last of them. */
  async until(count: number): Promise<EventContext> {
    if (this.contexts.length < count) {
      await new Promise<void>((resolve) => this.waiting.push({ count, resolve }))
    }
    return this.contexts[count - 1] as EventContext
  }
}

/** A receiver that settles nothing by itself and has no credit but what it is given. */
export const MANUAL = { credit_window: 0, autoaccept: false } as const

export function openReceiver(
  opener: Pick<Connection, 'open_receiver'>,
  options: ReceiverOptions | string,
): { receiver: Receiver; inbox: Inbox } {
  const receiver = opener.open_receiver(options)
  return { receiver, inbox: new Inbox(receiver) }
}

/** Sends messages with these bodies and waits until all are accepted. */
export async function sendAll(
  connection: Connection,
  address: string,
  bodies: readonly unknown[],
): Promise<void> {
  const sender = await openSender(connection, address)
  const accepted = new Promise<void>((resolve, reject) => {
    let left = bodies.length
    sender.on('accepted', () => {
      if (--left === 0) resolve()
    })
    for (const event of ['rejected', 'released', 'modified']) sender.on(event, reject)
  })
  const queue = [...bodies]
  const pump = (): void => {
    while (sender.sendable() && queue.length > 0) sender.send({ body: queue.shift() })
  }
  sender.on('sendable', pump)
  pump()
  await accepted
  sender.close()
  await next(sender, 'sender_close')
}

/** One round trip to the broker: all that was written before has been dealt with there. */
export async function roundTrip(connection: Connection): Promise<void> {
  const session = connection.create_session()
  session.begin()
  await next(session, 'session_open')
  session.close()
  await next(session, 'session_close')
}
