// Filters of a source: what selects, what is refused, and what a broker leaves out without a word.
import {
  AMQPDescribed,
  type AMQPInput,
  AMQPSymbol,
  AMQPuLong,
  type Connection,
  ConnectionClose,
  LinkDetach,
  Message,
  Source,
  Target,
} from '../../lib/index.js'
import { artemis, brokerJ, peersWith, rabbitmq4 } from './support/peers.js'
import { next, queueName, type Stage, stepMs, story, storyWith } from './support/story.js'

type Filters = Readonly<Record<string, AMQPInput>>

const quietMs = 150
const selectorName = 'apache.org:selector-filter:string'
const selectorCode = 0x468c_0000_0004n

const bySymbol = (symbol: string, value: AMQPInput): AMQPInput =>
  new AMQPDescribed(new AMQPSymbol(symbol), value)
const byCode = (code: bigint, value: AMQPInput): AMQPInput => new AMQPDescribed(new AMQPuLong(code), value)
const selector = (text: string): Filters => ({ [selectorName]: bySymbol(selectorName, text) })

/** Four messages: two blue, two red; of an odd and an even group by turns. */
async function fill(connection: Connection, queue: string): Promise<void> {
  const sender = await connection.createSender(queue)
  for (const number of [1, 2, 3, 4]) {
    const message = new Message(`number ${number}`, {
      properties: {
        messageId: `id-${number}`,
        subject: `subject.${number}`,
        groupId: number % 2 === 0 ? 'even' : 'odd',
      },
      applicationProperties: { number, colour: number > 2 ? 'red' : 'blue' },
    })
    await sender.sendAccepted(message)
  }
}

interface Selected {
  readonly numbers: number[]
  /** Names of the filters that the broker says it has taken. */
  readonly granted: string[]
}

/** Looks into the queue through these filters until it is drained, and leaves the messages there. */
async function select(connection: Connection, address: string, filter: Filters): Promise<Selected> {
  const source = new Source({ address, distributionMode: 'copy', filter })
  const receiver = await connection.createReceiver(source, { prefetch: 0 })
  receiver.addCredit(10)
  await receiver.drain({ timeoutMs: stepMs })
  const numbers: number[] = []
  while (receiver.queued > 0) {
    const message = await next(receiver)
    numbers.push(Number(message.applicationProperties?.['number']))
    await message.accept()
  }
  const granted = Object.keys(receiver.source?.filter ?? {})
  await receiver.close({ timeoutMs: stepMs })
  return { numbers, granted }
}

async function filled(stage: Stage): Promise<{ queue: string; connection: Connection }> {
  const queue = await stage.queue()
  const connection = await stage.connect()
  await fill(connection, queue)
  return { queue, connection }
}

storyWith(
  peersWith('selects'),
  'a selector selects, described by its symbol and by its number, under any name, and is granted [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const symbolic = await select(connection, queue, selector("colour = 'red' AND number < 4"))
    t.deepEqual(symbolic, { numbers: [3], granted: [selectorName] })
    const numeric = await select(connection, queue, { mine: byCode(selectorCode, 'number BETWEEN 2 AND 3') })
    t.deepEqual(numeric, { numbers: [2, 3], granted: ['mine'] })
    const source = new Source({ address: queue, distributionMode: 'copy' })
    source.setFilter('number = 4')
    const receiver = await connection.createReceiver(source)
    t.is((await next(receiver)).text(), 'number 4')
    t.deepEqual(Object.keys(receiver.source?.filter ?? {}), [selectorName])
    t.deepEqual((await select(connection, queue, {})).numbers, [1, 2, 3, 4])
  },
)

storyWith(
  peersWith('selects'),
  'a selector may name the message id as JMS does, not as AMQP does [3.2.4]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const byId = selector("JMSMessageID = 'ID:id-2' OR JMSMessageID = 'id-2'")
    t.deepEqual((await select(connection, queue, byId)).numbers, [2])
    const attaching = select(connection, queue, selector("amqp.subject = 'subject.1'"))
    t.is((await t.throwsAsync(attaching, { instanceOf: LinkDetach })).condition, 'amqp:invalid-field')
  },
)

storyWith(
  peersWith('selects'),
  'a selector that cannot be read is refused as amqp:invalid-field; the session lives on [2.6.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const attaching = select(connection, queue, selector('colour = = ('))
    const error = await t.throwsAsync(attaching, { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:invalid-field')
    t.deepEqual((await select(connection, queue, selector('number = 1'))).numbers, [1])
  },
)

story(
  artemis,
  'grants of several filters those that it knows, and leaves out the others without a word [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const several = {
      ...selector('number > 2'),
      unknown: bySymbol('example:unknown', 'x'),
      'no-description': 'number = 1',
    }
    t.deepEqual(await select(connection, queue, several), { numbers: [3, 4], granted: [selectorName] })
  },
  { lacks: 'filters other than selectors' },
)

