// The life of a client: opened by what needs it, given up, lost and opened anew, closed for good.

import test from 'ava'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { MessageReceiverState, MessageSenderState, MessageState } from '../../lib/constants.js'
import { AMQPError, AMQPTimeoutError, LinkDetach } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { answerDrains, Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'
import { Stage, textOf } from './support/stage.js'

keepTidy(test)

const never = (): void => {}
const closedByUser = { instanceOf: AMQPError, message: /was closed/, code: 'AMQP_CLIENT_CLOSED' }

for (const how of ['the connection is lost', 'the broker closes it', 'the queue is deleted'] as const) {
  test(`when ${how}, the clients fail what is pending and open again for the next operation`, async (t) => {
    const stage = await Stage.open(t)
    const [sender, receiver] = [stage.sender(), stage.receiver()]
    await stage.until(Promise.all([sender.sendMessage('a'), receiver.open()]))
    const first = await stage.until(receiver.receive())
    await first?.accept()
    const reading = watch(receiver.receive())
    await stage.run()
    if (how === 'the connection is lost') stage.broker.dropConnections()
    else if (how === 'the broker closes it') stage.broker.closeConnections()
    else stage.broker.deleteQueue('orders')
    await stage.run()
    t.true(reading.error instanceof AMQPError)
    t.is(sender.state, MessageSenderState.Error)
    t.is(receiver.state, MessageReceiverState.Error)
    await stage.until(sender.sendMessage('b'))
    t.is(textOf(await stage.until(receiver.receive())), 'b')
    t.is(sender.state, MessageSenderState.Open)
    t.is(receiver.state, MessageReceiverState.Open)
    await stage.until(Promise.all([sender.close(), receiver.close()]))
    t.is(stage.clock.pendingTimers, 0)
  })
}

test('messages that were prefetched before the loss are not handed out after it: they come again', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b', 'c')
  const receiver = stage.receiver()
  t.is(textOf(await stage.until(receiver.receive())), 'a')
  stage.broker.dropConnections()
  await stage.run()
  const texts: (string | undefined)[] = []
  for (let i = 0; i < 3; i++) {
    const message = await stage.until(receiver.receive())
    texts.push(textOf(message))
    await message?.accept()
  }
  t.deepEqual(texts, ['a', 'b', 'c'])
  await stage.run()
  t.deepEqual(stage.waiting(), [])
})

test('an open that is called off just when the peer opens leaves no connection behind', async (t) => {
  const stage = await Stage.open(t)
  for (let turns = 0; turns < 30; turns++) {
    const abort = new AbortController()
    let again: Promise<unknown> | undefined
    const frame = async (direction: string, _: number, text: () => string): Promise<void> => {
      if (direction !== 'in' || !text().startsWith('open(') || abort.signal.aborted) return
      for (let turn = 0; turn < turns; turn++) await undefined
      abort.abort()
      again = client.open()
    }
    const client = stage.sender('orders', { tracer: { frame } })
    await stage.until(client.open({ signal: abort.signal }).catch(() => {}))
    await stage.run()
    await stage.until(again ?? Promise.reject(new Error('not opened anew')))
    await stage.until(client.close())
    t.is(stage.broker.connections, 0, `after ${turns} turns`)
  }
})

test('an open that takes too long is given up; an operation that follows at once begins anew', async (t) => {
  let silent = true
  const rig = new Rig({
    prepare: (peer) => {
      if (silent) peer.on('open', never)
    },
  })
  const client = new SendClient(URL, rig.base)
  const opening = client.open({ timeoutMs: 100 }).catch((error: unknown) => {
    silent = false
    return { error, next: watch(client.open()) }
  })
  await rig.run(100)
  const { error, next } = (await opening) as { error: unknown; next: { state: string; error: unknown } }
  t.true(error instanceof AMQPTimeoutError)
  t.like(error, { timeoutMs: 100, retryable: true, context: { address: 'orders' } })
  await rig.run()
  t.is(next.error, undefined)
  t.is(next.state, 'resolved')
  t.is(client.state, MessageSenderState.Open)
  t.is(rig.peers.length, 2)
})

