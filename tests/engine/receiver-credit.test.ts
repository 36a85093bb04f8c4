import { serialAdd } from '../../lib/util/serial.js'
import { begun } from '../support/engine-pair.js'
import { pattern } from '../support/engine-probes.js'
import { type Conditions, scenario } from '../support/scenario.js'

function attached(conditions: Conditions) {
  const all = begun(conditions)
  const receiver = all.pair.receiver(all.session)
  all.pair.run()
  all.peer.forget()
  return { ...all, receiver, link: all.peer.link('in') }
}

scenario(
  'credit asked for before the link is attached goes out with the attach of the peer [2.6.7]',
  (t, conditions) => {
    const { pair, peer } = begun(conditions)
    peer.on('begin', () => {})
    const later = pair.session()
    const receiver = pair.receiver(later)
    receiver.link.setWindow(10)
    pair.run()
    peer.begin(peer.session)
    peer.on('attach', () => {})
    pair.run()
    peer.expect('begin')
    peer.expect('attach')
    peer.done()
    peer.attach(peer.link('in'))
    pair.run()
    peer.expect('flow', { linkCredit: 10, deliveryCount: peer.initialId, handle: 0 })
    peer.done()
    t.is(receiver.link.credit.linkCredit, 10)
  },
)

scenario('a window is topped up when half of it has been read, in one flow [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(10)
  pair.run()
  peer.expect('flow', { linkCredit: 10 })
  for (let i = 0; i < 5; i++) peer.transfer(link, pattern(1), { settled: true })
  pair.run()
  t.is(receiver.deliveries.length, 5)
  peer.done()
  receiver.link.onRead(4)
  pair.run()
  peer.done()
  receiver.link.onRead(1)
  pair.run()
  peer.expect('flow', { linkCredit: 10, deliveryCount: serialAdd(peer.initialId, 5) })
  peer.done()
})

scenario(
  'unread messages count against the window: a slow reader is not flooded [2.6.7]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    receiver.link.setWindow(4)
    pair.run()
    peer.forget()
    for (let i = 0; i < 4; i++) peer.transfer(link, pattern(1), { settled: true })
    pair.run()
    peer.done()
    t.is(receiver.link.credit.linkCredit, 0)
    receiver.link.onRead(2)
    pair.run()
    peer.expect('flow', { linkCredit: 2 })
  },
)

scenario('a window of one grants the next message when this one was read [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(1)
  pair.run()
  for (let i = 0; i < 3; i++) {
    peer.expect('flow', { linkCredit: 1 })
    peer.transfer(link, pattern(1), { settled: true })
    pair.run()
    peer.done()
    receiver.link.onRead(1)
    pair.run()
  }
  t.is(receiver.deliveries.length, 3)
})

scenario('a window of nought keeps what was granted and grants no more [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(2)
  pair.run()
  peer.forget()
  receiver.link.setWindow(0)
  peer.transfer(link, pattern(1), { settled: true })
  peer.transfer(link, pattern(1), { settled: true })
  pair.run()
  receiver.link.onRead(2)
  pair.run()
  peer.done()
  t.is(receiver.deliveries.length, 2)
})

scenario(
  'on demand, credit is what was asked for, and several requests make one flow [2.6.7]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    receiver.link.addCredit(2)
    receiver.link.addCredit(3)
    pair.run()
    peer.expect('flow', { linkCredit: 5 })
    peer.done()
    for (let i = 0; i < 5; i++) peer.transfer(link, pattern(1), { settled: true })
    pair.run()
    peer.done()
    t.is(receiver.link.credit.linkCredit, 0)
  },
)

scenario('a delivery without credit detaches the link, and only the link [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link, session } = attached(conditions)
  receiver.link.addCredit(1)
  pair.run()
  peer.forget()
  peer.transfer(link, pattern(1))
  peer.transfer(link, pattern(1))
  pair.run()
  t.is(peer.expect('detach', { closed: true }).error?.condition, 'amqp:link:transfer-limit-exceeded')
  peer.done()
  t.is(receiver.deliveries.length, 1)
  t.is(receiver.condition, 'amqp:link:transfer-limit-exceeded')
  t.false(session.ended)
})

scenario('messages under way are welcome when the credit was lowered meanwhile [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setCredit(10)
  pair.run()
  for (let i = 0; i < 5; i++) peer.transfer(link, pattern(1, i))
  receiver.link.setCredit(2)
  pair.run()
  t.is(receiver.deliveries.length, 5)
  t.false(receiver.ended)
  t.is(receiver.link.credit.linkCredit, 0)
})

scenario('deliveries beyond the highest credit ever given are not welcome [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setCredit(3)
  pair.run()
  receiver.link.setCredit(1)
  for (let i = 0; i < 4; i++) peer.transfer(link, pattern(1, i))
  pair.run()
  t.is(receiver.deliveries.length, 3)
  t.is(receiver.condition, 'amqp:link:transfer-limit-exceeded')
})

scenario('a drain ends when the sender has given the rest back [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.addCredit(10)
  pair.run()
  peer.forget()
  receiver.link.drain()
  pair.run()
  peer.expect('flow', { linkCredit: 10, drain: true })
  t.true(receiver.link.isDraining)
  peer.transfer(link, pattern(1))
  pair.run()
  t.is(receiver.drained, 0)
  peer.drained(link, 9)
  pair.run()
  t.is(receiver.drained, 1)
  t.is(receiver.deliveries.length, 1)
  t.is(receiver.link.credit.linkCredit, 0)
  t.is(receiver.link.credit.deliveryCount, link.deliveryCount)
  t.false(receiver.link.isDraining)
  peer.done()
})

