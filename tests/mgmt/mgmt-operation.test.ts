// Management operations [AMQP Management 1.0]: operation and type go out, a status in either spelling comes back.

import test, { type ExecutionContext } from 'ava'
import type { NodeHandler } from '../../lib/broker/index.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { AMQPConnectionError, MgmtError, SessionEnd } from '../../lib/errors.js'
import { Message, type MessageOptions } from '../../lib/message/message.js'
import { MgmtOperation, type MgmtOperationOptions } from '../../lib/mgmt/mgmt-operation.js'
import { AMQPInt, AMQPLong } from '../../lib/types/index.js'
import { Stage } from '../client/support/stage.js'
import { keepTidy } from '../connection/support/tidy.js'

keepTidy(test)

type Properties = NonNullable<MessageOptions['applicationProperties']>

const answering =
  (applicationProperties: Properties): NodeHandler =>
  () =>
    new Message('result', { applicationProperties })

async function open(
  t: ExecutionContext,
  handler: NodeHandler,
  options: MgmtOperationOptions = {},
): Promise<{ stage: Stage; operation: MgmtOperation; connection: Connection }> {
  const stage = await Stage.open(t)
  stage.broker.addNode(options.node ?? '$management', handler)
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  t.teardown(() => stage.until(connection.close()))
  return { stage, connection, operation: new MgmtOperation(connection, { clock: stage.clock, ...options }) }
}

async function failure(
  t: ExecutionContext,
  properties: Properties,
  options?: MgmtOperationOptions,
): Promise<MgmtError> {
  const { stage, operation } = await open(t, answering(properties), options)
  return t.throwsAsync(stage.until(operation.execute('READ', undefined, null)), { instanceOf: MgmtError })
}

test('operation, type and further properties go out beside those of the message, which stays as it is', async (t) => {
  const requests: Message[] = []
  const { stage, operation } = await open(t, (request) => {
    requests.push(request)
    return new Message(null, { applicationProperties: { statusCode: new AMQPInt(200) } })
  })
  const message = new Message('body', { applicationProperties: { name: 'hub' } })
  await stage.until(
    operation.execute('READ', 'com.microsoft:eventhub', message, {
      applicationProperties: { locales: 'en' },
    }),
  )
  t.deepEqual(
    { ...requests[0]?.applicationProperties },
    {
      name: 'hub',
      locales: 'en',
      operation: 'READ',
      type: 'com.microsoft:eventhub',
    },
  )
  t.deepEqual(message.applicationProperties, { name: 'hub' })
  await stage.until(operation.execute('READ', undefined, 'x'))
  t.deepEqual({ ...requests[1]?.applicationProperties }, { operation: 'READ' })
})

for (const [spelling, properties] of [
  ['statusCode', { statusCode: new AMQPInt(201), statusDescription: 'Made' }],
  ['status-code', { 'status-code': new AMQPInt(201), 'status-description': 'Made' }],
  ['a long', { statusCode: new AMQPLong(201n), statusDescription: 'Made' }],
] as const) {
  test(`a good status spelled as ${spelling} is the result`, async (t) => {
    const { stage, operation } = await open(t, answering(properties))
    const result = await stage.until(operation.execute('CREATE', 'queue', { a: 1 }))
    t.is(result.status, 201)
    t.is(result.description, 'Made')
    t.is(result.message.text(), 'result')
  })
}

for (const status of [200, 204, 299]) {
  test(`status ${status} is good`, async (t) => {
    const { stage, operation } = await open(t, answering({ statusCode: new AMQPInt(status) }))
    t.is((await stage.until(operation.execute('READ', undefined, null))).status, status)
  })
}

for (const status of [199, 300, 404, 0, -1]) {
  test(`status ${status} is MgmtError`, async (t) => {
    const error = await failure(t, { statusCode: new AMQPInt(status) })
    t.is(error.statusCode, status)
    t.false(error.retryable)
  })
}

for (const [spelling, properties] of [
  [
    'one',
    { statusCode: new AMQPInt(404), statusDescription: 'no such hub', errorCondition: 'amqp:not-found' },
  ],
  [
    'the other',
    {
      'status-code': new AMQPInt(404),
      'status-description': 'no such hub',
      'error-condition': 'amqp:not-found',
    },
  ],
] as const) {
  test(`a failure in ${spelling} spelling tells status, condition and description`, async (t) => {
    const error = await failure(t, properties)
    t.is(error.statusCode, 404)
    t.is(error.condition, 'amqp:not-found')
    t.is(error.description, 'no such hub')
    t.is(error.message, '"$management" did not do READ: status 404, no such hub')
    t.is(error.context.address, '$management')
  })
}

for (const status of [408, 500, 503]) {
  test(`after status ${status} it makes sense to try again`, async (t) => {
    t.true((await failure(t, { statusCode: new AMQPInt(status) })).retryable)
  })
}

for (const [what, properties] of [
  ['without a status', {}],
  ['with a status that is no number', { statusCode: 'fine' }],
  ['with a status that is empty', { statusCode: '' }],
  ['with a status that is true', { statusCode: true }],
] as const) {
  test(`an answer ${what} is MgmtError without statusCode`, async (t) => {
    const error = await failure(t, properties)
    t.is(error.statusCode, undefined)
    t.regex(error.message, /its answer has no status/)
  })
}