test('an open whose signal aborts rejects with the reason, and nothing is left of it', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('open', never) })
  const client = new SendClient(URL, rig.base)
  const controller = new AbortController()
  const opening = watch(client.open({ signal: controller.signal }))
  await rig.run()
  controller.abort('enough')
  await rig.run()
  t.is(opening.error, 'enough')
  t.is(client.state, MessageSenderState.Error)
  t.is(rig.clock.pendingTimers, 0)
  t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
})

test('a signal that is aborted already opens nothing', async (t) => {
  const rig = new Rig()
  const client = new SendClient(URL, rig.base)
  const reason = new Error('no')
  const signal = AbortSignal.abort(reason)
  t.is((await t.throwsAsync(client.open({ signal }))) as unknown, reason)
  t.is((await t.throwsAsync(client.sendMessage('x', { signal }))) as unknown, reason)
  await rig.run()
  t.is(rig.peers.length, 0)
  t.is(client.state, MessageSenderState.Idle)
})

test('one who gives up does not spoil the open for others; when the last gives up, it is called off', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('open', never) })
  const client = new SendClient(URL, rig.base)
  const opening = [client.open({ timeoutMs: 10 }), client.open({ timeoutMs: 20 })].map(watch)
  await rig.run(10)
  t.deepEqual(states(opening), ['rejected', 'pending'])
  t.is(client.state, MessageSenderState.Opening)
  t.true(rig.line.write([]), 'the attempt goes on')
  await rig.run(10)
  t.deepEqual(states(opening), ['rejected', 'rejected'])
  t.is(client.state, MessageSenderState.Error)
  t.is(rig.clock.pendingTimers, 0)
})

test('one who gives up leaves the others a client that opens', async (t) => {
  let answer = never
  const rig = new Rig({ prepare: (peer) => peer.on('open', () => (answer = () => peer.open())) })
  const client = new SendClient(URL, rig.base)
  const opening = [client.open({ timeoutMs: 10 }), client.open()].map(watch)
  await rig.run(10)
  answer()
  await rig.run()
  t.deepEqual(states(opening), ['rejected', 'resolved'])
  t.is(rig.peers.length, 1)
})

for (const kind of ['open', 'attach'] as const) {
  test(`closing a client whose ${kind} is unanswered calls it off at once`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on(kind, never) })
    const [sender, receiver] = [new SendClient(URL, rig.base), new ReceiveClient(URL, rig.base)]
    const message = new Message('x')
    const pending = [sender.open(), sender.sendMessage(message)].map(watch)
    await rig.run()
    const closing = watch(sender.close())
    await rig.run()
    t.is(closing.state, 'resolved')
    t.like(pending[0]?.error, { code: 'AMQP_CLIENT_CLOSED' })
    t.like(pending[1]?.error, { code: 'AMQP_CLIENT_CLOSED' })
    t.is(message.state, MessageState.SendFailed)
    t.is(sender.state, MessageSenderState.Idle)
    const reading = watch(receiver.receive())
    await rig.run()
    await rig.until(receiver.close())
    t.like(reading.error, { code: 'AMQP_CLIENT_CLOSED' })
    await rig.run(0)
    t.is(rig.clock.pendingTimers, 0)
  })
}

test('a client that was never opened closes without a word', async (t) => {
  const rig = new Rig()
  await rig.until(new SendClient(URL, rig.base).close())
  await rig.until(new ReceiveClient(URL, rig.base)[Symbol.asyncDispose]())
  t.is(rig.peers.length, 0)
})

test('closing waits for messages under way, is idempotent, and goes through the states', async (t) => {
  const rig = new Rig()
  const client = new SendClient(URL, rig.base)
  await rig.until(client.open())
  const link = rig.peer.sessions[0]?.links[0]
  if (link !== undefined) rig.peer.grant(link, 10)
  await rig.run()
  const sending = watch(client.sendMessage('x'))
  await rig.run()
  const closing = [client.close(), client.close(), client[Symbol.asyncDispose]()].map(watch)
  await rig.run()
  t.deepEqual(states([...closing, sending]), ['pending', 'pending', 'pending', 'pending'])
  t.is(client.state, MessageSenderState.Closing)
  const [transfer] = rig.peer.takeAll('transfer')
  rig.peer.dispose({ first: transfer?.deliveryId ?? -1, settled: true, state: { kind: 'accepted' } })
  await rig.run()
  t.deepEqual(states([...closing, sending]), ['resolved', 'resolved', 'resolved', 'resolved'])
  t.is(client.state, MessageSenderState.Idle)
  t.is(rig.clock.pendingTimers, 0)
})

