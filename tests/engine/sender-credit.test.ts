import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

const FIRST = 0xfffffffd

function attached(conditions: Conditions) {
  const all = begun(conditions)
  const sender = all.pair.sender(all.session)
  all.pair.run()
  all.peer.forget()
  return { ...all, sender, link: all.peer.link('out') }
}

scenario('nothing is sent without credit; credit lets as many go as it says [2.6.7]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  for (let i = 0; i < 5; i++) sender.send(1)
  pair.run()
  peer.done()
  t.is(sender.link.queued, 5)
  peer.grant(link, 3)
  pair.run()
  t.is(peer.takeAll('transfer').length, 3)
  t.is(sender.link.queued, 2)
  t.is(sender.link.credit.linkCredit, 0)
  t.is(sender.credits, 1)
})

scenario('delivery-count goes up once a delivery, across 2^32 [2.6.7]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  peer.grant(link, 10)
  pair.run()
  for (let i = 0; i < 6; i++) sender.send(1)
  pair.run()
  t.is(sender.link.credit.deliveryCount, 3)
  peer.forget()
  peer.grant(link, 10, { echo: true })
  pair.run()
  peer.expect('flow', { deliveryCount: 3, linkCredit: 10, echo: undefined })
})

scenario('credit counts from the delivery-count that the receiver knew [2.6.7]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  peer.grant(link, 10)
  pair.run()
  for (let i = 0; i < 4; i++) sender.send(1)
  pair.run()
  peer.forget()
  peer.grant(link, 6, { deliveryCount: serialAdd(FIRST, 1) })
  pair.run()
  t.is(sender.link.credit.linkCredit, 3)
  peer.grant(link, 2, { deliveryCount: serialAdd(FIRST, 1) })
  pair.run()
  t.is(sender.link.credit.linkCredit, 0)
})

scenario(
  'a flow that does not know our attach counts from the initial delivery-count [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender, link } = attached(conditions)
    peer.grant(link, 10)
    pair.run()
    for (let i = 0; i < 4; i++) sender.send(1)
    pair.run()
    peer.grant(link, 6, { deliveryCount: undefined })
    pair.run()
    t.is(sender.link.credit.linkCredit, 2)
  },
)

scenario('credit taken back stops the rest [2.6.7]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  peer.grant(link, 10)
  pair.run()
  sender.send(1)
  pair.run()
  peer.grant(link, 0)
  pair.run()
  peer.forget()
  sender.send(1)
  pair.run()
  peer.done()
  t.is(sender.link.queued, 1)
})

scenario('an echo is answered with what holds, and never with another echo [2.7.4]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  sender.send(1)
  sender.send(1)
  peer.grant(link, 0, { echo: true })
  pair.run()
  const flow = peer.expect('flow', {
    deliveryCount: FIRST,
    linkCredit: 0,
    available: 2,
    echo: undefined,
    drain: undefined,
  })
  t.is(flow.handle, sender.link.localHandle)
  peer.done()
})

scenario('a drain with nothing queued gives all credit back at once [2.6.7]', (t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  peer.grant(link, 7, { drain: true })
  pair.run()
  peer.expect('flow', { deliveryCount: serialAdd(FIRST, 7), linkCredit: 0, drain: true })
  peer.done()
  t.is(sender.link.credit.linkCredit, 0)
})

scenario('a drain sends what is queued first, then gives back what is left [2.6.7]', (_t, conditions) => {
  const { pair, peer, sender, link } = attached(conditions)
  for (let i = 0; i < 3; i++) sender.send(1)
  peer.grant(link, 5, { drain: true })
  pair.run()
  for (let i = 0; i < 3; i++) peer.expect('transfer')
  peer.expect('flow', { deliveryCount: serialAdd(FIRST, 5), linkCredit: 0, available: 0, drain: true })
  peer.done()
})

scenario(
  'a drain with more queued than there is credit for sends so many, and says so [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender, link } = attached(conditions)
    for (let i = 0; i < 5; i++) sender.send(1)
    peer.grant(link, 2, { drain: true })
    pair.run()
    peer.expect('transfer')
    peer.expect('transfer')
    peer.expect('flow', { deliveryCount: serialAdd(FIRST, 2), linkCredit: 0, available: 3, drain: true })
    peer.done()
    t.is(sender.link.queued, 3)
  },
)

scenario('a drain without any credit is answered all the same [2.6.7]', (_t, conditions) => {
  const { pair, peer, link } = attached(conditions)
  peer.grant(link, 0, { drain: true })
  pair.run()
  peer.expect('flow', { deliveryCount: FIRST, linkCredit: 0, drain: true })
  peer.done()
})

scenario(
  'a drain that meets a closed window is answered when the queue has gone through it [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender, link } = attached(conditions)
    peer.session.incomingWindow = 0
    peer.flow(undefined, { incomingWindow: 0 })
    pair.run()
    sender.send(1)
    sender.send(1)
    peer.grant(link, 5, { drain: true })
    pair.run()
    peer.done()
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
    peer.expect('transfer')
    peer.done()
    peer.flow(undefined, { incomingWindow: 1 })
    pair.run()
    peer.expect('transfer')
    peer.expect('flow', { deliveryCount: serialAdd(FIRST, 5), linkCredit: 0 })
    peer.done()
    t.is(sender.link.queued, 0)
  },
)

scenario(
  'after a drain, what is sent waits for new credit; a flow without drain ends it [2.6.7]',
  (t, conditions) => {
    const { pair, peer, sender, link } = attached(conditions)
    peer.grant(link, 2, { drain: true })
    pair.run()
    peer.forget()
    sender.send(1)
    pair.run()
    peer.done()
    peer.grant(link, 1, { drain: false })
    pair.run()
    peer.expect('transfer')
    peer.done()
    t.is(sender.link.queued, 0)
  },
)
