// A program that speaks AMQP by the platform's own WebSocket, and prints as JSON what became of it. A program of its own,
// as Node 20 has that class by an option of the command line only.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { Connection, ReceiveClient, SendClient, type WebSocketClass } from '../../lib/index.js'

const { WebSocket: implementation } = globalThis as unknown as { WebSocket: WebSocketClass }
const options = { webSocket: { implementation } }

/** Lengths of messages that went to a queue and back. */
async function roundTrip(): Promise<(number | undefined)[]> {
  await using broker = await EmbeddedBroker.start({ webSocket: true })
  await using sender = new SendClient(`${broker.webSocketUrl}/orders`, options)
  await using receiver = new ReceiveClient(`${broker.webSocketUrl}/orders`, options)
  const lengths: (number | undefined)[] = []
  for (const length of [1, 70_000, 3_000_000]) {
    await sender.sendMessage('x'.repeat(length))
    const message = await receiver.receive()
    lengths.push(message?.text().length)
    await message?.accept()
  }
  return lengths
}

/** The error of a connection to a server that does this to it. */
async function failure(act: (socket: WebSocket) => void, path = '/'): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  server.on('connection', act)
  try {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    await Connection.connect(url, options)
    return 'connected'
  } catch (error) {
    const { name, message, cause } = error as Error
    return [`${name}: ${message}`, cause instanceof Error ? cause.message : ''].join(' / ')
  } finally {
    for (const client of server.clients) client.terminate()
    server.close()
  }
}

async function main(): Promise<void> {
  const results = {
    lengths: await roundTrip(),
    text: await failure((socket) => socket.send('AMQP in words')),
    closed: await failure((socket) => socket.close(1008, 'not you')),
    broken: await failure((socket) => socket.terminate()),
  }
  process.stdout.write(JSON.stringify(results))
}

main()