test('own names of the fields are looked at alone', async (t) => {
  const properties = { code: new AMQPInt(200), text: 'good', statusCode: new AMQPInt(500) }
  const { stage, operation } = await open(t, answering(properties), {
    statusCodeField: 'code',
    descriptionField: 'text',
  })
  const result = await stage.until(operation.execute('READ', undefined, null))
  t.deepEqual([result.status, result.description], [200, 'good'])
  const error = await t.throwsAsync<MgmtError>(
    stage.until(operation.execute('READ', undefined, null, { statusCodeField: 'other' })),
    { instanceOf: MgmtError },
  )
  t.is(error.statusCode, undefined)
})

test('what cannot be is refused before anything is attached', async (t) => {
  const { stage, connection, operation } = await open(t, answering({}))
  await t.throwsAsync(operation.execute(1 as unknown as string, undefined, null), { instanceOf: TypeError })
  await t.throwsAsync(operation.execute('READ', 1 as unknown as string, null), { instanceOf: TypeError })
  await t.throwsAsync(operation.execute('READ', undefined, null, { wait: 1 } as object), {
    message: /unknown option "wait"/,
  })
  t.throws(() => new MgmtOperation(connection, { address: 'x' } as object), {
    message: /unknown option "address"/,
  })
  t.is(stage.written('attach').length, 0)
})

test('a client asks management nodes over its connection, with one pair for each node', async (t) => {
  const stage = await Stage.open(t)
  const asked: string[] = []
  for (const node of ['$management', 'hub/$management']) {
    stage.broker.addNode(node, (request, { address }) => {
      asked.push(`${address} ${String(request.applicationProperties?.['operation'])}`)
      return new Message(null, {
        applicationProperties: { state: new AMQPInt(200), statusCode: new AMQPInt(500) },
      })
    })
  }
  const client = stage.sender()
  const options = { statusCodeField: 'state' }
  t.is((await stage.until(client.mgmtRequest(null, 'READ', options))).status, 200)
  const all = ['A', 'B', 'C'].map((operation) =>
    client.mgmtRequest(null, operation, { ...options, node: 'hub/$management', type: 'hub' }),
  )
  await stage.until(Promise.all(all))
  t.deepEqual(asked, ['$management READ', 'hub/$management A', 'hub/$management B', 'hub/$management C'])
  await t.throwsAsync(stage.until(client.mgmtRequest(null, 'READ')), { instanceOf: MgmtError })
  t.is(stage.connects, 1)
  t.is(stage.written('attach').length, 5)
  await stage.until(client.close())
  t.is(stage.clock.pendingTimers, 0)
})

test('clients on one connection share its pairs', async (t) => {
  const { stage, connection } = await open(t, answering({ statusCode: new AMQPInt(200) }))
  const clients = ['a', 'b'].map((queue) => new SendClient(queue, { connection, clock: stage.clock }))
  await stage.until(Promise.all(clients.map((client) => client.mgmtRequest(null, 'READ'))))
  const pairs = stage.written('attach').filter((line) => line.includes('$management'))
  t.is(pairs.length, 2)
  await stage.until(Promise.all(clients.map((client) => client.close())))
})

test('a connection and a session ask nodes, each over pairs of its own', async (t) => {
  const { stage, connection } = await open(t, answering({ statusCode: new AMQPInt(200) }))
  const session = await stage.until(connection.createSession())
  for (const links of [connection, session]) {
    t.is((await stage.until(links.mgmtRequest(null, 'READ'))).status, 200)
    t.is((await stage.until(links.mgmtRequest(null, 'READ', { type: 'hub' }))).status, 200)
  }
  t.is(stage.written('attach').length, 4)
  await t.throwsAsync(session.mgmtRequest(null, 'READ', { nodes: 'x' } as object), {
    message: /unknown option "nodes"/,
  })
  await t.throwsAsync(session.mgmtRequest(null, 7 as never), { instanceOf: TypeError })
  await stage.until(session.close())
  await t.throwsAsync(session.mgmtRequest(null, 'READ'), { instanceOf: SessionEnd })
  await stage.until(connection.close())
  await t.throwsAsync(connection.mgmtRequest(null, 'READ'), { instanceOf: AMQPConnectionError })
  t.is(stage.clock.pendingTimers, 0)
})

test('requests of a connection have a session of their own: what ends it takes no other link along', async (t) => {
  const { stage, connection } = await open(t, answering({ statusCode: new AMQPInt(200) }))
  const sender = await stage.until(connection.createSender('orders'))
  for (let i = 0; i < 2; i++) await stage.until(connection.mgmtRequest(null, 'READ'))
  t.is(stage.written('begin').length, 2)
  const channelOf = (address: string): string | undefined =>
    stage
      .written('attach')
      .find((line) => line.includes(`target(address="${address}"`))
      ?.split(' ')[1]
  t.not(channelOf('$management'), channelOf('orders'))
  await stage.until(sender.send('x'))
  await stage.until(connection.close())
  t.is(stage.clock.pendingTimers, 0)
})

test('the time limit of a client counts for connecting, too', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.addNode('$management', () => new Promise(() => {}))
  const client = stage.sender()
  const asked = client.mgmtRequest(null, 'READ', { timeoutMs: 500 })
  const failed = t.throwsAsync(asked, { name: 'AMQPTimeoutError' })
  await stage.run(500)
  await failed
  await stage.until(client.close())
})
