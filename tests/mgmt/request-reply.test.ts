// Requests and answers over one pair of links [AMQP Management 1.0]: a node of the embedded broker at the other end.

import test, { type ExecutionContext } from 'ava'
import type { NodeHandler } from '../../lib/broker/index.js'
import { Connection } from '../../lib/connection/connection.js'
import { AMQPError, AMQPTimeoutError, LinkDetach, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { RequestReply, type RequestReplyOptions } from '../../lib/mgmt/request-reply.js'
import { Deferred } from '../../lib/util/deferred.js'
import { Stage } from '../client/support/stage.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'

keepTidy(test)

interface Desk {
  readonly stage: Stage
  readonly connection: Connection
  readonly requests: RequestReply
}

const echo: NodeHandler = (request) => new Message(`answer to ${request.text()}`)

async function open(
  t: ExecutionContext,
  handler: NodeHandler = echo,
  options: RequestReplyOptions = {},
): Promise<Desk> {
  const stage = await Stage.open(t)
  stage.broker.addNode('node', handler)
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  t.teardown(() => stage.until(connection.close()))
  return {
    stage,
    connection,
    requests: new RequestReply(connection, 'node', { clock: stage.clock, ...options }),
  }
}

/** Requests wait here until they are answered by hand. */
class Drawer {
  readonly answers = new Map<string, Deferred<Message | undefined>>()

  readonly handler: NodeHandler = (request) => {
    const answer = new Deferred<Message | undefined>()
    this.answers.set(request.text(), answer)
    return answer.promise
  }

  answer(text: string): void {
    this.answers.get(text)?.resolve(new Message(`answer to ${text}`))
  }
}

test('a request gets its answer; both links are there before it goes out', async (t) => {
  const { stage, requests } = await open(t)
  const answer = await stage.until(requests.request('a'))
  t.is(answer.text(), 'answer to a')
  t.deepEqual(
    stage.frames
      .map((line) => /^-> \d+ (attach|transfer)/.exec(line)?.[1])
      .filter((kind) => kind !== undefined),
    ['attach', 'attach', 'transfer'],
  )
})

test('many requests are under way at once, answers come in any order', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const texts = Array.from({ length: 50 }, (_, i) => String(i))
  const asked = texts.map((text) => requests.request(text))
  await stage.run()
  t.is(requests.pending, 50)
  for (const text of [...texts].reverse()) drawer.answer(text)
  const answers = await stage.until(Promise.all(asked))
  t.deepEqual(
    answers.map((answer) => answer.text()),
    texts.map((text) => `answer to ${text}`),
  )
  t.is(requests.pending, 0)
  t.is(stage.written('attach').length, 2)
})

test('each request has a time limit of its own; the message says that the node may have acted', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const soon = watch(requests.request('soon', { timeoutMs: 100 }))
  const later = watch(requests.request('later'))
  await stage.run(100)
  t.deepEqual(states([soon, later]), ['rejected', 'pending'])
  const error = soon.error as AMQPTimeoutError
  t.true(error instanceof AMQPTimeoutError)
  t.is(error.timeoutMs, 100)
  t.true(error.inDoubt)
  t.regex(error.message, /"node" did not answer within 100 ms; it may have acted/)
  t.is(requests.pending, 1)
  await stage.run(59_900)
  t.is(later.state, 'rejected')
  t.is((later.error as AMQPTimeoutError).timeoutMs, 60_000)
})

test('an answer that comes too late is dropped, and settled', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const late = watch(requests.request('late', { timeoutMs: 10 }))
  await stage.run(10)
  t.is(late.state, 'rejected')
  const settled = stage.written('disposition').length
  drawer.answer('late')
  await stage.run()
  t.is(stage.written('disposition').length, settled + 1)
  const next = requests.request('next')
  await stage.run()
  drawer.answer('next')
  t.is((await stage.until(next)).text(), 'answer to next')
})

