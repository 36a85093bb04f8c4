// Peers that answer requests badly: a scripted one, with credit, ids and bytes as it likes.

import test, { type ExecutionContext } from 'ava'
import type { Connection } from '../../lib/connection/connection.js'
import type { AMQPError } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { RequestReply } from '../../lib/mgmt/request-reply.js'
import { ACCEPTED, type MessageId } from '../../lib/types/messaging.js'
import { AMQPUuid } from '../../lib/types/wrappers.js'
import { answerDrains, Rig } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { PeerLink } from '../support/peer-state.js'

keepTidy(test)

class Scene {
  readonly rig: Rig
  readonly requests: RequestReply

  constructor(rig: Rig, connection: Connection) {
    this.rig = rig
    this.requests = new RequestReply(connection, 'node', { clock: rig.clock })
  }

  static async open(t: ExecutionContext, credit: number): Promise<Scene> {
    const rig = new Rig({ prepare: answerDrains })
    const connection = await rig.connect()
    t.teardown(async () => {
      const closed = connection.close()
      await rig.run(5_000)
      await closed
    })
    const scene = new Scene(rig, connection)
    await rig.until(scene.requests.open())
    await scene.grant(credit)
    return scene
  }

  link(isReceiver: boolean): PeerLink {
    const found = this.rig.peer.session.links.find((link) => link.isReceiver === isReceiver)
    if (found === undefined) throw new Error('the peer has no such link')
    return found
  }

  async grant(credit: number): Promise<void> {
    if (credit > 0) this.rig.peer.grant(this.link(true), credit)
    await this.rig.run()
  }

  /** The requests that came since this was last asked. */
  take(): Message[] {
    return this.rig.peer.takeAll('transfer').map(({ payload }) => Message.decodeMessage(payload))
  }

  async answer(body: string, correlationId?: MessageId): Promise<void> {
    this.rig.deliver(this.link(false), new Message(body, { properties: { correlationId } }))
    await this.rig.run()
  }
}

test('a peer that grants one request at a time gets one at a time [2.6.7]', async (t) => {
  const scene = await Scene.open(t, 1)
  const asked = ['a', 'b'].map((text) => watch(scene.requests.request(text)))
  await scene.rig.run()
  const [first, ...none] = scene.take()
  t.deepEqual(none, [])
  await scene.answer('one', first?.properties?.messageId)
  t.deepEqual(states(asked), ['resolved', 'pending'])
  await scene.grant(1)
  const [second] = scene.take()
  await scene.answer('two', second?.properties?.messageId)
  t.deepEqual(states(asked), ['resolved', 'resolved'])
})

test('a request that was given up before there was credit is never sent', async (t) => {
  const scene = await Scene.open(t, 0)
  const given = watch(scene.requests.request('given up', { timeoutMs: 50 }))
  const kept = watch(scene.requests.request('kept'))
  await scene.rig.run(50)
  t.is(given.state, 'rejected')
  await scene.grant(5)
  const came = scene.take()
  t.deepEqual(
    came.map((request) => request.text()),
    ['kept'],
  )
  await scene.answer('ok', came[0]?.properties?.messageId)
  t.is(kept.state, 'resolved')
})

for (const end of ['its sender', 'its receiver', 'the connection'] as const) {
  test(`when a pair loses ${end}, a request that never left is not in doubt, those that did are`, async (t) => {
    const scene = await Scene.open(t, 2)
    const [taken, sent, waiting] = ['taken', 'sent', 'waiting'].map((text) =>
      watch(scene.requests.request(text)),
    )
    await scene.rig.run()
    const [first] = scene.rig.peer.takeAll('transfer')
    scene.rig.peer.dispose({ first: first?.deliveryId ?? -1, settled: true, state: ACCEPTED })
    await scene.rig.run()
    const condition = end === 'the connection' ? undefined : 'amqp:link:detach-forced'
    if (condition === undefined) await scene.rig.drop()
    else scene.rig.peer.detach(scene.link(end === 'its sender'), { error: { kind: 'error', condition } })
    await scene.rig.run()
    const common = { code: 'AMQP_REQUEST_LOST', condition }
    t.like(taken?.error, { ...common, inDoubt: true, retryable: false })
    t.like(sent?.error, { ...common, inDoubt: true, retryable: false })
    t.like(waiting?.error, { ...common, inDoubt: false, retryable: true })
    t.is(scene.requests.pending, 0)
    scene.take()
    t.is(scene.rig.clock.pendingTimers, 0)
  })
}

