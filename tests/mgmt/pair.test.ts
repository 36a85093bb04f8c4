// The two links of a pair, frame by frame: how they are attached, by the rules of Link Pair 1.0 too, and what becomes of
// requests while they are. A scripted peer at the other end.

import test, { type ExecutionContext } from 'ava'
import type { Connection } from '../../lib/connection/connection.js'
import { type AMQPError, AMQPTimeoutError, LinkDetach } from '../../lib/errors.js'
import { Message } from '../../lib/message/message.js'
import { RequestReply, type RequestReplyOptions } from '../../lib/mgmt/request-reply.js'
import type { Attach } from '../../lib/types/transport.js'
import { answerDrains, Rig, type RigOptions } from '../connection/support/rig.js'
import { keepTidy } from '../connection/support/tidy.js'
import { states, watch } from '../connection/support/watch.js'
import type { Peer } from '../support/peer.js'

keepTidy(test)

interface Scene {
  readonly rig: Rig
  readonly connection: Connection
  readonly requests: RequestReply
}

async function open(
  t: ExecutionContext,
  options: RequestReplyOptions = {},
  rigOptions: RigOptions = { prepare: answerDrains },
): Promise<Scene> {
  const rig = new Rig(rigOptions)
  const connection = await rig.connect()
  t.teardown(async () => {
    const closed = connection.close()
    await rig.run(5_000)
    await closed
  })
  const requests = new RequestReply(connection, '/management', { clock: rig.clock, ...options })
  return { rig, connection, requests }
}

function addressOf(terminus: unknown): string | undefined {
  return (terminus as { address?: string } | undefined)?.address
}

/** A peer that lets attaches lie until it is told to answer one. */
function reluctant(): { prepare: (peer: Peer) => void; answerNext: (rig: Rig) => Promise<void> } {
  const waiting: (() => void)[] = []
  return {
    prepare: (peer) => {
      answerDrains(peer)
      peer.on('attach', (attach, { channel }) => waiting.push(() => peer.answer(attach, channel)))
    },
    answerNext: async (rig) => {
      waiting.shift()?.()
      await rig.run()
    },
  }
}

test('a pair has one name, one address at every end, is settled and says `paired`; then requests go [Link Pair 1.0]', async (t) => {
  const { prepare, answerNext } = reluctant()
  const { rig, requests } = await open(t, { paired: true }, { prepare })
  const asked = watch(
    requests.request(new Message(null, { bodyType: 1, properties: { subject: 'GET', to: '/q' } })),
  )
  await rig.run()
  await answerNext(rig)
  t.deepEqual(rig.peer.takeAll('transfer'), [])
  const attaches: readonly Attach[] = rig.peer.takeAll('attach')
  t.deepEqual(
    attaches.map(({ role }) => role),
    [true, false],
  )
  t.is(new Set(attaches.map(({ name }) => name)).size, 1)
  for (const { source, target, properties, sndSettleMode } of attaches) {
    t.is(addressOf(source), '/management')
    t.is(addressOf(target), '/management')
    t.deepEqual({ ...properties }, { paired: true })
    t.is(sndSettleMode, 1)
  }
  await answerNext(rig)
  const { links } = rig.peer.session
  t.is(links.length, 2)
  t.deepEqual(rig.peer.takeAll('transfer'), [], 'there is no credit yet')
  const [sender, receiver] = [true, false].map((isReceiver) =>
    links.find((link) => link.isReceiver === isReceiver),
  )
  if (sender === undefined || receiver === undefined) return t.fail('a link is missing')
  rig.peer.grant(sender, 8)
  await rig.run()
  const [transfer] = rig.peer.takeAll('transfer')
  t.true(transfer?.settled)
  const request = Message.decodeMessage(transfer?.payload ?? new Uint8Array(0))
  t.is(request.properties?.replyTo, '$me')
  t.is(request.properties?.to, '/q')
  t.is(request.properties?.subject, 'GET')
  rig.deliver(
    receiver,
    new Message(null, {
      bodyType: 1,
      properties: { subject: '200', correlationId: request.properties?.messageId },
    }),
    true,
  )
  await rig.run()
  t.is(asked.value?.properties?.subject, '200')
})

