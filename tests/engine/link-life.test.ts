import { LinkDetach, LinkRedirect } from '../../lib/errors.js'
import { begun } from '../support/engine-pair.js'
import { sourceOf } from '../support/engine-probes.js'
import { scenario } from '../support/scenario.js'

scenario(
  'we attach a sender: the wire has name, handle, role, termini and initial-delivery-count [2.7.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const sender = pair.sender(session, { desiredCapabilities: ['cap'], properties: { colour: 'blue' } })
    t.is(sender.link.stateName, 'ATTACH_SENT')
    pair.run()
    const attach = peer.expect('attach', { name: 'out', handle: 0, role: false, sndSettleMode: undefined })
    peer.done()
    t.like(attach.source, { kind: 'source', address: 'here' })
    t.like(attach.target, { kind: 'target', address: 'there' })
    t.is(attach.initialDeliveryCount, 0xfffffffd)
    t.deepEqual(attach.desiredCapabilities, ['cap'])
    t.is(attach.properties?.['colour'], 'blue')
    t.is(sender.link.stateName, 'ATTACHED')
    t.true(sender.link.attached)
    t.not(sender.link.remoteHandle, sender.link.localHandle)
  },
)

scenario(
  'we attach a receiver: no initial-delivery-count, but the largest message we take [2.7.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const receiver = pair.receiver(session, { maxMessageSize: 1000n })
    pair.run()
    peer.expect('attach', { name: 'in', role: true, initialDeliveryCount: undefined, maxMessageSize: 1000n })
    t.true(receiver.link.attached)
    t.is(receiver.link.remoteSource?.address, 'there')
  },
)

scenario('a link attached before the session is begun waits for it [2.5.1]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  peer.on('begin', () => {})
  const later = pair.session()
  const sender = pair.sender(later)
  pair.run()
  peer.expect('begin')
  peer.done()
  peer.begin(peer.session)
  pair.run()
  peer.expect('attach')
  t.true(sender.link.attached)
})

scenario('the answer tells the address of a dynamic node [3.5.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.on('attach', () =>
    peer.attach(peer.link('in'), { source: { kind: 'source', address: 'made/1', dynamic: true } }),
  )
  const receiver = pair.receiver(session, { source: { dynamic: true } })
  pair.run()
  t.is(receiver.link.remoteSource?.address, 'made/1')
})

scenario('one name serves a sender and a receiver of the same session [2.6.2]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session, { name: 'both' })
  const receiver = pair.receiver(session, { name: 'both' })
  pair.run()
  t.is(peer.takeAll('attach').length, 2)
  t.true(sender.link.attached)
  t.true(receiver.link.attached)
  t.true(receiver.link.isReceiver)
  t.is(sender.attach?.role, true)
  t.is(receiver.attach?.role, false)
  sender.link.detach()
  pair.run()
  t.true(sender.ended)
  t.true(receiver.link.attached)
})

scenario(
  'a second link of one name and role is refused here, before the peer hears of it [2.6.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    pair.sender(session)
    const error = t.throws(() => pair.sender(session)) as { code?: string } | undefined
    t.is(error?.code, 'AMQP_LINK_NAME_IN_USE')
    pair.run()
    peer.expect('attach')
    peer.done()
  },
)

scenario(
  'a second attach of the peer for a link that is attached ends the session [2.6.2]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    pair.sender(session)
    pair.run()
    peer.forget()
    peer.send('attach', { name: 'out', handle: 99, role: true }, peer.session.channel)
    pair.run()
    t.is(peer.expect('end').error?.condition, 'amqp:not-allowed')
  },
)

