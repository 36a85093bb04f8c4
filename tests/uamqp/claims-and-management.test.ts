// What uAMQP's management and claims got wrong; README.md lists all of its defects.

import test from 'ava'
import { JWTTokenAuth } from '../../lib/cbs/jwt.js'
import { SASTokenAuth } from '../../lib/cbs/sas.js'
import { SendClient } from '../../lib/client/send-client.js'
import { CBSAuthStatus } from '../../lib/constants.js'
import { AMQPTimeoutError, LinkDetach, LinkRedirect } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { AMQPInt, AMQPuLong } from '../../lib/types/wrappers.js'
import { Desk, HOST, MINUTE } from '../cbs/support/desk.js'
import { pass } from '../cbs/support/pass.js'
import { Stage } from '../client/support/stage.js'
import { answerDrains, Rig, URL } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'
import { WakeUps } from './support/wake-ups.js'

keepTidy(test)

const good = (): Message => new Message(null, { applicationProperties: { statusCode: new AMQPInt(200) } })

test('uAMQP mgmt_request: a node that failed once is asked anew by the next request of the same client', async (t) => {
  const stage = await Stage.open(t, { autoCreate: false })
  stage.broker.createQueue('orders')
  const client = stage.sender()
  await stage.until(client.open())
  await t.throwsAsync(stage.until(client.mgmtRequest(null, 'READ')), { instanceOf: LinkDetach })
  stage.broker.addNode('$management', good)
  t.is((await stage.until(client.mgmtRequest(null, 'READ'))).status, 200)
  stage.broker.removeNode('$management')
  await stage.run()
  stage.broker.addNode('$management', good)
  t.is((await stage.until(client.mgmtRequest(null, 'READ'))).status, 200)
  t.is(stage.connects, 1)
  await stage.until(client.close())
})

test('uAMQP mgmt_request: requests that nobody answers in time leave nothing behind', async (t) => {
  const stage = await Stage.open(t)
  let answers = false
  stage.broker.addNode('$management', () => (answers ? good() : new Promise<undefined>(() => {})))
  const client = stage.sender()
  await stage.until(client.open())
  const quiet = stage.clock.pendingTimers
  for (let round = 0; round < 20; round++) {
    const asked = Array.from({ length: 10 }, () =>
      watch(client.mgmtRequest(null, 'READ', { timeoutMs: 100 })),
    )
    await stage.run(100)
    t.true(asked.every(({ error }) => error instanceof AMQPTimeoutError))
  }
  answers = true
  t.is((await stage.until(client.mgmtRequest(null, 'READ'))).status, 200)
  t.is(stage.clock.pendingTimers, quiet)
  await stage.until(client.close())
})

/** Refuses links to a node with a redirect. */
function redirecting(node: string): (peer: Peer) => void {
  return (peer) => {
    answerDrains(peer)
    peer.on('attach', ({ name, role, target, source }) => {
      const link = peer.link(name)
      const address = role ? source : target
      if (!(address !== undefined && 'address' in address && address.address === node))
        return peer.attach(link)
      peer.attach(link, role ? { source: undefined } : { target: undefined })
      const info = { hostname: 'new.test', 'network-host': '10.0.0.7', port: 5673 }
      peer.detach(link, { closed: true, error: { kind: 'error', condition: 'amqp:link:redirect', info } })
    })
  }
}

test('uAMQP mgmt_request: a redirect of the links to a management node is told to whoever asked it [2.8.18]', async (t) => {
  const rig = new Rig({ prepare: redirecting('$management') })
  const client = new SendClient(URL, rig.base)
  await rig.until(client.open())
  const error = await t.throwsAsync(rig.until(client.mgmtRequest(null, 'READ')), { instanceOf: LinkRedirect })
  t.like(error, { hostname: 'new.test', networkHost: '10.0.0.7', port: 5673 })
  const closing = watch(client.close())
  await rig.run(5_000)
  t.is(closing.state, 'resolved')
})

test('uamqp-c #231: the reason of a refusal is awaited, however long after the empty attach it comes [2.6.3]', async (t) => {
  const rig = new Rig({
    prepare: (peer) => peer.on('attach', ({ name }) => peer.attach(peer.link(name), { target: undefined })),
  })
  const connection = await rig.connect()
  const attaching = watch(connection.createSender('orders', { name: 'out' }))
  await rig.run(5_000)
  t.is(attaching.state, 'pending')
  const error = { kind: 'error', condition: 'amqp:unauthorized-access', description: 'not you' } as const
  rig.peer.detach(rig.peer.link('out'), { closed: true, error })
  await rig.run()
  t.like(attaching.error, { condition: error.condition, description: error.description })
})

test('uAMQP mgmt_request: a message-id of any type is matched, and a status of any integer type read', async (t) => {
  const stage = await Stage.open(t)
  stage.broker.addNode(
    '$management',
    () => new Message(null, { applicationProperties: { 'status-code': new AMQPuLong(202n) } }),
  )
  const client = stage.sender()
  const asked = ['text', 7n, Uint8Array.of(1, 2)].map((messageId) =>
    client.mgmtRequest(new Message(null, { properties: { messageId } }), 'READ'),
  )
  const answers = await stage.until(Promise.all(asked))
  t.deepEqual(
    answers.map(({ status }) => status),
    [202, 202, 202],
  )
  await stage.until(client.close())
})

test('uAMQP from_shared_access_key: refreshWindowMs is heeded', async (t) => {
  const desk = await Desk.open(t)
  const { clock } = desk.stage
  const auth = SASTokenAuth.fromSharedAccessKey({
    uri: `sb://${HOST}/orders`,
    keyName: 'Root',
    sharedAccessKey: 'secret',
    expiryMs: 60 * MINUTE,
    refreshWindowMs: 25 * MINUTE,
  })
  const connection = await desk.connect(t, { auth })
  const wakeUps = new WakeUps(clock)
  const attaching = watch(connection.createSender('orders'))
  // Signing takes real time, while the clock stands still.
  while (attaching.state === 'pending') await clock.run()
  t.is(attaching.state, 'resolved')
  t.is(desk.puts.length, 1)
  const longest = Math.max(...wakeUps.delaysMs)
  t.true(longest > 33 * MINUTE && longest <= 35 * MINUTE, String(longest))
})

test('azure-sdk #20573: while a claim is renewed, a client goes on sending and receiving', async (t) => {
  const desk = await Desk.open(t)
  const { stage } = desk
  let made = 0
  const auth = new JWTTokenAuth({
    uri: `sb://${HOST}/orders`,
    getToken: async () => ({ token: `token ${++made}`, expiresAtMs: desk.nowMs + 60 * MINUTE }),
    timeoutMs: 10 * MINUTE,
  })
  const connection = await desk.connect(t, { auth })
  const sender = await stage.until(connection.createSender('orders'))
  const receiver = await stage.until(connection.createReceiver('orders'))
  desk.silent = true
  await pass(stage, 46 * MINUTE)
  t.is(desk.puts.length, 2)
  t.is(auth.status, CBSAuthStatus.InProgress)
  const sending = watch(sender.sendAccepted('x'))
  const reading = watch(receiver.receive())
  await stage.run()
  t.deepEqual(states([sending, reading]), ['resolved', 'resolved'])
  t.is(auth.status, CBSAuthStatus.InProgress)
})
