// AMQP over WebSocket, for networks that let nothing else through.

import { ReceiveClient, SendClient, TransportType } from 'amqp1'
import { EmbeddedBroker } from 'amqp1/broker'

await using broker = await EmbeddedBroker.start({ webSocket: true })
console.log(`the broker listens at ${broker.webSocketUrl}`)

// A URL of its own: the server is asked for this path, which is the address of the node as well.
await using sender = new SendClient(`${broker.webSocketUrl}/orders`)
await sender.sendMessage('one pizza')

// As with Azure: the URL of AMQP, carried by a WebSocket to /$servicebus/websocket of the same host.
const url = new URL('/orders', broker.webSocketUrl.replace('ws:', 'amqp:'))
await using receiver = new ReceiveClient(url, {
  transportType: TransportType.AmqpOverWebsocket,
  // httpProxy: { proxyHostname: 'proxy', proxyPort: 3128 } goes by way of a proxy
})
const message = await receiver.receive({ timeoutMs: 5000 })
console.log(`received by WebSocket: ${message?.text()}`)
await message?.accept()
