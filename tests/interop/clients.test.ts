// The clients as most people use them: one-shots, batches, a queue of messages, a handler and a loop.
import { Message, MessageState, receiveMessage, receiveMessages, sendMessage } from '../../lib/index.js'
import { peers, peersWith, urlOf } from './support/peers.js'
import { next, stepMs, storyWith } from './support/story.js'

const bodies = Array.from({ length: 20 }, (_, i) => `number ${i}`)

storyWith(
  peers,
  'the path of the URL is the address, percent-decoded: one call sends, one receives',
  async (t, stage) => {
    const queue = await stage.queue()
    const url = `${urlOf(stage.peer)}/${encodeURIComponent(queue)}`
    await sendMessage(url, 'one shot', { timeoutMs: stepMs })
    const message = await receiveMessage(url, { timeoutMs: stepMs })
    t.is(message?.text(), 'one shot')
    t.is(message?.state, MessageState.ReceivedSettled)
  },
)

storyWith(
  peersWith('locks'),
  'one call receives what is there, and nothing from an empty queue',
  async (t, stage) => {
    const address = await stage.queue()
    const sender = stage.sendClient(address)
    for (const body of bodies.slice(0, 3)) await sender.sendMessage(body)
    const url = urlOf(stage.peer)
    const messages = await receiveMessages(url, { address, maxBatchSize: 3, timeoutMs: stepMs })
    while (messages.length < 3) {
      messages.push(...(await receiveMessages(url, { address, maxBatchSize: 3, timeoutMs: stepMs })))
    }
    t.deepEqual(
      messages.map((message) => message.text()),
      bodies.slice(0, 3),
    )
    t.deepEqual(await receiveMessages(url, { address, maxBatchSize: 3, timeoutMs: 150 }), [])
    t.is(await receiveMessage(url, { address, timeoutMs: 150 }), undefined)
  },
)

storyWith(peers, 'what was queued goes out in order, with a state for each message', async (t, stage) => {
  const address = await stage.queue()
  const sender = stage.sendClient(address)
  sender.queueMessage(...bodies)
  t.is(sender.pendingMessages.length, bodies.length)
  const states = await sender.sendAllMessages({ timeoutMs: stepMs })
  t.deepEqual(
    states,
    bodies.map(() => MessageState.SendComplete),
  )
  const receiver = stage.receiveClient(address)
  const texts: string[] = []
  while (texts.length < bodies.length) {
    for (const message of await receiver.receiveMessageBatch({ maxBatchSize: 7, timeoutMs: stepMs })) {
      texts.push(message.text())
      if (!message.settled) await message.accept()
    }
  }
  t.deepEqual(texts, bodies)
})

storyWith(
  peersWith('locks'),
  'a loop that is left gives back what was prefetched: the next reader gets it',
  async (t, stage) => {
    const address = await stage.queue()
    const sender = stage.sendClient(address)
    for (const body of bodies) await sender.sendMessage(body)
    const texts: string[] = []
    for await (const message of stage.receiveClient(address)) {
      texts.push(message.text())
      await message.accept()
      if (texts.length === 5) break
    }
    const rest = stage.receiveClient(address)
    while (texts.length < bodies.length) {
      const message = await next(rest)
      texts.push(message.text())
      await message.accept()
    }
    t.deepEqual(texts.sort(), [...bodies].sort())
  },
)

storyWith(
  peersWith('locks'),
  'a handler with five at a time gets every message, those that failed once again',
  async (t, stage) => {
    const address = await stage.queue()
    const sender = stage.sendClient(address)
    await Promise.all(bodies.map((body) => sender.sendMessage(new Message(body))))
    const receiver = stage.receiveClient(address)
    const done = new Set<string>()
    const failed = new Set<string>()
    let running = 0
    let most = 0
    await receiver.receiveMessages(
      async (message) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        const text = message.text()
        if (!failed.has(text) && text.endsWith('7')) {
          failed.add(text)
          throw new Error('try again')
        }
        done.add(text)
        if (done.size === bodies.length) setImmediate(() => receiver.close())
      },
      { concurrency: 5, onError: () => {} },
    )
    t.is(most, 5)
    t.deepEqual([...failed].sort(), ['number 17', 'number 7'])
    t.is(done.size, bodies.length)
  },
)
