import type { ReceiverLink } from '../../lib/engine/receiver-link.js'
import { MessageContentTooLarge } from '../../lib/errors.js'
import { begun } from '../support/engine-pair.js'
import { bulkSourceOf, pattern, ReceiverProbe, SentDelivery } from '../support/engine-probes.js'
import { type Conditions, scenario } from '../support/scenario.js'

function sending(conditions: Conditions, maxMessageSize: bigint | undefined, maxFrameSize = 512) {
  const all = begun(conditions, { peer: { open: { maxFrameSize } } })
  const { peer, pair } = all
  peer.on('attach', () => peer.attach(peer.link('out'), { maxMessageSize }))
  const sender = pair.sender(all.session)
  pair.run()
  peer.grant(peer.link('out'), 10)
  pair.run()
  peer.forget()
  return { ...all, sender }
}

scenario(
  'a message over what the peer takes is refused here, and nothing is sent [2.7.3]',
  (t, conditions) => {
    const { pair, peer, sender } = sending(conditions, 1_000n)
    const error = t.throws(() => sender.send(5_000), { instanceOf: MessageContentTooLarge })
    t.is(error?.sizeInBytes, 5_000)
    t.is(error?.limitInBytes, 1_000)
    pair.run()
    peer.done()
    t.is(sender.link.queued, 0)
    t.is(sender.link.credit.linkCredit, 10)
  },
)

scenario('the limit itself is fine, in one frame, in several, and by reference [2.7.3]', (t, conditions) => {
  for (const limit of [100, 1_000, 20_000]) {
    const { pair, peer, sender } = sending(conditions, BigInt(limit), 4_096)
    sender.send(limit)
    t.throws(() => sender.send(limit + 1), { instanceOf: MessageContentTooLarge })
    sender.link.send(new SentDelivery(false, undefined), bulkSourceOf(pattern(limit - 10), pattern(10)))
    t.throws(() =>
      sender.link.send(new SentDelivery(false, undefined), bulkSourceOf(pattern(limit), pattern(1))),
    )
    pair.run()
    t.is(
      peer.takeAll('transfer').reduce((sum, frame) => sum + frame.payload.length, 0),
      2 * limit,
    )
  }
})

scenario('no limit, or a limit of nought, lets any size through [2.7.3]', (t, conditions) => {
  for (const limit of [undefined, 0n, 0xffffffffffffffffn]) {
    const { pair, peer, sender } = sending(conditions, limit)
    sender.send(5_000)
    pair.run()
    t.true(peer.takeAll('transfer').length > 9)
  }
})

scenario(
  'what was queued before the peer told its limit is held to it all the same [2.7.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.on('attach', () => peer.attach(peer.link('out'), { maxMessageSize: 1_000n }))
    const sender = pair.sender(session)
    const large = sender.send(5_000)
    const small = sender.send(10)
    pair.run()
    t.is(large.fate, 'lost')
    t.is(large.inDoubt, false)
    t.true(large.lostBecause instanceof MessageContentTooLarge)
    t.is(small.fate, 'pending')
    peer.grant(peer.link('out'), 10)
    pair.run()
    t.deepEqual(
      peer.takeAll('transfer').map((frame) => frame.payload.length),
      [10],
    )
  },
)

scenario(
  'a message over what we take detaches the link, as soon as the excess is seen [2.7.3]',
  (t, conditions) => {
    for (const more of [false, true]) {
      const { pair, peer, session } = begun(conditions)
      const receiver = pair.receiver(session, { maxMessageSize: 100n })
      receiver.link.addCredit(5)
      pair.run()
      peer.forget()
      const link = peer.link('in')
      peer.transfer(link, pattern(100))
      if (more) peer.transfer(link, pattern(60), { more })
      peer.transfer(link, more ? pattern(41) : pattern(101), { more })
      pair.run()
      t.is(peer.expect('detach', { closed: true }).error?.condition, 'amqp:link:message-size-exceeded')
      t.is(receiver.condition, 'amqp:link:message-size-exceeded')
      t.deepEqual(receiver.payloads, [pattern(100)])
      t.false(session.ended)
    }
  },
)

scenario('the limit that we answer a link of the peer with is enforced, too [2.7.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.newLink('theirs', 'sender')
  pair.run()
  const link = session.links[0]?.link as ReceiverLink
  const probe = new ReceiverProbe()
  link.listener = probe
  link.open({ source: { address: 'a' }, target: { address: 'b' }, maxMessageSize: 100n })
  link.addCredit(5)
  pair.run()
  peer.expect('attach', { maxMessageSize: 100n })
  peer.forget()
  peer.transfer(peer.link('theirs'), pattern(101))
  pair.run()
  t.is(peer.expect('detach').error?.condition, 'amqp:link:message-size-exceeded')
  t.deepEqual(probe.deliveries, [])
})
