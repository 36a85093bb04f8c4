import { ACCEPTED } from '../../lib/types/messaging.js'
import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

const FIRST = 0xfffffffd

function attached(conditions: Conditions, credit: number, incomingWindow = 1_000) {
  const all = begun(conditions, { peer: { open: { maxFrameSize: 512 }, begin: { incomingWindow } } })
  const sender = all.pair.sender(all.session)
  all.pair.run()
  all.peer.grant(all.peer.link('out'), credit)
  all.pair.run()
  all.peer.forget()
  return { ...all, sender }
}

scenario(
  'a queued message that is given up is never sent, and the next takes its place [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions, 0)
    const first = sender.send(1)
    const second = sender.send(2)
    t.true(sender.link.cancel(first))
    t.is(sender.link.queued, 1)
    peer.grant(peer.link('out'), 5)
    pair.run()
    t.is(peer.expect('transfer').payload.length, 2)
    peer.done()
    t.is(first.fate, 'pending')
    t.is(second.fate, 'pending')
    t.false(sender.link.cancel(first))
  },
)

scenario(
  'a half-written message that is given up is aborted, and its window is waited for [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender, session } = attached(conditions, 10, 3)
    const large = sender.send(10_000)
    const next = sender.send(5)
    pair.run()
    t.is(peer.takeAll('transfer').length, 3)
    t.true(sender.link.cancel(large))
    pair.run()
    peer.done()
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
    peer.expect('transfer', { aborted: true, more: undefined, deliveryId: undefined })
    peer.done()
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
    peer.expect('transfer', { deliveryId: serialAdd(FIRST, 1), aborted: undefined })
    peer.done()
    t.is(next.progress, 2)
    t.is(session.session.outgoingWindow.unsettled.size, 1)
    peer.dispose({ first: FIRST, settled: true, state: ACCEPTED })
    pair.run()
    t.is(large.fate, 'pending')
  },
)

scenario(
  'a message sent after one was given up in its middle waits behind the abort [2.6.14]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions, 10, 2)
    const large = sender.send(10_000)
    pair.run()
    sender.link.cancel(large)
    sender.send(7)
    pair.run()
    peer.forget()
    peer.flow(undefined, { incomingWindow: 10 })
    pair.run()
    peer.expect('transfer', { aborted: true })
    t.is(peer.expect('transfer').payload.length, 7)
    peer.done()
  },
)

scenario('with window left, the abort leaves at once [2.7.5]', (t, conditions) => {
  const { pair, peer, sender } = attached(conditions, 10)
  const write = pair.write.bind(pair)
  pair.onOutputFull = () => {
    write()
    pair.engine.setBlocked(true)
  }
  const large = sender.send(100_000)
  t.is(large.progress, 1)
  t.true(sender.link.cancel(large))
  pair.engine.setBlocked(false)
  pair.run()
  const frames = peer.takeAll('transfer')
  t.true(frames.at(-1)?.aborted)
  t.false(frames.slice(0, -1).some((frame) => frame.aborted))
})

scenario(
  'a written message that is given up is in doubt, and its late outcome disturbs nobody [2.6.12]',
  (t, conditions) => {
    const { pair, peer, sender, session } = attached(conditions, 10)
    const delivery = sender.send(1)
    pair.run()
    t.false(sender.link.cancel(delivery))
    peer.dispose({ first: FIRST, settled: false, state: ACCEPTED })
    pair.run()
    t.is(delivery.fate, 'pending')
    t.is(session.session.outgoingWindow.unsettled.size, 0)
    peer.expect('transfer')
    peer.expect('disposition', { role: false, settled: true })
  },
)

scenario(
  'a settled message that is given up before its bytes were handed over is not told done later [2.6.12]',
  (t, conditions) => {
    const { pair, sender } = attached(conditions, 10)
    const [given, kept] = [sender.send(1, true), sender.send(1, true)]
    t.false(sender.link.cancel(given))
    pair.run()
    t.is(given.fate, 'pending')
    t.is(kept.fate, 'settled')
  },
)

scenario(
  'a message given up while its output is taken does not take the next one with it [2.7.5]',
  (t, conditions) => {
    const { pair, peer, sender } = attached(conditions, 10)
    const small = sender.send(3, true)
    const write = pair.write.bind(pair)
    let large = small
    pair.onOutputFull = () => {
      write()
      if (large.progress === 1) sender.link.cancel(large)
    }
    pair.engine.setBlocked(true)
    large = sender.send(200_000)
    const next = sender.send(9)
    pair.engine.setBlocked(false)
    pair.run()
    const frames = peer.takeAll('transfer')
    t.is(frames.filter((frame) => frame.aborted === true).length, 1)
    t.is(frames.at(-1)?.payload.length, 9)
    t.is(next.progress, 2)
    t.is(sender.link.queued, 0)
  },
)
