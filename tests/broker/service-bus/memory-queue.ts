// A Service Bus queue in memory and on a fake clock, and its management node as a client of the engine alone uses it.

import type { EmbeddedBroker, QueueOptions } from '../../../lib/broker/index.js'
import { Message } from '../../../lib/message/message.js'
import type { AMQPValue } from '../../../lib/types/wrappers.js'
import type { FakeClock } from '../../support/fake-clock.js'
import {
  brokerInMemory,
  type EngineClient,
  type EngineReceiver,
  type EngineSender,
} from '../engine-client.js'

/** A broker with the queue `orders`. */
export async function inMemory(
  options: QueueOptions = {},
): Promise<{ broker: EmbeddedBroker; clock: FakeClock }> {
  const { broker, clock } = await brokerInMemory()
  broker.createQueue('orders', { serviceBus: true, ...options })
  return { broker, clock }
}

export function sendTo(client: EngineClient, address: string, ...bodies: readonly string[]): void {
  const sender = client.sender({ address })
  for (const body of bodies) sender.send(new Message(body).encodeMessage())
}

export interface Reply {
  readonly status: unknown
  readonly condition: unknown
  readonly body: AMQPValue | undefined
  /** A field of the body, which is a map. */
  field(name: string): AMQPValue | undefined
}

/** Both links to a management node. */
export class Manager {
  private readonly client: EngineClient
  private readonly requests: EngineSender
  private readonly answers: EngineReceiver

  constructor(client: EngineClient, queue = 'orders') {
    this.client = client
    const address = `${queue}/$management`
    this.answers = client.receiver({ address, target: { kind: 'target', address: 'answers' } })
    this.requests = client.sender({ address })
    this.answers.link.setCredit(1_000)
    client.settle()
  }

  async ask(operation: unknown, body?: unknown): Promise<Reply> {
    const before = this.answers.deliveries.length
    const request = new Message(body, {
      properties: { messageId: 'request', replyTo: 'answers' },
      applicationProperties: { operation } as never,
    })
    this.requests.send(request.encodeMessage())
    await this.client.clock.run()
    const [delivery] = this.answers.deliveries.slice(before)
    if (delivery === undefined) throw new TypeError('no answer came')
    const answer = Message.decodeMessage(delivery.payload)
    const { statusCode, errorCondition } = answer.applicationProperties ?? {}
    const fields = answer.value instanceof Map ? answer.value : undefined
    return {
      status: statusCode,
      condition: errorCondition === undefined ? undefined : String(errorCondition),
      body: answer.value,
      field: (name) => fields?.get(name),
    }
  }
}
