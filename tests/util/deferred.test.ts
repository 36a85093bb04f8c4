import test from 'ava'
import { AMQPTimeoutError } from '../../lib/errors.js'
import { Deferred, waitFor, waitUntil } from '../../lib/util/deferred.js'
import { checkOptions, WAIT_OPTIONS } from '../../lib/util/options.js'
import { FakeClock } from '../support/fake-clock.js'

const late = (): AMQPTimeoutError => new AMQPTimeoutError('too late', { timeoutMs: 10 })

/** A signal that counts who listens. */
class CountingSignal {
  aborted = false
  reason: unknown
  readonly listeners = new Set<() => void>()
  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }
  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }
  abort(reason: unknown): void {
    this.aborted = true
    this.reason = reason
    for (const listener of [...this.listeners]) listener()
  }
}

test('the first of resolve and reject counts', async (t) => {
  const deferred = new Deferred<number>()
  t.false(deferred.done)
  deferred.resolve(1)
  deferred.resolve(2)
  deferred.reject(new RangeError('ignored'))
  t.true(deferred.done)
  t.is(await deferred.promise, 1)
})

test('a wait gives what was started for it, and leaves no timer and no listener behind', async (t) => {
  const clock = new FakeClock()
  const signal = new CountingSignal()
  let handed: Deferred<string> | undefined
  const promise = waitFor<string>(
    (deferred) => {
      handed = deferred
      return undefined
    },
    { signal, timeoutMs: 10 },
    clock,
    late,
  )
  t.is(clock.pendingTimers, 1)
  t.is(signal.listeners.size, 1)
  handed?.resolve('yes')
  t.is(await promise, 'yes')
  t.is(clock.pendingTimers, 0)
  t.is(signal.listeners.size, 0)
})

test('a wait that is over at once registers nothing', async (t) => {
  const clock = new FakeClock()
  const signal = new CountingSignal()
  const promise = waitFor<number>(
    (deferred) => void deferred.resolve(3),
    { signal, timeoutMs: 10 },
    clock,
    late,
  )
  t.is(clock.pendingTimers, 0)
  t.is(signal.listeners.size, 0)
  t.is(await promise, 3)
})

test('an abort rejects with its reason, calls the operation off, and cleans up', async (t) => {
  const clock = new FakeClock()
  const signal = new CountingSignal()
  let calledOff = 0
  const promise = waitFor<never>(() => () => void calledOff++, { signal, timeoutMs: 10 }, clock, late)
  signal.abort('enough')
  t.is(await t.throwsAsync(promise, { any: true }), 'enough')
  t.is(calledOff, 1)
  t.is(clock.pendingTimers, 0)
  t.is(signal.listeners.size, 0)
})

test('what calling off does to the wait comes too late', async (t) => {
  const signal = new CountingSignal()
  const promise = waitFor<string>(
    (deferred) => () => deferred.resolve('from the cancel function'),
    { signal },
    new FakeClock(),
    late,
  )
  signal.abort('reason')
  t.is(await t.throwsAsync(promise, { any: true }), 'reason')
})

test('a platform signal serves as well', async (t) => {
  const controller = new AbortController()
  const promise = waitFor<never>(() => undefined, { signal: controller.signal }, new FakeClock(), late)
  const reason = new TypeError('stop')
  controller.abort(reason)
  t.is(await t.throwsAsync(promise), reason)
})

test('a signal that is aborted already starts nothing', async (t) => {
  let started = false
  const promise = waitFor<never>(
    () => {
      started = true
      return undefined
    },
    { signal: AbortSignal.abort('before') },
    new FakeClock(),
    late,
  )
  t.is(await t.throwsAsync(promise, { any: true }), 'before')
  t.false(started)
})

test('a timeout rejects with the error described, and calls the operation off', async (t) => {
  const clock = new FakeClock()
  const signal = new CountingSignal()
  let calledOff = 0
  const promise = waitFor<never>(() => () => void calledOff++, { signal, timeoutMs: 10 }, clock, late)
  clock.advance(9)
  t.is(calledOff, 0)
  clock.advance(1)
  await t.throwsAsync(promise, { instanceOf: AMQPTimeoutError, message: 'too late' })
  t.is(calledOff, 1)
  t.is(signal.listeners.size, 0)
})

test('a result that comes before its reaction ran is not undone by an abort', async (t) => {
  const signal = new CountingSignal()
  let calledOff = 0
  let handed: Deferred<number> | undefined
  const promise = waitFor<number>(
    (deferred) => {
      handed = deferred
      return () => void calledOff++
    },
    { signal },
    new FakeClock(),
    late,
  )
  handed?.resolve(1)
  signal.abort('too late')
  t.is(await promise, 1)
  t.is(calledOff, 0)
})

test('what is thrown while starting becomes the rejection', async (t) => {
  const clock = new FakeClock()
  const promise = waitFor<never>(
    () => {
      throw new RangeError('cannot start')
    },
    { timeoutMs: 5 },
    clock,
    late,
  )
  await t.throwsAsync(promise, { instanceOf: RangeError, message: 'cannot start' })
  t.is(clock.pendingTimers, 0)
})

test('no limit and an infinite one set no timer', (t) => {
  const clock = new FakeClock()
  waitFor<never>(() => undefined, {}, clock, late)
  waitFor<never>(() => undefined, { timeoutMs: Number.POSITIVE_INFINITY }, clock, late)
  t.is(clock.pendingTimers, 0)
})

test('a timeout can mean a value', async (t) => {
  const clock = new FakeClock()
  const promise = waitUntil<string>(
    () => undefined,
    { timeoutMs: 0 },
    clock,
    (deferred) => deferred.resolve('none'),
  )
  clock.advance(0)
  t.is(await promise, 'none')
})

test('wait options that cannot be are refused by name', (t) => {
  const check = (options: unknown) => () => checkOptions('wait', options, WAIT_OPTIONS)
  t.throws(check({ timeoutMs: -1 }), { instanceOf: RangeError, message: /timeoutMs/ })
  t.throws(check({ timeoutMs: Number.NaN }), { instanceOf: RangeError, message: /timeoutMs/ })
  t.throws(check({ timeoutMs: '5' }), { instanceOf: TypeError, message: /timeoutMs/ })
  t.throws(check({ signal: null }), { instanceOf: TypeError, message: /signal/ })
  t.throws(check({ signal: { aborted: false } }), { instanceOf: TypeError, message: /signal/ })
  t.throws(check({ signal: new AbortController() }), { instanceOf: TypeError, message: /signal/ })
  for (const options of [
    {},
    { timeoutMs: 0 },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { signal: new AbortController().signal },
  ]) {
    t.notThrows(check(options))
  }
})
