import { AMQPConnectionError, ConnectionClose } from '../../lib/errors.js'
import { begun, EnginePair } from '../support/engine-pair.js'
import { scenario } from '../support/scenario.js'

scenario('what we say of ourselves goes out with open [2.7.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, {
    open: {
      hostname: 'v.test',
      channelMax: 9,
      idleTimeoutMs: 8000,
      properties: { product: 'x' },
      offeredCapabilities: ['a'],
    },
  })
  pair.engine.start(pair.nowMs)
  pair.run()
  pair.peer.expect('header')
  const open = pair.peer.expect('open', { hostname: 'v.test', maxFrameSize: 65536, channelMax: 9 })
  t.deepEqual(open.offeredCapabilities, ['a'])
  t.is(open.properties?.['product'], 'x')
})

scenario('we close first, the peer agrees, and the end has no reason [2.4.3]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  pair.peer.on('close', () => {})
  pair.engine.connection.close()
  pair.run()
  pair.peer.expect('close', { error: undefined })
  t.is(pair.engine.connection.stateName, 'CLOSE_SENT')
  t.false(pair.ended)
  pair.peer.close()
  pair.run()
  pair.peer.done()
  t.true(pair.ended)
  t.is(pair.reason, undefined)
  t.is(pair.engine.connection.stateName, 'END')
})

scenario('the peer closes first: we answer, and its error is the reason [2.4.3]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  const info = { hostname: 'h' }
  pair.peer.close({ error: { kind: 'error', condition: 'amqp:connection:forced', description: 'bye', info } })
  pair.run()
  pair.peer.expect('close', { error: undefined })
  pair.peer.done()
  const { reason } = pair
  t.true(reason instanceof ConnectionClose)
  t.is(reason?.condition, 'amqp:connection:forced')
  t.is(reason?.description, 'bye')
  t.is(reason?.info?.['hostname'], 'h')
  t.true(reason?.retryable)
})

scenario('the peer closes without an error: that is a reason, too [2.4.3]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  pair.peer.close()
  pair.run()
  t.true(pair.reason instanceof ConnectionClose)
  t.is(pair.condition, undefined)
})

scenario('both close at once [2.4.3]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  pair.peer.close()
  pair.engine.connection.close()
  pair.run()
  pair.peer.expect('close')
  pair.peer.done()
  t.is(pair.reason, undefined)
})

scenario('a second close, as some brokers send it, is ignored [2.4.3]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  pair.peer.close()
  pair.peer.close({ error: { kind: 'error', condition: 'amqp:internal-error' } })
  pair.run()
  pair.peer.expect('close')
  pair.peer.done()
  t.is(pair.condition, undefined)
})

scenario(
  'we close with an error: what still comes is dropped until the close of the peer [2.4.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    peer.on('close', () => {})
    pair.engine.connection.close({
      kind: 'error',
      condition: 'amqp:connection:forced',
      description: 'enough',
    })
    peer.newLink('late', 'sender')
    peer.end(undefined, { error: { kind: 'error', condition: 'amqp:internal-error' } })
    pair.run()
    peer.expect('close', {
      error: { kind: 'error', condition: 'amqp:connection:forced', description: 'enough', info: undefined },
    })
    peer.done()
    t.deepEqual(session.links, [])
    t.false(session.ended)
    peer.close()
    pair.run()
    t.true(pair.ended)
    t.true(session.ended)
  },
)

scenario('close may follow open at once, before the open of the peer [2.4.6]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  const { peer } = pair
  peer.on('open', () => {})
  peer.on('close', () => {})
  pair.engine.start(pair.nowMs)
  pair.run()
  pair.engine.connection.close()
  pair.run()
  t.is(pair.engine.connection.stateName, 'CLOSE_PIPE')
  peer.expect('header')
  peer.expect('open')
  peer.expect('close')
  peer.open()
  peer.close()
  pair.run()
  peer.done()
  t.true(pair.ended)
  t.is(pair.reason, undefined)
})

scenario('before the headers are exchanged there is nothing to close [2.4.6]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  pair.peer.on('header', () => {})
  pair.engine.start(pair.nowMs)
  pair.engine.connection.close()
  pair.run()
  pair.peer.expect('header')
  pair.peer.done()
  t.true(pair.ended)
})

