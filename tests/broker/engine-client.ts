// A client made of the engine alone, joined to a broker in memory and moved by a fake clock: for what rhea does not
// show, such as exact bytes, and for what it would not send.

import { type BrokerOptions, EmbeddedBroker } from '../../lib/broker/index.js'
import { type IncomingDelivery, OutgoingDelivery } from '../../lib/engine/delivery.js'
import { Engine, type EngineListener } from '../../lib/engine/engine.js'
import type { LinkOptions } from '../../lib/engine/link.js'
import type { ReceiverLink } from '../../lib/engine/receiver-link.js'
import type { SenderLink } from '../../lib/engine/sender-link.js'
import type { Session } from '../../lib/engine/session.js'
import { AMQPConnectionError, type AMQPError } from '../../lib/errors.js'
import { type MemoryPairOptions, memoryPair } from '../../lib/transport/memory.js'
import type { Transport } from '../../lib/transport/transport.js'
import type { DeliveryState } from '../../lib/types/messaging.js'
import { FakeClock } from '../support/fake-clock.js'

/** A broker without a port, and the clock that moves it. */
export async function brokerInMemory(
  options: BrokerOptions = {},
): Promise<{ broker: EmbeddedBroker; clock: FakeClock }> {
  const clock = new FakeClock()
  return { broker: await EmbeddedBroker.start({ listen: false, clock, ...options }), clock }
}

export interface ClientOptions {
  readonly idleTimeoutMs?: number
  /** SASL mechanism, and its response: at once, or when asked for. */
  readonly mechanism?: string
  readonly response?: Uint8Array
  readonly asked?: boolean
  readonly pair?: MemoryPairOptions
}

/** What became of a delivery. */
export class Sent extends OutgoingDelivery {
  outcome: DeliveryState | undefined = undefined
  done = false
  lost: AMQPError | undefined = undefined

  onSettled(state: DeliveryState | undefined): void {
    this.outcome = state
    this.done = true
  }

  onLost(reason: AMQPError): void {
    this.lost = reason
  }
}

export class EngineClient implements EngineListener {
  readonly engine: Engine
  readonly transport: Transport
  /** The broker's end of the transport. */
  readonly far: Transport
  readonly clock: FakeClock
  ended = false
  endReason: AMQPError | undefined = undefined
  private readonly options: ClientOptions

  constructor(broker: EmbeddedBroker, clock: FakeClock, options: ClientOptions = {}) {
    this.clock = clock
    this.options = options
    const [client, server] = memoryPair({ clock, ...options.pair })
    this.transport = client
    this.far = server
    const mechanisms = options.mechanism === undefined ? [] : [options.mechanism]
    this.engine = new Engine(
      {
        role: 'client',
        mechanisms,
        allowNoSasl: false,
        hostname: 'broker',
        open: {
          containerId: 'engine-client',
          maxFrameSize: 65536,
          channelMax: 10,
          idleTimeoutMs: options.idleTimeoutMs ?? 0,
        },
      },
      this,
    )
    broker.serve(server)
    client.onBytes = (chunk) => this.engine.receive(chunk, clock.now())
    client.onClose = (error) =>
      this.engine.transportClosed(error ?? new AMQPConnectionError('hung up', { phase: 'established' }))
    this.engine.start(clock.now())
    this.settle()
  }

  /** Lets everything happen that can happen without time passing. */
  settle(): void {
    this.clock.runDeferred()
  }

  session(): Session {
    const session = this.engine.connection.createSession({}, { onBegin() {}, onLink() {}, onEnd() {} })
    this.settle()
    return session
  }

  sender(options: Partial<LinkOptions> & { readonly address?: string } = {}): EngineSender {
    return new EngineSender(this, options)
  }

  receiver(options: Partial<LinkOptions> & { readonly address?: string } = {}): EngineReceiver {
    return new EngineReceiver(this, options)
  }

  onOutput(): void {
    this.clock.defer(() => this.flush())
  }

  onOutputFull(): void {
    this.flush()
  }

  private flush(): void {
    const pieces = this.engine.take(this.clock.now())
    if (pieces.length > 0) this.transport.write(pieces)
    this.engine.handedOver()
  }

  onMechanisms(): void {
    const { mechanism = '', response, asked } = this.options
    this.engine.handshake.init(mechanism, asked === true ? undefined : response)
  }

  onChallenge(): void {
    this.engine.handshake.respond(this.options.response ?? new Uint8Array(0))
  }

  onSuccess(): void {}
  onInit(): void {}
  onResponse(): void {}
  onOpen(): void {}
  onSession(): void {}

  onEnd(reason: AMQPError | undefined): void {
    this.flush()
    this.ended = true
    this.endReason = reason
    this.transport.end()
  }
}

let lastLink = 0

/** An end of a link that remembers how it ended. */
class EngineLink {
  readonly client: EngineClient
  readonly session: Session
  ended = false
  endReason: AMQPError | undefined = undefined

  constructor(client: EngineClient) {
    this.client = client
    this.session = client.session()
  }

  onAttach(): void {}

  onEnd(reason: AMQPError | undefined): void {
    this.ended = true
    this.endReason = reason
  }
}

export class EngineSender extends EngineLink {
  readonly link: SenderLink

  constructor(client: EngineClient, options: Partial<LinkOptions> & { readonly address?: string }) {
    super(client)
    const { address = 'orders', ...others } = options
    this.link = this.session.attachSender(
      {
        name: `sender-${++lastLink}`,
        source: { kind: 'source' },
        target: { kind: 'target', address },
        ...others,
      },
      this,
    )
    client.settle()
  }

  onCredit(): void {}

  /** Sends, and lets it be dealt with. */
  send(payload: Uint8Array, format = 0, state?: DeliveryState): Sent {
    const sent = this.begin(payload, format, state)
    this.client.settle()
    return sent
  }

  /** Sends, and lets nothing happen yet. */
  begin(payload: Uint8Array, format = 0, state?: DeliveryState): Sent {
    const sent = new Sent(false, undefined)
    sent.messageFormat = format
    sent.state = state
    this.link.send(sent, { sizeHint: payload.length, encodeTo: (w) => w.raw(payload) })
    return sent
  }
}

export class EngineReceiver extends EngineLink {
  readonly link: ReceiverLink
  readonly deliveries: IncomingDelivery[] = []

  constructor(client: EngineClient, options: Partial<LinkOptions> & { readonly address?: string }) {
    super(client)
    const { address = 'orders', ...others } = options
    this.link = this.session.attachReceiver(
      {
        name: `receiver-${++lastLink}`,
        source: { kind: 'source', address },
        target: { kind: 'target' },
        ...others,
      },
      this,
    )
    client.settle()
  }

  onDelivery(delivery: IncomingDelivery): void {
    this.deliveries.push(delivery)
  }

  onDrained(): void {}

  /** Grants this much credit and gives what came for it. */
  receive(credit = 1): IncomingDelivery[] {
    const before = this.deliveries.length
    this.link.setCredit(credit)
    this.client.settle()
    return this.deliveries.slice(before)
  }

  settle(delivery: IncomingDelivery, state: DeliveryState): void {
    this.link.dispose(delivery, state, true)
    this.client.settle()
  }
}
