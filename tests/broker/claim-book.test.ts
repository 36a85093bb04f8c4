// The claims of one connection: what they cost, whatever a client puts.

import test from 'ava'
import { ClaimBook, pathOf } from '../../lib/broker/claim-book.js'
import { FakeClock } from '../support/fake-clock.js'

const LIMIT = 1_000

function full(): { clock: FakeClock; book: ClaimBook } {
  const clock = new FakeClock()
  const book = new ClaimBook(clock)
  for (let i = 0; i < LIMIT; i++) book.put(`queue/${i}`, clock.date() + 1_000 + i)
  return { clock, book }
}

test('a connection has so many claims and no more; one for the same path, and one after an expiry, have room', (t) => {
  const { clock, book } = full()
  t.false(book.put('one', clock.date() + 10_000))
  t.false(book.covers('one'))
  t.true(book.put('queue/1', clock.date() + 10_000))
  clock.advance(1_000)
  t.false(book.covers('queue/0'))
  t.true(book.put('one', clock.date() + 10_000))
  t.true(book.covers('one'))
})

test('an address of slashes costs no more than any other of its length', (t) => {
  const { book } = full()
  const slashes = '/'.repeat(1_000_000)
  t.false(book.covers(`a${slashes}b`))
  t.true(book.covers(`${slashes}queue/7${slashes}`))
  t.is(pathOf(`sb://host${slashes}a${slashes}b${slashes}`), `a${slashes}b`)
  t.is(pathOf(slashes), '')
})
