// Addresses that do not exist, are not allowed, or are made up by the broker.
import { LinkDetach, Message, MessageSendFailed, SessionEnd, Source, Target } from '../../lib/index.js'
import { artemis, brokerJ, peersWith, proton, rabbitmq3, rabbitmq4 } from './support/peers.js'
import { next, queueName, stepMs, story, storyWith } from './support/story.js'

/** Of this name no broker has a node, nor makes one. */
const missingName = (): string => `missing-${queueName()}`

storyWith(
  [rabbitmq4, brokerJ],
  'an unknown queue is LinkDetach amqp:not-found for senders and receivers; the session lives on [2.6.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const missing = stage.peer.address(missingName())
    const known = await connection.createSender(await stage.queue())
    const attaches = [() => connection.createSender(missing), () => connection.createReceiver(missing)]
    for (const attach of attaches) {
      const error = await t.throwsAsync(attach, { instanceOf: LinkDetach })
      t.is(error.condition, 'amqp:not-found')
      t.is(error.context.address, missing)
      t.true(error.message.includes(missing), error.message)
    }
    t.is((await known.send('x', { timeoutMs: stepMs })).kind, 'accepted')
  },
)

story(
  rabbitmq3,
  'an unknown node ends the session with amqp:not-found: its links are told, the next ones get a new session [2.5.5]',
  async (t, stage) => {
    const connection = await stage.connect()
    const missing = stage.peer.address(queueName())
    const queue = await stage.queue()
    const known = await connection.createSender(queue)
    const attaches = [
      () => connection.createSender(`/exchange/${queueName()}/key`),
      () => connection.createReceiver(missing),
    ]
    for (const attach of attaches) {
      const error = await t.throwsAsync<SessionEnd>(attach, { instanceOf: SessionEnd })
      t.is(error.condition, 'amqp:not-found')
    }
    t.true((await known.closed) instanceof SessionEnd)
    const again = await connection.createSender(queue)
    t.is((await again.send('x', { timeoutMs: stepMs })).kind, 'accepted')
  },
  { lacks: 'errors of one link alone: they end its session' },
)

story(
  artemis,
  'knows no unknown queue: whoever asks for one has made it, as a receiver and as a sender [2.6.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const first = missingName()
    const receiver = await connection.createReceiver(first)
    await (await connection.createSender(first)).sendAccepted('made by a receiver', { timeoutMs: stepMs })
    const message = await next(receiver)
    t.is(message.text(), 'made by a receiver')
    await message.accept()

    const second = missingName()
    await (await connection.createSender(second)).sendAccepted('made by a sender', { timeoutMs: stepMs })
    const later = await next(await connection.createReceiver(second))
    t.is(later.text(), 'made by a sender')
    await later.accept()
  },
  { lacks: 'refusing unknown queues, which it makes' },
)

story(rabbitmq4, 'an address it does not understand is refused with the reason [2.6.3]', async (t, stage) => {
  const connection = await stage.connect()
  const error = await t.throwsAsync(connection.createSender('just-a-name'), { instanceOf: LinkDetach })
  t.is(error.condition, 'amqp:invalid-field')
  t.true((error.description ?? '').length > 0)
})

story(
  proton,
  'an attach that is refused says so, with a null terminus before the reason [2.6.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const attaches = [
      () => connection.createSender('refuse/me'),
      () => connection.createReceiver('refuse/me'),
    ]
    for (const attach of attaches) {
      const error = await t.throwsAsync(attach, { instanceOf: LinkDetach })
      t.like(error, { condition: 'amqp:unauthorized-access', description: 'refused on request' })
    }
    t.true(connection.isOpen)
  },
)

storyWith(
  peersWith('dynamic'),
  'a dynamic source gets an address from the broker, which others can send to [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const receiver = await connection.createReceiver(new Source({ dynamic: true }))
    t.truthy(receiver.address)
    const sender = await connection.createSender(receiver.address)
    await sender.sendAccepted('to a node that was made for us')
    const message = await next(receiver)
    t.is(message.text(), 'to a node that was made for us')
    await message.accept()
  },
)