test('an abort ends one request with the reason of its signal, others stay', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const abort = new AbortController()
  const aborted = watch(requests.request('a', { signal: abort.signal }))
  const other = watch(requests.request('b'))
  await stage.run()
  abort.abort(new RangeError('no more wanted'))
  await stage.run()
  t.deepEqual(states([aborted, other]), ['rejected', 'pending'])
  t.is((aborted.error as Error).message, 'no more wanted')
  drawer.answer('b')
  await stage.run()
  t.is(other.state, 'resolved')
})

test('a signal that is aborted already attaches nothing', async (t) => {
  const { stage, requests } = await open(t)
  await t.throwsAsync(
    stage.until(requests.request('a', { signal: AbortSignal.abort(new RangeError('no')) })),
    {
      message: 'no',
    },
  )
  t.is(stage.written('attach').length, 0)
})

test('a message-id that is under way is refused, and may be used again afterwards', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const first = requests.request(new Message('first', { properties: { messageId: 'x' } }))
  await stage.run()
  const error = await t.throwsAsync(
    stage.until(requests.request(new Message('second', { properties: { messageId: 'x' } }))),
    { instanceOf: AMQPError },
  )
  t.is(error.code, 'AMQP_REQUEST_ID_IN_USE')
  t.false(drawer.answers.has('second'))
  drawer.answer('first')
  await stage.until(first)
  const again = requests.request(new Message('again', { properties: { messageId: 'x' } }))
  await stage.run()
  drawer.answer('again')
  t.is((await stage.until(again)).text(), 'answer to again')
})

test('ids of different types are different ids [3.2.4]', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const ids = ['1', 1n, Uint8Array.of(1)]
  const asked = ids.map((messageId, i) =>
    requests.request(new Message(`m${i}`, { properties: { messageId } })),
  )
  await stage.run()
  for (const i of [2, 0, 1]) drawer.answer(`m${i}`)
  t.deepEqual(
    (await stage.until(Promise.all(asked))).map((answer) => answer.text()),
    ['answer to m0', 'answer to m1', 'answer to m2'],
  )
})

test('when the pair is lost all requests end at once with the reason; the next one opens a new pair', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const asked = ['a', 'b', 'c'].map((text) => watch(requests.request(text)))
  await stage.run()
  stage.broker.removeNode('node')
  await stage.run()
  t.deepEqual(states(asked), ['rejected', 'rejected', 'rejected'])
  for (const { error } of asked) {
    const lost = error as AMQPError
    t.is(lost.code, 'AMQP_REQUEST_LOST')
    t.is(lost.condition, 'amqp:resource-deleted')
    t.true(lost.inDoubt)
    t.regex(lost.message, /^Requests to "node" got no answer: .*was removed/)
  }
  stage.broker.addNode('node', echo)
  t.is((await stage.until(requests.request('d'))).text(), 'answer to d')
  t.is(stage.written('attach').length, 4)
})

test('a node that is not there is an error of the first request, and not of one after it was made', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  t.teardown(() => stage.until(connection.close()))
  const requests = new RequestReply(connection, 'node', { clock: stage.clock })
  const error = await t.throwsAsync(stage.until(requests.request('a')), { instanceOf: LinkDetach })
  t.is(error.condition, 'amqp:not-found')
  stage.broker.addNode('node', echo)
  t.is((await stage.until(requests.request('b'))).text(), 'answer to b')
})

test('a request that the node does not take is MessageSendFailed', async (t) => {
  const { stage, requests } = await open(t, () => {
    throw new AMQPError('no', { condition: 'amqp:not-allowed', description: 'not today' })
  })
  const error = await t.throwsAsync(stage.until(requests.request('a')), { instanceOf: MessageSendFailed })
  t.is(error.condition, 'amqp:not-allowed')
  t.is(requests.pending, 0)
})

