// Requests and their answers: a node that was made for the answers, an answering side that knows it by reply-to alone.
import { Message, Source } from '../../lib/index.js'
import { peersWith } from './support/peers.js'
import { next, type Stage, stepMs, storyWith } from './support/story.js'

const count = 20

/** Answers so many requests from the queue, the last first, through the anonymous terminus. */
async function answer(stage: Stage, queue: string, requests: number): Promise<void> {
  const connection = await stage.connect()
  const receiver = await connection.createReceiver(queue)
  const sender = await connection.createSender(null)
  const waiting: Message[] = []
  while (waiting.length < requests) waiting.push(await next(receiver))
  for (const request of waiting.reverse()) {
    const { messageId, replyTo } = request.properties ?? {}
    const properties = { to: String(replyTo), correlationId: messageId }
    await sender.sendAccepted(new Message(`answer to ${request.text()}`, { properties }), {
      timeoutMs: stepMs,
    })
    await request.accept()
  }
}

storyWith(
  peersWith('dynamic'),
  'answers find their way to a dynamic node, known by reply-to, and tell by correlation-id what they answer [3.5.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const connection = await stage.connect()
    const replies = await connection.createReceiver(new Source({ dynamic: true }))
    const sender = await connection.createSender(queue)
    const answering = answer(stage, queue, count)
    for (let number = 0; number < count; number++) {
      const properties = { messageId: `id-${number}`, replyTo: replies.address }
      await sender.sendAccepted(new Message(`question ${number}`, { properties }), { timeoutMs: stepMs })
    }
    const answers = new Map<unknown, string>()
    while (answers.size < count) {
      const message = await next(replies)
      answers.set(message.properties?.correlationId, message.text())
      await message.accept()
    }
    await answering
    for (let number = 0; number < count; number++) {
      t.is(answers.get(`id-${number}`), `answer to question ${number}`)
    }
  },
)

storyWith(
  peersWith('dynamic'),
  'each dynamic node has an address and messages of its own [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const first = await connection.createReceiver(new Source({ dynamic: true }))
    const second = await connection.createReceiver(new Source({ dynamic: true }))
    t.not(first.address, second.address)
    const sender = await connection.createSender(second.address)
    await sender.sendAccepted('kept apart', { timeoutMs: stepMs })
    t.is((await next(second)).text(), 'kept apart')
    t.is(first.queued, 0)
  },
)
