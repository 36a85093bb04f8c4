// What a connection tells people about what it waits for.

import test from 'ava'
import { Connection } from '../../lib/connection/connection.js'
import type { Peer } from '../support/peer.js'
import { Rig, URL } from './support/rig.js'
import { keepTidy } from './support/tidy.js'
import { watch } from './support/watch.js'

keepTidy(test)

const never = (): void => {}

test('an open connection with links has one line for itself, each session and each link', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  await rig.sender(7, {}, connection)
  const receiver = await rig.receiver({ prefetch: 10 }, connection)
  rig.deliver(rig.peer.link('in'), 'x')
  rig.deliver(rig.peer.link('in'), 'y')
  await rig.until(receiver.receive())
  const lines = connection.explain().split('\n')
  t.is(lines.length, 4)
  t.regex(lines[0] ?? '', /^connection to peer\.test:5672: OPENED$/)
  t.regex(lines[1] ?? '', /^session MAPPED: peer's window \d+, 0 unsettled out$/)
  t.regex(lines[2] ?? '', /sender "orders": credit 7, 0 queued, 0 unsettled$/)
  t.regex(lines[3] ?? '', /receiver "orders": credit 8, 1 unread, 0 waiting readers$/)
})

test('a sender without credit waits for link-credit [2.6.7]', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(0, {}, connection)
  watch(sender.send('x'))
  await rig.run()
  t.is(sender.explain(), 'sender "orders": credit 0, 1 queued, 1 unsettled, waits for link-credit')
  t.true(connection.explain().includes(sender.explain()))
})

test("a sender without window waits for the session's window [2.5.6]", async (t) => {
  const narrow = (peer: Peer): void => peer.on('begin', () => peer.begin(peer.session, { incomingWindow: 1 }))
  const rig = new Rig({ prepare: narrow })
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  watch(sender.send('x'))
  watch(sender.send('y'))
  await rig.run()
  t.regex(sender.explain(), /1 queued, 2 unsettled, waits for the session's window or the socket/)
  t.regex(connection.explain(), /peer's window 0/)
})

test('a sender behind a full socket waits for the socket', async (t) => {
  const rig = new Rig({ pair: { highWaterBytes: 2000 } })
  const connection = await rig.connect()
  const sender = await rig.sender(10, {}, connection)
  rig.stall()
  watch(sender.send(new Uint8Array(5000)))
  await rig.run()
  watch(sender.send('y'))
  await rig.run()
  t.regex(sender.explain(), /1 queued, 2 unsettled, waits for the session's window or the socket/)
  t.regex(connection.explain(), /the socket is behind/)
  rig.stall(false)
  await rig.run()
  t.is(rig.peer.takeAll('transfer').length, 2)
  t.notRegex(connection.explain(), /behind|waits/)
})

test("links that are not attached yet wait for the peer's attach, sessions for its begin", async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('attach', never) })
  const connection = await rig.connect()
  watch(connection.createSender('a'))
  watch(connection.createReceiver('b'))
  await rig.run()
  t.regex(connection.explain(), /sender "a": waits for the peer's attach/)
  t.regex(connection.explain(), /receiver "b": waits for the peer's attach/)
  rig.peer.on('begin', never)
  watch(connection.createSession())
  await rig.run()
  t.regex(connection.explain(), /session BEGIN_SENT/)
})

test('readers, drains and confirmations are told', async (t) => {
  const rig = new Rig()
  const receiver = await rig.receiver({ rcvSettleMode: 'second' })
  rig.deliver(rig.peer.link('in'), 'x')
  const message = await rig.until(receiver.receive())
  for (const promise of [message?.accept(), receiver.receive(), receiver.drain()])
    watch(promise as Promise<unknown>)
  t.is(
    receiver.explain(),
    'receiver "orders": credit 299, 0 unread, 1 waiting readers, draining, 1 settlements unconfirmed',
  )
})

test('what has ended says so', async (t) => {
  const rig = new Rig()
  const connection = await rig.connect()
  const sender = await rig.sender(0, {}, connection)
  const receiver = await rig.receiver({}, connection)
  await rig.drop()
  t.is(sender.explain(), 'sender "orders": closed')
  t.is(receiver.explain(), 'receiver "orders": closed')
  t.regex(connection.explain(), /^connection to peer\.test:5672: closed\. lost the connection/)
})

test('pre-settled senders are told apart', async (t) => {
  const rig = new Rig()
  const sender = await rig.sender(3, { sndSettleMode: 'settled' })
  t.regex(sender.explain(), /pre-settled$/)
})

test('an address of IPv6 is told in brackets', async (t) => {
  const rig = new Rig()
  const connection = await rig.until(Connection.connect(URL.replace('peer.test', '[::1]'), rig.base))
  t.regex(connection.explain(), /^connection to \[::1\]:5672/)
})
