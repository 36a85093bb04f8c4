// SendClient against the embedded broker: what the promise of a message tells, and how the client opens by itself.

import test from 'ava'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { MessageSenderState, MessageState, SenderSettleMode } from '../../lib/constants.js'
import {
  AMQPTimeoutError,
  AuthenticationError,
  EncodeError,
  LinkDetach,
  MessageContentTooLarge,
  MessageSendFailed,
} from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { Target } from '../../lib/message/terminus.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import { Stage } from './support/stage.js'

keepTidy(test)

test('the first message opens connection and link, and resolves when it is accepted', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  t.is(client.state, MessageSenderState.Idle)
  t.is(client.connection, undefined)
  const sending = watch(client.sendMessage('hello'))
  t.is(client.state, MessageSenderState.Opening)
  await stage.run()
  t.is(sending.state, 'resolved')
  t.is(sending.value, undefined)
  t.is(client.state, MessageSenderState.Open)
  t.deepEqual(stage.waiting(), ['hello'])
  t.true(client.connection?.isOpen)
  await stage.until(client.close())
  t.is(client.state, MessageSenderState.Idle)
  t.is(stage.clock.pendingTimers, 0)
})

test('open opens, once, and open again changes nothing', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  await stage.until(Promise.all([client.open(), client.open(), client.sendMessage('a')]))
  await stage.until(client.open())
  t.is(stage.connects, 1)
  t.is(stage.written('attach').length, 1)
  t.is(client.state, MessageSenderState.Open)
})

test('messages that are sent before the client is open go out in their order, by one link', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const texts = Array.from({ length: 50 }, (_, i) => `m${i}`)
  await stage.until(Promise.all(texts.map((text) => client.sendMessage(text))))
  t.deepEqual(stage.waiting(), texts)
  t.is(stage.written('attach').length, 1)
})

test('many sends with one signal while the client opens leave no warning behind', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  const { signal } = new AbortController()
  await stage.until(Promise.all(Array.from({ length: 30 }, () => client.sendMessage('x', { signal }))))
  t.is(stage.waiting().length, 30)
})

for (const outcome of ['rejected', 'released', 'modified'] as const) {
  test(`a message that the broker ${outcome} rejects with MessageSendFailed`, async (t) => {
    const stage = await Stage.open(t)
    stage.broker.createQueue('orders', { answer: outcome })
    const client = stage.sender()
    const message = new Message('x')
    const error = await t.throwsAsync(stage.until(client.sendMessage(message)), {
      instanceOf: MessageSendFailed,
    })
    t.like(error, { outcome, inDoubt: false, retryable: outcome !== 'rejected' })
    t.is(message.state, MessageState.SendFailed)
    t.is(client.state, MessageSenderState.Open, 'the client can go on')
  })
}

test('in settle mode Settled a message resolves without an answer [2.8.2]', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { sendSettleMode: SenderSettleMode.Settled })
  await stage.until(client.sendMessage('x'))
  await stage.run()
  t.deepEqual(stage.waiting(), ['x'])
  t.regex(stage.written('transfer')[0] ?? '', /settled=true/)
})

for (const [mode, wire] of [
  ['Unsettled', 'unsettled'],
  ['Settled', 'settled'],
  ['Mixed', 'mixed'],
] as const) {
  test(`settle mode ${mode} is asked for as ${wire} [2.8.2]`, async (t) => {
    const stage = await Stage.open(t)
    const client = stage.sender('orders', { sendSettleMode: SenderSettleMode[mode] })
    await stage.until(client.open())
    t.regex(stage.written('attach')[0] ?? '', new RegExp(`snd-settle-mode=${wire}`))
  })
}

test('without a path in the URL each message goes where it says itself [3.2.4]', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender('')
  await stage.until(client.sendMessage(new Message('x', { properties: { to: 'orders' } })))
  t.deepEqual(stage.waiting(), ['x'])
  t.notRegex(
    stage.written('attach')[0] ?? '',
    /target[^)]*address/,
    'an empty address is another one than none',
  )
})

test('without a settle mode the outcome of each message is waited for', async (t) => {
  const stage = await Stage.open(t)
  await stage.until(stage.sender().open())
  t.regex(stage.written('attach')[0] ?? '', /snd-settle-mode=unsettled/)
})

