import { AMQPConnectionError, AMQPError } from '../../lib/errors.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { scenario } from '../support/scenario.js'

scenario('a begin on a channel over our channel-max closes the connection [2.7.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, { open: { channelMax: 9 } }).connect()
  pair.peer.sendList(0x11, [undefined, 0, 10, 10], 10)
  pair.run()
  t.is(pair.peer.expect('close').error?.condition, 'amqp:connection:framing-error')
  t.is(pair.condition, 'amqp:connection:framing-error')
})

scenario('a begin on our highest channel is fine [2.7.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, { open: { channelMax: 9 } }).connect()
  pair.peer.sendList(0x11, [undefined, 0, 10, 10], 9)
  pair.run()
  t.is(pair.sessions.length, 1)
})

scenario('a second begin on a channel closes the connection [2.5.1]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  peer.sendList(0x11, [undefined, 0, 10, 10], peer.session.channel)
  pair.run()
  t.is(pair.condition, 'amqp:not-allowed')
})

scenario('a begin that answers a channel nobody began on closes the connection [2.7.2]', (t, conditions) => {
  for (const answered of [0, 5]) {
    const { pair, peer } = begun(conditions)
    peer.send(
      'begin',
      { remoteChannel: answered, nextOutgoingId: 0, incomingWindow: 1, outgoingWindow: 1 },
      33,
    )
    pair.run()
    t.is(pair.condition, 'amqp:not-allowed')
  }
})

scenario('a frame on a channel without a session closes the connection [2.5.1]', (t, conditions) => {
  for (const code of [0x12, 0x13, 0x14, 0x15, 0x16, 0x17]) {
    const { pair, peer } = begun(conditions)
    const fields: Record<number, readonly (number | string | boolean)[]> = {
      18: ['name', 0, true],
      19: [0, 0, 0, 0],
      20: [0],
      21: [true, 0],
      22: [0],
    }
    peer.sendList(code, fields[code] ?? [], 99)
    pair.run()
    t.is(peer.expect('close').error?.condition, 'amqp:not-allowed', `descriptor ${code}`)
  }
})

scenario('no more sessions than the channel-max of the peer allows are begun [2.7.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, { peer: { open: { channelMax: 1 } } }).connect()
  pair.session()
  pair.session()
  const error = t.throws(() => pair.session(), { instanceOf: AMQPConnectionError })
  t.is(error?.code, 'AMQP_CHANNEL_MAX')
  pair.run()
  t.is(pair.peer.takeAll('begin').length, 2)
})

scenario(
  'sessions asked for before open that turn out to be too many end, the others begin [2.7.1]',
  (t, conditions) => {
    const pair = new EnginePair(conditions, { peer: { open: { channelMax: 0 } } })
    const [first, second] = [pair.session(), pair.session()]
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(pair.peer.takeAll('begin').length, 1)
    t.true(first.session.mapped)
    t.is(second.reason?.code, 'AMQP_CHANNEL_MAX')
    t.false(pair.ended)
  },
)

scenario(
  'a peer that begins more sessions than it takes itself is told the limit [2.7.1]',
  (t, conditions) => {
    const { pair, peer } = begun(conditions, { peer: { open: { channelMax: 0 } } })
    peer.begin()
    pair.run()
    t.is(peer.expect('close').error?.condition, 'amqp:resource-limit-exceeded')
  },
)

scenario(
  'an attach on a handle that is in use ends the session, not the connection [2.6.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session)
    pair.run()
    peer.forget()
    peer.send('attach', { name: 'other', handle: peer.link('out').handle, role: true }, peer.session.channel)
    pair.run()
    t.is(peer.expect('end').error?.condition, 'amqp:session:handle-in-use')
    peer.done()
    t.is(session.condition, 'amqp:session:handle-in-use')
    t.is(sender.reason, session.reason)
    t.false(pair.ended)
  },
)

scenario('a frame for a handle that is not attached ends the session [2.6.2]', (t, conditions) => {
  const frames: ((p: EnginePair['peer']) => void)[] = [
    (p) => p.sendList(0x13, [undefined, 5, p.initialId, 5, 17, 0, 1], p.session.channel),
    (p) => p.sendList(0x14, [17, 0, new Uint8Array(1)], p.session.channel),
    (p) => p.sendList(0x16, [17], p.session.channel),
  ]
  for (const send of frames) {
    const { pair, peer, session } = begun(conditions)
    send(peer)
    pair.run()
    t.is(peer.expect('end').error?.condition, 'amqp:session:unattached-handle')
    t.is(session.condition, 'amqp:session:unattached-handle')
    t.false(pair.ended)
  }
})

scenario('a session that ended by an error leaves the others alone [2.5.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const other = pair.session()
  pair.run()
  const [first, second] = peer.sessions
  peer.sendList(0x16, [17], first?.channel)
  pair.run()
  t.true(session.ended)
  t.true(other.session.mapped)
  const sender = pair.sender(other)
  pair.run()
  t.true(sender.link.attached)
  t.true(peer.link('out').session === second)
})

scenario('after we ended a session with an error, what comes for it is dropped [2.5.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const receiver = pair.receiver(session)
  receiver.link.addCredit(10)
  pair.run()
  peer.forget()
  peer.on('end', () => {})
  peer.sendList(0x16, [17], peer.session.channel)
  peer.transfer(peer.link('in'), new Uint8Array(3))
  peer.newLink('late', 'receiver')
  pair.run()
  peer.expect('end')
  peer.done()
  t.deepEqual(receiver.deliveries, [])
  peer.end()
  pair.run()
  t.true(session.ended)
})

scenario('an attach on a handle over our handle-max closes the connection [2.7.2]', (t, conditions) => {
  const { pair, peer } = begun(conditions, {}, { handleMax: 4 })
  peer.send('attach', { name: 'fits', handle: 4, role: true }, peer.session.channel)
  pair.run()
  t.false(pair.ended)
  peer.send('attach', { name: 'over', handle: 5, role: true }, peer.session.channel)
  pair.run()
  t.is(pair.condition, 'amqp:connection:framing-error')
})

scenario('no more links than the handle-max of the peer allows are attached [2.7.2]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions, { peer: { begin: { handleMax: 0 } } })
  pair.sender(session)
  const error = t.throws(() => pair.receiver(session), { instanceOf: AMQPError })
  t.is(error?.code, 'AMQP_HANDLE_MAX')
  pair.run()
  t.is(peer.takeAll('attach').length, 1)
})

scenario(
  'links asked for before begin that turn out to be too many end, the others attach [2.7.2]',
  (t, conditions) => {
    const pair = new EnginePair(conditions, { peer: { begin: { handleMax: 0 } } }).connect()
    const session = pair.session()
    const sender = pair.sender(session)
    const receiver = pair.receiver(session)
    pair.run()
    t.is(pair.peer.takeAll('attach').length, 1)
    t.true(sender.link.attached)
    t.is(receiver.reason?.code, 'AMQP_HANDLE_MAX')
    t.false(session.ended)
  },
)

scenario(
  'a peer that attaches more links than it takes itself is told the limit [2.7.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions, { peer: { begin: { handleMax: 0 } } })
    pair.sender(session)
    pair.run()
    peer.forget()
    peer.newLink('one too many', 'sender')
    pair.run()
    t.is(peer.expect('end').error?.condition, 'amqp:resource-limit-exceeded')
  },
)
