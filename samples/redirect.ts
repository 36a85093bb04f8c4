// A node that has moved: the broker redirects the link, and the client goes where it is told.

import { LinkRedirect, SendClient } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using old = await EmbeddedBroker.start()
await using other = await EmbeddedBroker.start()
const { host, port } = other
old.redirect('orders', { hostname: host, networkHost: host, port, address: 'kitchen/orders' })

// By itself, with the option followRedirects.
await using sender = new SendClient(`${old.url}/orders`, { followRedirects: true })
await sender.sendMessage('one pizza')
console.log(`sent to "${sender.address}", which has ${other.queue('kitchen/orders').depth} message`)

// By hand: without the option the error says where to, and `redirect` goes there, with other credentials if need be.
await using careful = new SendClient(`${old.url}/orders`)
try {
  await careful.open()
} catch (error) {
  if (!(error instanceof LinkRedirect)) throw error
  console.log(`redirected to "${error.address}" at ${error.networkHost}:${error.port}`)
  await careful.redirect(error)
}
await careful.sendMessage('two coffees')
console.log(`sent to "${careful.address}", which has ${other.queue('kitchen/orders').depth} messages`)
