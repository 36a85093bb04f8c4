// A whole conversation, as the peer's side of it: what a fuzzer damages. Every kind of frame occurs in it, in an order
// that makes sense.

import { ACCEPTED } from '../../lib/types/messaging.js'
import { EnginePair, type PairOptions } from './engine-pair.js'
import type { ReceiverProbe, SenderProbe } from './engine-probes.js'
import { pattern, type SessionProbe } from './engine-probes.js'
import { type Conditions, PLAIN } from './scenario.js'

export interface Talk {
  /** Everything that the peer wrote, one piece a header or frame. */
  readonly pieces: readonly Uint8Array[]
}

const OPTIONS: PairOptions = { mechanisms: ['ANONYMOUS'], open: { maxFrameSize: 4_096 } }

/** The engine's side of the conversation: asks for what it may, whatever comes back. */
export class Talker {
  readonly pair: EnginePair
  readonly session: SessionProbe
  readonly sender: SenderProbe
  readonly receiver: ReceiverProbe

  constructor(conditions: Conditions = PLAIN) {
    this.pair = new EnginePair(conditions, OPTIONS)
    this.pair.engine.start(this.pair.nowMs)
    this.session = this.pair.session()
    this.sender = this.pair.sender(this.session)
    this.receiver = this.pair.receiver(this.session, { maxMessageSize: 100_000n })
    this.receiver.link.setWindow(5)
    this.sender.send(10)
    this.sender.send(5_000, true)
  }

  /** What the engine wrote meanwhile is taken, and what came is settled. */
  react(): Uint8Array[] {
    const { pair, receiver, session } = this
    for (const delivery of receiver.deliveries.splice(0)) {
      receiver.link.onRead(1)
      if (!delivery.settled && !receiver.ended) receiver.link.dispose(delivery, ACCEPTED, true)
    }
    for (const { link } of session.links.splice(0))
      link.open({ source: { address: 'a' }, target: { address: 'b' } })
    for (const begun of pair.sessions.splice(0)) begun.begin()
    pair.write()
    return pair.writes.splice(0).flat()
  }
}

export function recordedTalk(): Talk {
  const talker = new Talker({ ...PLAIN, peerInitialId: 0xfffffffd })
  const { pair } = talker
  const { peer } = pair
  const pieces: Uint8Array[] = []
  const take = peer.take.bind(peer)
  peer.take = () => {
    const taken = take()
    pieces.push(...taken)
    return taken
  }
  const run = () => {
    pair.run()
    for (const piece of talker.react()) peer.receive(piece)
    pair.run()
  }
  run()
  peer.grant(peer.link('out'), 10, { echo: true })
  run()
  peer.dispose({ first: 0xfffffffd, last: 0, settled: true, state: ACCEPTED })
  for (const size of [3, 900, 0]) peer.transfer(peer.link('in'), pattern(size))
  peer.transfer(peer.link('in'), pattern(3_000), { more: true })
  peer.transfer(peer.link('in'), pattern(3_000))
  run()
  peer.transfer(peer.link('in'), pattern(10), { more: true })
  peer.transfer(peer.link('in'), pattern(0), { aborted: true })
  peer.newLink('theirs', 'receiver', { properties: { a: [1, 'b', { c: true }] } })
  peer.sendEmpty()
  peer.flow(undefined, { echo: true })
  run()
  peer.drained(peer.link('in'), 1)
  peer.detach(peer.link('theirs'), {
    closed: true,
    error: { kind: 'error', condition: 'a:b', description: 'c' },
  })
  run()
  peer.end()
  peer.close()
  run()
  if (!pair.ended || pair.condition !== undefined) throw new Error('the talk to be recorded went wrong')
  return { pieces }
}