/** Answers nothing that ends anything. */
const neverLetGo = (peer: Peer): void => {
  for (const kind of ['detach', 'end', 'close'] as const) peer.on(kind, never)
}

test('closing is bounded against a peer that has fallen silent, and says what became of each message', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const client = new SendClient(URL, rig.base)
  await rig.until(client.open())
  const link = rig.peer.sessions[0]?.links[0]
  if (link !== undefined) rig.peer.grant(link, 1)
  await rig.run()
  const sending = [client.sendMessage('written'), client.sendMessage('queued')].map(watch)
  const closing = watch(client.close({ timeoutMs: 200 }))
  await rig.run(199)
  t.deepEqual(states([...sending, closing]), ['pending', 'pending', 'pending'])
  await rig.run(1)
  t.is(closing.state, 'resolved')
  t.deepEqual(
    sending.map(({ error }) => [(error as AMQPError).inDoubt, (error as AMQPError).retryable]),
    [
      [true, false],
      [false, true],
    ],
  )
  t.is(rig.clock.pendingTimers, 0)
  t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
})

test('closing a client whose signal aborts shuts the connection, and rejects with the reason', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const client = new ReceiveClient(URL, rig.base)
  await rig.until(client.open())
  const reading = watch(client.receive())
  const controller = new AbortController()
  const closing = watch(client.close({ signal: controller.signal }))
  await rig.run()
  t.is(closing.state, 'pending')
  controller.abort('enough')
  await rig.run()
  t.is(closing.error, 'enough')
  t.not(reading.state, 'pending')
  t.is(rig.clock.pendingTimers, 0)
  t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
})

test('a client that was closed says so to whoever uses it', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const [sender, receiver] = [new SendClient(URL, rig.base), new ReceiveClient(URL, rig.base)]
  await rig.until(Promise.all([sender.open(), receiver.open()]))
  await rig.until(Promise.all([sender.close(), receiver.close()]))
  const { code: _code, ...expected } = closedByUser
  for (const use of [
    () => sender.open(),
    () => sender.sendMessage('x'),
    () => sender.sendAllMessages(),
    () => receiver.open(),
    () => receiver.receive(),
    () => receiver.receiveMessageBatch(),
    () => receiver.receiveMessages(never),
    () => receiver.drain(),
    () => receiver[Symbol.asyncIterator]().next(),
  ]) {
    t.like(await t.throwsAsync<AMQPError>(use() as Promise<unknown>, expected), { code: closedByUser.code })
  }
  t.is(rig.peers.length, 2)
})

test('a client that is being closed takes nothing new', async (t) => {
  const rig = new Rig({ prepare: neverLetGo })
  const client = new SendClient(URL, rig.base)
  await rig.until(client.open())
  const closing = watch(client.close({ timeoutMs: 50 }))
  const { code: _code, ...expected } = closedByUser
  await t.throwsAsync(client.sendMessage('x'), expected)
  await rig.run(50)
  t.is(closing.state, 'resolved')
})

test('a detach that leaves the connection alone costs no new connection', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  await stage.until(client.sendMessage('a'))
  stage.broker.deleteQueue('orders')
  await stage.run()
  t.is(client.state, MessageSenderState.Error)
  await stage.until(client.sendMessage('b'))
  t.is(stage.connects, 1)
})

test('a client that could not connect tells why, and is in state Error until it can', async (t) => {
  const stage = await Stage.open(t)
  let broken = true
  const reason = new LinkDetach('not now')
  const transport = async () => {
    if (broken) throw reason
    return stage.broker.connect()
  }
  const client = stage.sender('orders', { transport })
  t.is((await t.throwsAsync(stage.until(client.sendMessage('x')))) as unknown, reason)
  t.is(client.state, MessageSenderState.Error)
  broken = false
  await stage.until(client.sendMessage('y'))
  t.is(client.state, MessageSenderState.Open)
})
