// The client of Azure's own SDK, joined to the embedded broker by the connection string that it takes for an emulator:
// shared-access signatures put by `$cbs`, over TCP.

import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus'
import type { ExecutionContext } from 'ava'
import { type BrokerOptions, EmbeddedBroker, type QueueOptions } from '../../../lib/broker/index.js'
import { SteppedClock } from './stepped-clock.js'

const KEY_NAME = 'Root'
const KEY = 'bm90LXJlYWw='

export interface ServiceBus {
  readonly broker: EmbeddedBroker
  readonly client: ServiceBusClient
  /** Time as the broker sees it. */
  readonly clock: SteppedClock
}

/** A broker with one Service Bus queue, `orders`, and a client of it; both end with the test. */
export async function serviceBus(
  t: ExecutionContext,
  queue: QueueOptions['serviceBus'] = true,
  options: BrokerOptions = {},
): Promise<ServiceBus> {
  const clock = new SteppedClock()
  const broker = await EmbeddedBroker.start({ clock, cbs: { sasKeys: { [KEY_NAME]: KEY } }, ...options })
  t.teardown(() => broker.stop())
  broker.createQueue('orders', { serviceBus: queue })
  const retryOptions = { maxRetries: 0, timeoutInMs: 10_000 }
  const client = new ServiceBusClient(connectionString(broker), { retryOptions })
  t.teardown(() => client.close())
  return { broker, client, clock }
}

function connectionString({ port }: EmbeddedBroker): string {
  const login = `SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${KEY}`
  return `Endpoint=sb://127.0.0.1:${port};${login};UseDevelopmentEmulator=true`
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
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 })
  if (message === undefined) throw new TypeError('no message came')
  return message
}

/** Nothing is there: the drain at the end of the short time would bring it. */
export async function nothingComes(
  t: ExecutionContext,
  receiver: Pick<ServiceBusReceiver, 'receiveMessages'>,
): Promise<void> {
  t.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 }), [])
}
