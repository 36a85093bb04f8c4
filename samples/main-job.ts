// The main job: messages go out, are peek-locked, and each is settled in another way.
// Runs by itself against the embedded broker; `AMQP1_URL` names a queue of another broker to use instead.

import { Message, ReceiveClient, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

const queue = 'orders'

const orders = [
  new Message('one pizza', { applicationProperties: { size: 'large' } }),
  new Message('two coffees, kitchen busy'),
  new Message('three cakes, wrong counter'),
  new Message('an unreadable scribble'),
]

async function send(url: string): Promise<void> {
  await using sender = new SendClient(url)
  for (const order of orders) {
    await sender.sendMessage(order)
    console.log(`sent        "${order.text()}"`)
  }
}

/** Settles an order by what it says. Until then the broker keeps it locked for us. */
async function settle(order: Message): Promise<void> {
  const text = order.text()
  console.log(`peek-locked "${text}" (failed ${order.deliveryCount} times before)`)
  if (text.includes('unreadable')) {
    await order.reject({ condition: 'amqp:decode-error', description: 'nobody can read this' })
    console.log('            rejected: it goes to the dead-letter queue')
  } else if (text.includes('busy') && order.deliveryCount === 0) {
    await order.modify({ deliveryFailed: true })
    console.log('            modified: it comes again, counted as a failed delivery')
  } else if (text.includes('wrong counter') && !released.has(text)) {
    released.add(text)
    await order.release()
    console.log('            released: it comes again as if nothing had happened')
  } else {
    await order.accept()
    console.log('            accepted: it is done')
  }
}
const released = new Set<string>()

async function receive(url: string): Promise<void> {
  await using receiver = new ReceiveClient(url, { prefetch: 1 })
  for (;;) {
    const order = await receiver.receive({ timeoutMs: 500 })
    if (order === undefined) return
    await settle(order)
  }
}

async function main(): Promise<void> {
  const given = process.env['AMQP1_URL']
  await using broker = given === undefined ? await EmbeddedBroker.start() : undefined
  const url = given ?? `${broker?.url}/${queue}`
  console.log(broker === undefined ? 'broker      yours' : `broker      embedded, at ${broker.url}`)
  await send(url)
  await receive(url)
  if (broker === undefined) return
  const dead = broker.queue(`${queue}/$DeadLetterQueue`).messages
  console.log(
    `left        ${broker.queue(queue).messages.length} in "${queue}", ${dead.length} dead-lettered`,
  )
}

await main()
