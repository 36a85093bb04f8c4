// What uAMQP's connections got wrong; README.md lists all of its defects.

import test from 'ava'
import { EmbeddedBroker } from '../../lib/broker/index.js'
import { ReceiveClient } from '../../lib/client/receive-client.js'
import { SendClient } from '../../lib/client/send-client.js'
import { Connection } from '../../lib/connection/connection.js'
import { TransportType } from '../../lib/constants.js'
import { AMQPConnectionError } from '../../lib/errors.js'
import { SASLPlain } from '../../lib/sasl/plain.js'
import type { Transport } from '../../lib/transport/transport.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import { Stage, textOf } from '../client/support/stage.js'
import { answerDrains, Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'
import { WakeUps } from './support/wake-ups.js'

keepTidy(test)

const MINUTE = 60_000

/** A connection with a sender and a receiver that all wait for the peer. */
async function idle(rig: Rig, idleTimeoutMs: number): Promise<Connection> {
  const connection = await rig.connect({ idleTimeoutMs })
  const sender = await rig.sender(0, {}, connection)
  const receiver = await rig.receiver({}, connection)
  watch(sender.send('x'))
  watch(receiver.receive())
  const client = new ReceiveClient('orders', { connection, clock: rig.clock })
  watch(client.receiveMessages(() => {}, { concurrency: 10 }))
  await rig.run()
  rig.peer.forget()
  return connection
}

test('azure-sdk #19346, uAMQP #38: clients that wait cost nothing, not one wake-up in an hour', async (t) => {
  const rig = new Rig()
  const connection = await idle(rig, 0)
  const wakeUps = new WakeUps(rig.clock)
  await rig.run(60 * MINUTE)
  t.deepEqual(wakeUps.take(), { timers: 0, turns: 0 })
  t.true(connection.isOpen)
})

test('azure-sdk #19346, uAMQP #38: with idle times, clients that wait are woken for heartbeats and nothing else [2.4.5]', async (t) => {
  const rig = new Rig({ peer: { open: { idleTimeOut: 20_000 } } })
  const connection = await idle(rig, 0)
  const wakeUps = new WakeUps(rig.clock)
  for (let second = 0; second < 60; second++) await rig.clock.run(1_000)
  const beats = rig.peer.takeAll('empty').length
  t.is(beats, 6)
  const { timers, turns } = wakeUps.take()
  t.true(timers <= beats + 1, `${timers} timers`)
  t.true(turns <= 4 * beats, `${turns} turns, of timer, output and transport`)
  t.true(connection.isOpen)
})

test('uAMQP #135, #197: a connection is kept alive whatever its user does, and although nobody uses it [2.4.5]', async (t) => {
  const rig = new Rig({ peer: { open: { idleTimeOut: 30_000 } } })
  const connection = await rig.connect({ idleTimeoutMs: 40_000 })
  let silence = 0
  for (let second = 0; second < 30 * 60; second++) {
    await rig.clock.run(1_000)
    silence = rig.peer.takeAll('empty').length > 0 ? 0 : silence + 1
    if (silence >= 30) break
    if (second % 15 === 0) {
      rig.peer.sendEmpty()
      await rig.run()
    }
  }
  t.true(silence < 30)
  t.true(connection.isOpen)
  await rig.until(connection.close())
  t.is(rig.clock.pendingTimers, 0)
})

/** A transport that breaks once so many bytes were written, which the peer still gets; and how many were. */
class FrailLine {
  written = 0
  private readonly rig: Rig
  private readonly bytes: number

  constructor(rig: Rig, bytes: number) {
    this.rig = rig
    this.bytes = bytes
  }

  readonly transport = async (): Promise<Transport> => {
    await this.rig.transport()
    const { line, clock } = this.rig
    const write = line.write.bind(line)
    line.write = (chunks) => {
      const pieces = chunks.map((chunk) => {
        const piece = chunk.slice(0, this.bytes - this.written)
        this.written += piece.length
        return piece
      })
      const ready = write(pieces)
      if (this.written === this.bytes) clock.defer(() => line.drop())
      return ready
    }
    return line
  }
}

/** Grants credit at once, and accepts what came whole. */
function accepting(peer: Peer): void {
  let first = -1
  peer.on('attach', (attach) => {
    peer.attach(peer.link(attach.name))
    peer.grant(peer.link(attach.name), 10)
  })
  peer.on('transfer', ({ deliveryId = first, more }) => {
    first = deliveryId
    if (more !== true) peer.dispose({ first, settled: true, state: ACCEPTED })
  })
}

/** Sends a message of several frames and one more, and closes. */
async function story(rig: Rig, line: FrailLine): Promise<string[]> {
  const { transport } = line
  const client = new SendClient(URL, { ...rig.base, linkName: 'out', containerId: 'us', transport })
  const sending = ['a'.repeat(600), 'b'].map((text) => watch(client.sendMessage(text)))
  await rig.run()
  const closing = watch(client.close({ timeoutMs: 1_000 }))
  await rig.run(1_000)
  return states([...sending, closing])
}

test('azure-sdk #13739: a socket that dies after any byte of messages in many frames ends every call, and leaves nothing', async (t) => {
  const options = { prepare: accepting, peer: { open: { maxFrameSize: 512 } } }
  const whole = new Rig(options)
  const sound = new FrailLine(whole, Number.POSITIVE_INFINITY)
  t.deepEqual(await story(whole, sound), ['resolved', 'resolved', 'resolved'])
  t.is(whole.peer.takeAll('transfer').length, 3)
  for (let bytes = 0; bytes < sound.written; bytes++) {
    const rig = new Rig(options)
    const ends = await story(rig, new FrailLine(rig, bytes))
    if (ends.includes('pending') || ends[2] !== 'resolved') t.fail(`${bytes} bytes: ${ends.join(', ')}`)
    if (rig.clock.pendingTimers > 0) t.fail(`${bytes} bytes: a timer is left`)
  }
})

test('uAMQP #30: closing at once from every side, also within handlers and callbacks, locks nothing up', async (t) => {
  const stage = await Stage.open(t)
  await stage.fill('a', 'b')
  const connection = await stage.until(Connection.connect(stage.url(''), stage.base))
  const client = new ReceiveClient('orders', { connection, clock: stage.clock })
  const sender = new SendClient('orders', { connection, clock: stage.clock })
  const closings: Promise<void>[] = []
  const run = watch(
    client.receiveMessages(() => {
      closings.push(client.close(), connection.close(), sender.close(), client.close())
    }),
  )
  const sending = watch(sender.sendMessage('c'))
  await stage.run()
  t.is(closings.length, 4)
  const closed = closings.map((closing) => watch(closing))
  await stage.run()
  t.deepEqual(states(closed), ['resolved', 'resolved', 'resolved', 'resolved'])
  t.not(run.state, 'pending')
  t.not(sending.state, 'pending')
  t.regex(connection.explain(), /: closed/)
})

test('uAMQP #30: a client that is closed while it opens, and again, is closed', async (t) => {
  const rig = new Rig({ prepare: answerDrains })
  const client = new ReceiveClient(URL, rig.base)
  const opening = watch(client.open())
  const closings = [watch(client.close()), watch(client.close())]
  await rig.run()
  t.deepEqual(states([opening, ...closings]), ['rejected', 'resolved', 'resolved'])
  t.is(rig.clock.pendingTimers, 0)
})

test('uAMQP #85: amqp:// is plain TCP, and the port of the URL is the port', async (t) => {
  const broker = await EmbeddedBroker.start({ port: 0 })
  t.teardown(() => broker.stop())
  t.regex(broker.url, /^amqp:\/\/127\.0\.0\.1:\d+$/)
  const sender = new SendClient(`${broker.url}/orders`)
  await sender.sendMessage('x')
  await sender.close()
  t.deepEqual(
    broker.queue('orders').messages.map((message) => textOf(message)),
    ['x'],
  )
})

test('uAMQP http_proxy and auth: options that are given stay as they are, and serve any number of clients', async (t) => {
  const stage = await Stage.open(t, { users: { user: 'pass' } })
  const auth = SASLPlain('user', 'pass')
  const httpProxy = Object.freeze({
    proxyHostname: 'proxy.invalid',
    proxyPort: 8080,
    username: 'u',
    password: 'p',
  })
  const options = Object.freeze({
    ...stage.base,
    auth,
    httpProxy,
    transportType: TransportType.Amqp,
    desiredCapabilities: Object.freeze(['a', 'b']),
    linkProperties: Object.freeze({ of: 'link' }),
    properties: Object.freeze({ of: 'connection' }),
  })
  for (const text of ['first', 'second']) {
    const client = new SendClient(stage.url('orders'), options)
    await stage.until(client.sendMessage(text))
    await stage.until(client.close())
  }
  t.deepEqual(stage.waiting(), ['first', 'second'])
})

test('uAMQP URL: a plus in user or password is a plus', async (t) => {
  const stage = await Stage.open(t, { users: { 'a+b': 'c+d' } })
  const url = stage.url('orders').replace('://', '://a+b:c+d@')
  const client = new SendClient(url, stage.base)
  await stage.until(client.sendMessage('x'))
  await stage.until(client.close())
  t.deepEqual(stage.waiting(), ['x'])
})

test('uAMQP transport_type: it counts beside credentials, too', async (t) => {
  const broker = await EmbeddedBroker.start({ port: 0, users: { user: 'pass' } })
  t.teardown(() => broker.stop())
  const client = new SendClient(`${broker.url}/orders`, {
    auth: SASLPlain('user', 'pass'),
    transportType: TransportType.AmqpOverWebsocket,
  })
  const error = await t.throwsAsync(client.open(), { instanceOf: AMQPConnectionError })
  t.like(error, { phase: 'websocket' })
  await client.close()
})

test('uAMQP session: a session that is begun directly has windows for more than one transfer [2.5.6]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  await rig.until(connection.createSession())
  const [begin] = rig.peer.takeAll('begin')
  t.true((begin?.incomingWindow ?? 0) >= 2_048)
  t.true((begin?.outgoingWindow ?? 0) >= 2_048)
})

test('uAMQP #212: capabilities are given as strings, and go out as symbols [2.7.1, 2.7.3]', async (t) => {
  const rig = new Rig()
  const capabilities = ['com.microsoft:idempotent-producer', 'b']
  const connection = await rig.connect({ desiredCapabilities: capabilities })
  t.deepEqual(rig.peer.takeAll('open')[0]?.desiredCapabilities, capabilities)
  await rig.until(connection.createSender('orders', { desiredCapabilities: capabilities }))
  t.deepEqual(rig.peer.takeAll('attach')[0]?.desiredCapabilities, capabilities)
})
