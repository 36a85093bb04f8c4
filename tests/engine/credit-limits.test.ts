// Credit under a sender that counts as it likes [2.6.7]: no count of its own gives it more than it was granted.

import test from 'ava'
import { ReceiverCredit } from '../../lib/engine/credit.js'
import { Ring } from '../../lib/util/ring.js'
import { serialAdd } from '../../lib/util/serial.js'

test('jumps of the delivery-count allow nothing, however far and however often [2.6.7]', (t) => {
  const credit = new ReceiverCredit()
  credit.onAttach(0)
  credit.grant(10)
  for (let count = 0x7fffffff, i = 0; i < 8; i++, count = serialAdd(count, 0x10000000)) {
    credit.onFlow(count, undefined)
    t.false(credit.onDelivery(), `at ${count}`)
  }
})

test('credit granted after a jump counts from there [2.6.7]', (t) => {
  const credit = new ReceiverCredit()
  credit.onAttach(0xfffffffd)
  credit.grant(10)
  credit.onFlow(300, undefined)
  t.is(credit.linkCredit, 0)
  t.false(credit.onDelivery())
  credit.grant(2)
  t.true(credit.onDelivery())
  t.true(credit.onDelivery())
  t.false(credit.onDelivery())
})

test('a range that meets none of the ids held calls nothing, and ends at once', (t) => {
  const ring = new Ring<string>()
  for (let id = 0; id < 50_000; id++) ring.put(id, 'x')
  const start = process.cpuUsage()
  for (let i = 0; i < 10_000; i++) ring.forRange(100_000, 0xfffffff0, () => t.fail())
  const { user, system } = process.cpuUsage(start)
  t.true(user + system < 2_000_000, `${user + system} µs for 10,000 ranges`)
})
