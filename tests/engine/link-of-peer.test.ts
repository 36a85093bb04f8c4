import type { ReceiverLink } from '../../lib/engine/receiver-link.js'
import type { SenderLink } from '../../lib/engine/sender-link.js'
import { begun } from '../support/engine-pair.js'
import { ReceiverProbe, SenderProbe } from '../support/engine-probes.js'
import { scenario } from '../support/scenario.js'

scenario('the peer attaches, we open: our answer completes the link [2.6.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.newLink('theirs', 'sender', { sndSettleMode: 1, rcvSettleMode: 0 })
  pair.run()
  peer.done()
  const [offered] = session.links
  t.is(offered?.attach.name, 'theirs')
  t.is(offered?.link.stateName, 'ATTACH_RCVD')
  t.true(offered?.link.isReceiver)
  const probe = new ReceiverProbe()
  const link = offered?.link as ReceiverLink
  link.listener = probe
  link.open({ source: { address: 'a' }, target: { address: 'b' } })
  link.addCredit(2)
  pair.run()
  peer.expect('attach', { name: 'theirs', role: true, sndSettleMode: 1, rcvSettleMode: 0 })
  peer.expect('flow', { linkCredit: 2, deliveryCount: peer.initialId })
  t.is(link.sndSettleMode, 1)
  peer.transfer(peer.link('theirs'), Uint8Array.of(1, 2), { settled: true })
  pair.run()
  t.deepEqual(probe.payloads, [Uint8Array.of(1, 2)])
})

scenario(
  'as the answering side we may grant another settle mode than was asked for, and then it holds [2.8.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.newLink('theirs', 'receiver', { sndSettleMode: 2, rcvSettleMode: 1 })
    pair.run()
    const link = session.links[0]?.link as SenderLink
    const probe = new SenderProbe()
    link.listener = probe
    probe.link = link
    link.open({ source: { address: 'a' }, target: { address: 'b' }, sndSettleMode: 1, rcvSettleMode: 0 })
    pair.run()
    peer.expect('attach', { sndSettleMode: 1, rcvSettleMode: 0, role: false })
    t.is(link.rcvSettleMode, 0)
    peer.grant(peer.link('theirs'), 1)
    pair.run()
    peer.forget()
    probe.send(4)
    pair.run()
    peer.expect('transfer', { settled: true })
  },
)

scenario('a link of the peer that we refuse gets a null terminus and the reason [2.6.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.newLink('theirs', 'sender')
  pair.run()
  session.links[0]?.link.refuse('amqp:unauthorized-access', 'not for you')
  pair.run()
  peer.expect('attach', { name: 'theirs', target: undefined })
  t.is(peer.expect('detach', { closed: true }).error?.condition, 'amqp:unauthorized-access')
  peer.done()
  t.is(session.links[0]?.link.ended, true)
  peer.newLink('theirs', 'sender')
  pair.run()
  t.is(session.links.length, 2)
})

scenario(
  'a link of the peer that is detached before it was opened gets attach and detach [2.6.6]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.newLink('theirs', 'sender')
    pair.run()
    session.links[0]?.link.detach(true, { kind: 'error', condition: 'amqp:not-implemented' })
    pair.run()
    peer.expect('attach', { name: 'theirs', role: true })
    t.is(peer.expect('detach').error?.condition, 'amqp:not-implemented')
    peer.done()
    t.is(session.links[0]?.link.ended, true)
  },
)

scenario(
  'a link of the peer that it takes back before we opened it gets attach and detach [2.6.6]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.detach(peer.newLink('theirs', 'sender'))
    pair.run()
    peer.expect('attach', { name: 'theirs' })
    peer.expect('detach', { closed: true })
    peer.done()
    t.is(session.links[0]?.link.ended, true)
  },
)
