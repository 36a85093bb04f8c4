// Clients with an error policy: each message is tried again by itself, with its own time, and holds up no other.

import test from 'ava'
import { Retries } from '../../lib/client/retries.js'
import { SendClient } from '../../lib/client/send-client.js'
import { ErrorAction, ErrorPolicy } from '../../lib/connection/error-policy.js'
import { MessageSendResult, MessageState } from '../../lib/constants.js'
import { AMQPConnectionError, AMQPTimeoutError, MessageSendFailed } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { watch } from '../connection/support/watch.js'
import { FakeClock } from '../support/fake-clock.js'
import type { Peer } from '../support/peer.js'
import { Stage } from './support/stage.js'

keepTidy(test)

const eager = new ErrorPolicy({
  maxRetries: 3,
  onError: () => new ErrorAction({ retry: true, backoffMs: 100 }),
})

/** Lets time pass in small steps, so that one timer after another is set and fires. */
async function pass(stage: Stage, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) await stage.run(50)
}

test('a message that was released is sent again until it is accepted', async (t) => {
  const stage = await Stage.open(t)
  const queue = stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy({ backoffMs: 1_000 }) })
  const message = new Message('x')
  const sending = watch(client.sendMessage(message))
  await stage.run(500)
  t.is(sending.state, 'pending')
  t.is(message.state, MessageState.WaitingToBeSent)
  t.is(queue.depth, 0)
  stage.broker.deleteQueue('orders')
  await stage.run(1_000)
  t.is(sending.state, 'resolved')
  t.deepEqual(stage.waiting(), ['x'])
  t.is(message.retries, 1)
  t.is(message.state, MessageState.SendComplete)
  await stage.until(client.sendMessage(message))
  t.is(message.retries, 0, 'another send is counted anew')
})

test('after maxRetries the last failure is told', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: eager })
  const message = new Message('x')
  const sending = watch(client.sendMessage(message))
  await pass(stage, 1_000)
  t.true(sending.error instanceof MessageSendFailed)
  t.is(stage.written('transfer').length, 4)
  t.is(message.retries, 3)
  t.is(message.state, MessageState.SendFailed)
})

test('tries that do not count have no end but the time limit', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const onError = () => new ErrorAction({ retry: true, backoffMs: 100, incrementRetries: false })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy({ maxRetries: 0, onError }) })
  const sending = watch(client.sendMessage('x', { timeoutMs: 2_050 }))
  await pass(stage, 1_900)
  t.is(sending.state, 'pending')
  t.true(stage.written('transfer').length > 10)
  await stage.run(200)
  t.true(sending.error instanceof MessageSendFailed, 'what happened is told, not that time ran out')
})

test('tries that count and tries that do not are counted apart', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  let failures = 0
  const onError = () => new ErrorAction({ retry: true, backoffMs: 100, incrementRetries: ++failures > 5 })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy({ maxRetries: 2, onError }) })
  const message = new Message('x')
  const sending = watch(client.sendMessage(message))
  await pass(stage, 2_000)
  t.true(sending.error instanceof MessageSendFailed)
  t.is(message.retries, 7)
})

test('a message that fails because its client is closed is not tried again, whatever the policy', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const onError = () => new ErrorAction({ retry: true, backoffMs: 10_000 })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy({ onError }) })
  const sending = watch(client.sendMessage('x'))
  await stage.run()
  const closed = watch(client.close({ timeoutMs: 100 }))
  await stage.run(100)
  t.is(closed.state, 'resolved')
  t.like(sending.error, { code: 'AMQP_MESSAGE_SEND_FAILED', inDoubt: true })
  t.is(stage.clock.pendingTimers, 0)
})

test('waits that are over leave nothing with the client', async (t) => {
  const clock = new FakeClock()
  const left = new Set<unknown>()
  const counted = {
    aborted: false,
    addEventListener: (_: 'abort', listener: () => void) => void left.add(listener),
    removeEventListener: (_: 'abort', listener: () => void) => void left.delete(listener),
  }
  const retries = new Retries(eager, clock, counted, undefined)
  const paused = watch(retries.pause(new MessageSendFailed('x'), {}))
  await clock.run(50)
  t.is(left.size, 1)
  await clock.run(100)
  t.is(paused.state, 'resolved')
  t.is(left.size, 0)
})

