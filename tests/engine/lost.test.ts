import { AMQPConnectionError } from '../../lib/errors.js'
import { ACCEPTED } from '../../lib/types/messaging.js'
import { begun } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

/** One message in every state that a message can be in. */
function inEveryState(conditions: Conditions) {
  const all = begun(conditions, { peer: { open: { maxFrameSize: 512 }, begin: { incomingWindow: 7 } } })
  const { pair, peer, session } = all
  const sender = pair.sender(session)
  pair.run()
  peer.grant(peer.link('out'), 6)
  pair.run()
  const done = sender.send(1)
  pair.run()
  peer.dispose({ first: 0xfffffffd, settled: true, state: ACCEPTED })
  pair.run()
  const sent = sender.send(1)
  const presettled = sender.send(1, true)
  pair.run()
  const buffered = sender.send(1)
  const bufferedPresettled = sender.send(1, true)
  const half = sender.send(10_000)
  const queued = sender.send(1)
  return { ...all, sender, done, sent, presettled, buffered, bufferedPresettled, half, queued }
}

scenario(
  'a lost connection settles every pending message at once, and tells which are in doubt [2.6.12]',
  (t, conditions) => {
    const { pair, session, sender, ...all } = inEveryState(conditions)
    t.is(all.half.progress, 1)
    const gone = new AMQPConnectionError('gone', { phase: 'established' })
    pair.engine.transportClosed(gone)
    t.is(all.done.fate, 'settled')
    t.is(all.presettled.fate, 'settled')
    for (const delivery of [all.sent, all.buffered, all.bufferedPresettled]) {
      t.is(delivery.fate, 'lost')
      t.is(delivery.inDoubt, true)
      t.is(delivery.lostBecause, gone)
    }
    for (const delivery of [all.half, all.queued]) {
      t.is(delivery.fate, 'lost')
      t.is(delivery.inDoubt, false)
      t.is(delivery.lostBecause, gone)
    }
    t.is(session.session.outgoingWindow.unsettled.size, 0)
    t.is(sender.reason, gone)
  },
)

scenario('a session that the peer ended does the same to its messages [2.5.5]', (t, conditions) => {
  const { pair, peer, ...all } = inEveryState(conditions)
  peer.end(undefined, { error: { kind: 'error', condition: 'amqp:internal-error' } })
  pair.run()
  t.is(all.bufferedPresettled.fate, 'settled')
  for (const delivery of [all.sent, all.buffered])
    t.deepEqual([delivery.fate, delivery.inDoubt], ['lost', true])
  for (const delivery of [all.half, all.queued])
    t.deepEqual([delivery.fate, delivery.inDoubt], ['lost', false])
  t.is(all.sent.lostBecause?.condition, 'amqp:internal-error')
})

scenario(
  'a link that the peer detached does the same to its messages, and to no others [2.6.6]',
  (t, conditions) => {
    const { pair, peer, session, ...all } = inEveryState(conditions)
    const other = pair.sender(session, { name: 'other' })
    const elsewhere = other.send(1)
    pair.run()
    peer.detach(peer.link('out'), {
      closed: true,
      error: { kind: 'error', condition: 'amqp:resource-deleted' },
    })
    pair.run()
    for (const delivery of [all.sent, all.buffered])
      t.deepEqual([delivery.fate, delivery.inDoubt], ['lost', true])
    for (const delivery of [all.half, all.queued])
      t.deepEqual([delivery.fate, delivery.inDoubt], ['lost', false])
    t.is(elsewhere.fate, 'pending')
    t.false(session.ended)
  },
)

scenario('a close that the peer agreed to leaves no message pending, either [2.4.3]', (t, conditions) => {
  const { pair, ...all } = inEveryState(conditions)
  pair.engine.connection.close()
  pair.run()
  t.true(pair.ended)
  t.is(pair.reason, undefined)
  t.deepEqual([all.sent.fate, all.sent.inDoubt], ['lost', true])
  t.deepEqual([all.queued.fate, all.queued.inDoubt], ['lost', false])
})

scenario(
  'a settlement that waits for the peer ends with the link: its owner is told by the end [2.6.12]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const receiver = pair.receiver(session, { rcvSettleMode: 1 })
    receiver.link.addCredit(1)
    pair.run()
    peer.transfer(peer.link('in'), new Uint8Array(1))
    pair.run()
    const [delivery] = receiver.deliveries
    if (delivery !== undefined) receiver.link.dispose(delivery, ACCEPTED, false)
    pair.run()
    pair.engine.transportClosed(new AMQPConnectionError('gone', { phase: 'established' }))
    t.true(receiver.ended)
    t.is(session.session.incoming.size, 0)
  },
)

scenario('after the end nothing that comes has any effect [2.4.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  pair.engine.transportClosed(new AMQPConnectionError('gone', { phase: 'established' }))
  peer.newLink('late', 'sender')
  pair.run()
  peer.done()
  t.deepEqual(session.links, [])
  t.is(pair.engine.tick(pair.nowMs + 1_000_000), undefined)
})
