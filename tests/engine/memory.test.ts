// What a peer can make us keep is bounded by what was granted to it, not by what it sends.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { begun } from '../support/engine-pair.js'
import { frameBytes, listBytes, performativeBytes } from '../support/peer-wire.js'
import { PLAIN } from '../support/scenario.js'

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

/** Bytes alive, large buffers included. */
function alive(): number {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const MEGABYTE = 1_000_000

test.serial('frames that mean nothing leave nothing behind [2.7.6]', (t) => {
  const { pair, peer, session } = begun(PLAIN)
  pair.sender(session)
  pair.receiver(session)
  pair.run()
  const { channel } = peer.session
  const sender = peer.link('out')
  const chunk = new Uint8Array(
    Buffer.concat([
      frameBytes(channel, listBytes(0x15, [true, 5, 0xfffffff0, true])),
      frameBytes(channel, listBytes(0x15, [false, 0, 0xffffffff, true])),
      frameBytes(channel, listBytes(0x13, [undefined, 100, 0, 100])),
      frameBytes(
        channel,
        listBytes(0x13, [undefined, 100, 0, 100, sender.handle, undefined, 0, undefined, true]),
      ),
      frameBytes(0, new Uint8Array(0)),
    ]),
  )
  const before = alive()
  for (let i = 0; i < 20_000; i++) {
    pair.engine.receive(chunk, pair.nowMs)
    pair.write()
    pair.writes = []
  }
  t.false(pair.ended)
  t.true(alive() - before < 2 * MEGABYTE)
})

test.serial('sessions and links that come and go leave nothing behind [2.5.1]', (t) => {
  const { pair, peer } = begun(PLAIN)
  const round = () => {
    peer.begin()
    pair.run()
    const theirs = pair.sessions.pop()
    theirs?.begin()
    peer.newLink('theirs', 'sender')
    pair.run()
    peer.detach(peer.link('theirs'))
    pair.run()
    peer.end()
    pair.run()
    peer.forget()
    peer.sessions.pop()
  }
  for (let i = 0; i < 50; i++) round()
  const before = alive()
  for (let i = 0; i < 5_000; i++) round()
  t.false(pair.ended)
  t.true(alive() - before < 2 * MEGABYTE)
})

test.serial('a message in frames of one byte costs a small multiple of its size [2.6.14]', (t) => {
  const { pair, peer, session } = begun(PLAIN)
  const receiver = pair.receiver(session, { maxMessageSize: 10_000_000n })
  receiver.link.addCredit(1)
  pair.run()
  const { channel } = peer.session
  const { handle } = peer.link('in')
  const first = performativeBytes(
    { kind: 'transfer', handle, deliveryId: 0, deliveryTag: new Uint8Array(1), more: true },
    Uint8Array.of(1),
  )
  pair.engine.receive(frameBytes(channel, first), pair.nowMs)
  peer.session.nextOutgoingId++
  const before = alive()
  const next = frameBytes(
    channel,
    performativeBytes({ kind: 'transfer', handle, more: true }, Uint8Array.of(2)),
  )
  for (let i = 0; i < 300_000; i++) {
    pair.engine.receive(next.slice(), pair.nowMs)
    peer.session.nextOutgoingId++
    if (i % 1_000 === 0) pair.run()
  }
  t.true(alive() - before < 3 * MEGABYTE)
  pair.engine.receive(
    frameBytes(channel, performativeBytes({ kind: 'transfer', handle }, Uint8Array.of(3))),
    pair.nowMs,
  )
  const [payload] = receiver.payloads
  t.is(payload?.length, 300_002)
  t.is(payload?.[0], 1)
  t.is(payload?.[300_001], 3)
  t.true(payload?.subarray(1, 300_001).every((byte) => byte === 2))
})

test.serial('what was sent and settled is not kept [2.6.12]', (t) => {
  const { pair, peer, session } = begun(PLAIN)
  const sender = pair.sender(session)
  pair.run()
  const round = () => {
    peer.grant(peer.link('out'), 100)
    pair.run()
    for (let i = 0; i < 100; i++) sender.send(100)
    pair.run()
    const first = peer.takeAll('transfer')[0]?.deliveryId ?? 0
    peer.dispose({ first, last: (first + 99) >>> 0, settled: true, state: { kind: 'accepted' } })
    pair.run()
    peer.forget()
  }
  for (let i = 0; i < 50; i++) round()
  const before = alive()
  for (let i = 0; i < 300; i++) round()
  t.is(session.session.outgoingWindow.unsettled.size, 0)
  t.true(alive() - before < MEGABYTE)
})