scenario(
  'after close nothing more is written, whatever the owner still asks for [2.4.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session)
    const receiver = pair.receiver(session)
    pair.run()
    peer.grant(peer.link('out'), 10)
    receiver.link.addCredit(10)
    pair.run()
    peer.transfer(peer.link('in'), new Uint8Array(1))
    pair.run()
    peer.forget()
    peer.on('close', () => {})
    pair.engine.connection.close()
    const late = sender.send(5)
    receiver.link.addCredit(5)
    receiver.link.dispose(receiver.deliveries[0] as never, { kind: 'accepted' }, true)
    sender.link.detach()
    session.session.end()
    peer.flow(undefined, { echo: true })
    pair.run()
    peer.expect('close')
    peer.done()
    peer.close()
    pair.run()
    t.true(pair.ended)
    t.is(late.fate, 'lost')
    t.is(late.inDoubt, false)
  },
)

scenario('frames before open close the connection [2.4.1]', (t, conditions) => {
  const pair = new EnginePair(conditions)
  const { peer } = pair
  peer.on('open', () => peer.begin())
  pair.engine.start(pair.nowMs)
  pair.run()
  t.is(pair.condition, 'amqp:illegal-state')
  peer.expect('header')
  peer.expect('open')
  t.is(peer.expect('close').error?.condition, 'amqp:illegal-state')
})

scenario('a second open closes the connection [2.4.1]', (t, conditions) => {
  const pair = new EnginePair(conditions).connect()
  pair.peer.open()
  pair.run()
  t.is(pair.peer.expect('close').error?.condition, 'amqp:illegal-state')
  t.is(pair.condition, 'amqp:illegal-state')
})

scenario('a max-frame-size below 512 is refused [2.4.1]', (t, conditions) => {
  for (const maxFrameSize of [0, 511, 512]) {
    const pair = new EnginePair(conditions, { peer: { open: { maxFrameSize } } })
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(pair.condition, maxFrameSize === 512 ? undefined : 'amqp:frame-size-too-small')
    t.is(pair.engine.connection.opened, maxFrameSize === 512)
  }
})

scenario(
  'a peer whose open is refused and that hangs up is told by why it was refused [2.4.1]',
  (t, conditions) => {
    const pair = new EnginePair(conditions, { peer: { open: { maxFrameSize: 1 } } })
    pair.peer.on('close', () => {})
    pair.engine.start(pair.nowMs)
    pair.run()
    t.is(pair.reason, undefined)
    pair.engine.transportClosed(new AMQPConnectionError('gone', { phase: 'open' }))
    t.is(pair.condition, 'amqp:frame-size-too-small')
    t.is((pair.reason as AMQPConnectionError).phase, 'open')
  },
)

scenario(
  'an open without sense is no reason to miss that of the close behind it [2.4.1]',
  (t, conditions) => {
    const pair = new EnginePair(conditions)
    pair.peer.on('open', () => {
      pair.peer.open({ maxFrameSize: 0, channelMax: 0, idleTimeOut: 0 })
      pair.peer.close({ error: { kind: 'error', condition: 'amqp:not-found', description: 'unknown host' } })
    })
    pair.engine.start(pair.nowMs)
    pair.run()
    t.true(pair.reason instanceof ConnectionClose)
    t.is(pair.condition, 'amqp:not-found')
    t.is(pair.reason?.description, 'unknown host')
  },
)

scenario('an open that does not fit 512 bytes is told, and not sent [2.4.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, { open: { containerId: 'x'.repeat(600) } })
  pair.engine.start(pair.nowMs)
  pair.run()
  t.true(pair.ended)
  t.is(pair.reason?.code, 'AMQP_FRAME_SIZE_TOO_SMALL')
  pair.peer.expect('header')
  pair.peer.done()
})

