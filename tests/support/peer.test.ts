// The scripted peer judges what the engine writes. That it does is proved here with frames that break a rule each.

import test from 'ava'
import type { Performative } from '../../lib/types/transport.js'
import { Peer } from './peer.js'
import { AMQP_HEADER, frameBytes, listBytes, performativeBytes } from './peer-wire.js'
import { atRandom, byteByByte, whole } from './splitter.js'

const BEGIN = { kind: 'begin', nextOutgoingId: 5, incomingWindow: 10, outgoingWindow: 10 } as const
const ATTACH = { kind: 'attach', name: 'a', handle: 1, role: false, initialDeliveryCount: 9 } as const
const TRANSFER = {
  kind: 'transfer',
  handle: 1,
  deliveryId: 3,
  deliveryTag: Uint8Array.of(1),
  messageFormat: 0,
} as const
const FLOW = {
  kind: 'flow',
  nextIncomingId: 0,
  incomingWindow: 1,
  nextOutgoingId: 5,
  outgoingWindow: 1,
} as const

function say(peer: Peer, ...performatives: readonly Performative[]): void {
  for (const one of performatives)
    peer.receive(frameBytes(one.kind === 'open' ? 0 : 2, performativeBytes(one)))
}

/** A peer to whom open, begin and attach were said, and who granted three messages. */
function attached(): Peer {
  const peer = new Peer()
  peer.receive(AMQP_HEADER)
  say(peer, { kind: 'open', containerId: 'e' }, BEGIN, ATTACH)
  peer.grant(peer.link('a'), 3)
  return peer
}

const BREACHES: readonly { title: string; breach: (peer: Peer) => void; complaint: RegExp }[] = [
  {
    title: 'a second open',
    breach: (p) => say(p, { kind: 'open', containerId: 'e' }),
    complaint: /second open/,
  },
  { title: 'a frame after close', breach: (p) => say(p, { kind: 'close' }, FLOW), complaint: /after close/ },
  {
    title: 'a channel without session',
    breach: (p) => p.receive(frameBytes(3, listBytes(0x17, []))),
    complaint: /no session/,
  },
  { title: 'a frame after end', breach: (p) => say(p, { kind: 'end' }, FLOW), complaint: /no session/ },
  { title: 'a channel in use', breach: (p) => say(p, BEGIN), complaint: /second begin/ },
  { title: 'a handle in use', breach: (p) => say(p, { ...ATTACH, name: 'b' }), complaint: /in use/ },
  {
    title: 'an unattached handle',
    breach: (p) => say(p, { ...TRANSFER, handle: 7 }),
    complaint: /not attached/,
  },
  {
    title: 'a transfer after detach',
    breach: (p) => say(p, { kind: 'detach', handle: 1 }, TRANSFER),
    complaint: /not attached/,
  },
  {
    title: 'no initial-delivery-count',
    breach: (p) => say(p, { ...ATTACH, name: 'b', handle: 2, initialDeliveryCount: undefined }),
    complaint: /initial-delivery-count/,
  },
  {
    title: 'no delivery-tag',
    breach: (p) => say(p, { ...TRANSFER, deliveryTag: undefined }),
    complaint: /no delivery-tag/,
  },
  {
    title: 'a long tag',
    breach: (p) => say(p, { ...TRANSFER, deliveryTag: new Uint8Array(33) }),
    complaint: /32 bytes/,
  },
  {
    title: 'a gap in the ids',
    breach: (p) => say(p, TRANSFER, { ...TRANSFER, deliveryId: 5 }),
    complaint: /delivery-id 5/,
  },
  {
    title: 'more than the credit',
    breach: (p) => say(p, ...[3, 4, 5, 6].map((deliveryId) => ({ ...TRANSFER, deliveryId }))),
    complaint: /without link-credit/,
  },
  {
    title: 'interleaved deliveries',
    breach: (p) => say(p, { ...TRANSFER, more: true }, { ...TRANSFER, deliveryId: 4 }),
    complaint: /interleaved/,
  },
  {
    title: 'more than the window',
    breach: (p) => {
      p.session.incomingWindow = 1
      say(p, TRANSFER, { ...TRANSFER, deliveryId: 4 })
    },
    complaint: /incoming-window/,
  },
  {
    title: 'a miscounting flow',
    breach: (p) => say(p, TRANSFER, FLOW),
    complaint: /does not count/,
  },
  {
    title: 'a flow that counts too far',
    breach: (p) => say(p, { ...FLOW, nextIncomingId: 1 }),
    complaint: /never sent/,
  },
  {
    title: 'a delivery-count beyond the credit',
    breach: (p) => say(p, { ...FLOW, handle: 1, deliveryCount: 13, linkCredit: 0 }),
    complaint: /beyond its credit/,
  },
  {
    title: 'a disposition of what was never sent',
    breach: (p) => say(p, { kind: 'disposition', role: true, first: 0 }),
    complaint: /never sent/,
  },
  {
    title: 'a frame that is too long',
    breach: (p) => {
      p.frameLimit = 512
      p.receive(frameBytes(2, performativeBytes(TRANSFER, new Uint8Array(512))))
    },
    complaint: /where 512 may come/,
  },
]

for (const { title, breach, complaint } of BREACHES) {
  test(`the peer complains of ${title}`, (t) => {
    const peer = attached()
    t.throws(() => breach(peer), { message: complaint })
  })
}

test('the peer has no complaint of what is right', (t) => {
  const peer = attached()
  t.notThrows(() => {
    say(peer, TRANSFER, { ...TRANSFER, deliveryId: 4, more: true }, { kind: 'transfer', handle: 1 })
    say(peer, { ...FLOW, nextOutgoingId: 8, handle: 1, deliveryCount: 12, linkCredit: 0 })
    say(
      peer,
      { kind: 'disposition', role: false, first: 3, last: 4, settled: true },
      { kind: 'detach', handle: 1 },
    )
    say(peer, { kind: 'end' })
    peer.receive(frameBytes(0, performativeBytes({ kind: 'close' })))
  })
})

test('expect tells what was due and what came', (t) => {
  const peer = attached()
  peer.forget()
  say(peer, FLOW)
  t.throws(() => peer.expect('transfer'), { message: /transfer was due, flow\(/ })
  t.throws(() => peer.expect('flow'), { message: /flow was due, nothing came/ })
  say(peer, FLOW)
  t.throws(() => peer.expect('flow', { incomingWindow: 2 }), { message: /fields of flow/ })
  say(peer, FLOW)
  t.throws(() => peer.done(), { message: /nothing more was due/ })
})

test('chunks, however cut, are the bytes again', (t) => {
  const bytes = Uint8Array.from({ length: 5_000 }, (_zero, i) => i)
  for (const cut of [whole, byteByByte, atRandom(1), atRandom(2)]) {
    t.deepEqual(new Uint8Array(Buffer.concat(cut(bytes))), bytes)
    t.deepEqual(cut(new Uint8Array(0)), [])
  }
  t.is(whole(bytes).length, 1)
  t.is(byteByByte(bytes).length, 5_000)
  t.true(atRandom(1)(bytes).length > 10)
  t.notDeepEqual(atRandom(1)(bytes), atRandom(2)(bytes))
})
