// Connecting: each step, and how each can fail, with nothing left behind.

import test from 'ava'
import { Connection } from '../../lib/connection/connection.js'
import { AMQPError, AMQPTimeoutError, AuthenticationError, ConnectionClose } from '../../lib/errors.js'
import { SASLExternal } from '../../lib/sasl/external.js'
import type { WaitOptions } from '../../lib/util/deferred.js'
import type { Peer } from '../support/peer.js'
import { Rig, URL } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { watch } from './support/watch.js'

keepTidy(test)

/** The error with which connecting fails; nothing may be left of the attempt. */
async function refusal(rig: Rig, options: WaitOptions, passMs: number, url = URL): Promise<unknown> {
  const connecting = watch(Connection.connect(url, { ...rig.base, ...options }))
  await rig.run(passMs)
  if (connecting.state !== 'rejected') throw new Error(`connecting is ${connecting.state}`)
  await rig.run()
  if (rig.clock.pendingTimers > 0) throw new Error(`${rig.clock.pendingTimers} timers are left`)
  return connecting.error
}

const never = (): void => {}
const silentAt = (kind: 'header' | 'sasl-init' | 'open') => (peer: Peer) => peer.on(kind, never)

test('a connection is open when header, SASL and open are exchanged [2.2, 2.4.1, 5.3]', async (t) => {
  const rig = new Rig({ peer: { open: { maxFrameSize: 4096, properties: { product: 'peer' } } } })
  const connection = await rig.connect({ containerId: 'me' })
  t.true(connection.isOpen)
  t.is(connection.containerId, 'me')
  t.is(connection.remoteContainerId, 'peer')
  t.is(connection.remoteMaxFrameSize, 4096)
  t.like(connection.remoteProperties, { product: 'peer' })
  rig.peer.expect('header')
  rig.peer.expect('sasl-init', { mechanism: 'ANONYMOUS', hostname: 'peer.test' })
  rig.peer.expect('header')
  rig.peer.expect('open', { containerId: 'me', hostname: 'peer.test', maxFrameSize: 65536, channelMax: 1023 })
  rig.peer.done()
  await rig.until(connection.close())
  rig.peer.expect('close')
  t.is(rig.clock.pendingTimers, 0)
  t.is(await connection.closed, undefined)
})

test('what the options say goes into open: half of the idle time, virtual host, capabilities, properties [2.7.1]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({
    hostname: 'tenant.test',
    idleTimeoutMs: 60_000,
    maxFrameSize: 512,
    channelMax: 7,
    properties: { product: 'test' },
    offeredCapabilities: ['a'],
    desiredCapabilities: ['b'],
  })
  const [open] = rig.peer.takeAll('open')
  t.like(open, {
    hostname: 'tenant.test',
    idleTimeOut: 30_000,
    maxFrameSize: 512,
    channelMax: 7,
    offeredCapabilities: ['a'],
    desiredCapabilities: ['b'],
  })
  t.like(open?.properties, { product: 'test' })
  await rig.until(connection.close())
  t.is(rig.clock.pendingTimers, 0)
})

test('user and password of the URL are percent-decoded and go into SASL PLAIN as UTF-8 [5.3.3.2]', async (t) => {
  const rig = new Rig()
  await rig.connect({}, 'amqp://us%40er:p%C3%A4ss%3Aw%C3%B6rd%E2%82%AC@peer.test')
  const [init] = rig.peer.takeAll('sasl-init')
  t.is(init?.mechanism, 'PLAIN')
  t.is(Buffer.from(init?.initialResponse ?? []).toString(), '\0us@er\0päss:wörd€')
})

test('the option "auth" rules over the URL', async (t) => {
  const rig = new Rig({
    prepare: (peer) => {
      peer.on('header', ({ bytes }) => {
        if (bytes[4] !== 3) return peer.answer({ kind: 'header', bytes }, 0)
        peer.sendRaw(bytes)
        peer.sendSasl({ kind: 'sasl-mechanisms', saslServerMechanisms: ['PLAIN', 'EXTERNAL'] })
      })
      peer.on('sasl-init', () => peer.outcome(0))
    },
  })
  const connecting = watch(
    Connection.connect('amqp://user:password@peer.test', { ...rig.base, auth: SASLExternal() }),
  )
  await rig.run()
  t.is(rig.peer.takeAll('sasl-init')[0]?.mechanism, 'EXTERNAL')
  t.not(connecting.state, 'rejected')
})

for (const [code, retryable] of [
  [1, false],
  [2, true],
  [3, false],
  [4, true],
] as const) {
  test(`a refused login with outcome ${code} says so in the error [5.3.3.6]`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on('sasl-init', () => peer.outcome(code)) })
    const error = await refusal(rig, {}, 0, 'amqp://user:secret@peer.test')
    t.true(error instanceof AuthenticationError)
    t.like(error, { phase: 'sasl', outcomeCode: code, retryable, code: 'AMQP_AUTHENTICATION' })
    t.notRegex(String(error), /secret/)
  })
}

test('a server without a mechanism for the credentials is told apart from a refused login', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('header', ({ bytes }) => {
        peer.sendRaw(bytes)
        peer.sendSasl({ kind: 'sasl-mechanisms', saslServerMechanisms: ['GSSAPI'] })
      }),
  })
  const error = await refusal(rig, {}, 0)
  t.true(error instanceof AuthenticationError)
  t.is((error as AuthenticationError).outcomeCode, undefined)
  t.regex(String(error), /only GSSAPI/)
})

