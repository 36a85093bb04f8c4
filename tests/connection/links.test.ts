// Sessions and links are opened, refused, given up and ended by either side.

import test from 'ava'
import {
  AMQPError,
  AMQPTimeoutError,
  ConnectionClose,
  LinkDetach,
  LinkRedirect,
  SessionEnd,
} from '../../lib/errors.js'
import { Source, Target } from '../../lib/message/terminus.js'
import type { AMQPErrorFields } from '../../lib/types/transport.js'
import type { Peer } from '../support/peer.js'
import { Rig } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { watch } from './support/watch.js'

keepTidy(test)

const never = (): void => {}
const failure = (condition: string, description?: string): AMQPErrorFields => ({
  kind: 'error',
  condition,
  description,
})

/** Answers each attach without the terminus that was asked for, then detaches [2.6.3]. */
const refuseLinks = (error: AMQPErrorFields) => (peer: Peer) =>
  peer.on('attach', (body) => {
    const link = peer.link(body.name)
    peer.attach(link, body.role ? { source: undefined } : { target: undefined })
    peer.detach(link, { closed: true, error })
  })

test('a sender attaches with the modes, termini, properties and capabilities that were asked for [2.7.3]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({ containerId: 'me' })
  const sender = await rig.until(
    connection.createSender(new Target({ address: 'orders', durable: 1 }), {
      name: 'out',
      sndSettleMode: 'unsettled',
      rcvSettleMode: 'second',
      source: 'here',
      properties: { colour: 'red' },
      offeredCapabilities: ['a'],
      desiredCapabilities: ['b'],
    }),
  )
  const [attach] = rig.peer.takeAll('attach')
  t.like(attach, {
    name: 'out',
    role: false,
    sndSettleMode: 0,
    rcvSettleMode: 1,
    offeredCapabilities: ['a'],
    desiredCapabilities: ['b'],
  })
  t.like(attach?.source, { address: 'here' })
  t.like(attach?.target, { address: 'orders', durable: 1 })
  t.like(attach?.properties, { colour: 'red' })
  t.true(sender.isOpen)
  t.is(sender.name, 'out')
  t.is(sender.address, 'orders')
})

test('a receiver attaches as said, its own container being the target unless told otherwise [2.7.3]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect({ containerId: 'me', maxMessageSize: 1000 })
  const receiver = await rig.until(
    connection.createReceiver(new Source('orders'), { name: 'in', sndSettleMode: 'settled' }),
  )
  const [attach] = rig.peer.takeAll('attach')
  t.like(attach, { name: 'in', role: true, sndSettleMode: 1, maxMessageSize: 1000n })
  t.like(attach?.source, { address: 'orders' })
  t.like(attach?.target, { address: 'me' })
  t.true(receiver.isOpen)
  t.is(receiver.address, 'orders')
})

test('the answer of the peer decides modes, address and limits [2.6.3, 2.7.3]', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) => {
        const source = { ...body.source, kind: 'source' as const, address: 'made-by-peer' }
        const target = { kind: 'target' as const, address: 'made-by-peer' }
        const common = {
          rcvSettleMode: 0,
          sndSettleMode: 1,
          maxMessageSize: 5000n,
          properties: { queue: 'x' },
        }
        peer.attach(peer.link(body.name), body.role ? { ...common, source } : { ...common, target })
      }),
  })
  const connection = await rig.connect()
  const sender = await rig.until(connection.createSender(new Target({ dynamic: true })))
  t.is(sender.sndSettleMode, 'settled')
  t.is(sender.address, 'made-by-peer')
  t.is(sender.maxMessageSize, 5000)
  t.like(sender.remoteProperties, { queue: 'x' })
  const receiver = await rig.until(connection.createReceiver('q', { rcvSettleMode: 'second' }))
  t.is(receiver.rcvSettleMode, 'first')
  t.is(receiver.address, 'made-by-peer')
})

test('a sender without a target leaves the way to each message: the anonymous terminus', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  await rig.until(connection.createSender(null))
  const [attach] = rig.peer.takeAll('attach')
  const target = attach?.target as { kind: string; address?: string } | undefined
  t.is(target?.kind, 'target')
  t.is(target?.address, undefined)
})

test('links that are given no session share one; links of a session of their own do not', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const attaching = [connection.createSender('a'), connection.createReceiver('b')]
  await rig.until(Promise.all(attaching))
  t.is(rig.peer.takeAll('begin').length, 1)
  const session = await rig.until(connection.createSession({ incomingWindow: 10, handleMax: 100 }))
  await rig.until(session.createSender('c'))
  t.like(rig.peer.takeAll('begin')[0], { incomingWindow: 10, handleMax: 100 })
  t.deepEqual(
    rig.peer.takeAll('attach').map(({ channel }) => channel),
    [0, 0, 1],
  )
})

