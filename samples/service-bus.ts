// A session of Azure Service Bus: a claim by SAS, a session filter, a look at what waits, and a dead letter with a reason.

import { Connection, Message, ReceiveClient, SASTokenAuth, SendClient, Source } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

const sasKeys = { Root: 'not a secret' }
await using broker = await EmbeddedBroker.start({ anonymous: false, cbs: { sasKeys } })
broker.createQueue('invoices', { serviceBus: { requiresSession: true } })

// Azure: amqps://NAMESPACE.servicebus.windows.net, and sb://NAMESPACE.servicebus.windows.net/invoices as the uri
const auth = new SASTokenAuth({
  uri: `${broker.url}/invoices`,
  keyName: 'Root',
  sharedAccessKey: sasKeys.Root,
})
await using connection = await Connection.connect(broker.url, { auth })

await using sender = new SendClient('invoices', { connection })
const messages = ['17 euros', 'illegible', '30 euros'].map(
  (text) => new Message(text, { properties: { groupId: 'customer-1' } }), // the group is the session
)
await sender.sendBatch(messages) // the service takes the batch apart

// Peeking locks nothing.
const request = new Message({ 'from-sequence-number': 1n, 'message-count': 10, 'session-id': 'customer-1' })
const answer = await connection.mgmtRequest(request, 'com.microsoft:peek-message', {
  node: 'invoices/$management',
})
const found = (answer.message.value as Map<string, Map<string, Uint8Array>[]>).get('messages') ?? []
for (const entry of found) {
  console.log(`peeked: ${Message.decodeMessage(entry.get('message') ?? new Uint8Array()).text()}`)
}

// One receiver holds the session; null instead of its name asks for the next that is free.
const source = new Source('invoices')
source.setFilter('customer-1', 'com.microsoft:session-filter', null)
await using receiver = new ReceiveClient(source, {
  connection,
  confirmSettlement: true, // what is settled after the lock has ended is told
  onAttach: (link) => console.log(`holds ${Object.values(link.source?.filter ?? {})}`),
})
for (let left = messages.length; left > 0; left--) {
  const message = await receiver.receive({ timeoutMs: 5000 })
  if (message?.text() === 'illegible') {
    const info = { DeadLetterReason: 'illegible', DeadLetterErrorDescription: 'please write clearly' }
    await message.reject({ condition: 'com.microsoft:dead-letter', info })
  } else {
    await message?.accept()
  }
  console.log(`settled: ${message?.text()}`)
}
await receiver.close()
for (const dead of broker.queue('invoices/$DeadLetterQueue').messages) {
  console.log(
    `dead letter: ${dead.text()}, because it was ${dead.applicationProperties?.['DeadLetterReason']}`,
  )
}