test('a request that cannot be encoded is an error of that request alone', async (t) => {
  const { stage, requests } = await open(t)
  const bad = new Message({ fn: () => 1 } as object)
  await t.throwsAsync(stage.until(requests.request(bad)), { name: 'EncodeError' })
  t.is(requests.pending, 0)
  t.is((await stage.until(requests.request('b'))).text(), 'answer to b')
})

test('the message that is given stays as it is', async (t) => {
  const { stage, requests } = await open(t)
  const request = new Message('a', { properties: { subject: 's' } })
  await stage.until(requests.request(request))
  t.is(request.properties?.messageId, undefined)
  t.is(request.properties?.replyTo, undefined)
  t.is(request.properties?.subject, 's')
})

test('reply-to is the address of our receiver, a random one unless given', async (t) => {
  const seen: (string | undefined)[] = []
  const handler: NodeHandler = (request) => {
    seen.push(request.properties?.replyTo)
    return new Message('ok')
  }
  const { stage, connection, requests } = await open(t, handler)
  const other = new RequestReply(connection, 'node', { clock: stage.clock, replyTo: 'me' })
  await stage.until(Promise.all([requests.request('a'), other.request('b')]))
  t.is(seen[1], 'me')
  t.true((seen[0] ?? '').length > 10)
})

test('a pair has one name, the property `paired`, and reply-to $me [Link Pair 1.0]', async (t) => {
  const { stage, requests } = await open(t, echo, { paired: true })
  t.is((await stage.until(requests.request('a'))).text(), 'answer to a')
  const attaches = stage.written('attach')
  const names = attaches.map((line) => /name="([^"]*)"/.exec(line)?.[1])
  t.is(names.length, 2)
  t.is(names[0], names[1])
  for (const line of attaches) t.regex(line, /paired/)
})

test('requests beyond the credit of the node wait for more [2.6.7]', async (t) => {
  const drawer = new Drawer()
  const stage = await Stage.open(t, { credit: 1 })
  stage.broker.addNode('node', drawer.handler)
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  t.teardown(() => stage.until(connection.close()))
  const requests = new RequestReply(connection, 'node', { clock: stage.clock })
  const all = ['a', 'b', 'c'].map((text) => requests.request(text))
  await stage.run()
  for (const text of ['a', 'b', 'c']) drawer.answer(text)
  t.is((await stage.until(Promise.all(all))).length, 3)
})

test('close ends what is under way; the connection stays, and requests are refused from then on', async (t) => {
  const drawer = new Drawer()
  const { stage, connection, requests } = await open(t, drawer.handler)
  const pending = watch(requests.request('a'))
  await stage.run()
  await stage.until(requests.close())
  t.is((pending.error as AMQPError).code, 'AMQP_REQUEST_CLOSED')
  const error = await t.throwsAsync(stage.until(requests.request('b')), { instanceOf: AMQPError })
  t.is(error.code, 'AMQP_REQUEST_CLOSED')
  t.true(connection.isOpen)
  await stage.until(requests.close())
  t.is(stage.written('detach').length, 2)
})

test('close before anything was opened is harmless', async (t) => {
  const { stage, requests } = await open(t)
  await stage.until(requests.close())
  t.is(stage.written('attach').length, 0)
})

test('when the connection breaks, requests end with that reason', async (t) => {
  const drawer = new Drawer()
  const { stage, requests } = await open(t, drawer.handler)
  const pending = watch(requests.request('a'))
  await stage.run()
  stage.broker.dropConnections()
  await stage.run()
  t.is(pending.state, 'rejected')
  t.is((pending.error as AMQPError).code, 'AMQP_REQUEST_LOST')
  t.is(stage.clock.pendingTimers, 0)
})

test('options that do not exist are refused', async (t) => {
  const { stage, connection, requests } = await open(t)
  t.throws(() => new RequestReply(connection, 'node', { reply: 'x' } as object), {
    message: /unknown option "reply"/,
  })
  t.throws(() => requests.request('a', { timeout: 1 } as object), { message: /unknown option "timeout"/ })
  await stage.run()
})
