// What a user reads when the peer has ended a link.

import test from 'ava'
import { connectionReason, linkReason, sessionReason } from '../../lib/engine/reasons.js'

const error = { kind: 'error', condition: 'amqp:not-found', description: 'no such queue' } as const

test('a refusal is told from a later end, and a link by what it was for [2.6.3, 2.6.4]', (t) => {
  for (const [address, isReceiver, attached, text] of [
    ['orders', false, false, 'The peer refused the sender to "orders"'],
    ['orders', true, false, 'The peer refused the receiver of "orders"'],
    ['orders', true, true, 'The peer detached the receiver of "orders"'],
    ['', false, true, 'The peer detached the sender to the anonymous terminus'],
    ['', true, true, 'The peer detached the receiver'],
  ] as const) {
    const reason = linkReason(error, { name: 'l', address, isReceiver }, attached, 'broker:5672')
    t.is(reason.message, `${text}: amqp:not-found: no such queue`)
    t.like(reason.context, { linkName: 'l', address, host: 'broker:5672' })
  }
})

test('who gives RabbitMQ 4 a plain name is told what it takes instead', (t) => {
  const description = 'Attach refused: {amqp_address_v1_not_permitted,{utf8,<<"orders">>}}'
  const link = { name: 'l', address: 'orders', isReceiver: false }
  const reason = linkReason({ ...error, description }, link, false, undefined)
  t.regex(reason.message, /an address such as \/queues\/orders, which the option "address" takes$/)
  t.is(reason.description, description)
})

test('the end of a connection or a session says which peer it was [2.4.3, 2.5.4]', (t) => {
  const closed = connectionReason(error, 'broker:5672')
  t.is(closed.message, 'The peer closed the connection to broker:5672: amqp:not-found: no such queue')
  t.is(closed.context.host, 'broker:5672')
  t.is(sessionReason(error, 'broker:5672').context.host, 'broker:5672')
  t.is(connectionReason(undefined, undefined).message, 'The peer closed the connection: no error given')
})
