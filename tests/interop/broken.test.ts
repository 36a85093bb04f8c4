// Connections, sessions and links that break: every send that is pending learns its fate at once, and no fate is wrong.
import {
  AMQPConnectionError,
  type AMQPError,
  ConnectionClose,
  type DeliveryOutcome,
  LinkDetach,
  Message,
  type MessageSender,
  MessageSendFailed,
  SendClient,
  SessionEnd,
} from '../../lib/index.js'
import { artemis, brokerJ, proton, rabbitmq3, rabbitmq4, urlOf } from './support/peers.js'
import { startProton } from './support/private-proton.js'
import { control } from './support/rabbitmq.js'
import { startRelay } from './support/relay.js'
import { type Stage, stepMs, story, storyWith } from './support/story.js'

/** Numbers of the messages by what became of them. */
interface Fates {
  readonly accepted: Set<number>
  readonly inDoubt: Set<number>
  readonly notSent: Set<number>
}

const count = 5000

/** Sends all at once; `onAccepted` is told how many are accepted so far. Resolves when every send has a fate. */
async function sendAll(sender: MessageSender, onAccepted: (sum: number) => void): Promise<Fates> {
  const fates: Fates = { accepted: new Set(), inDoubt: new Set(), notSent: new Set() }
  const sends = Array.from({ length: count }, async (_, number) => {
    try {
      const message = new Message(Buffer.alloc(200), { applicationProperties: { number } })
      await sender.sendAccepted(message)
      fates.accepted.add(number)
      onAccepted(fates.accepted.size)
    } catch (error) {
      if (!(error instanceof MessageSendFailed)) throw error
      fates[error.inDoubt ? 'inDoubt' : 'notSent'].add(number)
    }
  })
  await Promise.all(sends)
  return fates
}

const describe = ({ accepted, inDoubt, notSent }: Fates): string =>
  `${accepted.size} accepted, ${inDoubt.size} in doubt, ${notSent.size} not sent`

story(
  proton,
  'killed in mid-stream: every send settles at once, as accepted, in doubt or not sent [2.4.7]',
  async (t, stage) => {
    const { url, program } = await startProton(t)
    const connection = await stage.connect({}, url)
    const sender = await connection.createSender('q')
    let killed = 0
    const fates = await sendAll(sender, (sum) => {
      if (sum === 1000) {
        killed = performance.now()
        program.kill()
      }
    })
    t.true(performance.now() - killed < 2000, 'no wait for any time-out')
    t.log(describe(fates))
    t.true(fates.accepted.size >= 1000)
    t.is(fates.accepted.size + fates.inDoubt.size + fates.notSent.size, count)
    t.true(fates.inDoubt.size > 0 && fates.notSent.size > 0, describe(fates))
    const reason = await connection.closed
    t.true(reason instanceof AMQPConnectionError)
    t.like(reason, { phase: 'established', retryable: true })
    t.is(await sender.closed, reason)
    await t.throwsAsync(sender.send('too late'), { is: reason as AMQPError })
  },
)

/** The numbers of all messages in a queue. */
async function numbersIn(stage: Stage, queue: string): Promise<number[]> {
  const connection = await stage.connect()
  const receiver = await connection.createReceiver(queue, { prefetch: 1000 })
  const numbers: number[] = []
  let message = await receiver.receive({ timeoutMs: 1000 })
  while (message !== undefined) {
    numbers.push(Number(message.applicationProperties?.['number']))
    message.accept().catch(() => {})
    message = await receiver.receive({ timeoutMs: 300 })
  }
  return numbers
}