scenario(
  'a refused attach is not told as attached: null terminus first, then the reason [2.6.3]',
  (t, conditions) => {
    for (const kind of ['sender', 'receiver'] as const) {
      const { pair, peer, session } = begun(conditions)
      const name = kind === 'sender' ? 'out' : 'in'
      peer.on('attach', () =>
        peer.attach(peer.link(name), kind === 'sender' ? { target: undefined } : { source: undefined }),
      )
      const probe = kind === 'sender' ? pair.sender(session) : pair.receiver(session)
      pair.run()
      t.is(probe.attach, undefined)
      t.false(probe.link.attached)
      peer.expect('attach')
      peer.done()
      const error = { kind: 'error', condition: 'amqp:not-found', description: 'no such node' } as const
      peer.detach(peer.link(name), { closed: true, error })
      pair.run()
      peer.expect('detach', { closed: true, error: undefined })
      peer.done()
      t.true(probe.reason instanceof LinkDetach)
      t.is(probe.condition, 'amqp:not-found')
      t.is(probe.reason?.description, 'no such node')
      t.is(probe.reason?.context.address, 'there')
      t.false(probe.reason?.retryable)
    }
  },
)

scenario('messages queued on a link that is refused are lost, and not in doubt [2.6.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  peer.on('attach', () => peer.attach(peer.link('out'), { target: undefined }))
  const sender = pair.sender(session)
  const delivery = sender.send(10)
  pair.run()
  peer.grant(peer.link('out'), 10)
  pair.run()
  t.is(peer.takeAll('transfer').length, 0)
  peer.detach(peer.link('out'), { closed: true })
  pair.run()
  t.is(delivery.fate, 'lost')
  t.is(delivery.inDoubt, false)
})

scenario('we detach first, the peer agrees [2.6.6]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  pair.run()
  peer.forget()
  peer.on('detach', () => {})
  sender.link.detach()
  pair.run()
  peer.expect('detach', { closed: true, error: undefined, handle: 0 })
  t.is(sender.link.stateName, 'DETACH_SENT')
  t.false(sender.ended)
  peer.detach(peer.link('out'))
  pair.run()
  peer.done()
  t.true(sender.ended)
  t.is(sender.reason, undefined)
})

scenario(
  'the peer detaches first with an error: that is the reason, and the answer is alike [2.6.6]',
  (t, conditions) => {
    for (const closed of [true, false]) {
      const { pair, peer, session } = begun(conditions)
      const receiver = pair.receiver(session)
      pair.run()
      peer.forget()
      peer.detach(peer.link('in'), { closed, error: { kind: 'error', condition: 'amqp:link:detach-forced' } })
      pair.run()
      peer.expect('detach', { closed: closed ? true : undefined, error: undefined })
      t.is(receiver.condition, 'amqp:link:detach-forced')
      t.true(receiver.reason?.retryable)
      t.false(session.ended)
    }
  },
)

scenario('a redirect tells where to go [2.8.18]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const receiver = pair.receiver(session)
  pair.run()
  const info = { hostname: 'h', 'network-host': '10.0.0.1', port: 5671, address: 'q2' }
  peer.detach(peer.link('in'), {
    closed: true,
    error: { kind: 'error', condition: 'amqp:link:redirect', info },
  })
  pair.run()
  const reason = receiver.reason as LinkRedirect
  t.true(reason instanceof LinkRedirect)
  t.deepEqual(
    [reason.hostname, reason.networkHost, reason.port, reason.address],
    ['h', '10.0.0.1', 5671, 'q2'],
  )
})

scenario(
  'detach without closing leaves the terminus, and the link can be attached anew [2.6.4]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const first = pair.sender(session)
    pair.run()
    peer.forget()
    first.link.detach(false)
    pair.run()
    peer.expect('detach', { closed: undefined })
    peer.done()
    t.true(first.ended)
    const second = pair.sender(session)
    pair.run()
    const attach = peer.expect('attach', { name: 'out', handle: 0 })
    t.is(attach.initialDeliveryCount, 0xfffffffd)
    t.not(second.link, first.link)
    t.true(second.link.attached)
    t.false(first.link.attached)
    peer.grant(peer.link('out'), 1)
    pair.run()
    second.send(3)
    pair.run()
    t.is(peer.takeAll('transfer').length, 1)
    t.throws(() => first.send(3), { instanceOf: LinkDetach })
  },
)

scenario('both detach at once [2.6.6]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  pair.run()
  peer.forget()
  peer.detach(peer.link('out'))
  sender.link.detach()
  pair.run()
  peer.expect('detach')
  peer.done()
  t.is(sender.reason, undefined)
  t.true(sender.ended)
})

