// Azure's own SDK for Event Hubs as a client of the embedded broker, by a connection string as for the emulator: the
// only kind that makes it speak without TLS. Claims are checked.

import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  EventHubProducerClient,
  type EventPosition,
  type PartitionContext,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs'
import type { ExecutionContext } from 'ava'
import type { BrokerPartition, EmbeddedBroker } from '../../../lib/broker/index.js'
import { startBroker } from '../rhea-client.js'

export const HUB = 'telemetry'
const KEY_NAME = 'RootManageSharedAccessKey'
const KEY = 'bm90LXJlYWw='
/** Errors are to show at once, and waits to end soon. */
const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } } as const

/** A broker that wants claims, and clients of it that close with the test. */
export class SdkBench {
  readonly broker: EmbeddedBroker
  private readonly t: ExecutionContext

  private constructor(t: ExecutionContext, broker: EmbeddedBroker) {
    this.t = t
    this.broker = broker
  }

  static async start(t: ExecutionContext): Promise<SdkBench> {
    return new SdkBench(t, await startBroker(t, { cbs: { sasKeys: { [KEY_NAME]: KEY } } }))
  }

  connectionString(key = KEY): string {
    const { host, port } = this.broker
    return `Endpoint=sb://${host}:${port};SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${key};UseDevelopmentEmulator=true`
  }

  producer(hub = HUB, key = KEY): EventHubProducerClient {
    const client = new EventHubProducerClient(this.connectionString(key), hub, QUICK)
    this.t.teardown(() => client.close())
    return client
  }

  consumer(
    group = '$Default',
    options: EventHubConsumerClientOptions = {},
    hub = HUB,
  ): EventHubConsumerClient {
    const client = new EventHubConsumerClient(group, this.connectionString(), hub, { ...QUICK, ...options })
    this.t.teardown(() => client.close())
    return client
  }
}

/** What a subscription to one partition brings. */
export class Subscription {
  readonly events: ReceivedEventData[] = []
  context: PartitionContext | undefined = undefined
  private error: Error | undefined = undefined
  private wake: () => void = () => {}
  private readonly subscription: { close(): Promise<void> }

  constructor(
    client: EventHubConsumerClient,
    partitionId: string,
    startPosition: EventPosition,
    options: SubscribeOptions = {},
  ) {
    const handlers = {
      processEvents: async (events: ReceivedEventData[], context: PartitionContext) => {
        this.context = context
        this.events.push(...events)
        this.wake()
      },
      processError: async (error: Error) => {
        this.error ??= error
        this.wake()
      },
    }
    const defaults = { startPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1 }
    this.subscription = client.subscribe(partitionId, handlers, { ...defaults, ...options })
  }

  get bodies(): unknown[] {
    return this.events.map(({ body }) => body as unknown)
  }

  /** Waits until so many events have come. */
  async reached(count: number): Promise<void> {
    while (this.events.length < count && this.error === undefined) await this.news()
  }

  /** As `reached`, and ends the subscription. Rejects with the error that came instead. */
  async until(count: number): Promise<ReceivedEventData[]> {
    await this.reached(count)
    await this.subscription.close()
    if (this.error !== undefined) throw this.error
    return this.events
  }

  /** Waits for the error that ends it. */
  async failure(): Promise<Error & { code?: string }> {
    while (this.error === undefined) await this.news()
    await this.subscription.close()
    return this.error
  }

  private news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }
}

/** Waits until the broker has so many readers at the partition. */
export async function readersAt(partition: BrokerPartition | undefined, count: number): Promise<void> {
  while (partition?.readers !== count) await new Promise((resolve) => setImmediate(resolve))
}
