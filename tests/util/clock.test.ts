import test from 'ava'
import { realClock } from '../../lib/util/clock.js'
import { globals } from '../../lib/util/globals.js'
import { FakeClock } from '../support/fake-clock.js'

test('the real clock defers past the turn and its promises', async (t) => {
  const order: string[] = []
  const done = new Promise<void>((resolve) => {
    realClock.defer(() => {
      order.push('deferred')
      resolve()
    })
  })
  order.push('same turn')
  await Promise.resolve().then(() => order.push('promise'))
  await done
  t.deepEqual(order, ['same turn', 'promise', 'deferred'])
})

test('the real clock never goes back', (t) => {
  const first = realClock.now()
  t.true(realClock.now() >= first)
})

test('a real timer runs once, a cancelled one never', async (t) => {
  let cancelledRan = false
  realClock
    .setTimer(0, () => {
      cancelledRan = true
    })
    .cancel()
  let runs = 0
  await new Promise<void>((resolve) => {
    realClock.setTimer(1, () => {
      runs++
      resolve()
    })
  })
  t.is(runs, 1)
  t.false(cancelledRan)
})

test.serial('a timer longer than the platform can count is set in parts', (t) => {
  const host = globals as unknown as { setTimeout: unknown; clearTimeout: unknown }
  const { setTimeout: realSet, clearTimeout: realClear } = host
  const armed: { fn: () => void; ms: number }[] = []
  const cleared: unknown[] = []
  host.setTimeout = (fn: () => void, ms: number) => armed.push({ fn, ms })
  host.clearTimeout = (handle: unknown) => cleared.push(handle)
  try {
    let ran = 0
    const month = 31 * 24 * 3_600_000
    const timer = realClock.setTimer(month, () => ran++)
    t.is(armed[0]?.ms, 0x7fffffff)
    armed[0]?.fn()
    t.is(armed[1]?.ms, month - 0x7fffffff)
    t.is(ran, 0)
    timer.cancel()
    t.deepEqual(cleared, [2])
    armed[1]?.fn()
    t.is(ran, 1)
  } finally {
    host.setTimeout = realSet
    host.clearTimeout = realClear
  }
})

test('the fake clock runs timers in the order they are due, at their own time', (t) => {
  const clock = new FakeClock(0)
  const log: string[] = []
  clock.setTimer(20, () => log.push(`b at ${clock.now()}`))
  clock.setTimer(10, () => {
    log.push(`a at ${clock.now()}`)
    clock.setTimer(5, () => log.push(`nested at ${clock.now()}`))
  })
  clock.setTimer(20, () => log.push('never')).cancel()
  clock.advance(9)
  t.deepEqual(log, [])
  clock.advance(16)
  t.deepEqual(log, ['a at 10', 'nested at 15', 'b at 20'])
  t.is(clock.now(), 25)
  t.is(clock.pendingTimers, 0)
})

test('the fake clock runs deferred functions when told, and those they defer', async (t) => {
  const clock = new FakeClock()
  const log: number[] = []
  clock.defer(() => {
    log.push(1)
    clock.defer(() => log.push(2))
  })
  t.is(clock.pendingDeferred, 1)
  t.deepEqual(log, [])
  clock.runDeferred()
  t.deepEqual(log, [1, 2])
  clock.setTimer(50, () => clock.defer(() => log.push(3)))
  await clock.run(50)
  t.deepEqual(log, [1, 2, 3])
})

test('functions that defer each other without end are found out', (t) => {
  const clock = new FakeClock()
  const again = (): void => clock.defer(again)
  again()
  t.throws(() => clock.runDeferred(), { message: /without end/ })
})
