// Every bag of options: a name that is not known and a value that cannot be are refused at once, by name.

import test from 'ava'
import { receiveMessage, receiveMessages, sendMessage } from '../../lib/client/one-shot.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import type { Message } from '../../lib/message/message.js'
import { Rig, URL } from './support/rig.js'
import { keepTidy } from './support/tidy.js'

keepTidy(test)

type Call = (options: never) => unknown
type Wrong = readonly [name: string, value: unknown, kind: 'TypeError' | 'RangeError']

/** The error, whether it is thrown or the promise rejects. */
async function errorOf(call: Call, options: unknown): Promise<unknown> {
  try {
    await call(options as never)
  } catch (error) {
    return error
  }
  return undefined
}

const WAIT: readonly Wrong[] = [
  ['timeoutMs', '5', 'TypeError'],
  ['timeoutMs', -1, 'RangeError'],
  ['timeoutMs', Number.NaN, 'RangeError'],
  ['signal', {}, 'TypeError'],
  ['signal', true, 'TypeError'],
]

const CONNECTION: readonly Wrong[] = [
  ['auth', 'PLAIN', 'TypeError'],
  ['containerId', 5, 'TypeError'],
  ['hostname', 5, 'TypeError'],
  ['maxFrameSize', 511, 'RangeError'],
  ['maxFrameSize', 2 ** 32, 'RangeError'],
  ['maxFrameSize', '512', 'TypeError'],
  ['channelMax', -1, 'RangeError'],
  ['channelMax', 65_536, 'RangeError'],
  ['idleTimeoutMs', -1, 'RangeError'],
  ['idleTimeoutMs', Number.POSITIVE_INFINITY, 'RangeError'],
  ['idleTimeoutMs', 0.5, 'RangeError'],
  ['connectTimeoutMs', -1, 'RangeError'],
  ['properties', 'x', 'TypeError'],
  ['desiredCapabilities', 'x', 'TypeError'],
  ['desiredCapabilities', [1], 'TypeError'],
  ['tls', true, 'TypeError'],
  ['transportType', 2, 'RangeError'],
  ['webSocket', 5, 'TypeError'],
  ['httpProxy', 'proxy', 'TypeError'],
  ['initialId', -1, 'RangeError'],
  ['initialId', 2 ** 32, 'RangeError'],
  ['maxMessageSize', 0, 'RangeError'],
  ['tracer', 1, 'TypeError'],
  ['transport', {}, 'TypeError'],
  ['clock', 1, 'TypeError'],
]

const LINK: readonly Wrong[] = [
  ...WAIT,
  ['name', 5, 'TypeError'],
  ['properties', 5, 'TypeError'],
  ['offeredCapabilities', 'x', 'TypeError'],
  ['desiredCapabilities', 'x', 'TypeError'],
  ['sndSettleMode', 'both', 'RangeError'],
  ['sndSettleMode', 0, 'RangeError'],
  ['rcvSettleMode', 'third', 'RangeError'],
]

const CLIENT: readonly Wrong[] = [
  ...CONNECTION,
  ['connection', 'amqp://x', 'TypeError'],
  ['address', 5, 'TypeError'],
  ['linkName', 5, 'TypeError'],
  ['linkProperties', 5, 'TypeError'],
]

const RECEIVE: readonly Wrong[] = [
  ['receiveSettleMode', 2, 'RangeError'],
  ['receiveSettleMode', 'PeekLock', 'RangeError'],
  ['confirmSettlement', 1, 'TypeError'],
  ['prefetch', -1, 'RangeError'],
  ['prefetch', 1.5, 'RangeError'],
  ['autoComplete', 'yes', 'TypeError'],
]

const SEND: readonly Wrong[] = [
  ['sendSettleMode', 3, 'RangeError'],
  ['msgTimeoutMs', -1, 'RangeError'],
]

