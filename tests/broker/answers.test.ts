// What a node tells a client that does not listen, or that takes small frames only.

import test from 'ava'
import { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import type { DeliveryState } from '../../lib/types/messaging.js'
import { brokerInMemory, EngineClient, type EngineSender } from './engine-client.js'

const MEGABYTE = 1_048_576

async function ask(requests: EngineSender, clock: { run(): Promise<void> }): Promise<string | undefined> {
  const request = new Message('?', { properties: { replyTo: 'answers' } })
  const sent = requests.send(request.encodeMessage())
  await clock.run()
  return conditionOf(sent.outcome) ?? sent.outcome?.kind
}

function conditionOf(outcome: DeliveryState | undefined): string | undefined {
  return outcome?.kind === 'rejected' ? outcome.error?.condition : undefined
}

test('a request is not carried out while so much waits of the answers before it, and is once that is taken', async (t) => {
  const { broker, clock } = await brokerInMemory()
  let carriedOut = 0
  broker.addNode('node', () => {
    carriedOut++
    return new Message('a'.repeat(MEGABYTE))
  })
  const client = new EngineClient(broker, clock)
  const answers = client.receiver({ address: 'node', target: { kind: 'target', address: 'answers' } })
  const requests = client.sender({ address: 'node' })
  for (let i = 0; i < 16; i++) t.is(await ask(requests, clock), 'accepted')
  t.is(await ask(requests, clock), 'amqp:resource-limit-exceeded')
  t.is(carriedOut, 16)
  answers.link.setCredit(100)
  await clock.run()
  t.is(answers.deliveries.length, 16)
  t.is(await ask(requests, clock), 'accepted')
  t.is(carriedOut, 17)
})

test('a reason that the client’s frames have no room for is left out, and the request is rejected all the same [2.4.1]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  broker.addNode('node', () => {
    throw new AMQPError('a'.repeat(100_000), { condition: 'amqp:not-allowed' })
  })
  const client = new EngineClient(broker, clock)
  const sent = client.sender({ address: 'node' }).send(new Message('?').encodeMessage())
  await clock.run()
  t.is(sent.outcome?.kind, 'rejected')
  t.is(conditionOf(sent.outcome), undefined)
  t.false(client.ended)
})

test('a condition that is no symbol is left out, too [1.6.21]', async (t) => {
  const { broker, clock } = await brokerInMemory()
  broker.addNode('node', () => {
    throw new AMQPError('no', { condition: 'amqp:nö' })
  })
  const client = new EngineClient(broker, clock)
  const sent = client.sender({ address: 'node' }).send(new Message('?').encodeMessage())
  await clock.run()
  t.is(sent.outcome?.kind, 'rejected')
  t.is(conditionOf(sent.outcome), undefined)
})

test('a request is no larger than any other message may be [2.7.3]', async (t) => {
  const { broker, clock } = await brokerInMemory({ maxMessageSize: 100 })
  broker.addNode('node', (request) => request)
  const requests = new EngineClient(broker, clock).sender({ address: 'node' })
  t.is(requests.link.maxMessageSize, 100)
})