story(
  brokerJ,
  'takes a selector and no-local at once, and obeys both; a filter it does not know is amqp:not-implemented [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const both = { ...selector('number > 2'), 'no-local': byCode(0x468c_0000_0003n, []) }
    t.deepEqual((await select(connection, queue, both)).numbers, [], 'they were sent by this connection')
    const { numbers, granted } = await select(await stage.connect(), queue, both)
    t.deepEqual(numbers, [3, 4])
    t.deepEqual(granted.sort(), [selectorName, 'no-local'])
    const unknown = { ...selector('number > 2'), unknown: bySymbol('example:unknown', 'x') }
    const error = await t.throwsAsync(select(connection, queue, unknown), { instanceOf: LinkDetach })
    t.is(error.condition, 'amqp:not-implemented')
    t.regex(error.message, /Unsupported filter type: example:unknown/)
  },
)

story(
  brokerJ,
  'closes the connection over a filter without a description: amqp:decode-error [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const bare = { [selectorName]: 'number = 1' }
    await t.throwsAsync(select(connection, queue, bare), { instanceOf: ConnectionClose })
    const reason = await connection.closed
    t.is(reason?.condition, 'amqp:decode-error')
  },
)

story(
  brokerJ,
  'a subject filter binds to an exchange: of what is sent there, what matches comes [3.5.3]',
  async (t, stage) => {
    const connection = await stage.connect()
    const symbol = 'apache.org:legacy-amqp-topic-binding:string'
    const [one, other] = [queueName(), queueName()]
    const filter = { [symbol]: bySymbol(symbol, `${one}.*`) }
    const receiver = await connection.createReceiver(new Source({ address: 'amq.topic', filter }))
    t.deepEqual(Object.keys(receiver.source?.filter ?? {}), [symbol])
    const sender = await connection.createSender(new Target('amq.topic'))
    for (const subject of [`${other}.a`, `${one}.b`, `${one}.c`])
      await sender.send(new Message(subject, { properties: { subject } }))
    t.is((await next(receiver)).text(), `${one}.b`)
    t.is((await next(receiver)).text(), `${one}.c`)
    t.is(await receiver.receive({ timeoutMs: quietMs }), undefined)
  },
)

const fromStart: Filters = {
  'rabbitmq:stream-offset-spec': bySymbol('rabbitmq:stream-offset-spec', 'first'),
}
const properties = bySymbol('amqp:properties-filter', new Map([[new AMQPSymbol('group-id'), 'odd']]))
const applicationProperties = byCode(0x174n, new Map([['colour', 'red']]))

story(
  rabbitmq4,
  'a stream is read from its start through filters of properties and application properties at once [3.5.3]',
  async (t, stage) => {
    const queue = stage.peer.address(await stage.queueNamed(queueName(), { 'x-queue-type': 'stream' }))
    const connection = await stage.connect()
    await fill(connection, queue)
    const all = await select(connection, queue, fromStart)
    t.deepEqual(all.numbers, [1, 2, 3, 4])
    const some = await select(connection, queue, {
      ...fromStart,
      properties,
      applicationProperties,
    })
    t.deepEqual(some.numbers, [3])
    t.is(some.granted.length, 3)
  },
)

story(
  rabbitmq4,
  'a stream is read through an SQL filter, described by its symbol and by its number [3.5.3]',
  async (t, stage) => {
    const queue = stage.peer.address(await stage.queueNamed(queueName(), { 'x-queue-type': 'stream' }))
    const connection = await stage.connect()
    await fill(connection, queue)
    for (const sql of [
      bySymbol('amqp:sql-filter', "colour = 'red' AND properties.group_id = 'even'"),
      byCode(0x120n, 'number > 3'),
    ]) {
      const filters = { ...fromStart, 'sql-filter': sql }
      t.deepEqual((await select(connection, queue, filters)).numbers, [4])
    }
  },
)

story(
  rabbitmq4,
  'a classic queue grants a filter of properties, and everything comes all the same [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const selected = await select(connection, queue, { properties })
    t.deepEqual(selected, { numbers: [1, 2, 3, 4], granted: ['properties'] })
  },
  { lacks: 'filters of other queues than streams' },
)

story(
  rabbitmq4,
  'a selector is none of its filters: it is not granted, and everything comes [3.5.3]',
  async (t, stage) => {
    const { queue, connection } = await filled(stage)
    const selected = await select(connection, queue, selector('number = 1'))
    t.deepEqual(selected, { numbers: [1, 2, 3, 4], granted: [] })
  },
  { lacks: 'selectors' },
)