/** Everything that takes options, with what must be refused. */
async function bags(): Promise<readonly (readonly [string, Call, readonly Wrong[]])[]> {
  const rig = new Rig()
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const sender = await rig.sender(1, {}, connection)
  const receiver = await rig.receiver({ prefetch: 0 }, connection)
  const reading = receiver.receive()
  await rig.run()
  rig.deliver(rig.peer.link('in'), 'x')
  const message = (await rig.until(reading)) as Message
  const sending = new SendClient(URL, rig.base)
  const receiving = new ReceiveClient(URL, rig.base)
  const batch: Wrong[] = [...WAIT, ['maxBatchSize', 0, 'RangeError'], ['maxBatchSize', '1', 'TypeError']]
  const handler = (): void => {}
  const once: Wrong[] = [
    ['receiveSettleMode', 2, 'RangeError'],
    ['confirmSettlement', 1, 'TypeError'],
    ['prefetch', 5, 'TypeError'],
    ['autoComplete', false, 'TypeError'],
  ]
  return [
    [
      'Connection.connect',
      (o) => Connection.connect(URL, o),
      [...CONNECTION, ...WAIT, ['offeredCapabilities', 1, 'TypeError']],
    ],
    [
      'Connection.createSession',
      (o) => connection.createSession(o),
      [...WAIT, ['incomingWindow', 0, 'RangeError'], ['handleMax', 65_536, 'RangeError']],
    ],
    [
      'Connection.createSender',
      (o) => connection.createSender('q', o),
      [...LINK, ['source', 5, 'TypeError']],
    ],
    [
      'Connection.createReceiver',
      (o) => connection.createReceiver('q', o),
      [
        ...LINK,
        ['target', 5, 'TypeError'],
        ['prefetch', -1, 'RangeError'],
        ['maxMessageSize', 0, 'RangeError'],
      ],
    ],
    ['Connection.close', (o) => connection.close(o), WAIT],
    ['Session.createSender', (o) => session.createSender('q', o), LINK],
    ['Session.createReceiver', (o) => session.createReceiver('q', o), LINK],
    ['Session.close', (o) => session.close(o), WAIT],
    [
      'MessageSender.send',
      (o) => sender.send('x', o),
      [
        ...WAIT,
        ['settled', 1, 'TypeError'],
        ['deliveryTag', 'x', 'TypeError'],
        ['deliveryTag', new Uint8Array(33), 'RangeError'],
        ['deliveryTag', new Uint8Array(0), 'RangeError'],
      ],
    ],
    ['MessageSender.ready', (o) => sender.ready(o), WAIT],
    ['MessageSender.detach', (o) => sender.detach(o), WAIT],
    ['MessageSender.close', (o) => sender.close(o), WAIT],
    ['MessageReceiver.receive', (o) => receiver.receive(o), WAIT],
    ['MessageReceiver.receiveBatch', (o) => receiver.receiveBatch(o), batch],
    ['MessageReceiver.drain', (o) => receiver.drain(o), WAIT],
    [
      'MessageReceiver.resetLinkCredit',
      (o) => receiver.resetLinkCredit(1, o),
      [...WAIT, ['drain', 1, 'TypeError']],
    ],
    ['MessageReceiver.detach', (o) => receiver.detach(o), WAIT],
    ['MessageReceiver.close', (o) => receiver.close(o), WAIT],
    ['Message.accept', (o) => message.accept(o), WAIT],
    ['Message.release', (o) => message.release(o), WAIT],
    ['Message.reject', (o) => message.reject({}, o), WAIT],
    ['Message.modify', (o) => message.modify({}, o), WAIT],
    ['SendClient', (o) => new SendClient(URL, o), [...CLIENT, ...SEND]],
    ['SendClient.open', (o) => sending.open(o), WAIT],
    ['SendClient.sendMessage', (o) => sending.sendMessage('x', o), [...WAIT, ['settled', 1, 'TypeError']]],
    [
      'SendClient.sendAllMessages',
      (o) => sending.sendAllMessages(o),
      [...WAIT, ['closeOnDone', 1, 'TypeError']],
    ],
    ['SendClient.close', (o) => sending.close(o), WAIT],
    ['ReceiveClient', (o) => new ReceiveClient(URL, o), [...CLIENT, ...RECEIVE]],
    ['ReceiveClient.open', (o) => receiving.open(o), WAIT],
    ['ReceiveClient.receive', (o) => receiving.receive(o), WAIT],
    ['ReceiveClient.receiveMessageBatch', (o) => receiving.receiveMessageBatch(o), batch],
    [
      'ReceiveClient.receiveMessages',
      (o) => receiving.receiveMessages(handler, o),
      [
        ['signal', {}, 'TypeError'],
        ['concurrency', 0, 'RangeError'],
        ['onError', 1, 'TypeError'],
      ],
    ],
    ['ReceiveClient.drain', (o) => receiving.drain(o), WAIT],
    ['ReceiveClient.close', (o) => receiving.close(o), WAIT],
    ['sendMessage', (o) => sendMessage(URL, 'x', o), [...CLIENT, ...SEND, ...WAIT]],
    [
      'receiveMessage',
      (o) => receiveMessage(URL, o),
      [...CLIENT, ...once, ...WAIT, ['maxBatchSize', 2, 'TypeError']],
    ],
    ['receiveMessages', (o) => receiveMessages(URL, o), [...CLIENT, ...once, ...batch]],
  ]
}

