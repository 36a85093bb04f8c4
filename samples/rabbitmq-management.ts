// RabbitMQ 4 manages its queues by requests over a pair of links to `/management`: a quorum queue from declaring it to
// deleting it. Wants a RabbitMQ 4 of yours: AMQP1_URL=amqp://user:password@host npm start -- rabbitmq-management

import { Connection, Message, RequestReply } from 'amqp1'

/** HTTP in AMQP: method, path and body go, a status and a body come back. */
async function ask(links: RequestReply, method: string, path: string, body: object | null = null) {
  const request = new Message(body, { bodyType: 1, properties: { subject: method, to: path } })
  const answer = await links.request(request, { timeoutMs: 10_000 })
  const said = answer.value
  console.log(`${method} ${path}: status ${answer.properties?.subject}`)
  return said instanceof Map ? Object.fromEntries(said as Map<string, unknown>) : {}
}

async function main(url: string): Promise<void> {
  await using connection = await Connection.connect(url)
  const { product, version } = connection.remoteProperties ?? {}
  console.log(`connected to ${product} ${version}`)

  await using management = new RequestReply(connection, '/management', { paired: true })
  const queue = `/queues/${encodeURIComponent(`amqp1 sample ${process.pid}`)}` // every part is percent-encoded
  const made = await ask(management, 'PUT', queue, { arguments: { 'x-queue-type': 'quorum' } })
  console.log(`it is a ${made['type']} queue, durable is ${made['durable']}`)
  try {
    const sender = await connection.createSender(queue)
    const { kind } = await sender.send('one pizza', { timeoutMs: 10_000 })
    console.log(`sent: ${kind} by a majority of the queue's members`)

    const receiver = await connection.createReceiver(queue, { prefetch: 1 })
    const message = await receiver.receive({ timeoutMs: 10_000 })
    console.log(`received: ${message?.text()}`)
    await message?.accept()
    await receiver.close()

    const { consumer_count, message_count } = await ask(management, 'GET', queue)
    console.log(`messages left: ${message_count}, consumers: ${consumer_count}`)
  } finally {
    await ask(management, 'DELETE', queue)
  }
}

const given = process.env['AMQP1_URL']
if (given === undefined) {
  console.log('This sample wants a RabbitMQ 4, and nothing is done without one. Say where yours is:')
  console.log('AMQP1_URL=amqp://user:password@host npm start -- rabbitmq-management')
} else {
  await main(given)
}
