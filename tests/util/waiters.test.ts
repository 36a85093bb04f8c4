import test from 'ava'
import { AMQPError } from '../../lib/errors.js'
import { Waiters } from '../../lib/util/waiters.js'
import { FakeClock } from '../support/fake-clock.js'

test('values that came first are read in their order', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  waiters.push(1)
  waiters.push(2)
  t.is(waiters.queued, 2)
  t.is(await waiters.next(), 1)
  t.is(await waiters.next(), 2)
  t.is(waiters.queued, 0)
})

test('readers that came first are served in their order', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  const readers = [waiters.next(), waiters.next()]
  t.is(waiters.waiting, 2)
  waiters.push(1)
  waiters.push(2)
  waiters.push(3)
  t.deepEqual(await Promise.all(readers), [1, 2])
  t.is(waiters.waiting, 0)
  t.is(waiters.queued, 1)
})

test('a reader whose time is up gets undefined, and no value is lost on it', async (t) => {
  const clock = new FakeClock()
  const waiters = new Waiters<number>(clock)
  const hurried = waiters.next({ timeoutMs: 10 })
  const patient = waiters.next()
  clock.advance(10)
  t.is(await hurried, undefined)
  waiters.push(1)
  t.is(await patient, 1)
})

test('a value that is there is given however short the time', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  waiters.push(1)
  t.is(await waiters.next({ timeoutMs: 0 }), 1)
})

test('a reader that aborts rejects with the reason, and no value is lost on it', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  const controller = new AbortController()
  const aborted = waiters.next({ signal: controller.signal })
  const patient = waiters.next()
  controller.abort('enough')
  t.is(await t.throwsAsync(aborted, { any: true }), 'enough')
  t.is(waiters.waiting, 1)
  waiters.push(1)
  t.is(await patient, 1)
})

test('a signal that is aborted already takes no value', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  waiters.push(1)
  await t.throwsAsync(waiters.next({ signal: AbortSignal.abort('before') }), { any: true })
  t.is(waiters.queued, 1)
})

test('closing for a reason rejects those who wait and those who come', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  const readers = [waiters.next(), waiters.next()]
  const reason = new AMQPError('gone')
  waiters.close(reason)
  waiters.close(new AMQPError('a later reason'))
  for (const reader of readers) t.is(await t.throwsAsync(reader), reason)
  t.is(await t.throwsAsync(waiters.next()), reason)
})

test('closing without a reason gives undefined to those who wait and those who come', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  const reader = waiters.next()
  waiters.close()
  t.is(await reader, undefined)
  t.is(await waiters.next(), undefined)
})

test('what was queued before closing can still be read or taken', async (t) => {
  const waiters = new Waiters<number>(new FakeClock())
  for (let i = 1; i <= 5; i++) waiters.push(i)
  waiters.close(new AMQPError('gone'))
  t.is(await waiters.next(), 1)
  t.deepEqual(waiters.takeQueued(2), [2, 3])
  t.deepEqual(waiters.takeQueued(), [4, 5])
  t.deepEqual(waiters.takeQueued(), [])
  await t.throwsAsync(waiters.next(), { message: 'gone' })
})
