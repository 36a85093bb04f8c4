// What becomes of a message: the four outcomes told by us as the receiver, and those told to us as the sender.
import {
  AMQPError,
  type Message,
  type MessageReceiver,
  MessageSendFailed,
  ReceiveClient,
} from '../../lib/index.js'
import { artemis, brokerJ, peersWith, proton, rabbitmq3, rabbitmq4, urlOf } from './support/peers.js'
import type { QueueArguments } from './support/rabbitmq.js'
import { next, queueName, type Stage, stepMs, story, storyWith } from './support/story.js'

const quietMs = 200
const quorum: QueueArguments = { 'x-queue-type': 'quorum' }

/** One queue, its sender and its receiver, and one message that waits to be settled. */
interface Scene {
  readonly receiver: MessageReceiver
  readonly message: Message
  next(): Promise<Message>
  /** Nothing more comes from the queue. */
  isEmpty(): Promise<boolean>
}

async function scene(stage: Stage, queue: string): Promise<Scene> {
  const connection = await stage.connect()
  const sender = await connection.createSender(queue)
  await sender.sendAccepted('the message', { timeoutMs: stepMs })
  const receiver = await connection.createReceiver(queue)
  const message = await next(receiver)
  return {
    receiver,
    message,
    next: () => next(receiver),
    isEmpty: async () => (await receiver.receive({ timeoutMs: quietMs })) === undefined,
  }
}

/** A queue whose rejected messages go to a second one, of which a receiver is answered. */
async function withDeadLetters(
  stage: Stage,
  options: QueueArguments = {},
): Promise<{ queue: string; dead: MessageReceiver }> {
  const graveyard = await stage.queueNamed(queueName())
  const queue = await stage.queue({
    ...options,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': graveyard,
  })
  const connection = await stage.connect()
  return { queue, dead: await connection.createReceiver(stage.peer.address(graveyard)) }
}

storyWith(peersWith('locks'), 'an accepted message is gone [3.4.2]', async (t, stage) => {
  const queue = await stage.queue()
  const { message, isEmpty, receiver } = await scene(stage, queue)
  await message.accept()
  t.true(await isEmpty())
  await receiver.close()
  const connection = await stage.connect()
  t.is(await (await connection.createReceiver(queue)).receive({ timeoutMs: quietMs }), undefined)
})

storyWith(peersWith('locks'), 'a released message comes again, unchanged [3.4.4]', async (t, stage) => {
  const { message, next } = await scene(stage, await stage.queue())
  await message.release()
  const again = await next()
  t.is(again.text(), 'the message')
  t.is(again.deliveryCount, 0)
  await again.accept()
})

story(
  rabbitmq4,
  'a message modified as failed comes again from a quorum queue, counted and with the annotations [3.4.5]',
  async (t, stage) => {
    const { message, next } = await scene(stage, await stage.queue(quorum))
    t.is(message.deliveryCount, 0)
    t.true(message.header?.firstAcquirer)
    await message.modify({ deliveryFailed: true, messageAnnotations: { 'x-opt-why': 'too early' } })
    const again = await next()
    t.is(again.deliveryCount, 1)
    t.not(again.header?.firstAcquirer, true)
    t.is(again.messageAnnotations?.['x-opt-why'], 'too early')
    await again.release()
    const third = await next()
    t.is(third.deliveryCount, 1, 'releasing is no failure')
    await third.accept()
  },
)

story(
  artemis,
  'a message modified as failed comes again, counted, without our annotations; a release is no failure [3.4.5]',
  async (t, stage) => {
    const { message, next } = await scene(stage, await stage.queue())
    t.is(message.deliveryCount, 0)
    await message.modify({ deliveryFailed: true, messageAnnotations: { 'x-opt-why': 'too early' } })
    const again = await next()
    t.is(again.deliveryCount, 1)
    t.is(again.messageAnnotations?.['x-opt-why'], undefined)
    await again.release()
    const third = await next()
    t.is(third.deliveryCount, 1)
    await third.accept()
  },
)

story(
  proton,
  'a modified message comes again; this broker neither counts nor annotates [3.4.5]',
  async (t, stage) => {
    const { message, next } = await scene(stage, await stage.queue())
    await message.modify({ deliveryFailed: true, messageAnnotations: { 'x-opt-why': 'too early' } })
    const again = await next()
    t.is(again.text(), 'the message')
    t.is(again.deliveryCount, 0)
    t.is(again.messageAnnotations?.['x-opt-why'], undefined)
    await again.accept()
  },
  { lacks: 'delivery counts' },
)

storyWith(
  [rabbitmq3, brokerJ],
  'its attach knows no modified: that is refused here, and a handler that fails releases instead [3.5.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const { message, receiver } = await scene(stage, queue)
    const error = await t.throwsAsync<AMQPError>(message.modify({ deliveryFailed: true }), {
      instanceOf: AMQPError,
    })
    t.is(error.code, 'AMQP_OUTCOME_UNKNOWN')
    t.regex(error.message, /cannot be modified: the broker knows [acdejlprst, ]+ only/)
    t.false(message.settled)
    await message.release()
    await receiver.close()

    const client = new ReceiveClient(urlOf(stage.peer), { address: queue })
    t.teardown(() => client.close({ timeoutMs: 500 }))
    let attempts = 0
    await client.receiveMessages(
      async (again) => {
        if (attempts++ === 0) throw new Error('not this time')
        t.is(again.text(), 'the message')
        await again.accept()
        client.close()
      },
      { onError: () => {} },
    )
    t.is(attempts, 2)
  },
  { lacks: '`modify`' },
)

