// An event hub in memory, and an engine client of it: for exact bytes, for time, and for what no client would send.

import type {
  BrokerEventHub,
  BrokerOptions,
  EmbeddedBroker,
  EventHubOptions,
} from '../../../lib/broker/index.js'
import type { IncomingDelivery } from '../../../lib/engine/delivery.js'
import type { LinkOptions } from '../../../lib/engine/link.js'
import { BatchMessage } from '../../../lib/message/batch-message.js'
import { Message } from '../../../lib/message/message.js'
import { AMQPDescribed, type AMQPInput, AMQPSymbol } from '../../../lib/types/wrappers.js'
import type { FakeClock } from '../../support/fake-clock.js'
import { brokerInMemory, EngineClient, type EngineReceiver } from '../engine-client.js'

export const SELECTOR = 'apache.org:selector-filter:string'

export interface HubInMemory {
  readonly broker: EmbeddedBroker
  readonly clock: FakeClock
  readonly hub: BrokerEventHub
  readonly client: EngineClient
}

/** A hub `hub` with one partition. */
export async function hubInMemory(
  options: EventHubOptions = {},
  brokerOptions: BrokerOptions = {},
): Promise<HubInMemory> {
  const { broker, clock } = await brokerInMemory(brokerOptions)
  const hub = broker.createEventHub('hub', { partitions: 1, ...options })
  return { broker, clock, hub, client: new EngineClient(broker, clock) }
}

/** A selector as .NET and Java describe it. */
export function selector(text: string): Record<string, AMQPInput> {
  return { [SELECTOR]: new AMQPDescribed(new AMQPSymbol(SELECTOR), text) }
}

export interface ReaderOptions extends Partial<LinkOptions> {
  readonly address?: string
  readonly filter?: Record<string, AMQPInput>
  readonly epoch?: AMQPInput
}

export function reader(client: EngineClient, options: ReaderOptions = {}): EngineReceiver {
  const { address = 'hub/ConsumerGroups/$Default/Partitions/0', filter, epoch, ...others } = options
  return client.receiver({
    source: { kind: 'source', address, filter: filter as never },
    properties: epoch === undefined ? undefined : { 'com.microsoft:epoch': epoch as never },
    ...others,
  })
}

export function event(body: string, annotations: Record<string, AMQPInput> = {}): Uint8Array {
  return new Message(body, { messageAnnotations: annotations }).encodeMessage()
}

export function batch(bodies: readonly string[], annotations: Record<string, AMQPInput> = {}): Uint8Array {
  return new BatchMessage(bodies, { messageAnnotations: annotations }).encodeMessage()
}

/** Sends an event for each of the bodies. */
export function sendEach(client: EngineClient, bodies: readonly string[], address = 'hub'): void {
  const sender = client.sender({ address })
  for (const body of bodies) sender.send(event(body))
}

export function messageOf(delivery: IncomingDelivery): Message {
  return Message.received(delivery.payload, delivery.messageFormat, undefined)
}

/** What comes for so much credit. */
export function texts(receiver: EngineReceiver, credit = 100): string[] {
  return receiver.receive(credit).map((delivery) => messageOf(delivery).text())
}

/** The texts of each partition. */
export function stored(hub: BrokerEventHub): string[][] {
  return hub.partitions.map(({ events }) => events.map((message) => message.text()))
}
