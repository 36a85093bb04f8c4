// The claims of one connection: what they cost, whatever a client puts.

import test from 'ava'
import jsonwebtoken from 'jsonwebtoken'
import { cbsNode } from '../../lib/broker/cbs-node.js'
import { ClaimBook, pathOf } from '../../lib/broker/claim-book.js'
import { MessageBodyType } from '../../lib/constants.js'
import { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
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

test('a client that claims more is told: by status 403, and in the draft by a rejection', async (t) => {
  const { clock, book } = full()
  const node = cbsNode({ jwtSecret: 'not a real one', draft: true })
  const exp = Math.floor(clock.date() / 1_000) + 60
  const token = jsonwebtoken.sign({ exp }, 'not a real one')
  const context = { address: '$cbs', containerId: 'client', claims: book }
  const applicationProperties = { operation: 'put-token', type: 'jwt', name: 'sb://host/one' }
  const bodyType = MessageBodyType.Value
  const answer = await node(new Message(token, { bodyType, applicationProperties }), context)
  t.is(String(answer?.applicationProperties?.['status-code']), '403')
  const properties = { subject: 'set-token' }
  const draft = new Message(token, {
    bodyType,
    properties,
    applicationProperties: { 'token-type': 'amqp:jwt' },
  })
  await t.throwsAsync(async () => node(draft, context), {
    instanceOf: AMQPError,
    message: /too many claims/,
  })
  t.false(book.covers('one'))
})

test('an address of slashes costs no more than any other of its length', (t) => {
  const { book } = full()
  const slashes = '/'.repeat(1_000_000)
  t.false(book.covers(`a${slashes}b`))
  t.true(book.covers(`${slashes}queue/7${slashes}`))
  t.is(pathOf(`sb://host${slashes}a${slashes}b${slashes}`), `a${slashes}b`)
  t.is(pathOf(slashes), '')
})
