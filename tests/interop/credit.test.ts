// Link credit: drained, asked for one message at a time, and withheld by the broker.
import { AMQPTimeoutError, MessageSendFailed, SessionEnd } from '../../lib/index.js'
import { peers, peersWith, proton, protonC, rabbitmq3 } from './support/peers.js'
import { next, stepMs, story, storyWith } from './support/story.js'

const quietMs = 150

storyWith(
  peersWith('drain'),
  'a drain gives what there is, and takes the rest of the credit back [2.6.7]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    for (const text of ['one', 'two', 'three']) await sender.sendAccepted(text)
    const receiver = await connection.createReceiver(queue, { prefetch: 0 })
    receiver.addCredit(10)
    await receiver.drain({ timeoutMs: stepMs })
    t.is(receiver.credit, 0)
    const received = []
    while (receiver.queued > 0) {
      const message = await receiver.receive()
      received.push(message?.text())
      await message?.accept()
    }
    t.deepEqual(received, ['one', 'two', 'three'])

    await sender.sendAccepted('after the drain')
    receiver.addCredit(1)
    const later = await next(receiver)
    t.is(later.text(), 'after the drain')
    await later.accept()
  },
)

storyWith(
  peersWith('drain'),
  'on demand, a receive that times out leaves no credit behind: nothing comes that nobody asked for [2.6.7]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const receiver = await connection.createReceiver(queue, { prefetch: 0 })
    t.is(await receiver.receive({ timeoutMs: quietMs }), undefined)
    t.is(receiver.credit, 0)
    await sender.sendAccepted('for the next who asks')
    t.is(receiver.queued, 0)
    const other = await connection.createReceiver(queue, { prefetch: 0 })
    const message = await next(other)
    t.is(message.text(), 'for the next who asks')
    await message.accept()
    t.is(receiver.queued, 0)
  },
)

storyWith(peers, 'on demand, messages come one by one as they are asked for [2.6.7]', async (t, stage) => {
  const { queue, connection, sender } = await stage.sending()
  for (const text of ['one', 'two', 'three']) await sender.sendAccepted(text)
  const receiver = await connection.createReceiver(queue, { prefetch: 0 })
  for (const text of ['one', 'two', 'three']) {
    t.is(receiver.queued, 0)
    t.is(receiver.credit, 0)
    const message = await next(receiver)
    t.is(message.text(), text)
    if (message.settled === false) await message.accept()
  }
})

story(
  rabbitmq3,
  'falls over a drain that is asked for: the session ends, its links are told, the connection goes on [2.6.7]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const receiver = await connection.createReceiver(queue, { prefetch: 0 })
    receiver.addCredit(10)
    const error = await t.throwsAsync(receiver.drain({ timeoutMs: stepMs }), { instanceOf: SessionEnd })
    t.is(error.condition, 'amqp:internal-error')
    t.is(await sender.closed, error)
    t.is(await receiver.closed, error)
    t.true(connection.isOpen)
    const another = await connection.createSender(queue)
    t.is((await another.send('in a new session', { timeoutMs: stepMs })).kind, 'accepted')
  },
  { lacks: 'drain, which ends the session' },
)

story(
  rabbitmq3,
  'is never drained of our own accord: on demand, in batches and at the end the session goes on [2.6.7]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    const receiver = await connection.createReceiver(queue, { prefetch: 0 })
    t.is(await receiver.receive({ timeoutMs: quietMs }), undefined)
    await sender.sendAccepted('one of five')
    const batch = await receiver.receiveBatch({ maxBatchSize: 5, timeoutMs: stepMs })
    t.deepEqual(
      batch.map((message) => message.text()),
      ['one of five'],
    )
    await batch[0]?.accept()
    await receiver.close()
    const prefetching = await connection.createReceiver(queue, { prefetch: 50 })
    await prefetching.close()
    t.true(sender.isOpen)
    await sender.sendAccepted('the session goes on', { timeoutMs: stepMs })
    const last = await connection.createReceiver(queue)
    const message = await next(last)
    t.is(message.text(), 'the session goes on')
    await message.accept()
  },
)

story(
  protonC,
  'does not answer a drain: the wait for it ends in time [2.6.7]',
  async (t, stage) => {
    const connection = await stage.connect()
    const receiver = await connection.createReceiver(await stage.queue(), { prefetch: 0 })
    receiver.addCredit(10)
    const error = await t.throwsAsync(receiver.drain({ timeoutMs: quietMs }), {
      instanceOf: AMQPTimeoutError,
    })
    t.regex(error.message, /did not answer a drain within 150 ms/)
  },
  { lacks: 'drain' },
)

story(
  proton,
  'a sender without credit waits alone: others on its session and connection are not delayed [2.6.7]',
  async (t, stage) => {
    const connection = await stage.connect()
    const starved = await connection.createSender('nocredit/here')
    const waiting = Array.from({ length: 100 }, (_, i) => starved.send(`waits ${i}`))
    const queue = await stage.queue()
    const sender = await connection.createSender(queue)
    const elsewhere = await (await connection.createSession()).createSender(queue)
    const sent = Array.from({ length: 250 }, (_, i) => [sender, elsewhere].map((one) => one.send(String(i))))
    const outcomes = await Promise.all(sent.flat())
    t.is(outcomes.filter((outcome) => outcome.kind === 'accepted').length, 500)
    t.is(starved.pending, 100)
    t.is(starved.credit, 0)
    t.regex(starved.explain(), /100 queued, 100 unsettled, waits for link-credit/)
    await t.throwsAsync(starved.ready({ timeoutMs: 50 }), { instanceOf: AMQPTimeoutError })

    const lost = Promise.allSettled(waiting)
    await starved.close({ timeoutMs: 50 })
    for (const result of await lost) {
      const reason: unknown = result.status === 'rejected' ? result.reason : undefined
      if (!(reason instanceof MessageSendFailed)) return t.fail(`${result.status}: ${reason}`)
      t.false(reason.inDoubt)
    }
  },
)