test('without a policy the first failure is told at once', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  await t.throwsAsync(stage.until(stage.sender().sendMessage('x')), { instanceOf: MessageSendFailed })
  t.is(stage.written('transfer').length, 1)
})

test('while a message waits for its next try, others go', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: eager })
  const waiting = watch(client.sendMessage('first'))
  await stage.run(50)
  stage.broker.deleteQueue('orders')
  await stage.run()
  await stage.until(client.sendMessage('second'))
  t.is(waiting.state, 'pending')
  t.deepEqual(stage.waiting(), ['second'])
  await stage.run(200)
  t.is(waiting.state, 'resolved')
  t.deepEqual(stage.waiting(), ['second', 'first'])
})

test('a message in doubt is not sent a second time', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy() })
  const sending = watch(client.sendMessage('x'))
  await stage.run()
  stage.broker.dropConnections()
  await pass(stage, 60_000)
  t.like(sending.error, { inDoubt: true })
  t.is(stage.connects, 1)
})

test('opening is tried again, too, and gives up with the reason', async (t) => {
  const stage = await Stage.open(t)
  let attempts = 0
  const refused = async (): Promise<never> => {
    attempts++
    throw new AMQPConnectionError('refused', { phase: 'tcp', retryable: true })
  }
  const failing = stage.sender('orders', {
    errorPolicy: new ErrorPolicy({ backoffMs: 100 }),
    transport: refused,
  })
  const opening = watch(failing.open())
  await pass(stage, 2_000)
  t.is(attempts, 4)
  t.true(opening.error instanceof AMQPConnectionError)

  attempts = 0
  const twice = () => (++attempts < 3 ? refused() : stage.base.transport())
  const client = stage.receiver('orders', {
    errorPolicy: new ErrorPolicy({ backoffMs: 100 }),
    transport: twice,
  })
  const opened = watch(client.open())
  await pass(stage, 2_000)
  t.is(opened.state, 'resolved')
})

test('a session that ends while a link is attached is begun anew', async (t) => {
  let attaches = 0
  const error = { kind: 'error', condition: 'amqp:internal-error' } as const
  const prepare = (peer: Peer): void => {
    peer.on('attach', ({ handle }) => {
      if (attaches++ === 0) peer.end(peer.session, { error })
      else peer.attach(peer.session.linkOf(handle))
    })
  }
  const rig = new Rig({ prepare })
  const client = new SendClient(URL, { ...rig.base, errorPolicy: new ErrorPolicy({ backoffMs: 100 }) })
  const opening = watch(client.open())
  await rig.run()
  t.is(opening.state, 'pending')
  await rig.run(200)
  t.is(opening.state, 'resolved')
  await rig.until(client.close())
})

test('the time limit and the signal end the wait for the next try', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const errorPolicy = new ErrorPolicy({ backoffMs: 10_000 })
  const client = stage.sender('orders', { errorPolicy })
  await stage.until(client.open())
  const abort = new AbortController()
  const aborted = watch(client.sendMessage('a', { signal: abort.signal }))
  const limited = watch(client.sendMessage('b', { timeoutMs: 500 }))
  await stage.run(10)
  t.true(limited.error instanceof MessageSendFailed, 'there is no time for another try')
  abort.abort(new TypeError('enough'))
  await stage.run()
  t.is(aborted.error, abort.signal.reason)
  await stage.until(client.close())
  t.is(stage.clock.pendingTimers, 0)
})

test('closing the client ends the wait: the message has failed as it had', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: new ErrorPolicy({ backoffMs: 10_000 }) })
  const message = new Message('x')
  const sending = watch(client.sendMessage(message))
  await stage.run(100)
  await stage.until(client.close())
  await stage.run()
  t.like(sending.error, { outcome: 'released' })
  t.is(message.state, MessageState.SendFailed)
  t.is(stage.clock.pendingTimers, 0)
})

