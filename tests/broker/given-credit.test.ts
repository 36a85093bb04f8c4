// Credit that a link was given deliveries for and did not send yet is not given away again [2.6.7].

import test from 'ava'
import { GivenCredit } from '../../lib/broker/given-credit.js'
import { SenderCredit } from '../../lib/engine/credit.js'
import { OutgoingDelivery } from '../../lib/engine/delivery.js'
import { AMQPError } from '../../lib/errors.js'

class AnyDelivery extends OutgoingDelivery {
  onSettled(): void {}
  onLost(): void {}
}

const nothing = { sizeHint: 0, encodeTo() {} }

/** A link whose deliveries all wait in it. */
function linkWith(credit: SenderCredit) {
  const link = { credit, attached: true, refusing: false, send: () => {} }
  link.send = () => {
    if (link.refusing) throw new AMQPError('too large')
  }
  return link
}

/** How many deliveries the link can be given. */
function given(credit: GivenCredit, atMost = 10): number {
  let count = 0
  for (; count < atMost && credit.left; count++) credit.send(new AnyDelivery(false, undefined), nothing)
  return count
}

test('what waits in the link counts against its credit, and goes on counting when it is sent', (t) => {
  const credit = new SenderCredit(0xfffffffe)
  const spare = new GivenCredit(linkWith(credit))
  t.is(given(spare), 0)
  credit.onFlow(undefined, 3, false)
  t.is(given(spare, 2), 2)
  credit.onDeliverySent()
  credit.onDeliverySent()
  t.is(credit.linkCredit, 1)
  t.is(given(spare), 1)
  credit.onFlow(credit.deliveryCount, 5, false)
  t.is(given(spare), 4, 'one of the five is spoken for')
})

test('a drain gives back what was not used, and the next credit is whole [2.6.7]', (t) => {
  const credit = new SenderCredit(0)
  const spare = new GivenCredit(linkWith(credit))
  credit.onFlow(0, 3, true)
  t.is(given(spare, 1), 1)
  credit.onDeliverySent()
  credit.drained()
  t.false(spare.left)
  credit.onFlow(credit.deliveryCount, 2, false)
  t.is(given(spare), 2)
})

test('what the link does not take uses no credit, and a link that is not attached has none', (t) => {
  const credit = new SenderCredit(0)
  const link = linkWith(credit)
  const spare = new GivenCredit(link)
  credit.onFlow(0, 1, false)
  link.refusing = true
  t.false(spare.send(new AnyDelivery(false, undefined), nothing))
  link.refusing = false
  t.true(spare.left)
  link.attached = false
  t.false(spare.left)
})