scenario('detach may follow attach at once, before the attach of the peer [2.6.3]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  sender.link.detach()
  pair.run()
  peer.expect('attach')
  peer.expect('detach')
  peer.done()
  t.true(sender.ended)
  t.is(sender.attach, undefined)
  t.is(sender.reason, undefined)
})

scenario('a link that never went out ends without a word [2.6.3]', (t, conditions) => {
  const { pair, peer } = begun(conditions)
  peer.on('begin', () => {})
  const later = pair.session()
  const sender = pair.sender(later)
  sender.link.detach()
  peer.on('begin', undefined)
  pair.run()
  t.true(sender.ended)
  peer.expect('begin')
  peer.done()
})

scenario(
  'an attach that does not fit the frames of the peer ends that link only [2.4.1]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions, { peer: { open: { maxFrameSize: 512 } } })
    const large = pair.sender(session, { name: 'large', properties: { much: 'x'.repeat(600) } })
    const small = pair.sender(session, { name: 'small' })
    pair.run()
    t.is(large.reason?.code, 'AMQP_FRAME_SIZE_TOO_SMALL')
    t.is(peer.takeAll('attach').length, 1)
    t.true(small.link.attached)
    t.false(session.ended)
  },
)

scenario(
  'an attach that cannot be encoded ends that link only, and leaves no bytes behind [2.7.3]',
  (t, conditions) => {
    const { pair, peer, session } = begun(conditions)
    const bad = pair.sender(session, { name: 'bad', properties: { fn: (() => 0) as never } })
    const good = pair.sender(session, { name: 'good' })
    pair.run()
    t.is(bad.reason?.code, 'AMQP_ENCODE')
    peer.expect('attach', { name: 'good' })
    peer.done()
    t.true(good.link.attached)
  },
)

scenario('a detach whose description is long is cut to what the peer takes [2.4.1]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions, { peer: { open: { maxFrameSize: 512 } } })
  const sender = pair.sender(session)
  pair.run()
  peer.forget()
  sender.link.detach(true, {
    kind: 'error',
    condition: 'amqp:internal-error',
    description: '\u{1f600}'.repeat(500),
  })
  pair.run()
  t.is(peer.expect('detach').error?.condition, 'amqp:internal-error')
})

scenario('after we detached with an error, what comes for the link is dropped [2.6.6]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const receiver = pair.receiver(session)
  receiver.link.addCredit(5)
  pair.run()
  peer.forget()
  peer.on('detach', () => {})
  receiver.link.detach(true, { kind: 'error', condition: 'amqp:internal-error' })
  const link = peer.link('in')
  peer.transfer(link, Uint8Array.of(1))
  peer.flow(undefined, { handle: link.handle, deliveryCount: link.deliveryCount, linkCredit: 0, echo: true })
  pair.run()
  peer.expect('detach')
  peer.done()
  t.deepEqual(receiver.deliveries, [])
  peer.detach(link)
  pair.run()
  t.true(receiver.ended)
})

scenario('a transfer for a link by which we send ends the session [2.7.5]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  pair.sender(session)
  pair.run()
  peer.forget()
  peer.sendList(0x14, [peer.link('out').handle, 0, Uint8Array.of(1), 0], peer.session.channel)
  pair.run()
  t.is(peer.expect('end').error?.condition, 'amqp:not-allowed')
})

scenario('a link cannot be used once it has ended [2.6.6]', (t, conditions) => {
  const { pair, peer, session } = begun(conditions)
  const sender = pair.sender(session)
  const receiver = pair.receiver(session)
  pair.run()
  const forced = { kind: 'error', condition: 'amqp:link:detach-forced' } as const
  peer.detach(peer.link('out'), { closed: true, error: forced })
  peer.detach(peer.link('in'), { closed: true, error: forced })
  pair.run()
  const sent = t.throws(() => sender.link.send(undefined as never, sourceOf(Uint8Array.of(1))))
  t.is(sent, sender.reason as never)
  t.is(receiver.link.endedError('receiving'), receiver.reason as never)
  peer.forget()
  receiver.link.addCredit(5)
  receiver.link.drain()
  pair.run()
  peer.done()
})
