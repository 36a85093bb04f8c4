import test from 'ava'
import { ReceiverCredit, SenderCredit } from '../../lib/engine/credit.js'
import { IdleTime } from '../../lib/engine/idle-time.js'
import { IncomingWindow } from '../../lib/engine/incoming-window.js'
import { INITIAL_ID, OutgoingWindow } from '../../lib/engine/outgoing-window.js'
import { Settlements } from '../../lib/engine/settlements.js'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../lib/types/messaging.js'
import { serialAdd } from '../../lib/util/serial.js'

test('credit of a sender: what the flow says, less what it does not know of yet [2.6.7]', (t) => {
  // [deliveries sent, delivery-count in the flow after the initial one, its link-credit, credit left]
  const rows: [number, number | undefined, number, number][] = [
    [0, 0, 10, 10],
    [4, 4, 10, 10],
    [4, 1, 10, 7],
    [4, 1, 3, 0],
    [4, 1, 2, 0],
    [4, undefined, 10, 6],
    [4, undefined, 0, 0],
    [0, 0, 0xffffffff, 0xffffffff],
  ]
  for (const initial of [0, 0xfffffffd, 0x7fffffff]) {
    for (const [sent, known, linkCredit, left] of rows) {
      const credit = new SenderCredit(initial)
      credit.onFlow(initial, 100, false)
      for (let i = 0; i < sent; i++) credit.onDeliverySent()
      credit.onFlow(known === undefined ? undefined : serialAdd(initial, known), linkCredit, false)
      t.is(credit.linkCredit, left, `${sent} sent, ${known} known, credit ${linkCredit}`)
      t.is(credit.deliveryCount, serialAdd(initial, sent))
    }
  }
})

test('a drained sender has no credit, and a delivery-count at its limit [2.6.7]', (t) => {
  const credit = new SenderCredit(0xfffffffe)
  credit.onFlow(0xfffffffe, 5, true)
  credit.onDeliverySent()
  credit.drained()
  t.is(credit.linkCredit, 0)
  t.is(credit.deliveryCount, 3)
  t.true(credit.drain)
})

test('credit of a receiver: the highest limit ever given holds for what comes [2.6.7]', (t) => {
  const credit = new ReceiverCredit()
  credit.grant(3)
  t.is(credit.deliveryCount, undefined)
  credit.onAttach(0xfffffffe)
  t.true(credit.onDelivery())
  credit.grant(1)
  t.true(credit.onDelivery())
  t.is(credit.linkCredit, 0)
  t.false(credit.usedUp)
  t.true(credit.onDelivery())
  t.true(credit.usedUp)
  t.false(credit.onDelivery())
  t.is(credit.deliveryCount, 1)
})

test('the count of the sender uses up credit of a receiver and never adds any [2.6.7]', (t) => {
  // [credit granted, advance told by the sender, credit left]
  for (const [granted, advance, left] of [
    [10, 0, 10],
    [10, 4, 6],
    [10, 10, 0],
    [10, 11, 0],
    [10, -1, 10],
  ] as const) {
    const credit = new ReceiverCredit()
    credit.onAttach(0xfffffffd)
    credit.grant(granted)
    credit.onFlow(serialAdd(0xfffffffd, advance), undefined)
    t.is(credit.linkCredit, left)
  }
})

test('an outgoing window is what the peer still takes, modulo 2^32 and never below nought [2.5.6]', (t) => {
  // [transfers sent, next-incoming-id told after the initial one, window told, what is left]
  const rows: [number, number | undefined, number, number][] = [
    [0, 0, 10, 10],
    [6, 6, 10, 10],
    [6, 2, 10, 6],
    [6, 2, 4, 0],
    [6, 2, 3, 0],
    [6, undefined, 10, 4],
    [6, undefined, 0, 0],
    [6, 6, 0xffffffff, 0xffffffff],
  ]
  for (const initial of [INITIAL_ID, 0, 0xffffffff]) {
    for (const [sent, known, told, left] of rows) {
      const window = new OutgoingWindow(initial)
      window.onBegin(1_000)
      for (let i = 0; i < sent; i++) window.onTransferSent()
      window.onFlow(known === undefined ? undefined : serialAdd(initial, known), told)
      t.is(window.remoteIncomingWindow, left, `${sent} sent, ${known} known, window ${told}`)
      t.is(window.open, left > 0)
      t.is(window.nextOutgoingId, serialAdd(initial, sent))
    }
  }
})