scenario('a close whose description is long is cut to what the peer takes [2.4.1]', (t, conditions) => {
  const pair = new EnginePair(conditions, { peer: { open: { maxFrameSize: 512 } } }).connect()
  const info = { more: 'y'.repeat(400) }
  pair.engine.connection.close({
    kind: 'error',
    condition: 'amqp:internal-error',
    description: 'é'.repeat(600),
    info,
  })
  pair.run()
  const { error } = pair.peer.expect('close')
  t.is(error?.condition, 'amqp:internal-error')
  t.regex(error?.description ?? '', /^é{50,}/)
})

scenario('when the transport is gone everything ends, and the first reason wins [2.4.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  pair.run()
  peer.forget()
  const gone = new AMQPConnectionError('gone', { phase: 'established' })
  pair.engine.transportClosed(gone)
  pair.engine.transportClosed(new AMQPConnectionError('gone again', { phase: 'established' }))
  pair.run()
  peer.done()
  t.is(pair.reason, gone)
  t.is(session.reason, gone)
  t.is(sender.reason, gone)
  t.throws(() => pair.session(), { is: gone })
  t.throws(() => pair.sender(session, { name: 'more' }), { is: gone })
})

scenario(
  'an error of the owner in a callback ends the connection instead of being thrown at the transport [2.8.15]',
  (t, conditions) => {
    const pair = new EnginePair(conditions).connect()
    pair.onSession = () => {
      throw new RangeError('the owner has a bug')
    }
    pair.peer.begin()
    pair.run()
    t.is(pair.peer.expect('close').error?.condition, 'amqp:internal-error')
    t.regex(pair.reason?.message ?? '', /the owner has a bug/)
  },
)

scenario(
  'a close whose condition is no symbol still leaves, with a condition that is one [2.8.14]',
  (t, conditions) => {
    const pair = new EnginePair(conditions).connect()
    pair.engine.connection.close({ kind: 'error', condition: 'naïve', description: 'why' })
    pair.run()
    const { error } = pair.peer.expect('close')
    t.is(error?.condition, 'amqp:internal-error')
    t.is(error?.description, 'why')
  },
)

scenario(
  'a tracer is told every header and frame, both ways, in the words of the specification [2.7]',
  (t, conditions) => {
    const lines: string[] = []
    const tracer = {
      frame: (direction: string, channel: number, text: () => string) =>
        lines.push(`${direction} ${channel} ${text()}`),
    }
    const { pair, peer, session } = begun(conditions, { tracer, mechanisms: ['ANONYMOUS'] })
    const sender = pair.sender(session)
    pair.receiver(session).link.addCredit(1)
    pair.run()
    peer.grant(peer.link('out'), 1)
    pair.run()
    sender.send(5)
    peer.transfer(peer.link('in'), new Uint8Array(7), { settled: true })
    peer.dispose({ first: 0xfffffffd, settled: true, state: { kind: 'accepted' } })
    peer.sendEmpty()
    peer.close()
    pair.run()
    const patterns = [
      /^out 0 header "AMQP" 3 1 0 0$/,
      /^in 0 header "AMQP" 3 1 0 0$/,
      /^in 0 sasl-mechanisms\(/,
      /^out 0 sasl-init\(mechanism=ANONYMOUS/,
      /^in 0 sasl-outcome\(code=ok/,
      /^out 0 header "AMQP" 0 1 0 0$/,
      /^in 0 header "AMQP" 0 1 0 0$/,
      /^out 0 open\(container-id="engine"/,
      /^in 0 open\(container-id="peer"/,
      /^out 0 begin\(/,
      /^in 7 begin\(remote-channel=0/,
      /^out 0 attach\(name="out", handle=0, role=sender/,
      /^in 7 attach\(name="out", handle=40, role=receiver/,
      /^out 0 flow\(.*link-credit=1/,
      /^in 7 flow\(.*link-credit=1/,
      /^out 0 transfer\(handle=0, delivery-id=4294967293.*bytes$/,
      /^in 7 transfer\(.*settled=true\) 7 bytes of payload$/,
      /^in 7 disposition\(role=receiver, first=4294967293, settled=true, state=accepted/,
      /^in 0 empty frame$/,
      /^in 0 close\(/,
      /^out 0 close\(/,
    ]
    for (const pattern of patterns)
      t.true(
        lines.some((line) => pattern.test(line)),
        String(pattern),
      )
  },
)
