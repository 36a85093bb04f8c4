// A signal of our own: what waits with it is told once, with the first reason.

import test from 'ava'
import { AMQPTimeoutError } from '../../lib/errors.js'
import { Abort } from '../../lib/util/abort.js'
import { waitFor } from '../../lib/util/deferred.js'
import { FakeClock } from '../support/fake-clock.js'

test('a signal that nobody has aborted is not aborted', (t) => {
  const abort = new Abort()
  t.false(abort.aborted)
  t.is(abort.reason, undefined)
})

test('aborting tells each listener once, and keeps the first reason', (t) => {
  const abort = new Abort()
  const told: string[] = []
  abort.addEventListener('abort', () => told.push(`a ${abort.aborted} ${String(abort.reason)}`))
  abort.addEventListener('abort', () => told.push('b'))
  abort.abort('first')
  abort.abort('second')
  t.deepEqual(told, ['a true first', 'b'])
  t.true(abort.aborted)
  t.is(abort.reason, 'first')
})

test('undefined is a reason, too', (t) => {
  const abort = new Abort()
  abort.abort(undefined)
  abort.abort('second')
  t.true(abort.aborted)
  t.is(abort.reason, undefined)
})

test('a listener that was removed is told nothing', (t) => {
  const abort = new Abort()
  const listener = (): void => t.fail()
  abort.addEventListener('abort', listener)
  abort.removeEventListener('abort', listener)
  abort.abort('now')
  t.pass()
})

test('a listener may remove others, and itself, while they are told', (t) => {
  const abort = new Abort()
  let told = 0
  const listeners = [0, 1, 2].map(() => () => {
    told++
    for (const listener of listeners) abort.removeEventListener('abort', listener)
  })
  for (const listener of listeners) abort.addEventListener('abort', listener)
  abort.abort('now')
  t.is(told, 3)
})

test('a wait ends with it as with any signal', async (t) => {
  const abort = new Abort()
  const clock = new FakeClock()
  let cancelled = 0
  const waiting = waitFor<void>(
    () => () => {
      cancelled++
    },
    { signal: abort, timeoutMs: 50 },
    clock,
    () => new AMQPTimeoutError('late', { timeoutMs: 50 }),
  )
  abort.abort(new Error('enough'))
  await t.throwsAsync(waiting, { message: 'enough' })
  t.is(cancelled, 1)
  t.is(clock.pendingTimers, 0)
})