test('an incoming window takes its size in frames and asks for renewal at half [2.5.6]', (t) => {
  for (const [size, half] of [
    [1, 0],
    [2, 1],
    [3, 1],
    [8, 4],
  ] as const) {
    const window = new IncomingWindow(size)
    window.onBegin(0xffffffff)
    for (let taken = 1; taken <= size; taken++) {
      t.true(window.onTransfer())
      t.is(window.needsFlow, size - taken <= half)
    }
    t.false(window.onTransfer())
    t.is(window.nextIncomingId, serialAdd(0xffffffff, size))
    window.renew()
    t.true(window.onTransfer())
  }
})

test('idle time is over, and a frame is owed, exactly at their limits [2.4.5]', (t) => {
  const idle = new IdleTime()
  idle.received(1_000)
  idle.sent(2_000)
  t.false(idle.isOver(10_999, 10_000))
  t.true(idle.isOver(11_000, 10_000))
  t.false(idle.isOver(1e12, 0))
  t.false(idle.owesFrame(4_999, 6_000))
  t.true(idle.owesFrame(5_000, 6_000))
  t.false(idle.owesFrame(1e12, 0))
  t.is(idle.deadline(10_000, 6_000), 5_000)
  t.is(idle.deadline(3_000, 6_000), 4_000)
  t.is(idle.deadline(0, 6_000), 5_000)
  t.is(idle.deadline(10_000, 0), 11_000)
  t.is(idle.deadline(0, 0), undefined)
})

type Row = [id: number, state: DeliveryState | undefined, settled: boolean]

/** What leaves for these settlements: first, last, state, settled. */
function gathered(
  rows: readonly Row[],
): [number, number | undefined, DeliveryState | undefined, boolean | undefined][] {
  const out: ReturnType<typeof gathered> = []
  const settlements = new Settlements(true)
  for (const [id, state, settled] of rows) settlements.add(id, state, settled)
  settlements.flush((d) => out.push([d.first, d.last, d.state as DeliveryState | undefined, d.settled]))
  settlements.flush(() => out.push([-1, -1, undefined, undefined]))
  return out
}

test('settlements leave as the fewest ranges, once [2.7.6]', (t) => {
  t.deepEqual(gathered([]), [])
  t.deepEqual(gathered([[5, ACCEPTED, true]]), [[5, undefined, ACCEPTED, true]])
  t.deepEqual(
    gathered([
      [0xfffffffe, ACCEPTED, true],
      [0xffffffff, ACCEPTED, true],
      [0, ACCEPTED, true],
      [1, ACCEPTED, true],
    ]),
    [[0xfffffffe, 1, ACCEPTED, true]],
  )
  t.deepEqual(
    gathered([
      [1, ACCEPTED, true],
      [0xffffffff, ACCEPTED, true],
      [0, ACCEPTED, true],
    ]),
    [[0xffffffff, 1, ACCEPTED, true]],
  )
  t.deepEqual(
    gathered([
      [1, ACCEPTED, true],
      [2, RELEASED, true],
      [3, ACCEPTED, true],
      [4, ACCEPTED, false],
    ]),
    [
      [1, undefined, ACCEPTED, true],
      [2, undefined, RELEASED, true],
      [3, undefined, ACCEPTED, true],
      [4, undefined, ACCEPTED, false],
    ],
  )
  const rejected = { kind: 'rejected' } as const
  t.deepEqual(
    gathered([
      [1, rejected, true],
      [2, rejected, true],
      [3, { kind: 'rejected' }, true],
    ]),
    [
      [1, 2, rejected, true],
      [3, undefined, rejected, true],
    ],
  )
})

test('an outcome and its settlement, decided in one turn, leave in that order [2.7.6]', (t) => {
  t.deepEqual(
    gathered([
      [1, ACCEPTED, false],
      [2, ACCEPTED, false],
      [1, ACCEPTED, true],
    ]),
    [
      [1, 2, ACCEPTED, false],
      [1, undefined, ACCEPTED, true],
    ],
  )
})
