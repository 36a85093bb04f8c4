import { ACCEPTED } from '../../lib/types/messaging.js'
import { begun } from '../support/engine-pair.js'
import { pattern } from '../support/engine-probes.js'
import { type Conditions, scenario } from '../support/scenario.js'

function attached(conditions: Conditions) {
  const all = begun(conditions, { peer: { open: { maxFrameSize: 512 } } })
  const sender = all.pair.sender(all.session)
  const receiver = all.pair.receiver(all.session)
  receiver.link.addCredit(10)
  all.pair.run()
  all.peer.grant(all.peer.link('out'), 1_000)
  all.pair.run()
  all.peer.forget()
  return { ...all, sender, receiver }
}

scenario('while the transport is behind, new messages wait here [2.5.6]', (t, conditions) => {
  const { pair, peer, sender } = attached(conditions)
  pair.engine.setBlocked(true)
  sender.send(5)
  sender.send(5)
  pair.run()
  peer.done()
  t.is(sender.link.queued, 2)
  t.true(pair.engine.blocked)
  pair.engine.setBlocked(false)
  pair.run()
  t.is(peer.takeAll('transfer').length, 2)
  t.is(sender.link.queued, 0)
})

scenario(
  'while the transport is behind, outcomes, flows, attach and detach go their way [2.7.6]',
  (t, conditions) => {
    const { pair, peer, sender, receiver, session } = attached(conditions)
    pair.engine.setBlocked(true)
    sender.send(5)
    peer.transfer(peer.link('in'), pattern(1))
    pair.run()
    receiver.link.dispose(receiver.deliveries[0] as never, ACCEPTED, true)
    receiver.link.addCredit(1)
    pair.sender(session, { name: 'more' })
    pair.run()
    receiver.link.detach()
    pair.run()
    t.deepEqual(
      peer.inbox.map((item) => item.body.kind),
      ['attach', 'disposition', 'flow', 'detach'],
    )
  },
)

scenario(
  'a large message stops in its middle when the transport falls behind, and goes on from there [2.6.14]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions)
    let full = 0
    const write = pair.write.bind(pair)
    pair.onOutputFull = () => {
      full++
      write()
      pair.engine.setBlocked(true)
    }
    const payload = pattern(300_000)
    const delivery = sender.send(payload)
    t.is(full, 1)
    t.is(delivery.progress, 1)
    t.true(pair.engine.pendingBytes < 65_536)
    for (let round = 2; delivery.progress === 1; round++) {
      pair.engine.setBlocked(false)
      t.true(pair.engine.pendingBytes <= 66_048)
      if (delivery.progress === 1) t.is(full, round)
    }
    pair.run()
    const bytes = Buffer.concat(peer.takeAll('transfer').map((frame) => frame.payload))
    t.true(bytes.equals(Buffer.from(payload)))
  },
)

scenario('output never grows far beyond what is asked to be taken [2.6.14]', (t, conditions) => {
  const { pair, sender } = attached(conditions)
  let most = 0
  const write = pair.write.bind(pair)
  pair.onOutputFull = () => {
    most = Math.max(most, pair.engine.pendingBytes)
    write()
  }
  sender.send(1_000_000)
  t.true(most >= 65_536)
  t.true(most <= 65_536 + 512)
})

scenario(
  'an owner that sends from within the news of a taken message does not mix them up [2.6.12]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions)
    const [large, small, next] = [pattern(200_000, 1), pattern(40, 2), pattern(50, 3)]
    const first = sender.send(small, true)
    let others = 0
    first.onFate = () => {
      others++
      sender.send(next)
    }
    sender.send(large)
    pair.run()
    t.is(others, 1)
    const frames = peer.takeAll('transfer')
    const ends = frames.flatMap((frame, i) => (frame.more === true ? [] : [i]))
    const bodies = ends.map(
      (end, i) =>
        new Uint8Array(
          Buffer.concat(
            frames.slice(i === 0 ? 0 : (ends[i - 1] as number) + 1, end + 1).map((frame) => frame.payload),
          ),
        ),
    )
    t.is(bodies.length, 3)
    t.deepEqual(bodies[0], small)
    t.true(Buffer.from(bodies[1] ?? []).equals(Buffer.from(large)))
    t.deepEqual(bodies[2], next)
  },
)