scenario(
  'a drain ends when messages have used all of the credit, even if the sender says no more [2.6.7]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    receiver.link.addCredit(2)
    receiver.link.drain()
    pair.run()
    peer.transfer(link, pattern(1))
    peer.transfer(link, pattern(1), { more: true })
    pair.run()
    t.is(receiver.drained, 0)
    peer.transfer(link, pattern(1))
    pair.run()
    t.is(receiver.deliveries.length, 2)
    t.is(receiver.drained, 1)
    peer.drained(link, 0)
    pair.run()
    t.is(receiver.drained, 1)
  },
)

scenario('a window is not topped up while it is drained, and is afterwards [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(4)
  pair.run()
  receiver.link.drain()
  pair.run()
  peer.forget()
  for (let i = 0; i < 3; i++) peer.transfer(link, pattern(1), { settled: true })
  pair.run()
  receiver.link.onRead(3)
  pair.run()
  peer.done()
  peer.drained(link, 1)
  pair.run()
  t.is(receiver.drained, 1)
  peer.expect('flow', { linkCredit: 4, drain: undefined })
})

scenario('new credit ends a drain [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver } = attached(conditions)
  receiver.link.addCredit(1)
  receiver.link.drain()
  pair.run()
  peer.expect('flow', { drain: true })
  receiver.link.addCredit(1)
  pair.run()
  peer.expect('flow', { linkCredit: 2, drain: undefined })
  t.false(receiver.link.isDraining)
})

scenario(
  'what the sender skipped uses up credit, and a flow of the sender never grows it [2.6.7]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    receiver.link.addCredit(10)
    pair.run()
    const flow = (deliveryCount: number, linkCredit: number, available: number) => {
      peer.flow(undefined, { handle: link.handle, deliveryCount, linkCredit, available })
      pair.run()
    }
    flow(serialAdd(peer.initialId, 4), 6, 3)
    t.is(receiver.link.credit.linkCredit, 6)
    t.is(receiver.link.credit.available, 3)
    flow(serialAdd(peer.initialId, 2), 50, 0)
    t.is(receiver.link.credit.linkCredit, 6)
    flow(serialAdd(peer.initialId, 200), 0, 0)
    t.is(receiver.link.credit.linkCredit, 0)
  },
)

scenario(
  'an echo of the sender is answered with a flow of the link, without echo [2.7.4]',
  (t, conditions) => {
    const { pair, peer, receiver, link } = attached(conditions)
    receiver.link.addCredit(3)
    pair.run()
    peer.forget()
    peer.flow(undefined, {
      handle: link.handle,
      deliveryCount: link.deliveryCount,
      linkCredit: 3,
      echo: true,
    })
    pair.run()
    peer.expect('flow', { linkCredit: 3, echo: undefined, handle: receiver.link.localHandle })
    peer.done()
    t.pass()
  },
)

scenario('delivery-counts wrap at 2^32 without anybody noticing [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(4)
  pair.run()
  for (let i = 0; i < 20; i++) {
    peer.transfer(link, pattern(3, i), { settled: true })
    pair.run()
    receiver.link.onRead(1)
    pair.run()
  }
  t.is(receiver.deliveries.length, 20)
  t.is(receiver.link.credit.deliveryCount, serialAdd(peer.initialId, 20))
  t.false(receiver.ended)
})

scenario('recalled credit is back when a flow of the sender shows that it knows [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.addCredit(5)
  pair.run()
  peer.forget()
  receiver.link.recall()
  peer.transfer(link, pattern(1))
  peer.flow(undefined, { handle: link.handle, deliveryCount: link.deliveryCount, linkCredit: 4 })
  pair.run()
  peer.expect('flow', { linkCredit: 0, echo: true, drain: undefined })
  t.is(receiver.deliveries.length, 1)
  t.is(receiver.drained, 0)
  t.true(receiver.link.isDraining)
  peer.flow(undefined, { handle: link.handle, deliveryCount: link.deliveryCount, linkCredit: 0 })
  pair.run()
  t.is(receiver.drained, 1)
  t.false(receiver.link.isDraining)
  receiver.link.addCredit(2)
  pair.run()
  peer.expect('flow', { linkCredit: 2, echo: undefined })
})

scenario('recalled credit that messages under way have used up needs no answer [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.addCredit(2)
  pair.run()
  receiver.link.recall()
  peer.transfer(link, pattern(1))
  peer.transfer(link, pattern(1))
  pair.run()
  t.is(receiver.deliveries.length, 2)
  t.is(receiver.drained, 1)
  t.false(receiver.ended)
})

scenario('a sender that gives its credit up unasked is granted the window anew [2.6.7]', (t, conditions) => {
  const { pair, peer, receiver, link } = attached(conditions)
  receiver.link.setWindow(10)
  pair.run()
  peer.forget()
  peer.drained(link, 10)
  pair.run()
  peer.expect('flow', { linkCredit: 10, deliveryCount: serialAdd(peer.initialId, 10) })
  peer.done()
  t.is(receiver.link.credit.linkCredit, 10)
})
