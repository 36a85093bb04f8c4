// Peek-lock: the broker keeps each message locked until we have said what becomes of it.

import { MessageAlreadySettled, ReceiveClient, ReceiverSettleMode, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start()
const url = `${broker.url}/orders`
await using sender = new SendClient(url)
for (const order of ['one pizza', 'a scribble', 'two coffees']) await sender.sendMessage(order)

await using receiver = new ReceiveClient(url, {
  receiveSettleMode: ReceiverSettleMode.PeekLock, // the default
  confirmSettlement: true, // accept() and its kin wait until the broker has settled, too
})
for (let left = 4; left > 0; left--) {
  const message = await receiver.receive({ timeoutMs: 1000 })
  if (message === undefined) break
  const text = message.text()
  console.log(`locked "${text}", failed ${message.deliveryCount} times before`)
  if (text === 'a scribble')
    await message.reject({ condition: 'amqp:decode-error', description: 'illegible' })
  else if (text === 'two coffees' && message.deliveryCount === 0)
    await message.modify({ deliveryFailed: true })
  else await message.accept()
  if (left === 1) {
    const twice = await message.release().catch((error) => error) // settling twice is told, never ignored
    console.log(`release after accept: ${twice instanceof MessageAlreadySettled ? twice.message : 'done'}`)
  }
}
const dead = broker.queue('orders/$DeadLetterQueue').messages
console.log(`dead letters: ${dead.map((message) => message.text())}; left: ${broker.queue('orders').depth}`)
