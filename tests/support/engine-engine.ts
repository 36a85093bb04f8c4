// Two engines joined to each other, client and server, for properties that both must keep together. Bytes travel only
// when a test says so, as many as it says: both sides often act on old news.

import { Engine, type EngineListener } from '../../lib/engine/engine.js'
import type { ReceiverLink } from '../../lib/engine/receiver-link.js'
import type { Session } from '../../lib/engine/session.js'
import type { AMQPError } from '../../lib/errors.js'
import { ReceiverProbe, SessionProbe } from './engine-probes.js'

/** One side: an engine, and what it has written that the other has not read. */
export class Side implements EngineListener {
  readonly engine: Engine
  /** Written, not yet with the other side. */
  wire: Uint8Array = new Uint8Array(0)
  ended = false
  reason: AMQPError | undefined = undefined
  /** Sessions and links of the other side, opened at once. */
  readonly sessions: SessionProbe[] = []
  readonly receivers: ReceiverProbe[] = []

  constructor(role: 'client' | 'server', maxFrameSize: number) {
    this.engine = new Engine(
      {
        role,
        mechanisms: [],
        allowNoSasl: true,
        hostname: undefined,
        open: { containerId: role, maxFrameSize, channelMax: 10, idleTimeoutMs: 0 },
      },
      this,
    )
  }

  onOutput(): void {}

  onOutputFull(): void {
    this.take()
  }

  onMechanisms(): void {}
  onChallenge(): void {}
  onSuccess(): void {}
  onInit(): void {}
  onResponse(): void {}

  onOpen(): void {
    this.engine.connection.open()
  }

  onSession(session: Session): void {
    const probe = new SessionProbe()
    probe.session = session
    session.listener = probe
    this.sessions.push(probe)
    session.begin()
    probe.onLink = (link) => {
      const receiver = new ReceiverProbe()
      receiver.link = link as ReceiverLink
      receiver.link.listener = receiver
      this.receivers.push(receiver)
      receiver.link.open({ source: { address: 'a' }, target: { address: 'b' } })
    }
  }

  onEnd(reason: AMQPError | undefined): void {
    this.ended = true
    this.reason = reason
  }

  take(): void {
    const pieces = this.engine.take(0)
    this.wire = new Uint8Array(Buffer.concat([this.wire, ...pieces]))
    this.engine.handedOver()
  }

  /** Gives the other side at most `bytes` of what was written. Answers how many there were. */
  carry(other: Side, bytes = Number.POSITIVE_INFINITY): number {
    this.take()
    const chunk = this.wire.slice(0, Math.min(bytes, this.wire.length))
    this.wire = this.wire.subarray(chunk.length)
    if (chunk.length > 0) other.engine.receive(chunk, 0)
    return chunk.length
  }
}

/** Carries everything both ways until both are silent. */
export function settle(a: Side, b: Side): void {
  for (let round = 0; a.carry(b) + b.carry(a) > 0; round++) {
    if (round === 100_000) throw new Error('the two never come to rest')
  }
}
