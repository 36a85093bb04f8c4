// Credit that a link was given deliveries for and did not send yet is not given away again [2.6.7].

import test from 'ava'
import { SpareCredit } from '../../lib/broker/spare-credit.js'
import { SenderCredit } from '../../lib/engine/credit.js'

test('what waits in the link counts against its credit, and goes on counting when it is sent', (t) => {
  const credit = new SenderCredit(0xfffffffe)
  const spare = new SpareCredit({ credit })
  t.is(spare.left, 0)
  credit.onFlow(undefined, 3, false)
  t.is(spare.left, 3)
  spare.use()
  spare.use()
  t.is(spare.left, 1)
  credit.onDeliverySent()
  credit.onDeliverySent()
  t.deepEqual([credit.linkCredit, spare.left], [1, 1])
  credit.onFlow(credit.deliveryCount, 5, false)
  t.is(spare.left, 5)
})

test('a drain gives back what was not used, and the next credit is whole [2.6.7]', (t) => {
  const credit = new SenderCredit(0)
  const spare = new SpareCredit({ credit })
  credit.onFlow(0, 3, true)
  spare.use()
  credit.onDeliverySent()
  credit.drained()
  t.is(spare.left, 0)
  credit.onFlow(credit.deliveryCount, 2, false)
  t.is(spare.left, 2)
})
