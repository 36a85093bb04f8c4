// Defects that were found in other engines, each with the recipe that shows it.

import { AMQPConnectionError, MessageContentTooLarge } from '../../lib/errors.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import { fromHex } from '../../lib/util/bytes.js'
import { serialAdd } from '../../lib/util/serial.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { pattern } from '../support/engine-probes.js'
import { AMQP_HEADER } from '../support/peer-wire.js'
import { type Conditions, scenario } from '../support/scenario.js'

function sending(conditions: Conditions, maxMessageSize?: bigint) {
  const all = begun(conditions)
  all.peer.on('attach', ({ name }) => all.peer.attach(all.peer.link(name), { maxMessageSize }))
  const sender = all.pair.sender(all.session)
  all.pair.run()
  all.peer.forget()
  return { ...all, sender, link: all.peer.link('out') }
}

scenario(
  'six messages whose delivery-ids cross 2^32 are all sent and all accepted [2.8.10]',
  (t, conditions) => {
    const { pair, peer, sender, link, session } = sending(conditions)
    t.is(session.session.outgoingWindow.nextDeliveryId, 2 ** 32 - 3)
    peer.grant(link, 6)
    pair.run()
    const sent = Array.from({ length: 6 }, () => sender.send(3))
    pair.run()
    t.deepEqual(
      peer.takeAll('transfer').map((transfer) => transfer.deliveryId),
      [0xfffffffd, 0xfffffffe, 0xffffffff, 0, 1, 2],
    )
    peer.dispose({ first: 0xfffffffd, last: 2, settled: true, state: ACCEPTED })
    pair.run()
    t.true(sent.every((delivery) => delivery.outcome === ACCEPTED))
    t.false(pair.ended)
  },
)

scenario(
  'a message that was aborted is never handed over, and its credit is accounted for [2.7.5]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const receiver = pair.receiver(session)
    receiver.link.addCredit(2)
    pair.run()
    peer.transfer(peer.link('in'), pattern(10), { more: true })
    peer.transfer(peer.link('in'), new Uint8Array(0), { aborted: true })
    pair.run()
    t.is(receiver.deliveries.length, 0)
    t.is(receiver.link.credit.linkCredit, 1)
    t.is(receiver.link.credit.deliveryCount, serialAdd(peer.initialId, 1))
  },
)

scenario(
  'one message on a sender without credit does not hold up ten on another [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender, session } = sending(conditions)
    const other = pair.sender(session, { name: 'other' })
    pair.run()
    peer.grant(peer.link('other'), 100)
    pair.run()
    peer.forget()
    sender.send(1)
    const sent = Array.from({ length: 10 }, () => other.send(1))
    pair.run()
    t.is(peer.takeAll('transfer').length, 10)
    const first = session.session.outgoingWindow.initialId
    peer.dispose({ first, last: serialAdd(first, 9), settled: true, state: ACCEPTED })
    pair.run()
    t.true(sent.every((delivery) => delivery.outcome === ACCEPTED))
  },
)

scenario(
  '5,000 bytes for a link that takes 1,000 are an error here, before any frame [2.7.3]',
  (t, conditions) => {
    const { pair, peer, sender, link } = sending(conditions, 1_000n)
    peer.grant(link, 10)
    pair.run()
    peer.forget()
    t.throws(() => sender.send(5_000), { instanceOf: MessageContentTooLarge })
    pair.run()
    peer.done()
    sender.send(1_000)
    pair.run()
    peer.expect('transfer')
  },
)

scenario(
  '5,000 bytes from a peer that was told 1,000 detach the link, and are not handed over [2.7.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const receiver = pair.receiver(session, { maxMessageSize: 1_000n })
    receiver.link.addCredit(1)
    pair.run()
    peer.transfer(peer.link('in'), pattern(5_000))
    pair.run()
    t.is(receiver.condition, 'amqp:link:message-size-exceeded')
    t.deepEqual(receiver.deliveries, [])
  },
)

scenario('a frame over our max-frame-size is refused by its first four bytes [2.4.1]', (t, conditions) => {
  const { pair, peer } = begun(conditions, { open: { maxFrameSize: 1_024 } })
  peer.sendRaw(Uint8Array.of(0, 0, 4, 1))
  pair.run()
  t.is(peer.expect('close').error?.condition, 'amqp:connection:framing-error')
  t.regex(pair.reason?.message ?? '', /1025 bytes is over our limit of 1024/)
})

scenario(
  'a malformed frame after the header ends the connection, not the process [2.4.3]',
  (t, conditions) => {
    const pair = new EnginePair(conditions)
    pair.peer.on('header', () => pair.peer.sendRaw(AMQP_HEADER, fromHex('0000000c0200000099010203')))
    pair.peer.on('open', () => {})
    pair.engine.start(pair.nowMs)
    t.notThrows(() => pair.run())
    t.true(pair.ended)
    t.is(pair.condition, 'amqp:decode-error')
    pair.peer.expect('header')
    pair.peer.expect('open')
    t.is(pair.peer.expect('close').error?.condition, 'amqp:decode-error')
  },
)

scenario(
  'a message in flight when the socket ends is in doubt at that moment, not after a timer [2.6.12]',
  (t, conditions) => {
    const { pair, peer, sender, link } = sending(conditions)
    peer.grant(link, 1)
    pair.run()
    const delivery = sender.send(1)
    pair.run()
    t.is(delivery.fate, 'pending')
    pair.engine.transportClosed(new AMQPConnectionError('the socket ended', { phase: 'established' }))
    t.is(delivery.fate, 'lost')
    t.is(delivery.inDoubt, true)
  },
)

scenario(
  'more than 2,048 messages may be unsettled in a session, in both directions [2.5.6]',
  (t, conditions) => {
    const { pair, peer, sender, link, session } = sending(conditions)
    const receiver = pair.receiver(session)
    receiver.link.addCredit(5_000)
    peer.grant(link, 5_000)
    pair.run()
    for (let i = 0; i < 5_000; i++) {
      sender.send(1)
      peer.transfer(peer.link('in'), pattern(1))
      if (i % 500 === 0) pair.run()
    }
    pair.run()
    t.is(peer.takeAll('transfer').length, 5_000)
    t.is(receiver.deliveries.length, 5_000)
    t.is(session.session.incoming.size, 5_000)
    t.is(session.session.outgoingWindow.unsettled.size, 5_000)
  },
)

scenario('one old message that is never settled does not stop those behind it [2.5.6]', (t, conditions) => {
  const { pair, peer, sender, link, session } = sending(conditions)
  peer.grant(link, 20_000)
  pair.run()
  const old = sender.send(1)
  let id = serialAdd(0xfffffffd, 1)
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 1_000; j++) sender.send(1)
    pair.run()
    peer.dispose({ first: id, last: serialAdd(id, 999), settled: true, state: ACCEPTED })
    id = serialAdd(id, 1_000)
    pair.run()
    peer.forget()
  }
  t.is(session.session.outgoingWindow.unsettled.size, 1)
  peer.dispose({ first: 0xfffffffd, settled: true, state: ACCEPTED })
  pair.run()
  t.is(old.outcome, ACCEPTED)
})