test('msgTimeoutMs holds for each message that has no limit of its own', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { msgTimeoutMs: 100 })
  await stage.until(client.open())
  const { signal } = new AbortController()
  const sending = [
    client.sendMessage('a'),
    client.sendMessage('b', { signal }),
    client.sendMessage('c', { timeoutMs: undefined }),
    client.sendMessage('d', { timeoutMs: 300 }),
  ].map(watch)
  await stage.run(99)
  t.deepEqual(states(sending), ['pending', 'pending', 'pending', 'pending'])
  await stage.run(1)
  t.deepEqual(states(sending), ['rejected', 'rejected', 'rejected', 'pending'])
  t.like(sending[0]?.error, { name: 'AMQPTimeoutError', timeoutMs: 100, inDoubt: true })
  await stage.run(200)
  t.like(sending[3]?.error, { timeoutMs: 300 })
})

test('timeoutMs holds for opening and sending together; the time before a link counts', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders', { answer: 'none' })
  const client = stage.sender('orders', { transport: stage.slow(60) })
  const sending = watch(client.sendMessage('x', { timeoutMs: 100 }))
  await stage.run(60)
  t.deepEqual(stage.waiting(), ['x'])
  await stage.run(39)
  t.is(sending.state, 'pending')
  await stage.run(1)
  t.like(sending.error, { name: 'AMQPTimeoutError', inDoubt: true })
})

test('a message whose time is over before the client is open was not sent, and never is', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.createQueue('orders')
  const client = stage.sender('orders', { transport: stage.slow(60) })
  const message = new Message('late')
  const sending = watch(client.sendMessage(message, { timeoutMs: 50 }))
  await stage.run(50)
  t.true(sending.error instanceof AMQPTimeoutError)
  t.like(sending.error, { inDoubt: false, retryable: true })
  t.is(message.state, MessageState.SendFailed)
  await stage.run(1000)
  t.deepEqual(stage.waiting(), [])
  t.is(stage.clock.pendingTimers, 0)
})

test('what cannot be sent is refused, and the client goes on', async (t) => {
  const stage = await Stage.open(t, { maxMessageSize: 1000 })
  const client = stage.sender()
  await t.throwsAsync(stage.until(client.sendMessage({ when: () => 1 })), {
    instanceOf: EncodeError,
    message: /when/,
  })
  await t.throwsAsync(stage.until(client.sendMessage(new Uint8Array(2000))), {
    instanceOf: MessageContentTooLarge,
  })
  await stage.until(client.sendMessage('fine'))
  t.deepEqual(stage.waiting(), ['fine'])
})

test('several clients share a connection that is given to them, and leave it open', async (t) => {
  const stage = await Stage.open(t)
  const connection = await stage.until(Connection.connect(stage.broker.url, stage.base))
  const a = new SendClient('orders', { connection, clock: stage.clock })
  const b = new SendClient(new Target('orders'), { connection, clock: stage.clock })
  await stage.until(Promise.all([a.sendMessage('a'), b.sendMessage('b')]))
  t.deepEqual(stage.waiting(), ['a', 'b'])
  t.is(stage.connects, 1)
  t.is(a.connection, connection)
  await stage.until(Promise.all([a.close(), b.close()]))
  t.true(connection.isOpen)
  await stage.until(connection.close())
})

test('a connection that was given and is lost is not replaced: the client says so', async (t) => {
  const stage = await Stage.open(t)
  const connection = await stage.until(Connection.connect(stage.broker.url, stage.base))
  const client = new SendClient('orders', { connection, clock: stage.clock })
  await stage.until(client.sendMessage('a'))
  stage.broker.dropConnections()
  await stage.run()
  t.is((await t.throwsAsync(stage.until(client.sendMessage('b')))) as unknown, await connection.closed)
  t.is(stage.connects, 1)
})

const PATHS: readonly (readonly [string, string | undefined, string])[] = [
  ['/orders', undefined, 'orders'],
  ['/queues/a%2Fb', undefined, 'queues/a/b'],
  ['/%2Fqueues%2Fq', undefined, '/queues/q'],
  ['/gr%C3%BC%C3%9Fe', undefined, 'grüße'],
  ['/orders', '/queues/a%2Fb', '/queues/a%2Fb'],
  ['', 'orders', 'orders'],
]