test('an attach that is refused rejects with what the peer said [2.6.3]', async (t) => {
  const rig = new Rig({ prepare: refuseLinks(failure('amqp:not-found', "no queue 'orders'")) })
  const connection = await rig.connect()
  const attaches = [() => connection.createSender('orders'), () => connection.createReceiver('orders')]
  for (const attach of attaches) {
    const error = await t.throwsAsync(rig.until<unknown>(attach()), { instanceOf: LinkDetach })
    t.like(error, {
      condition: 'amqp:not-found',
      description: "no queue 'orders'",
      retryable: false,
      context: { address: 'orders' },
    })
  }
  t.true(connection.isOpen)
  t.notRegex(connection.explain(), /sender|receiver/)
})

test('a peer that attaches only to detach refuses, too', async (t) => {
  const rig = new Rig({
    prepare: (peer) =>
      peer.on('attach', (body) => {
        peer.attach(peer.link(body.name))
        peer.detach(peer.link(body.name), { closed: true, error: failure('amqp:resource-locked') })
      }),
  })
  const connection = await rig.connect()
  const error = await t.throwsAsync(rig.until(connection.createSender('orders')), { instanceOf: LinkDetach })
  t.like(error, { condition: 'amqp:resource-locked', retryable: true })
})

test('a link that is redirected says where to [2.8.18]', async (t) => {
  const rig = new Rig({
    prepare: refuseLinks({
      ...failure('amqp:link:redirect', 'moved'),
      info: { hostname: 'new.test', 'network-host': '10.0.0.7', port: 5673, address: 'elsewhere' },
    }),
  })
  const connection = await rig.connect()
  const error = await t.throwsAsync(rig.until(connection.createReceiver('orders')), {
    instanceOf: LinkRedirect,
  })
  t.like(error, {
    hostname: 'new.test',
    networkHost: '10.0.0.7',
    port: 5673,
    address: 'elsewhere',
    description: 'moved',
  })
})

test('a redirect without fields is a redirect all the same', async (t) => {
  const rig = new Rig({ prepare: refuseLinks(failure('amqp:link:redirect')) })
  const connection = await rig.connect()
  const error = await t.throwsAsync(rig.until(connection.createReceiver('orders')), {
    instanceOf: LinkRedirect,
  })
  t.is((error as LinkRedirect).hostname, undefined)
  t.is((error as LinkRedirect).port, undefined)
})

for (const kind of ['begin', 'attach'] as const) {
  test(`a ${kind} that is not answered is given up after timeoutMs, the wait for session and link being one`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on(kind, never) })
    const connection = await rig.connect()
    const attaching = watch(connection.createReceiver('orders', { timeoutMs: 200 }))
    await rig.run(199)
    t.is(attaching.state, 'pending')
    await rig.run(1)
    t.true(attaching.error instanceof AMQPTimeoutError)
    t.like(attaching.error, { timeoutMs: 200, retryable: true })
  })

  test(`a signal ends the wait for an unanswered ${kind} with its reason`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on(kind, never) })
    const connection = await rig.connect()
    const controller = new AbortController()
    const attaching = watch(connection.createSender('orders', { signal: controller.signal }))
    await rig.run()
    t.is(attaching.state, 'pending')
    const reason = new Error('enough')
    controller.abort(reason)
    await rig.run()
    t.is(attaching.error, reason)
  })

  test(`a lost connection ends the wait for an unanswered ${kind} at once`, async (t) => {
    const rig = new Rig({ prepare: (peer) => peer.on(kind, never) })
    const connection = await rig.connect()
    const attaching = watch(connection.createSender('orders'))
    await rig.run()
    await rig.drop()
    t.like(attaching.error, { name: 'AMQPConnectionError', phase: 'established', retryable: true })
    t.is(rig.clock.pendingTimers, 0)
  })
}

test('a link that was given up is detached, so that a late attach leaves nothing behind [2.6.4]', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('attach', never) })
  const connection = await rig.connect()
  const attaching = watch(connection.createSender('orders', { name: 'out', timeoutMs: 10 }))
  await rig.run(10)
  t.is(attaching.state, 'rejected')
  rig.peer.on('attach', undefined)
  t.is(rig.peer.takeAll('detach').length, 1)
  await rig.until(connection.createSender('orders', { name: 'other' }))
  t.pass()
})

test('two links of one name and role in a session are refused here [2.6.1]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  await rig.until(connection.createSender('a', { name: 'same' }))
  const error = await t.throwsAsync(connection.createSender('b', { name: 'same' }), { instanceOf: AMQPError })
  t.is((error as AMQPError).code, 'AMQP_LINK_NAME_IN_USE')
  await rig.until(connection.createReceiver('a', { name: 'same' }))
})