test('a request that is taken after its pair was lost does not wait for an answer', async (t) => {
  const scene = await Scene.open(t, 1)
  const asked = watch(scene.requests.request('a'))
  await scene.rig.run()
  const [request] = scene.rig.peer.takeAll('transfer')
  scene.rig.peer.detach(scene.link(false), { closed: true })
  scene.rig.peer.dispose({ first: request?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await scene.rig.run()
  t.like(asked.error, { code: 'AMQP_REQUEST_LOST', inDoubt: true })
})

test('a request that was taken and is given up is forgotten', async (t) => {
  const scene = await Scene.open(t, 1)
  const asked = watch(scene.requests.request('a', { timeoutMs: 50 }))
  await scene.rig.run()
  const [request] = scene.rig.peer.takeAll('transfer')
  scene.rig.peer.dispose({ first: request?.deliveryId ?? -1, settled: true, state: ACCEPTED })
  await scene.rig.run()
  t.is(scene.requests.pending, 1)
  await scene.rig.run(50)
  t.is(asked.state, 'rejected')
  t.is(scene.requests.pending, 0)
})

test('closing leaves in doubt what has left', async (t) => {
  const scene = await Scene.open(t, 1)
  const [sent, waiting] = ['sent', 'waiting'].map((text) => watch(scene.requests.request(text)))
  await scene.rig.run()
  await scene.rig.until(scene.requests.close())
  t.like(sent?.error, { code: 'AMQP_REQUEST_CLOSED', inDoubt: true })
  t.like(waiting?.error, { code: 'AMQP_REQUEST_CLOSED', inDoubt: false })
})

test('answers to nobody, without correlation-id and those that cannot be read do not break others', async (t) => {
  const scene = await Scene.open(t, 5)
  const asked = watch(scene.requests.request('a'))
  await scene.rig.run()
  const [request] = scene.take()
  await scene.answer('nobody asked', 'unknown')
  await scene.answer('no correlation')
  scene.rig.peer.transfer(scene.link(false), Uint8Array.of(0xde, 0xad, 0xbe, 0xef), {})
  await scene.rig.run()
  t.is(asked.state, 'pending')
  t.is(scene.requests.pending, 1)
  await scene.answer('right', request?.properties?.messageId)
  t.is(asked.value?.text(), 'right')
})

test('an answer whose correlation-id is a UUID answers the request whose message-id is its text, and no number [3.2.4]', async (t) => {
  const scene = await Scene.open(t, 5)
  const asked = watch(scene.requests.request('a'))
  const numbered = watch(scene.requests.request(new Message('b', { properties: { messageId: 7n } })))
  await scene.rig.run()
  const [request] = scene.take()
  await scene.answer('seven in words', '7')
  t.is(numbered.state, 'pending')
  await scene.answer('right', new AMQPUuid(String(request?.properties?.messageId)))
  t.is(asked.value?.text(), 'right')
  await scene.answer('seven', 7n)
  t.is(numbered.value?.text(), 'seven')
})

test('a second answer to one request is dropped', async (t) => {
  const scene = await Scene.open(t, 5)
  const asked = watch(scene.requests.request('a'))
  await scene.rig.run()
  const [request] = scene.take()
  await scene.answer('first', request?.properties?.messageId)
  await scene.answer('second', request?.properties?.messageId)
  t.is(asked.value?.text(), 'first')
  t.is(scene.requests.pending, 0)
})

for (const side of ['sender', 'receiver'] as const) {
  test(`when the peer detaches only our ${side}, the other link is closed, too, and requests fail`, async (t) => {
    const scene = await Scene.open(t, 5)
    const asked = watch(scene.requests.request('a'))
    await scene.rig.run()
    scene.rig.peer.detach(scene.link(side === 'sender'), {
      closed: true,
      error: { kind: 'error', condition: 'amqp:internal-error', description: 'out of order' },
    })
    await scene.rig.run()
    const error = asked.error as AMQPError
    t.is(error.code, 'AMQP_REQUEST_LOST')
    t.is(error.condition, 'amqp:internal-error')
    t.regex(error.message, /out of order/)
    t.deepEqual(scene.rig.peer.session.links, [])
    const again = watch(scene.requests.request('b'))
    await scene.rig.run()
    await scene.grant(1)
    const [request] = scene.take().filter((message) => message.text() === 'b')
    await scene.answer('ok', request?.properties?.messageId)
    t.is(again.state, 'resolved')
  })
}

test('close does not wait for a peer that never answers the attach', async (t) => {
  const rig = new Rig({ prepare: (peer) => peer.on('attach', () => {}) })
  const connection = await rig.connect()
  t.teardown(async () => {
    const closed = connection.close()
    await rig.run(10_000)
    await closed
  })
  const requests = new RequestReply(connection, 'node', { clock: rig.clock })
  const asked = watch(requests.request('a'))
  await rig.run()
  const closed = watch(requests.close())
  await rig.run()
  t.deepEqual(states([asked, closed]), ['rejected', 'resolved'])
})