test('a request that was given up while the links are attached is never sent, and those beside it are', async (t) => {
  const { prepare, answerNext } = reluctant()
  const { rig, requests } = await open(t, {}, { prepare })
  const abort = new AbortController()
  const late = watch(requests.request('late', { timeoutMs: 100 }))
  const aborted = watch(requests.request('aborted', { signal: abort.signal }))
  const kept = watch(requests.request('kept'))
  await rig.run(100)
  abort.abort(new RangeError('not wanted'))
  await rig.run()
  t.deepEqual(states([late, aborted, kept]), ['rejected', 'rejected', 'pending'])
  t.true(late.error instanceof AMQPTimeoutError)
  await answerNext(rig)
  await answerNext(rig)
  const sender = rig.peer.session.links.find((link) => link.isReceiver)
  if (sender === undefined) return t.fail('there is no sender')
  rig.peer.grant(sender, 10)
  await rig.run()
  t.deepEqual(rig.texts(), ['kept'])
})

test('when the node gives answers but takes no requests, its one link is closed, and the next request tries anew', async (t) => {
  let refusing = true
  const prepare = (peer: Peer): void => {
    answerDrains(peer)
    peer.on('attach', (attach, { channel }) => {
      peer.answer(attach, channel)
      if (attach.role || !refusing) return
      const error = { kind: 'error', condition: 'amqp:not-allowed', description: 'read only' } as const
      peer.detach(peer.link(attach.name), { closed: true, error })
    })
  }
  const { rig, requests } = await open(t, {}, { prepare })
  const refused = watch(requests.request('a'))
  await rig.run()
  t.true(refused.error instanceof LinkDetach)
  t.is((refused.error as LinkDetach).condition, 'amqp:not-allowed')
  t.deepEqual(rig.peer.session.links, [])
  refusing = false
  const again = watch(requests.request('b'))
  await rig.run()
  t.is(again.state, 'pending')
  t.is(rig.peer.session.links.length, 2)
})

test('answers go on coming beyond the first credit that the peer was given [2.6.7]', async (t) => {
  const { rig, requests } = await open(t)
  await rig.until(requests.open())
  const [sender, receiver] = [true, false].map((isReceiver) =>
    rig.peer.session.links.find((link) => link.isReceiver === isReceiver),
  )
  if (sender === undefined || receiver === undefined) return t.fail('a link is missing')
  rig.peer.grant(sender, 1_000)
  await rig.run()
  const asked = Array.from({ length: 1_000 }, (_, i) => watch(requests.request(String(i))))
  await rig.run()
  t.is(requests.pending, 1_000)
  const came = rig.peer.takeAll('transfer').map(({ payload }) => Message.decodeMessage(payload))
  for (let at = 0; at < came.length; at += 100) {
    for (const request of came.slice(at, at + 100)) {
      rig.deliver(
        receiver,
        new Message(request.text(), { properties: { correlationId: request.properties?.messageId } }),
      )
    }
    await rig.run()
  }
  t.deepEqual(
    asked.map(({ value }) => value?.text()),
    asked.map((_, i) => String(i)),
  )
  t.is(requests.pending, 0)
})

test('a message-id that was given as a number is answered by the ulong that it is [3.2.11]', async (t) => {
  const { rig, requests } = await open(t)
  await rig.until(requests.open())
  const { links } = rig.peer.session
  for (const link of links) if (link.isReceiver) rig.peer.grant(link, 1)
  await rig.run()
  const asked = watch(requests.request(new Message('x', { properties: { messageId: 7 } })))
  await rig.run()
  const receiver = links.find((link) => !link.isReceiver)
  if (receiver === undefined) return t.fail('there is no receiver')
  for (const correlationId of ['7', 7n]) {
    t.is(asked.state, 'pending')
    rig.deliver(receiver, new Message('answer', { properties: { correlationId } }))
    await rig.run()
  }
  t.is(asked.value?.text(), 'answer')
})

test('when the peer ends the session, requests end with its reason, and the next one begins another', async (t) => {
  const { rig, requests } = await open(t)
  const asked = ['a', 'b'].map((text) => watch(requests.request(text)))
  await rig.run()
  const error = { kind: 'error', condition: 'amqp:internal-error', description: 'out of order' } as const
  rig.peer.end(rig.peer.session, { error })
  await rig.run()
  t.deepEqual(states(asked), ['rejected', 'rejected'])
  for (const { error: reason } of asked) {
    t.is((reason as AMQPError).code, 'AMQP_REQUEST_LOST')
    t.is((reason as AMQPError).condition, 'amqp:internal-error')
  }
  rig.peer.forget()
  const again = watch(requests.request('c'))
  await rig.run()
  t.is(rig.peer.takeAll('begin').length, 1)
  t.is(rig.peer.takeAll('attach').length, 2)
  t.is(again.state, 'pending')
})
