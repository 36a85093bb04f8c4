// What a client of the broker says in a long talk about everything there is, frame by frame: what a fuzzer damages.

import { type BrokerOptions, EmbeddedBroker } from '../../lib/broker/index.js'
import { BATCH_MESSAGE_FORMAT } from '../../lib/constants.js'
import type { LinkOptions } from '../../lib/engine/link.js'
import type { Session } from '../../lib/engine/session.js'
import { BatchMessage } from '../../lib/message/batch-message.js'
import { Message } from '../../lib/message/message.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { AMQPArray, type AMQPInput, AMQPUuid, AMQPuInt } from '../../lib/types/wrappers.js'
import { FakeClock } from '../support/fake-clock.js'
import { EngineClient } from './engine-client.js'

const HUB = 'hub/ConsumerGroups/$Default/Partitions/0'

/** A broker with a queue of each kind, an event hub, and a node that answers late. */
export async function brokerToAttack(
  options: BrokerOptions = {},
): Promise<{ broker: EmbeddedBroker; clock: FakeClock }> {
  const clock = new FakeClock()
  const broker = await EmbeddedBroker.start({ listen: false, clock, ...options })
  broker.createQueue('plain', { maxDeliveryCount: 2 })
  broker.createQueue('locks', { serviceBus: { lockDurationMs: 1_000 }, maxDeliveryCount: 2 })
  broker.createQueue('sessions', { serviceBus: { lockDurationMs: 1_000, requiresSession: true } })
  broker.createEventHub('hub', { partitions: 1, maxEvents: 50 })
  broker.addNode('node', async (request) => request)
  return { broker, clock }
}

/** A client of which every frame is kept. */
class Talker {
  readonly pieces: Uint8Array[] = []
  private readonly client: EngineClient
  private readonly clock: FakeClock

  constructor(broker: EmbeddedBroker, clock: FakeClock) {
    this.clock = clock
    this.client = new EngineClient(broker, clock)
    const { transport } = this.client
    const write = transport.write.bind(transport)
    transport.write = (chunks) => {
      this.pieces.push(...framesOf(Buffer.concat(chunks)))
      return write(chunks)
    }
  }

  /** Sends each, and ends the session. */
  send(address: string | undefined, messages: readonly Message[], format?: number): void {
    const sender = this.client.sender({ target: { kind: 'target', address } })
    for (const message of messages) sender.send(message.encodeMessage(), format)
    this.leave(sender)
  }

  /** Receives as many as there are outcomes, gives each its outcome, and ends the session. */
  receive(address: string, outcomes: readonly DeliveryState[], options: Partial<LinkOptions> = {}): void {
    const receiver = this.client.receiver({ source: { kind: 'source', address }, ...options })
    for (const [index, delivery] of receiver.receive(outcomes.length).entries())
      if (!delivery.settled) receiver.settle(delivery, outcomes[index] as DeliveryState)
    receiver.link.drain()
    this.client.settle()
    receiver.link.detach()
    this.leave(receiver)
  }

  /** Puts a request to a node. */
  async ask(node: string, fields: Record<string, AMQPInput>, body: unknown = null): Promise<void> {
    const answers = this.client.receiver({ address: node, target: { kind: 'target', address: 'answers' } })
    answers.link.setCredit(5)
    const properties = { messageId: 'request', replyTo: 'answers' }
    const requests = this.client.sender({ address: node })
    const request = new Message(body, { properties, applicationProperties: fields })
    requests.send(request.encodeMessage())
    await this.clock.run()
    if (answers.deliveries.length !== 1) throw new Error(`${node} did not answer when it was recorded`)
    this.leave(answers)
    this.leave(requests)
  }

  manage(queue: string, operation: string, body: Record<string, unknown>): Promise<void> {
    return this.ask(`${queue}/$management`, { operation: `com.microsoft:${operation}` }, body)
  }

  private leave({ session }: { readonly session: Session }): void {
    session.end()
    this.client.settle()
  }

  end(): void {
    this.client.engine.connection.close()
    this.client.settle()
    if (!this.client.ended || this.client.endReason !== undefined)
      throw new Error('the talk to be recorded went wrong')
  }
}

function framesOf(bytes: Buffer): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    found.push(Uint8Array.from(bytes.subarray(at, at + size)))
    at += size
  }
  return found
}

function longs(...numbers: readonly bigint[]): AMQPArray {
  return new AMQPArray(numbers, 'long')
}

/** What is said after open, one piece a frame. */
export async function recordedClient(): Promise<readonly Uint8Array[]> {
  const { broker, clock } = await brokerToAttack()
  const talker = new Talker(broker, clock)
  const inOne = { properties: { groupId: 'one', to: 'plain' } }
  const later = new Message('later', {
    messageAnnotations: { 'x-opt-scheduled-enqueue-time': new Date(clock.date() + 5_000) },
  })
  const batch = [new BatchMessage(['c', 'd'])]
  talker.send('plain', [new Message('a'.repeat(70_000)), new Message('b', { header: { ttl: 9 } })])
  talker.send(undefined, [new Message('to', inOne)])
  talker.receive('plain', [{ kind: 'rejected' }, { kind: 'modified', deliveryFailed: true }, RELEASED])
  talker.receive('plain/$DeadLetterQueue', [ACCEPTED])
  talker.send('locks', batch, BATCH_MESSAGE_FORMAT)
  talker.send('locks', [new Message('e'), new Message('f'), later])
  const defer: DeliveryState = { kind: 'modified', undeliverableHere: true }
  talker.receive('locks', [defer, { kind: 'rejected' }, RELEASED, { kind: 'modified' }])
  await talker.manage('locks', 'peek-message', { 'from-sequence-number': 0, 'message-count': 9 })
  await talker.manage('locks', 'schedule-message', { messages: [{ message: later.encodeMessage() }] })
  await talker.manage('locks', 'cancel-scheduled-message', { 'sequence-numbers': longs(5n) })
  const numbers = { 'sequence-numbers': longs(1n), 'receiver-settle-mode': new AMQPuInt(0) }
  await talker.manage('locks', 'receive-by-sequence-number', numbers)
  const tokens = new AMQPArray([new AMQPUuid('00112233-4455-6677-8899-aabbccddeeff')], 'uuid')
  const disposition = { 'lock-tokens': tokens, 'disposition-status': 'completed' }
  await talker.manage('locks', 'update-disposition', disposition)
  talker.send('sessions', [new Message('g', inOne), new Message('h', inOne)])
  const filter = { 'com.microsoft:session-filter': 'one' }
  talker.receive('sessions', [ACCEPTED], { source: { kind: 'source', address: 'sessions', filter } })
  await talker.manage('sessions', 'get-message-sessions', { skip: 0, top: 5 })
  talker.send('hub', batch, BATCH_MESSAGE_FORMAT)
  talker.receive(HUB, [ACCEPTED, ACCEPTED], { properties: { 'com.microsoft:epoch': 1n } })
  await talker.ask('$management', { operation: 'READ', type: 'com.microsoft:eventhub', name: 'hub' })
  await talker.ask('node', {}, 'a')
  talker.receive('temporary', [ACCEPTED], { source: { kind: 'source', dynamic: true } })
  talker.end()
  return talker.pieces
}