test('a peer that opens only to close is the reason why connecting fails [2.4.1]', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('open', () => {
        const error = { kind: 'error', condition: 'amqp:not-allowed', description: 'no vhost' } as const
        peer.open()
        peer.close({ error })
      }),
  })
  const error = await refusal(rig, {}, 0)
  t.true(error instanceof ConnectionClose)
  t.like(error, { condition: 'amqp:not-allowed', description: 'no vhost', retryable: false })
})

test('a peer that closes instead of opening is the reason why connecting fails', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('open', () => peer.close({ error: { kind: 'error', condition: 'amqp:unauthorized-access' } })),
  })
  const error = await refusal(rig, {}, 0)
  t.true(error instanceof ConnectionClose)
  t.like(error, { condition: 'amqp:unauthorized-access', retryable: false })
})

for (const [kind, phase] of [
  ['header', 'sasl'],
  ['sasl-init', 'sasl'],
  ['open', 'open'],
] as const) {
  test(`a peer that hangs up instead of answering ${kind} fails connecting in phase ${phase}`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on(kind, never) })
    const connecting = watch(Connection.connect(URL, rig.base))
    await rig.run()
    rig.hangUp()
    await rig.run()
    t.like(connecting.error, { phase, retryable: true, name: 'AMQPConnectionError' })
    t.is(rig.clock.pendingTimers, 0)
  })

  test(`a peer that is silent after ${kind} is given up after timeoutMs, and nothing is left`, async (t) => {
    const rig = new Rig({ prepare: silentAt(kind) })
    const error = await refusal(rig, { timeoutMs: 250 }, 250)
    t.true(error instanceof AMQPTimeoutError)
    t.like(error, { timeoutMs: 250, retryable: true, inDoubt: false })
    t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
  })

  test(`a signal that aborts while ${kind} is unanswered ends the attempt with its reason, and nothing is left`, async (t) => {
    const rig = new Rig({ prepare: silentAt(kind) })
    const controller = new AbortController()
    const connecting = watch(Connection.connect(URL, { ...rig.base, signal: controller.signal }))
    await rig.run()
    t.is(connecting.state, 'pending')
    const reason = new Error('enough')
    controller.abort(reason)
    await rig.run()
    t.is(connecting.error, reason)
    t.is(rig.clock.pendingTimers, 0)
    t.false(rig.line.write([Uint8Array.of(1)]), 'the transport is shut')
  })
}

test('without timeoutMs each step has connectTimeoutMs', async (t) => {
  const rig = new Rig({ prepare: silentAt('open') })
  t.true((await refusal(rig, { connectTimeoutMs: 40 } as WaitOptions, 40)) instanceof AMQPTimeoutError)
  const patient = new Rig({ prepare: silentAt('open') })
  const connecting = watch(Connection.connect(URL, patient.base))
  await patient.run(29_999)
  t.is(connecting.state, 'pending')
  await patient.run(1)
  t.like(connecting.error, { name: 'AMQPTimeoutError', timeoutMs: 30_000 })
})

test('timeoutMs holds for the transport and the opening together', async (t) => {
  const rig = new Rig({ prepare: silentAt('open') })
  const connecting = watch(Connection.connect(URL, { ...rig.base, transport: rig.slow(60), timeoutMs: 100 }))
  await rig.run(60)
  await rig.run(39)
  t.is(connecting.state, 'pending')
  await rig.run(1)
  t.is(connecting.state, 'rejected')
})

test('a transport that comes too late is destroyed', async (t) => {
  const rig = new Rig()
  const connecting = watch(Connection.connect(URL, { ...rig.base, transport: rig.slow(60), timeoutMs: 50 }))
  await rig.run(50)
  t.true(connecting.error instanceof AMQPTimeoutError)
  await rig.run(10)
  t.false(rig.line.write([Uint8Array.of(1)]))
  t.is(rig.clock.pendingTimers, 0)
})

test('what a transport of the user fails with is what connecting fails with', async (t) => {
  const rig = new Rig()
  const reason = new Error('no tunnel')
  const connecting = Connection.connect(URL, { ...rig.base, transport: () => Promise.reject(reason) })
  t.is(await t.throwsAsync(connecting), reason)
})

test('an aborted signal does not even ask for a transport', async (t) => {
  const rig = new Rig()
  const reason = new Error('too late')
  const connecting = Connection.connect(URL, { ...rig.base, signal: AbortSignal.abort(reason) })
  t.is(await t.throwsAsync(connecting), reason)
  t.is(rig.peers.length, 0)
})

test('a URL that cannot be is refused before anything is connected, and never shown with its password', async (t) => {
  const rig = new Rig()
  for (const url of [
    'http://peer.test',
    'amqp://',
    'peer.test',
    'amqp://user:secret@peer.test:port',
    'amqp://:secret@peer.test',
  ]) {
    const error = await t.throwsAsync(Connection.connect(url, rig.base), { instanceOf: TypeError }, url)
    t.notRegex(String(error), /secret/)
  }
  t.is(rig.peers.length, 0)
})

test('a peer with a max-frame-size below 512 is refused [2.7.1]', async (t) => {
  const rig = new Rig({ peer: { open: { maxFrameSize: 511 } } })
  const error = await refusal(rig, {}, 0)
  t.true(error instanceof AMQPError)
  t.like(error, { condition: 'amqp:frame-size-too-small' })
})