storyWith(
  [rabbitmq4, rabbitmq3, proton, artemis, brokerJ],
  'the line is cut in mid-stream: the broker has all that was accepted, and nothing that was not sent [2.4.7]',
  async (t, stage) => {
    const queue = await stage.queue()
    // Broker-J accepts all of them at once, when it has read them: the line is cut before that.
    const relay = await startRelay(t, stage.peer, 200 * count)
    const url = urlOf(stage.peer).replace(/:\d+$/, `:${relay.port}`)
    const sender = await (await stage.connect({}, url)).createSender(queue)
    const fates = await sendAll(sender, (sum) => {
      if (sum === 1000) relay.cut()
    })
    t.log(describe(fates))
    t.is(fates.accepted.size + fates.inDoubt.size + fates.notSent.size, count)
    const kept = await numbersIn(stage, queue)
    t.is(new Set(kept).size, kept.length, 'nothing is doubled')
    t.deepEqual(
      [...fates.accepted].filter((number) => !kept.includes(number)),
      [],
      'accepted, but not there',
    )
    t.deepEqual(
      kept.filter((number) => fates.notSent.has(number)),
      [],
      'there, but said not to be sent',
    )
    t.deepEqual(
      kept.filter((number) => !fates.accepted.has(number) && !fates.inDoubt.has(number)),
      [],
    )
  },
)

interface Breach {
  readonly title: string
  readonly address: string
  readonly type: new (message: string, details: never) => AMQPError
  readonly condition?: string
  /** What of it survives. */
  readonly survivor: 'session' | 'connection' | 'nothing'
}

const breaches: readonly Breach[] = [
  {
    title: 'detaches the link in answer to a message: only that link is lost, its session goes on [2.6.4]',
    address: 'detach/now',
    type: LinkDetach,
    condition: 'amqp:resource-deleted',
    survivor: 'session',
  },
  {
    title: 'ends the session in answer to a message: links elsewhere go on [2.5.5]',
    address: 'end/now',
    type: SessionEnd,
    condition: 'amqp:internal-error',
    survivor: 'connection',
  },
  {
    title: 'closes the connection in answer to a message: trying again may help [2.4.3]',
    address: 'close/now',
    type: ConnectionClose,
    condition: 'amqp:connection:forced',
    survivor: 'nothing',
  },
  {
    title: 'drops the connection without a word in answer to a message [2.4.7]',
    address: 'drop/now',
    type: AMQPConnectionError,
    survivor: 'nothing',
  },
]

for (const { title, address, type, condition, survivor } of breaches) {
  story(proton, title, async (t, stage) => {
    const connection = await stage.connect()
    const sender = await connection.createSender(address)
    const queue = await stage.queue()
    const sibling = await connection.createSender(queue)
    const elsewhere = await (await connection.createSession()).createSender(queue)
    const failed = await t.throwsAsync<MessageSendFailed>(sender.send('the last straw'), {
      instanceOf: MessageSendFailed,
    })
    t.true(failed.inDoubt)
    t.is(failed.condition, condition)
    const reason = await sender.closed
    t.true(reason instanceof type, `${reason}`)
    t.is(failed.cause, reason)
    const send = (one: MessageSender): Promise<DeliveryOutcome> => one.send('x', { timeoutMs: stepMs })
    if (survivor === 'session') t.is((await send(sibling)).kind, 'accepted')
    else t.is(await sibling.closed, reason)
    if (survivor === 'nothing') t.is(await elsewhere.closed, reason)
    else t.is((await send(elsewhere)).kind, 'accepted')
  })
}

story(
  proton,
  'after it dropped the connection, the next message of a client connects anew',
  async (t, stage) => {
    const queue = await stage.queue()
    const relay = await startRelay(t, stage.peer)
    const client = new SendClient(`amqp://127.0.0.1:${relay.port}/${queue}`)
    t.teardown(() => client.close({ timeoutMs: 500 }))
    await client.sendMessage('first')
    const first = client.connection
    relay.cut()
    t.true((await first?.closed) instanceof AMQPConnectionError)
    await client.sendMessage('second')
    t.not(client.connection, first)
  },
)

story(
  rabbitmq4,
  'an operator closes all connections: the reason arrives, a close that comes twice does no harm [2.4.3]',
  async (t, stage) => {
    const { queue, connection, sender } = await stage.sending()
    await sender.sendAccepted('before')
    const closing = control(stage.peer, 'close_all_connections', 'maintenance')
    const reason = await connection.closed
    await closing
    t.true(reason instanceof ConnectionClose)
    t.true(reason?.retryable)
    t.regex(reason?.message ?? '', /maintenance/)
    await t.throwsAsync(sender.send('after'), { is: reason as AMQPError })
    const another = await (await stage.connect()).createSender(queue)
    t.is((await another.send('again', { timeoutMs: stepMs })).kind, 'accepted')
  },
)
