// Azure's own SDK over WebSocket, with TLS and claims, at the path and by the sub-protocol that it knows: what it takes for
// its service is the embedded broker.

import { ServiceBusClient } from '@azure/service-bus'
import test, { type ExecutionContext } from 'ava'
import { WebSocket } from 'ws'
import type { EmbeddedBroker } from '../../lib/broker/index.js'
import { testCertificates } from '../support/certificates.js'
import { startBroker } from './rhea-client.js'

const KEY = 'bm90LXJlYWw='

async function start(
  t: ExecutionContext,
  key: string,
): Promise<{ broker: EmbeddedBroker; client: ServiceBusClient }> {
  const { ca, serverCert, serverKey } = await testCertificates()
  const broker = await startBroker(t, {
    tls: { cert: serverCert, key: serverKey },
    webSocket: { path: '/$servicebus/websocket' },
    cbs: { sasKeys: { Root: KEY } },
  })
  const { port } = new URL(broker.webSocketUrl)
  const client = new ServiceBusClient(
    `Endpoint=sb://localhost:${port}/;SharedAccessKeyName=Root;SharedAccessKey=${key}`,
    {
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca } },
      retryOptions: { maxRetries: 0 },
    },
  )
  return { broker, client }
}

test("Azure's SDK puts its claim and sends over WebSocket", async (t) => {
  const { broker, client } = await start(t, KEY)
  const sender = client.createSender('orders')
  await sender.sendMessages([{ body: 'one pizza' }, { body: 'two pizzas' }])
  const [batch] = broker.queue('orders').messages
  t.deepEqual(
    batch?.innerMessages()?.map((message) => message.json()),
    ['one pizza', 'two pizzas'],
  )
  await client.close()
})

test("Azure's SDK knows a refused claim for what it is", async (t) => {
  const { broker, client } = await start(t, 'd3Jvbmc=')
  await t.throwsAsync(client.createSender('orders').sendMessages({ body: 'one pizza' }), {
    message: /the signature is wrong/,
    code: 'UnauthorizedAccess',
  })
  t.deepEqual(broker.queueNames, [])
  await client.close()
})