story(
  rabbitmq4,
  'refuses a dynamic source without capabilities: amqp:not-implemented [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const attaching = connection.createReceiver(new Source({ dynamic: true }))
    const error = await t.throwsAsync(attaching, { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:not-implemented')
  },
  { lacks: 'dynamic nodes other than temporary queues' },
)

story(
  rabbitmq4,
  'gives an exclusive queue for a dynamic source that asks for a temporary one [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const receiver = await connection.createReceiver(
      new Source({ dynamic: true, capabilities: ['temporary-queue'] }),
    )
    t.regex(receiver.address, /^\/queues\//)
    const sender = await connection.createSender(receiver.address)
    await sender.sendAccepted('temporary')
    t.is((await next(receiver)).text(), 'temporary')
  },
)

storyWith(
  peersWith('relay'),
  'without a target address each message goes where its `to` says [3.2.4]',
  async (t, stage) => {
    const connection = await stage.connect()
    const sender = await connection.createSender(null)
    for (const queue of [await stage.queue(), await stage.queue()]) {
      await sender.sendAccepted(new Message(queue, { properties: { to: queue } }), { timeoutMs: stepMs })
      const receiver = await connection.createReceiver(queue)
      const message = await next(receiver)
      t.is(message.text(), queue)
      await message.accept()
    }
  },
)

story(
  rabbitmq4,
  'the anonymous terminus rejects what has no `to`, and releases what leads nowhere [3.4]',
  async (t, stage) => {
    const connection = await stage.connect()
    const sender = await connection.createSender(null)
    const lost = await sender.send(new Message('x', { properties: { to: `/queues/${queueName()}` } }))
    t.is(lost.kind, 'released')
    t.like(await sender.send('nowhere'), {
      kind: 'rejected',
      error: { condition: 'amqp:precondition-failed' },
    })
  },
)

story(
  artemis,
  'the anonymous terminus rejects what has no `to`, and makes a queue of whatever it says [3.4]',
  async (t, stage) => {
    const connection = await stage.connect()
    const sender = await connection.createSender(null)
    const lost = await sender.send('nowhere', { timeoutMs: stepMs })
    t.is(lost.kind, 'rejected')
    t.regex((lost.kind === 'rejected' && lost.error?.description) || '', /Missing 'to' field/)
    const to = missingName()
    t.is(
      (await sender.send(new Message('x', { properties: { to } }), { timeoutMs: stepMs })).kind,
      'accepted',
    )
    const message = await next(await connection.createReceiver(to))
    t.is(message.text(), 'x')
    await message.accept()
  },
)

story(
  brokerJ,
  'the anonymous terminus is detached over a message that leads nowhere: amqp:not-found [2.6.4]',
  async (t, stage) => {
    const connection = await stage.connect()
    const lost = [new Message('no to'), new Message('x', { properties: { to: missingName() } })]
    for (const message of lost) {
      const sender = await connection.createSender(null)
      const error = await t.throwsAsync(sender.send(message, { timeoutMs: stepMs }), {
        instanceOf: MessageSendFailed,
      })
      t.is(error.condition, 'amqp:not-found')
      t.regex(error.message, /^The message to the anonymous terminus was lost.*Unknown destination/)
      t.true((await sender.closed) instanceof LinkDetach)
    }
    t.true(connection.isOpen)
  },
)

story(
  artemis,
  'of an address with the capability topic each receiver gets its own copy [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const topic = { address: `topic-${queueName()}`, capabilities: ['topic'] }
    const receivers = [
      await connection.createReceiver(new Source(topic)),
      await connection.createReceiver(new Source(topic)),
    ]
    const sender = await connection.createSender(new Target(topic))
    await sender.sendAccepted('to all', { timeoutMs: stepMs })
    for (const receiver of receivers) {
      const message = await next(receiver)
      t.is(message.text(), 'to all')
      await message.accept()
    }
  },
)

storyWith(peersWith('browses'), 'browsing leaves the messages in the queue [3.5.3]', async (t, stage) => {
  const queue = await stage.queue()
  const connection = await stage.connect()
  const sender = await connection.createSender(new Target(queue))
  for (const text of ['one', 'two']) await sender.sendAccepted(text)
  for (const distributionMode of ['copy', 'move']) {
    const receiver = await connection.createReceiver(new Source({ address: queue, distributionMode }))
    t.is(receiver.source?.distributionMode, distributionMode)
    const texts = []
    for (let i = 0; i < 2; i++) {
      const message = await next(receiver)
      texts.push(message.text())
      await message.accept()
    }
    t.deepEqual(texts, ['one', 'two'])
    await receiver.close()
  }
})
