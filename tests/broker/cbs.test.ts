// The node `$cbs` with rhea's client at the other end: requests and answers as cloud brokers have them.

import { createHmac } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea'
import { connect, next, startBroker } from './rhea-client.js'

const KEY = 'bm90LXJlYWw='
const RESOURCE = 'sb://ns.servicebus.windows.net/orders'
const IN_2100 = 4_102_444_800

function signature(resource = RESOURCE, key = KEY, expiry = IN_2100): string {
  const sr = encodeURIComponent(resource).replace(/%../g, (escape) => escape.toLowerCase())
  const sig = createHmac('sha256', key).update(`${sr}\n${expiry}`).digest('base64')
  return `SharedAccessSignature se=${expiry}&skn=Root&sr=${sr}&sig=${encodeURIComponent(sig)}`
}

class Claimant {
  private readonly sender: Sender
  private readonly receiver: Receiver
  private nextId = 1

  private constructor(sender: Sender, receiver: Receiver) {
    this.sender = sender
    this.receiver = receiver
  }

  static async open(connection: Connection): Promise<Claimant> {
    const receiver = connection.open_receiver({ source: '$cbs', target: { address: 'cbs-reply' } })
    await next(receiver, 'receiver_open')
    const sender = connection.open_sender({ target: { address: '$cbs' } })
    if (!sender.sendable()) await next(sender, 'sendable')
    return new Claimant(sender, receiver)
  }

  async put(token: string, name = RESOURCE): Promise<Message> {
    this.sender.send({
      message_id: `put-${this.nextId++}`,
      reply_to: 'cbs-reply',
      application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name },
      body: token,
    })
    return ((await next(this.receiver, 'message')) as EventContext & { message: Message }).message
  }
}

async function start(t: ExecutionContext): Promise<Connection> {
  const broker = await startBroker(t, { cbs: { sasKeys: { Root: KEY } } })
  return connect(broker, { username: 'anyone' })
}

test('a token in another spelling than ours is taken: lower case escapes, other order', async (t) => {
  const connection = await start(t)
  const answer = await (await Claimant.open(connection)).put(signature())
  t.is(answer.correlation_id, 'put-1')
  t.is(answer.application_properties?.['status-code'], 202)
  t.is(answer.application_properties?.['status-description'], 'Accepted')
  const sender = connection.open_sender('orders')
  await next(sender, 'sendable')
  sender.send({ body: 'a' })
  await next(sender, 'accepted')
})

test('without a claim a link is refused with amqp:unauthorized-access, with one for another queue too', async (t) => {
  const connection = await start(t)
  const claimant = await Claimant.open(connection)
  for (const queue of ['orders', 'other']) {
    const sender = connection.open_sender(queue)
    const { error } = (await next(sender, 'sender_error')).sender ?? {}
    t.is((error as { condition?: string } | undefined)?.condition, 'amqp:unauthorized-access')
    await claimant.put(signature())
  }
})

for (const [what, token] of [
  ['a wrong key', signature(RESOURCE, 'wrong')],
  ['an expiry that is over', signature(RESOURCE, KEY, 1_000_000_000)],
  ['another resource', signature('sb://ns.servicebus.windows.net/other')],
  ['nothing in it', 'SharedAccessSignature '],
  ['no known form', 'Bearer x'],
  ['escapes that are none', 'SharedAccessSignature sr=%zz&sig=%zz&se=4102444800&skn=%zz'],
] as const) {
  test(`a token with ${what} is refused with status 401, and the links stay`, async (t) => {
    const claimant = await Claimant.open(await start(t))
    const refused = await claimant.put(token)
    t.is(refused.application_properties?.['status-code'], 401)
    t.is((await claimant.put(signature())).application_properties?.['status-code'], 202)
  })
}