test('queued messages are tried again each for itself; onSendComplete tells of each once', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: eager })
  client.queueMessage('a', 'b')
  const told: string[] = []
  const done = watch(
    client.sendAllMessages({
      onSendComplete: (message, result, error) => {
        told.push(`${message.text()} ${result === MessageSendResult.Ok} ${error === undefined}`)
      },
    }),
  )
  await stage.run(50)
  t.is(client.pendingMessages.length, 2)
  stage.broker.deleteQueue('orders')
  await stage.run(200)
  t.deepEqual(done.value, [MessageState.SendComplete, MessageState.SendComplete])
  t.deepEqual(told.sort(), ['a true true', 'b true true'])
  t.deepEqual(client.pendingMessages, [])
})

test('onSendComplete tells time-out, abort and failure apart', async (t) => {
  const stage = await Stage.open(t)
  const results: unknown[] = []
  const onSendComplete = (_: Message, result: MessageSendResult, error: unknown) => {
    results.push([result, error])
  }
  stage.broker.createQueue('silent', { answer: 'none' })
  stage.broker.createQueue('strict', { answer: 'rejected' })

  const late = stage.sender('silent')
  late.queueMessage('x')
  const timedOut = watch(late.sendAllMessages({ timeoutMs: 100, onSendComplete }))
  await stage.run(6_000)
  t.deepEqual(timedOut.value, [MessageState.SendFailed])

  const abort = new AbortController()
  const stopped = stage.sender('silent')
  stopped.queueMessage('x')
  const cancelled = watch(stopped.sendAllMessages({ signal: abort.signal, onSendComplete }))
  await stage.run()
  abort.abort()
  await stage.run(6_000)
  t.deepEqual(cancelled.value, [MessageState.SendFailed])

  const refused = stage.sender('strict')
  refused.queueMessage('x')
  await stage.until(refused.sendAllMessages({ onSendComplete }))

  const [first, second, third] = results as [MessageSendResult, unknown][]
  t.is(first?.[0], MessageSendResult.Timeout)
  t.true(first?.[1] instanceof AMQPTimeoutError)
  t.deepEqual(second, [MessageSendResult.Cancelled, abort.signal.reason])
  t.is(third?.[0], MessageSendResult.Error)
  t.true(third?.[1] instanceof MessageSendFailed)
})

test('what onSendComplete throws is told when all is done', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  client.queueMessage('a', 'b')
  const mistake = new TypeError('mine')
  const onSendComplete = (message: Message) => {
    if (message.text() === 'a') throw mistake
  }
  const error = await t.throwsAsync(stage.until(client.sendAllMessages({ onSendComplete })))
  t.is(error as unknown, mistake)
  t.deepEqual(stage.waiting(), ['a', 'b'])
})

test('a batch is tried again as a whole', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const client = stage.sender('orders', { errorPolicy: eager })
  const sending = watch(client.sendBatch(['a', 'b', 'c']))
  await stage.run(50)
  stage.broker.deleteQueue('orders')
  await stage.run(200)
  t.is(sending.state, 'resolved')
  const [batch] = stage.broker.queue('orders').messages
  t.is(batch?.innerMessages()?.length, 3)
  t.is(stage.broker.queue('orders').depth, 1)
})

test('an error policy must be one', (t) => {
  const options = { errorPolicy: { maxRetries: 1 } as never }
  t.throws(() => new SendClient('amqp://host/q', options), { instanceOf: TypeError, message: /errorPolicy/ })
})

test('a tracer is told of tries and of lost connections, and may throw', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'released' })
  const events: string[] = []
  const event = (text: () => string) => {
    events.push(text())
  }
  const client = stage.sender('orders', { errorPolicy: eager, tracer: { event } })
  const sending = watch(client.sendMessage('x'))
  await stage.run(50)
  stage.broker.dropConnections()
  stage.broker.deleteQueue('orders')
  await stage.run(200)
  t.is(sending.state, 'resolved')
  t.is(events.length, 2)
  t.regex(events[0] ?? '', /^tries again in \d+ ms: The message to "orders" was released/)
  t.regex(events[1] ?? '', /^lost the connection to /)
  await stage.until(client.close())

  stage.broker.createQueue('other', { answer: 'released' })
  const throwing = () => {
    throw new TypeError('mine')
  }
  const other = stage.sender('other', { errorPolicy: eager, tracer: { event: throwing } })
  const again = watch(other.sendMessage('x'))
  await pass(stage, 1_000)
  t.like(again.error, { outcome: 'released' })
  await stage.until(other.close())
})