test('a name that is not known is refused by every bag of options with a TypeError that names it', async (t) => {
  for (const [what, call] of await bags()) {
    const error = await errorOf(call, { bogusOption: 1 })
    t.true(error instanceof TypeError, `${what}: ${String(error)}`)
    t.regex(String(error), /bogusOption/, what)
  }
})

test('a value that cannot be is refused by every bag of options with an error that names the option', async (t) => {
  for (const [what, call, wrongs] of await bags()) {
    for (const [name, value, kind] of wrongs) {
      const error = await errorOf(call, { [name]: value })
      t.is((error as Error | undefined)?.name, kind, `${what} ${name}: ${String(error)}`)
      t.regex(String(error), new RegExp(`\\b${name}\\b`), what)
    }
  }
})

test('an option that is undefined is as good as none', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({ maxFrameSize: undefined, auth: undefined, timeoutMs: undefined })
  await rig.until(connection.createSender('q', { name: undefined, timeoutMs: undefined, source: undefined }))
  const closing = connection.close({ timeoutMs: undefined, signal: undefined })
  await rig.until(closing)
  t.is(rig.clock.pendingTimers, 0)
})

test('options that are no object are refused', async (t) => {
  for (const options of [null, 5, 'x']) {
    t.true((await errorOf((o) => Connection.connect(URL, o), options)) instanceof TypeError)
    t.true((await errorOf((o) => new SendClient(URL, o), options)) instanceof TypeError)
    t.true((await errorOf((o) => new ReceiveClient(URL, o), options)) instanceof TypeError)
  }
})

test('an address or terminus that is neither is refused by name', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const no = 5 as unknown as string
  await t.throwsAsync(connection.createSender(no), { instanceOf: TypeError, message: /target/ })
  await t.throwsAsync(connection.createReceiver(no), { instanceOf: TypeError, message: /source/ })
  await t.throwsAsync(connection.createReceiver(null as unknown as string), {
    instanceOf: TypeError,
    message: /source/,
  })
  for (const wrong of [undefined, null, 5, 'orders', {}]) {
    t.throws(() => new SendClient(wrong as never), { instanceOf: TypeError, message: /URL/ })
    t.throws(() => new ReceiveClient(wrong as never), { instanceOf: TypeError, message: /URL/ })
  }
})

test('tls options are checked even where no TLS is spoken', async (t) => {
  const rig = new Rig()
  const connecting = Connection.connect(URL, { ...rig.base, tls: { certificate: 'x' } as never })
  await t.throwsAsync(connecting, { instanceOf: TypeError, message: /tls\.certificate/ })
  t.is(rig.peers.length, 0)
})

test('arguments that are no options are checked, too', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const receiver = await rig.receiver({ prefetch: 0 }, connection)
  for (const count of [0, -1, 1.5])
    t.throws(() => receiver.addCredit(count), { instanceOf: RangeError, message: /count/ })
  await t.throwsAsync(receiver.resetLinkCredit(-1), { instanceOf: RangeError, message: /count/ })
  const client = new ReceiveClient(URL, rig.base)
  await t.throwsAsync(client.receiveMessages(5 as never), { instanceOf: TypeError, message: /handler/ })
  t.is(rig.peers.length, 1, 'nothing was connected for it')
})
