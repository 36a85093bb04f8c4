// rhea, another client for Node, at the other end of each broker.
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import {
  type ConnectionOptions,
  create_container,
  type Connection as RheaConnection,
  type Message as RheaMessage,
} from 'rhea'
import { AMQPSymbol, AMQPuLong, Message, MessageBodyType } from '../../../lib/index.js'
import { openReceiver, sendAll } from '../../broker/rhea-client.js'
import { type Peer, peers } from '../support/peers.js'
import { next, stepMs, storyWith } from '../support/story.js'

const count = 200

/** Connects rhea with the broker's usual account; it is gone when the test is over. */
async function connectRhea(t: ExecutionContext, peer: Peer): Promise<RheaConnection> {
  const { user, password } = peer.account ?? {}
  const options = {
    host: '127.0.0.1',
    port: peer.port,
    username: user ?? 'anonymous',
    password,
    reconnect: false,
  }
  const connection = create_container().connect(options as ConnectionOptions)
  t.teardown(() => connection.close())
  await once(connection, 'connection_open', { signal: AbortSignal.timeout(stepMs) })
  return connection
}

storyWith(peers, 'rhea sends and we receive', async (t, stage) => {
  const queue = await stage.queue()
  const rhea = await connectRhea(t, stage.peer)
  await sendAll(
    rhea,
    queue,
    Array.from({ length: count }, (_, i) => `number ${i}`),
  )
  const connection = await stage.connect()
  const receiver = await connection.createReceiver(queue, { prefetch: stage.peer.features.prefetch })
  for (let i = 0; i < count; i++) {
    const message = await next(receiver)
    t.is(message.bodyType, MessageBodyType.Value)
    t.is(message.value, `number ${i}`)
    if (message.settled === false) await message.accept()
  }
})

storyWith(peers, 'we send and rhea receives', async (t, stage) => {
  const { queue, sender } = await stage.sending()
  const sends = Array.from({ length: count }, (_, number) => {
    const message = new Message(new Map<string, unknown>([['number', number]]), {
      properties: { messageId: `id-${number}`, subject: 'from amqp1', creationTime: new Date(1.7e12) },
      applicationProperties: { number, large: new AMQPuLong(7n) },
      messageAnnotations: { 'x-opt-mark': new AMQPSymbol('mark') },
    })
    return sender.sendAccepted(message, { timeoutMs: stepMs })
  })
  await Promise.all(sends)
  const rhea = await connectRhea(t, stage.peer)
  const { inbox } = openReceiver(rhea, { source: queue, credit_window: stage.peer.features.prefetch })
  await inbox.until(count)
  for (const [number, { message }] of inbox.contexts.entries()) {
    t.like(message as RheaMessage, {
      body: { number },
      message_id: `id-${number}`,
      subject: 'from amqp1',
      creation_time: new Date(1.7e12),
      application_properties: { number, large: 7 },
    })
    t.is(message?.message_annotations?.['x-opt-mark'], 'mark')
  }
})