test("a session beyond the peer's channel-max is refused here [2.7.1]", async (t) => {
  const rig = new Rig({ peer: { open: { channelMax: 0 } } })
  const connection = await rig.connect()
  await rig.until(connection.createSession())
  const error = await t.throwsAsync(connection.createSession(), { instanceOf: AMQPError })
  t.is((error as AMQPError).code, 'AMQP_CHANNEL_MAX')
})

test("an attach that does not fit the peer's frames fails alone [2.4.1]", async (t) => {
  const rig = new Rig({ peer: { open: { maxFrameSize: 512 } } })
  const connection = await rig.connect()
  for (const options of [{ properties: { long: 'x'.repeat(600) } }]) {
    t.like(await t.throwsAsync(rig.until(connection.createSender('orders', options))), {
      condition: 'amqp:frame-size-too-small',
    })
    t.like(await t.throwsAsync(rig.until(connection.createReceiver('orders', options))), {
      condition: 'amqp:frame-size-too-small',
    })
  }
  await rig.until(connection.createSender('orders'))
  t.true(connection.isOpen)
})

test('a link that the peer detaches says why, and no other link is touched [2.6.5]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  const receiver = await rig.receiver({}, connection)
  rig.peer.detach(rig.peer.link('out'), { closed: true, error: failure('amqp:resource-deleted', 'gone') })
  await rig.run()
  t.like(await sender.closed, { name: 'LinkDetach', condition: 'amqp:resource-deleted', description: 'gone' })
  t.false(sender.isOpen)
  t.true(receiver.isOpen)
  t.like(rig.peer.takeAll('detach')[0], { closed: true, error: undefined })
})

test('a session that the peer ends takes its links with it, and no other session [2.5.4]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  const shared = rig.peer.session
  const session = await rig.until(connection.createSession())
  const receiver = await rig.receiver({}, connection)
  const own = await rig.until(session.createReceiver('q'))
  rig.peer.end(shared, { error: failure('amqp:internal-error', 'oops') })
  await rig.run()
  t.true((await sender.closed) instanceof SessionEnd)
  t.like(await receiver.closed, { condition: 'amqp:internal-error', retryable: true })
  t.true(own.isOpen)
  t.true(session.isOpen)
  const another = await rig.until(connection.createSender('orders'))
  t.true(another.isOpen, 'the next link gets a new session')
})

test('a connection that the peer closes ends all, each with its reason [2.4.3]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  const sender = await rig.sender(10, {}, connection)
  rig.peer.close({ error: failure('amqp:connection:forced', 'maintenance') })
  await rig.run()
  const reason = await connection.closed
  t.true(reason instanceof ConnectionClose)
  t.like(reason, { condition: 'amqp:connection:forced', description: 'maintenance', retryable: true })
  t.is(await session.closed, reason)
  t.is(await sender.closed, reason)
  t.is(rig.peer.takeAll('close').length, 1)
  t.is(rig.clock.pendingTimers, 0)
})

test('what is opened on something that has ended is refused at once, with the reason of that end', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const session = await rig.until(connection.createSession())
  rig.peer.end(rig.peer.session, { error: failure('amqp:internal-error') })
  await rig.run()
  const ended = await session.closed
  t.is((await t.throwsAsync(session.createSender('q'))) as unknown, ended)
  t.is((await t.throwsAsync(session.createReceiver('q'))) as unknown, ended)
  await rig.drop()
  const lost = await connection.closed
  t.is((await t.throwsAsync(connection.createSession())) as unknown, lost)
  t.is((await t.throwsAsync(connection.createSender('q'))) as unknown, lost)
  t.is((await t.throwsAsync(connection.createReceiver('q'))) as unknown, lost)
  t.is(rig.clock.pendingTimers, 0)
})

test('a session that the peer begins is ended politely, and the connection goes on [2.5.1]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  rig.peer.forget()
  const session = rig.peer.begin()
  await rig.run()
  rig.peer.expect('begin', { remoteChannel: session.channel })
  t.is(rig.peer.expect('end').error?.condition, 'amqp:not-implemented')
  rig.peer.done()
  await rig.until(connection.createSender('q'))
  t.true(connection.isOpen)
})

for (const role of ['sender', 'receiver'] as const) {
  test(`a ${role} that the peer attaches is refused politely, and the session goes on [2.6.3]`, async (t) => {
    const rig = new Rig()
    const sender = await rig.sender(10)
    rig.peer.newLink('uninvited', role)
    await rig.run()
    const answer = rig.peer.expect('attach', { name: 'uninvited', role: role === 'sender' })
    t.is(role === 'sender' ? answer.target : answer.source, undefined, 'no terminus: a refusal')
    const detach = rig.peer.expect('detach', { closed: true })
    t.is(detach.error?.condition, 'amqp:not-implemented')
    const sending = watch(sender.send('x'))
    await rig.run()
    t.deepEqual(rig.texts(), ['x'])
    t.is(sending.state, 'pending')
  })
}
