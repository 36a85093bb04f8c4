// uAMQP for Python, a client of another make: it sends to us and receives from us, through the embedded broker and through Proton.
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { EmbeddedBroker } from '../../../lib/broker/index.js'
import { type Connection, Message, MessageBodyType } from '../../../lib/index.js'
import { artemis, brokerJ, brokersHome, proton, rabbitmq4, tlsFile, tlsUrlOf } from '../support/peers.js'
import { run } from '../support/programs.js'
import { next, type Stage, stepMs, story, storyWith } from '../support/story.js'
import { uamqp } from '../support/tools.js'

const ca = join(brokersHome, 'tls', 'ca.pem')
const count = 30

function peer(what: 'send' | 'receive', port: number, ...rest: readonly string[]): Promise<string> {
  const script = join('tests', 'interop', 'peers', 'uamqp_peer.py')
  return run('/usr/bin/python3', [script, what, String(port), ca, ...rest])
}

/** What uAMQP sent arrives here: three kinds of body by turns, with properties. */
async function receiveFromUamqp(t: ExecutionContext, connection: Connection, queue: string): Promise<void> {
  const receiver = await connection.createReceiver(queue)
  for (let number = 0; number < count; number++) {
    const message = await next(receiver)
    if (number % 3 === 1) {
      t.is(message.bodyType, MessageBodyType.Value)
      const value = message.value as Map<unknown, unknown>
      const entries = [...value].map(([key, item]) => [Buffer.from(key as Uint8Array).toString(), item])
      t.deepEqual(Object.fromEntries(entries), { number, list: [1, null, true] })
    } else {
      t.is(message.text(), number % 3 === 0 ? `data ${number}` : `part ${number}`)
      t.is(message.dataSections?.length, number % 3 === 0 ? 1 : 2)
    }
    t.like(message.properties, { messageId: `id-${number}`, subject: 'from uamqp' })
    t.is(Number(message.applicationProperties?.['number']), number)
    t.is(message.applicationProperties?.['text'], 'grüße')
    await message.accept()
  }
  await receiver.close()
}

async function sendToUamqp(connection: Connection, queue: string): Promise<void> {
  const sender = await connection.createSender(queue)
  for (let number = 0; number < count; number++) {
    const body = number % 2 === 0 ? `text ${number}` : new Map<string, unknown>([['number', number]])
    const properties = { subject: 'from amqp1' }
    await sender.sendAccepted(new Message(body, { properties, applicationProperties: { number } }), {
      timeoutMs: stepMs,
    })
  }
}

function checkReceived(t: ExecutionContext, output: string): void {
  const lines = output.trim().split('\n')
  t.is(lines.length, count)
  for (const [number, line] of lines.entries()) {
    const body = number % 2 === 0 ? [`text ${number}`] : { number }
    t.deepEqual(JSON.parse(line), { body, subject: 'from amqp1', properties: { number } })
  }
}

async function embedded(stage: Stage): Promise<{ broker: EmbeddedBroker; connection: Connection }> {
  const tls = { cert: tlsFile('server.pem'), key: tlsFile('server-key.pem') }
  const broker = await EmbeddedBroker.start({ tls, users: { somebody: 'secret' } })
  stage.t.teardown(() => broker.stop())
  const url = broker.url.replace('//127.0.0.1', '//somebody:secret@localhost')
  return { broker, connection: await stage.connect({ tls: { ca: tlsFile('ca.pem') } }, url) }
}

const account = ['somebody', 'secret'] as const

story(
  proton,
  'uAMQP sends to us and receives from us by the embedded broker, over TLS and with SASL PLAIN',
  async (t, stage) => {
    const { broker, connection } = await embedded(stage)
    t.regex(await peer('send', broker.port, 'to-us', String(count), ...account), /30 messages sent, 0 failed/)
    await receiveFromUamqp(t, connection, 'to-us')
    await sendToUamqp(connection, 'from-us')
    checkReceived(t, await peer('receive', broker.port, 'from-us', String(count), ...account))
    t.is(broker.queue('from-us').messages.length, 0, 'uAMQP accepted them all')
  },
  { timeoutMs: 40_000, needs: uamqp },
)

story(
  proton,
  'uAMQP sends to us and receives from us by the broker, over TLS',
  async (t, stage) => {
    const connection = await stage.connect({ tls: { ca: tlsFile('ca.pem') } }, tlsUrlOf(stage.peer))
    const queue = await stage.queue()
    await peer('send', stage.peer.tlsPort, queue, String(count))
    await receiveFromUamqp(t, connection, queue)
    await sendToUamqp(connection, queue)
    checkReceived(t, await peer('receive', stage.peer.tlsPort, queue, String(count)))
  },
  { timeoutMs: 40_000, needs: uamqp },
)

storyWith(
  [artemis, brokerJ],
  'uAMQP sends to us and receives from us by the broker, over TLS and with SASL PLAIN',
  async (t, stage) => {
    const connection = await stage.connect({ tls: { ca: tlsFile('ca.pem') } }, tlsUrlOf(stage.peer))
    const queue = await stage.queue()
    await peer('send', stage.peer.tlsPort, queue, String(count), 'test', 'test')
    await receiveFromUamqp(t, connection, queue)
    await sendToUamqp(connection, queue)
    checkReceived(t, await peer('receive', stage.peer.tlsPort, queue, String(count), 'test', 'test'))
  },
  { timeoutMs: 40_000, needs: uamqp },
)

story(
  rabbitmq4,
  'uAMQP sends to us by the broker',
  async (t, stage) => {
    const queue = await stage.queue()
    await peer('send', stage.peer.tlsPort, queue, String(count), 'test', 'test')
    await receiveFromUamqp(t, await stage.connect(), queue)
    t.log('uAMQP cannot receive from RabbitMQ 4: it takes an attach without target for a refusal')
  },
  { timeoutMs: 40_000, needs: uamqp, clientLacks: 'receiving from RabbitMQ 4' },
)
