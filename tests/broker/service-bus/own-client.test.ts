// This library's client at a Service Bus queue: what its user writes to send a batch, accept a session, be told of a
// lock that has ended, and ask the management node.

import test from 'ava'
import { EmbeddedBroker } from '../../../lib/broker/index.js'
import { AMQPLong, Message, ReceiveClient, SendClient, Source } from '../../../lib/index.js'
import { SteppedClock } from './stepped-clock.js'

const SESSION_FILTER = 'com.microsoft:session-filter'

test('a batch, a session and its messages [azure 4, 6]', async (t) => {
  await using broker = await EmbeddedBroker.start({ serviceBus: { requiresSession: true } })
  await using sender = new SendClient(`${broker.url}/orders`)
  const groups = ['one', 'two', 'one']
  await sender.sendBatch(groups.map((groupId, i) => new Message(`${i}`, { properties: { groupId } })))
  const source = new Source(`${broker.url}/orders`)
  source.setFilter('one', SESSION_FILTER, null)
  await using receiver = new ReceiveClient(source)
  const texts: (string | undefined)[] = []
  for (let i = 0; i < 2; i++) texts.push((await receiver.receive())?.text())
  t.deepEqual(texts, ['0', '2'])
})

test('a settlement that comes too late is told, and peeking shows the message [azure 7, management 3]', async (t) => {
  const clock = new SteppedClock()
  await using broker = await EmbeddedBroker.start({ clock, serviceBus: true })
  await using sender = new SendClient(`${broker.url}/orders`)
  await sender.sendMessage('a')
  await using receiver = new ReceiveClient(`${broker.url}/orders`, { confirmSettlement: true })
  const message = await receiver.receive()
  clock.advance(60_000)
  await t.throwsAsync(message?.accept() as Promise<void>, { message: /lock on the message has ended/ })
  const again = await receiver.receive()
  t.is(again?.deliveryCount, 1)
  await again?.modify({ undeliverableHere: true })
  const request = { 'from-sequence-number': new AMQPLong(1), 'message-count': 10 }
  const options = { node: 'orders/$management' }
  const { message: answer } = await sender.mgmtRequest(request, 'com.microsoft:peek-message', options)
  const body = answer.value as ReadonlyMap<unknown, readonly ReadonlyMap<unknown, Uint8Array>[]>
  const bytes = body.get('messages')?.[0]?.get('message') ?? new Uint8Array(0)
  const peeked = Message.decodeMessage(bytes)
  t.is(peeked.text(), 'a')
  t.is(peeked.messageAnnotations?.['x-opt-message-state'], 1)
})
