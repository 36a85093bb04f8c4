import { SessionEnd } from '../../lib/errors.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { SessionProbe } from '../support/engine-probes.js'
import { scenario } from '../support/scenario.js'

scenario('we begin, the peer answers on a channel of its own [2.5.1]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  const { peer } = pair
  const probe = pair.session({ incomingWindow: 77, handleMax: 9 })
  t.is(probe.session.stateName, 'BEGIN_SENT')
  pair.run()
  const begin = peer.expect('begin', { remoteChannel: undefined, incomingWindow: 77, handleMax: 9 })
  peer.done()
  t.is(begin.channel, 0)
  t.not(peer.session.channel, begin.channel)
  t.is(probe.session.stateName, 'MAPPED')
  t.is(probe.begin?.remoteChannel, 0)
})

scenario('a session begun before open is through waits for it [2.4.6]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  const probe = pair.session()
  pair.engine.start(pair.nowMs)
  pair.run()
  pair.peer.expect('header')
  pair.peer.expect('open')
  pair.peer.expect('begin')
  pair.peer.done()
  t.true(probe.session.mapped)
})

scenario('the peer begins, we answer with the channel it began on [2.7.2]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  const { peer } = pair
  const theirs = peer.begin()
  pair.run()
  peer.done()
  const [session] = pair.sessions
  t.is(session?.stateName, 'BEGIN_RCVD')
  session?.begin()
  pair.run()
  peer.expect('begin', { remoteChannel: theirs.channel })
  peer.done()
  t.is(session?.stateName, 'MAPPED')
})

scenario('we end first, the peer agrees [2.5.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.on('end', () => {})
  session.session.end()
  pair.run()
  peer.expect('end', { error: undefined })
  t.is(session.session.stateName, 'END_SENT')
  t.false(session.ended)
  peer.end()
  pair.run()
  peer.done()
  t.true(session.ended)
  t.is(session.reason, undefined)
})

scenario(
  'the peer ends first: its links end with it, and its error is the reason [2.5.5]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session)
    const receiver = pair.receiver(session)
    pair.run()
    peer.forget()
    peer.end(undefined, { error: { kind: 'error', condition: 'amqp:resource-deleted', description: 'gone' } })
    pair.run()
    peer.expect('end', { error: undefined })
    peer.done()
    t.true(session.reason instanceof SessionEnd)
    t.is(session.condition, 'amqp:resource-deleted')
    t.is(sender.reason, session.reason)
    t.is(receiver.reason, session.reason)
    t.false(pair.ended)
  },
)

scenario('both end at once [2.5.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.end()
  session.session.end()
  pair.run()
  peer.expect('end')
  peer.done()
  t.is(session.reason, undefined)
  t.true(session.ended)
})

scenario('end may follow begin at once, before the begin of the peer [2.5.5]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  const { peer } = pair
  const probe = pair.session()
  probe.session.end()
  t.is(probe.session.stateName, 'END_PIPED')
  pair.run()
  peer.expect('begin')
  peer.expect('end')
  peer.done()
  t.true(probe.ended)
  t.is(probe.begin, undefined)
})

scenario('a session that never went out ends without a word [2.5.5]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  const probe = pair.session()
  probe.session.end()
  pair.engine.start(pair.nowMs)
  pair.run()
  pair.peer.expect('header')
  pair.peer.expect('open')
  pair.peer.done()
  t.true(probe.ended)
})

scenario(
  'a session of the peer that is ended before it was begun gets begin and end [2.5.5]',
  (t, conditions) => {
    const pair = new EnginePair(conditions).connect()
    const { peer } = pair
    const theirs = peer.begin()
    pair.run()
    const [session] = pair.sessions
    const probe = new SessionProbe()
    if (session !== undefined) session.listener = probe
    session?.end({ kind: 'error', condition: 'amqp:not-implemented' })
    pair.run()
    peer.expect('begin', { remoteChannel: theirs.channel })
    t.is(peer.expect('end').error?.condition, 'amqp:not-implemented')
    peer.done()
    t.true(probe.ended)
  },
)

scenario('the lowest free channel is used, and used again after end [2.5.1]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  const probes = [pair.session(), pair.session(), pair.session()]
  pair.run()
  t.deepEqual(
    pair.peer.takeAll('begin').map((begin) => begin.channel),
    [0, 1, 2],
  )
  probes[1]?.session.end()
  pair.run()
  const again = pair.session()
  pair.run()
  t.is(pair.peer.takeAll('begin')[0]?.channel, 1)
  t.true(again.session.mapped)
  t.true(probes[1]?.ended)
})

scenario('an ended channel is not used again before the peer has ended, too [2.5.1]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.on('end', () => {})
  session.session.end()
  pair.session()
  pair.run()
  peer.expect('end')
  t.is(peer.expect('begin').channel, 1)
})

scenario('after end nothing more of the session is written [2.5.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  const receiver = pair.receiver(session)
  pair.run()
  peer.grant(peer.link('out'), 10)
  pair.run()
  peer.forget()
  peer.on('end', () => {})
  session.session.end()
  const late = sender.send(5)
  receiver.link.addCredit(3)
  sender.link.detach()
  peer.detach(peer.link('in'))
  peer.flow(undefined, { echo: true })
  pair.run()
  peer.expect('end')
  peer.done()
  peer.end()
  pair.run()
  t.true(session.ended)
  t.is(late.fate, 'lost')
})

scenario('an end whose description is long is cut to what the peer takes [2.4.1]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions, { peer: { open: { maxFrameSize: 512 } } })
  session.session.end({ kind: 'error', condition: 'amqp:internal-error', description: 'z'.repeat(2_000) })
  pair.run()
  t.is(peer.expect('end').error?.condition, 'amqp:internal-error')
  t.true(session.ended)
})
