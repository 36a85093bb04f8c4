// The client of Azure's own SDK, joined to the embedded broker by the connection string that it takes for an emulator:
// shared-access signatures put by `$cbs`, over TCP.

import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus'
import type { ExecutionContext } from 'ava'
import { type BrokerOptions, EmbeddedBroker, type QueueOptions } from '../../../lib/broker/index.js'

const KEY_NAME = 'Root'
const KEY = 'bm90LXJlYWw='

export interface ServiceBus {
  readonly broker: EmbeddedBroker
  readonly client: ServiceBusClient
}

/** A broker with one Service Bus queue, `orders`, and a client of it; both end with the test. */
export async function serviceBus(
  t: ExecutionContext,
  queue: QueueOptions['serviceBus'] = true,
  options: BrokerOptions = {},
): Promise<ServiceBus> {
  const broker = await EmbeddedBroker.start({ cbs: { sasKeys: { [KEY_NAME]: KEY } }, ...options })
  t.teardown(() => broker.stop())
  broker.createQueue('orders', { serviceBus: queue })
  return { broker, client: connect(t, broker) }
}

export function connectionString({ port }: EmbeddedBroker): string {
  const login = `SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${KEY}`
  return `Endpoint=sb://127.0.0.1:${port};${login};UseDevelopmentEmulator=true`
}

/** A client that waits no longer than it has to. */
export function connect(t: ExecutionContext, broker: EmbeddedBroker): ServiceBusClient {
  const retryOptions = { maxRetries: 0, timeoutInMs: 5_000 }
  const client = new ServiceBusClient(connectionString(broker), { retryOptions })
  t.teardown(() => client.close())
  return client
}

export async function send(client: ServiceBusClient, ...bodies: readonly unknown[]): Promise<void> {
  const sender = client.createSender('orders')
  for (const body of bodies) await sender.sendMessages({ body })
  await sender.close()
}

/** The next message, which there must be. */
export async function receiveOne(
  receiver: Pick<ServiceBusReceiver, 'receiveMessages'>,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 })
  if (message === undefined) throw new TypeError('no message came')
  return message
}

/** Nothing comes in a short time; what does not come cannot be awaited. */
export async function nothingComes(
  t: ExecutionContext,
  receiver: Pick<ServiceBusReceiver, 'receiveMessages'>,
): Promise<void> {
  t.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 }), [])
}
