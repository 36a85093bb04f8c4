import { begun, EnginePair } from '../support/engine-pair.js'
import { type Conditions, scenario } from '../support/scenario.js'

function idle(conditions: Conditions, ours: number, theirs?: number): EnginePair {
  return new EnginePair(conditions, {
    open: { idleTimeoutMs: ours },
    peer: { open: { idleTimeOut: theirs } },
  })
}

scenario(
  'half of our idle time is announced, so that a late frame is not yet too late [2.4.5]',
  (t, conditions) => {
    for (const [ours, announced] of [
      [60_000, 30_000],
      [1, 1],
      [0, undefined],
    ] as const) {
      const pair = idle(conditions, ours)
      pair.engine.start(pair.nowMs)
      pair.run()
      pair.peer.expect('header')
      t.is(pair.peer.expect('open').idleTimeOut, announced)
    }
  },
)

scenario(
  'an empty frame goes out when half of the idle time of the peer has passed in silence [2.4.5]',
  (t, conditions) => {
    const pair = idle(conditions, 0, 10_000).connect()
    pair.advance(4_999)
    pair.peer.done()
    pair.advance(1)
    pair.peer.expect('empty')
    pair.peer.done()
    pair.advance(20_000, 100)
    t.is(pair.peer.takeAll('empty').length, 4)
  },
)

scenario('no empty frame is needed while other frames go out [2.4.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions, { peer: { open: { idleTimeOut: 10_000 } } })
  const sender = pair.sender(session)
  pair.run()
  peer.grant(peer.link('out'), 100)
  pair.run()
  for (let i = 0; i < 6; i++) {
    sender.send(1)
    pair.run()
    pair.advance(4_000, 1_000)
  }
  t.is(peer.takeAll('transfer').length, 6)
  t.is(peer.takeAll('empty').length, 0)
})

scenario('a peer that asks for no idle time gets no empty frames [2.4.5]', (t, conditions) => {
  for (const theirs of [undefined, 0]) {
    const pair = idle(conditions, 0, theirs).connect()
    pair.advance(1_000_000, 100_000)
    pair.peer.done()
    t.is(pair.engine.tick(pair.nowMs), undefined)
  }
})

scenario(
  'a peer that is silent for all of our idle time is given up, and told so [2.4.5]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions, { open: { idleTimeoutMs: 10_000 } })
    const sender = pair.sender(session)
    pair.run()
    peer.grant(peer.link('out'), 1)
    pair.run()
    const delivery = sender.send(1)
    pair.run()
    peer.forget()
    pair.advance(9_999)
    peer.done()
    t.false(pair.ended)
    pair.advance(1)
    t.is(peer.expect('close').error?.condition, 'amqp:resource-limit-exceeded')
    peer.done()
    t.true(pair.ended)
    t.is(pair.condition, 'amqp:resource-limit-exceeded')
    t.true(pair.reason?.retryable)
    t.is(delivery.fate, 'lost')
    t.is(delivery.inDoubt, true)
    t.is(sender.condition, 'amqp:resource-limit-exceeded')
  },
)

scenario('any frame starts the idle time anew, an empty one, too [2.4.5]', (t, conditions) => {
  const pair = idle(conditions, 10_000).connect()
  for (let i = 0; i < 5; i++) {
    pair.advance(9_000)
    if (i % 2 === 0) pair.peer.sendEmpty()
    else pair.peer.sendEmpty(17)
    pair.run()
  }
  t.false(pair.ended)
  pair.advance(10_000)
  t.true(pair.ended)
})

scenario('tick answers the next deadline, of both sides the earlier one [2.4.5]', (t, conditions) => {
  const pair = idle(conditions, 10_000, 6_000).connect()
  const start = pair.nowMs
  t.is(pair.engine.tick(start), start + 3_000)
  pair.advance(3_000)
  t.is(pair.engine.tick(pair.nowMs), start + 6_000)
  pair.advance(3_000)
  pair.advance(3_000)
  t.is(pair.engine.tick(pair.nowMs), start + 10_000)
  pair.advance(1_000)
  t.is(pair.engine.tick(pair.nowMs), undefined)
  t.true(pair.ended)
})

scenario('no empty frames after close [2.4.5]', (t, conditions) => {
  const pair = idle(conditions, 0, 2_000).connect()
  pair.peer.on('close', () => {})
  pair.engine.connection.close()
  pair.advance(10_000, 500)
  pair.peer.expect('close')
  pair.peer.done()
  t.false(pair.ended)
})