for (const [path, address, wire] of PATHS) {
  const with_ = address === undefined ? '' : ` with address ${address}`
  test(`the path "${path}"${with_} is the wire address "${wire}"`, async (t) => {
    const stage = await Stage.open(t)
    const client = new SendClient(stage.broker.url + path, { ...stage.base, address })
    t.is(client.address, wire)
    await stage.until(client.sendMessage('x'))
    t.deepEqual(stage.waiting(wire), ['x'])
    const url = new URL(stage.broker.url + path)
    t.is(new SendClient(url, { ...stage.base, address }).address, wire)
    t.is(new SendClient(new Target(stage.broker.url + path), { ...stage.base, address }).address, wire)
  })
}

test('user and password of the URL log in; wrong ones are an AuthenticationError', async (t) => {
  const stage = await Stage.open(t, { users: { 'us@er': 'pässwörd€' } })
  const url = (password: string): string => `amqp://us%40er:${password}@embedded.invalid/orders`
  const good = new SendClient(url('p%C3%A4ssw%C3%B6rd%E2%82%AC'), stage.base)
  await stage.until(good.sendMessage('x'))
  const bad = new SendClient(url('wrong'), stage.base)
  const error = await t.throwsAsync(stage.until(bad.sendMessage('y')), { instanceOf: AuthenticationError })
  t.like(error, { outcomeCode: 1, retryable: false })
  t.is(bad.state, MessageSenderState.Error)
  const nobody = stage.sender()
  await t.throwsAsync(stage.until(nobody.open()), { instanceOf: AuthenticationError })
  await stage.run(10_000)
  t.is(stage.broker.connections, 1)
})

test('the fields of a Target reach the broker, its address being the path of the URL', async (t) => {
  const stage = await Stage.open(t)
  const target = new Target({ address: stage.url('orders'), capabilities: ['queue'] })
  const client = new SendClient(target, {
    ...stage.base,
    linkName: 'mine',
    linkProperties: { colour: 'red' },
    desiredCapabilities: ['x'],
  })
  await stage.until(client.open())
  const attach = stage.written('attach')[0] ?? ''
  for (const part of [
    /address="orders"/,
    /capabilities=.*queue/,
    /name="mine"/,
    /colour/,
    /desired-capabilities=.*x/,
  ])
    t.regex(attach, part)
})

test('an address that does not exist is refused with what the broker said; the next try begins anew', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  const client = stage.sender()
  const error = await t.throwsAsync(stage.until(client.sendMessage('x')), { instanceOf: LinkDetach })
  t.like(error, { condition: 'amqp:not-found', retryable: false })
  t.is(client.state, MessageSenderState.Error)
  stage.broker.createQueue('orders')
  await stage.until(client.sendMessage('y'))
  t.is(client.state, MessageSenderState.Open)
  t.deepEqual(stage.waiting(), ['y'])
  await stage.until(client.close())
  await stage.run()
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('a client that could not be opened keeps no connection, even when nobody closes it', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  await t.throwsAsync(stage.until(stage.sender().open()))
  await stage.run()
  t.is(stage.broker.connections, 0)
  t.is(stage.clock.pendingTimers, 0)
})

test('explain tells what the client is at', async (t) => {
  const stage = await Stage.open(t)
  const client = stage.sender()
  t.regex(client.explain(), /"orders": not open/)
  await stage.until(client.open())
  t.regex(
    client.explain(),
    /connection to embedded\.invalid:5672: OPENED\nsession .*\n {2}sender "orders": credit/,
  )
})

test('a client that is not a URL needs a connection', (t) => {
  t.throws(() => new SendClient('orders'), { instanceOf: TypeError, message: /connection/ })
  t.throws(() => new SendClient(new Target('orders')), { instanceOf: TypeError, message: /connection/ })
  t.throws(() => new SendClient('amqp://host:port/orders', { address: 'x' }), {
    instanceOf: TypeError,
    message: /port/,
  })
})
