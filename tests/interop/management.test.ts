// Brokers that are managed by requests and answers over AMQP: RabbitMQ 4 by HTTP in messages, over one pair of links;
// Broker-J by operations that the application properties name.
import { AMQPError, Message, RequestReply, SendClient } from '../../lib/index.js'
import { brokerJ, rabbitmq4, urlOf } from './support/peers.js'
import { next, queueName, type Stage, stepMs, story } from './support/story.js'

async function management(stage: Stage): Promise<RequestReply> {
  const requests = new RequestReply(await stage.connect(), '/management', { paired: true })
  stage.t.teardown(() => requests.close({ timeoutMs: stepMs }))
  return requests
}

async function ask(
  requests: RequestReply,
  subject: string,
  to: string,
  body: object | null = null,
): Promise<{ status: string | undefined; body: Map<string, unknown> | Record<string, unknown> | null }> {
  const request = new Message(body, { bodyType: 1, properties: { subject, to } })
  const answer = await requests.request(request, { timeoutMs: stepMs })
  return { status: answer.properties?.subject, body: answer.value as Map<string, unknown> | null }
}

const field = (body: Map<string, unknown> | Record<string, unknown> | null, name: string): unknown =>
  body instanceof Map ? body.get(name) : body?.[name]

story(
  rabbitmq4,
  'a quorum queue is declared, inspected, used and deleted through /management',
  async (t, stage) => {
    const requests = await management(stage)
    const name = queueName()
    const path = `/queues/${name}`
    const declared = await ask(requests, 'PUT', path, { arguments: { 'x-queue-type': 'quorum' } })
    t.is(declared.status, '201')
    t.is(field(declared.body, 'type'), 'quorum')
    t.is((await ask(requests, 'PUT', path, { arguments: { 'x-queue-type': 'quorum' } })).status, '200')

    const sender = new SendClient(urlOf(rabbitmq4), { address: path })
    t.teardown(() => sender.close({ timeoutMs: stepMs }))
    await sender.sendMessage('through a quorum queue')
    const receiver = await (await stage.connect()).createReceiver(path)
    const message = await next(receiver)
    t.is(message.text(), 'through a quorum queue')
    await message.accept()
    await receiver.close({ timeoutMs: stepMs })

    const inspected = await ask(requests, 'GET', path)
    t.is(inspected.status, '200')
    t.is(field(inspected.body, 'name'), name)
    t.is(field(inspected.body, 'durable'), true)
    t.is((await ask(requests, 'DELETE', path)).status, '200')
    t.is((await ask(requests, 'GET', path)).status, '404')
  },
)

story(rabbitmq4, 'an exchange is declared, bound and deleted; the binding routes', async (t, stage) => {
  const requests = await management(stage)
  const queue = queueName()
  const exchange = queueName()
  t.teardown(async () => {
    for (const path of [`/queues/${queue}`, `/exchanges/${exchange}`]) await ask(requests, 'DELETE', path)
  })
  t.is((await ask(requests, 'PUT', `/queues/${queue}`, {})).status, '201')
  t.is((await ask(requests, 'PUT', `/exchanges/${exchange}`, { type: 'topic' })).status, '204')
  const binding = { source: exchange, destination_queue: queue, binding_key: 'a.*', arguments: {} }
  t.is((await ask(requests, 'POST', '/bindings', binding)).status, '204')
  const connection = await stage.connect()
  const sender = await connection.createSender(`/exchanges/${exchange}/a.b`)
  t.is((await sender.send('routed', { timeoutMs: stepMs })).kind, 'accepted')
  const receiver = await connection.createReceiver(`/queues/${queue}`)
  const message = await next(receiver)
  t.is(message.text(), 'routed')
  await message.accept()
  await sender.send('purged', { timeoutMs: stepMs })
  await receiver.close({ timeoutMs: stepMs })
  const purged = await ask(requests, 'DELETE', `/queues/${queue}/messages`)
  t.is(purged.status, '200')
  t.is(field(purged.body, 'message_count'), 1n)
})

story(rabbitmq4, 'many requests are under way at once, beyond the credit of the broker', async (t, stage) => {
  const requests = await management(stage)
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => ask(requests, 'GET', `/queues/${queueName()}`)),
  )
  t.deepEqual([...new Set(answers.map(({ status }) => status))], ['404'])
  t.is(requests.pending, 0)
})

story(rabbitmq4, 'what is refused is told by its status, and requests go on', async (t, stage) => {
  const requests = await management(stage)
  t.is((await ask(requests, 'PUT', `/queues/${queueName()}`, { unknown: true })).status, '400')
  t.is((await ask(requests, 'PUT', '/queues/amq.reserved', {})).status, '403')
  t.is((await ask(requests, 'GET', `/queues/${queueName()}`)).status, '404')
})

story(rabbitmq4, 'a connection that is closed ends requests, and refuses others', async (t, stage) => {
  const connection = await stage.connect()
  const requests = new RequestReply(connection, '/management', { paired: true })
  await requests.open()
  await connection.close({ timeoutMs: stepMs })
  await t.throwsAsync(ask(requests, 'GET', '/queues/x'), { instanceOf: AMQPError })
})

const queueType = 'org.apache.qpid.StandardQueue'

story(
  brokerJ,
  'a queue is made, read, used and deleted through $management, whose answers tell a UUID by its own type',
  async (t, stage) => {
    const connection = await stage.connect()
    const requests = new RequestReply(connection, '$management')
    t.teardown(() => requests.close({ timeoutMs: stepMs }))
    const name = `made-${queueName()}`
    const operate = async (operation: string, about: Record<string, string>, body: object | null = null) => {
      const applicationProperties = { operation, type: queueType, ...about }
      const answer = await requests.request(new Message(body, { bodyType: 1, applicationProperties }), {
        timeoutMs: stepMs,
      })
      return {
        status: answer.applicationProperties?.['statusCode'],
        body: answer.value as Map<string, unknown>,
      }
    }
    const made = await operate('CREATE', {}, { name })
    t.is(made.status, 201)
    t.is(made.body.get('name'), name)
    const itself = { index: 'object-path', key: name }

    const sender = await connection.createSender(name)
    await sender.sendAccepted('to a queue that was asked for', { timeoutMs: stepMs })
    const read = await operate('READ', itself)
    t.is(read.status, 200)
    t.is(read.body.get('name'), name)
    const receiver = await connection.createReceiver(name)
    const message = await next(receiver)
    t.is(message.text(), 'to a queue that was asked for')
    await message.accept()
    await receiver.close({ timeoutMs: stepMs })

    t.is((await operate('DELETE', itself)).status, 204)
    t.is((await operate('READ', itself)).status, 404)
  },
)