storyWith(
  peersWith('deadLetters'),
  'a rejected message goes to the dead-letter queue [3.4.3]',
  async (t, stage) => {
    const { queue, dead } = await withDeadLetters(stage)
    const { message, isEmpty } = await scene(stage, queue)
    await message.reject({ condition: 'amqp:decode-error', description: 'unreadable' })
    const buried = await next(dead)
    t.is(buried.text(), 'the message')
    await buried.accept()
    t.true(await isEmpty())
  },
)

story(
  rabbitmq4,
  'a message modified as undeliverable here goes to the dead-letter queue [3.4.5]',
  async (t, stage) => {
    const { queue, dead } = await withDeadLetters(stage, quorum)
    const { message, isEmpty } = await scene(stage, queue)
    await message.modify({ undeliverableHere: true })
    await (await next(dead)).accept()
    t.true(await isEmpty())
  },
)

/** The message of the broker's one dead-letter queue whose text is this; others, of stories before, are removed. */
async function inDeadLetters(stage: Stage, text: string): Promise<Message> {
  const receiver = await (await stage.connect()).createReceiver('DLQ')
  for (;;) {
    const message = await next(receiver)
    await message.accept()
    if (message.text() === text) return message
  }
}

story(
  artemis,
  'what is rejected goes to the dead-letter queue, with the address it came from [3.4.3]',
  async (t, stage) => {
    const queue = await stage.queue()
    const { message, isEmpty } = await scene(stage, queue)
    await message.reject({ condition: 'amqp:decode-error', description: 'unreadable' })
    t.true(await isEmpty())
    const buried = await inDeadLetters(stage, 'the message')
    t.is(buried.messageAnnotations?.['x-opt-ORIG-ADDRESS'], queue)
  },
)

story(
  brokerJ,
  'what is rejected comes again and is counted: its queues set no bound to that by themselves [3.4.3]',
  async (t, stage) => {
    const { message, next } = await scene(stage, await stage.queue())
    await message.reject({ condition: 'amqp:decode-error', description: 'unreadable' })
    const again = await next()
    t.is(again.text(), 'the message')
    t.is(again.deliveryCount, 1)
    await again.accept()
  },
  { lacks: 'dead letters, unless its queues are told to' },
)

story(
  proton,
  'what is rejected, or modified as undeliverable here, is dropped: there is no dead-letter queue [3.4.3, 3.4.5]',
  async (t, stage) => {
    const queue = await stage.queue()
    const first = await scene(stage, queue)
    await first.message.reject()
    t.true(await first.isEmpty())
    await first.receiver.close()
    const second = await scene(stage, queue)
    await second.message.modify({ undeliverableHere: true })
    t.true(await second.isEmpty())
  },
  { lacks: 'dead letters' },
)

story(proton, 'a rejected send says why; sending it again will not help [3.4.3]', async (t, stage) => {
  const connection = await stage.connect()
  const sender = await connection.createSender('reject/it')
  const outcome = await sender.send('x', { timeoutMs: stepMs })
  t.like(outcome, {
    kind: 'rejected',
    error: { condition: 'amqp:not-allowed', description: 'rejected on request' },
  })
  const error = await t.throwsAsync(sender.sendAccepted('x'), { instanceOf: MessageSendFailed })
  t.like(error, { outcome: 'rejected', condition: 'amqp:not-allowed', retryable: false, inDoubt: false })
})

story(proton, 'a released send may be repeated [3.4.4]', async (t, stage) => {
  const connection = await stage.connect()
  const sender = await connection.createSender('release/it')
  t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'released')
  const error = await t.throwsAsync(sender.sendAccepted('x'), { instanceOf: MessageSendFailed })
  t.like(error, { outcome: 'released', retryable: true, inDoubt: false })
})

story(proton, 'a modified send tells all that was modified [3.4.5]', async (t, stage) => {
  const connection = await stage.connect()
  const sender = await connection.createSender('modify/it')
  const outcome = await sender.send('x', { timeoutMs: stepMs })
  t.like(outcome, { kind: 'modified', deliveryFailed: true, undeliverableHere: true })
  t.is(outcome.kind === 'modified' && outcome.messageAnnotations?.['x-opt-why'], 'on request')
  const error = await t.throwsAsync(sender.sendAccepted('x'), { instanceOf: MessageSendFailed })
  t.is(error.outcome, 'modified')
})

story(rabbitmq4, 'a message that no queue is bound for is released [3.4.4]', async (t, stage) => {
  const connection = await stage.connect()
  const sender = await connection.createSender(`/exchanges/amq.direct/${queueName()}`)
  t.is((await sender.send('x', { timeoutMs: stepMs })).kind, 'released')
})

story(
  rabbitmq4,
  'a full queue rejects with amqp:resource-limit-exceeded and says which queue [3.4.3]',
  async (t, stage) => {
    const name = await stage.queueNamed(queueName(), {
      'x-queue-type': 'quorum',
      'x-max-length': 1,
      'x-overflow': 'reject-publish',
    })
    const connection = await stage.connect()
    const sender = await connection.createSender(stage.peer.address(name))
    const outcomes = []
    for (let i = 0; i < 10; i++) outcomes.push(await sender.send(`number ${i}`, { timeoutMs: stepMs }))
    t.is(outcomes[0]?.kind, 'accepted')
    const last = outcomes.at(-1)
    t.like(last, {
      kind: 'rejected',
      error: { condition: 'amqp:resource-limit-exceeded', info: { queue: name } },
    })
  },
)
