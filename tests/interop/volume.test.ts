// Much at once: one message of many frames, and many messages within a window.
import { randomBytes } from 'node:crypto'
import { AMQPConnectionError, type Connection, Message, MessageContentTooLarge } from '../../lib/index.js'
import { peers, peersWith, proton, protonC, rabbitmq4 } from './support/peers.js'
import { startProton } from './support/private-proton.js'
import { next, type Stage, stepMs, story, storyWith } from './support/story.js'

const megabyte = 1024 * 1024

storyWith(
  peersWith('large'),
  'a message of 10 MB goes out and comes back in many frames, unharmed [2.6.14]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const receiver = await connection.createReceiver(queue)
    const body = randomBytes(10 * megabyte)
    await sender.sendAccepted(new Message(body, { properties: { messageId: 'large' } }), {
      timeoutMs: stepMs,
    })
    const message = await next(receiver)
    t.is(message.properties?.messageId, 'large')
    t.true(Buffer.from(message.data ?? []).equals(body), 'the body is the one that was sent')
    await message.accept()
    await sender.sendAccepted('small again', { timeoutMs: stepMs })
    t.is((await next(receiver)).text(), 'small again')
  },
  { timeoutMs: 30_000 },
)

story(
  protonC,
  'a message of 200 kB comes back in several frames; those over half a megabyte it mixes up itself [2.6.14]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const receiver = await connection.createReceiver(queue, { prefetch: 1 })
    const body = randomBytes(200_000)
    await sender.sendAccepted(new Message(body), { timeoutMs: stepMs })
    t.true(Buffer.from((await next(receiver)).data ?? []).equals(body))
  },
  { lacks: 'messages over half a megabyte' },
)

story(
  rabbitmq4,
  'a message over the max-message-size of the attach is not sent at all, and the link lives on [2.7.3]',
  async (t, stage) => {
    const { sender } = await stage.sending()
    t.is(sender.maxMessageSize, 16 * megabyte)
    const error = await t.throwsAsync(sender.send(Buffer.alloc(16 * megabyte)), {
      instanceOf: MessageContentTooLarge,
    })
    t.is(error.limitInBytes, 16 * megabyte)
    t.is((await sender.send('small')).kind, 'accepted')
  },
)

story(
  proton,
  'frames of 1 kB and one credit at a time: 300 kB go both ways; a session too many is refused here [2.4.1, 2.7.1]',
  async (t, stage) => {
    const { url } = await startProton(t, { MAX_FRAME_SIZE: '1024', CREDIT: '1', CHANNEL_MAX: '1' })
    const connection = await stage.connect({ maxFrameSize: 512 }, url)
    t.is(connection.remoteMaxFrameSize, 1024)
    const sender = await connection.createSender('q')
    const receiver = await connection.createReceiver('q', { prefetch: 2 })
    const bodies = Array.from({ length: 5 }, () => randomBytes(300_000))
    const sent = Promise.all(bodies.map((body) => sender.sendAccepted(new Message(body))))
    for (const body of bodies) {
      const message = await next(receiver)
      t.true(Buffer.from(message.data ?? []).equals(body))
      await message.accept()
    }
    await sent
    await connection.createSession()
    const error = await t.throwsAsync(connection.createSession(), { instanceOf: AMQPConnectionError })
    t.regex(error.message, /channel-max is 1/)
    t.true(connection.isOpen)
  },
)

interface Traffic {
  readonly count: number
  readonly window: number
  readonly prefetch: number
}

/** Sends numbered messages with so many unconfirmed at a time; rejects when one is not accepted. */
async function sendNumbers(connection: Connection, queue: string, { count, window }: Traffic): Promise<void> {
  const sender = await connection.createSender(queue)
  let number = 0
  const worker = async (): Promise<void> => {
    while (number < count) {
      const message = new Message(String(number), { applicationProperties: { number } })
      number++
      await sender.sendAccepted(message)
    }
  }
  await Promise.all(Array.from({ length: window }, worker))
}

/** Receives until there are `count` messages, and answers their numbers in the order of their arrival. */
async function receiveNumbers(connection: Connection, queue: string, traffic: Traffic): Promise<number[]> {
  const receiver = await connection.createReceiver(queue, { prefetch: traffic.prefetch })
  const numbers: number[] = []
  while (numbers.length < traffic.count) {
    const message = await next(receiver)
    numbers.push(Number(message.applicationProperties?.['number']))
    if (!message.settled) message.accept().catch(() => {})
  }
  const more = await receiver.receive({ timeoutMs: 100 })
  if (more !== undefined) numbers.push(Number(more.applicationProperties?.['number']))
  return numbers
}

async function traffic(stage: Stage, figures: Traffic): Promise<number[]> {
  const queue = await stage.queue()
  const [outgoing, incoming] = await Promise.all([stage.connect(), stage.connect()])
  const begin = performance.now()
  const [, numbers] = await Promise.all([
    sendNumbers(outgoing, queue, figures),
    receiveNumbers(incoming, queue, figures),
  ])
  stage.t.log(`${figures.count} messages in ${Math.round(performance.now() - begin)} ms`)
  return numbers
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

for (const peer of peers) {
  const count = peer.features.prefetch === 1 ? 2000 : 10_000
  const credit = peer.features.prefetch === 1 ? 1 : 1000
  story(
    peer,
    `${count} messages with 1000 unconfirmed and a credit of ${credit}: each comes once, in order [2.5.6, 2.6.7]`,
    async (t, stage) => {
      const numbers = await traffic(stage, { count, window: 1000, prefetch: credit })
      t.is(numbers.length, count)
      t.is(new Set(numbers).size, count)
      t.deepEqual(numbers, inOrder(count))
    },
    { timeoutMs: 40_000 },
  )
}
