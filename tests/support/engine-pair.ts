// The engine under test, joined in memory to the scripted peer. `run` carries bytes both ways until both are silent;
// what goes to the engine is cut as the conditions of the story say. Time passes only by `advance`.

import { Engine, type EngineListener, type EngineOptions } from '../../lib/engine/engine.js'
import type { LinkOptions } from '../../lib/engine/link.js'
import type { OpenOptions } from '../../lib/engine/open-options.js'
import type { Session, SessionOptions } from '../../lib/engine/session.js'
import type { AMQPError } from '../../lib/errors.js'
import type { Tracer } from '../../lib/trace/tracer.js'
import type { Open } from '../../lib/types/transport.js'
import { ReceiverProbe, SenderProbe, SessionProbe } from './engine-probes.js'
import { Peer, type PeerOptions } from './peer.js'
import type { Conditions } from './scenario.js'

export interface PairOptions {
  /** The engine's role. Default: client. */
  readonly role?: 'client' | 'server' | undefined
  /** SASL mechanisms of the engine. Default: none, no SASL layer. */
  readonly mechanisms?: readonly string[] | undefined
  readonly allowNoSasl?: boolean | undefined
  readonly open?: Partial<OpenOptions> | undefined
  readonly peer?: PeerOptions | undefined
  readonly tracer?: Tracer | undefined
}

/** More rounds of carrying bytes than any story needs: the two talk in circles. */
const MOST_ROUNDS = 10_000

export class EnginePair implements EngineListener {
  readonly engine: Engine
  readonly peer: Peer
  nowMs = 1_000
  opens: Open[] = []
  /** Sessions that the peer began. */
  sessions: Session[] = []
  ended = false
  reason: AMQPError | undefined = undefined
  mechanisms: readonly string[] | undefined = undefined
  challenges: Uint8Array[] = []
  successes = 0
  inits: { mechanism: string; response: Uint8Array | undefined; hostname: string | undefined }[] = []
  responses: Uint8Array[] = []
  /** Writes of the engine: the pieces of each `take`. */
  writes: Uint8Array[][] = []
  private outputWaits = false
  private readonly conditions: Conditions

  constructor(conditions: Conditions, options: PairOptions = {}) {
    const role = options.role ?? 'client'
    this.conditions = conditions
    this.peer = new Peer({
      role: role === 'client' ? 'server' : 'client',
      initialId: conditions.peerInitialId,
      ...options.peer,
    })
    const engineOptions: EngineOptions = {
      role,
      mechanisms: options.mechanisms ?? [],
      allowNoSasl: options.allowNoSasl ?? false,
      hostname: 'host.test',
      tracer: options.tracer,
      open: {
        containerId: 'engine',
        maxFrameSize: 65536,
        channelMax: 255,
        idleTimeoutMs: 0,
        ...options.open,
      },
    }
    this.engine = new Engine(engineOptions, this)
  }

  // --- the engine's owner

  onOutput(): void {
    if (this.outputWaits) throw new Error('output was announced twice before it was taken')
    this.outputWaits = true
  }

  onOutputFull(): void {
    this.write()
  }

  onMechanisms(offered: readonly string[]): void {
    this.mechanisms = offered
    this.engine.handshake.init('ANONYMOUS', undefined)
  }

  onChallenge(challenge: Uint8Array): void {
    this.challenges.push(challenge)
    this.engine.handshake.respond(Uint8Array.of(1))
  }

  onSuccess(): void {
    this.successes++
  }

  onInit(mechanism: string, response: Uint8Array | undefined, hostname: string | undefined): void {
    this.inits.push({ mechanism, response, hostname })
    this.engine.handshake.outcome(0)
  }

  onResponse(response: Uint8Array): void {
    this.responses.push(response)
    this.engine.handshake.outcome(0)
  }

  onOpen(open: Open): void {
    this.opens.push(open)
    this.engine.connection.open()
  }

  onSession(session: Session): void {
    this.sessions.push(session)
  }

  onEnd(reason: AMQPError | undefined): void {
    if (this.ended) throw new Error('the end of the connection was told twice')
    this.ended = true
    this.reason = reason
  }

  get condition(): string | undefined {
    return this.reason?.condition
  }

  // --- carrying bytes

  /** Takes what the engine has to write, if it announced any, and hands it over. */
  write(): void {
    if (!this.outputWaits) return
    this.outputWaits = false
    const pieces = this.engine.take(this.nowMs)
    this.writes.push(pieces)
    this.engine.handedOver()
  }

  /** Gives the peer what was written. Answers whether there was anything. */
  private toPeer(): boolean {
    const pieces = this.writes.splice(0).flat()
    const bytes = Buffer.concat(pieces)
    this.peer.receive(new Uint8Array(bytes))
    return bytes.length > 0
  }

  private toEngine(): boolean {
    const pieces = this.peer.take()
    const bytes = new Uint8Array(Buffer.concat(pieces))
    for (const chunk of this.conditions.cut(bytes)) this.engine.receive(chunk, this.nowMs)
    return bytes.length > 0
  }

  /** Carries bytes both ways until nobody has anything to say. */
  run(): this {
    for (let round = 0; ; round++) {
      if (round === MOST_ROUNDS) throw new Error('engine and peer never come to rest')
      this.write()
      const out = this.toPeer()
      const back = this.toEngine()
      if (!out && !back && !this.outputWaits) return this
    }
  }

  /** Lets time pass in steps, each with a tick and what follows from it. */
  advance(ms: number, stepMs = ms): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs = Math.min(endMs, this.nowMs + stepMs)
      this.engine.tick(this.nowMs)
      this.run()
    }
  }

  // --- usual openings

  /** Opens the connection; what led there is forgotten. */
  connect(): this {
    this.engine.start(this.nowMs)
    if (this.peer.isClient) this.peer.start()
    this.run()
    if (!this.engine.connection.opened) throw new Error('the connection did not open')
    this.peer.forget()
    return this
  }

  session(options: SessionOptions = {}): SessionProbe {
    const probe = new SessionProbe()
    probe.session = this.engine.connection.createSession(options, probe)
    return probe
  }

  sender(on: SessionProbe, options: Partial<LinkOptions> = {}): SenderProbe {
    const probe = new SenderProbe()
    const all = { name: 'out', source: { address: 'here' }, target: { address: 'there' }, ...options }
    probe.link = on.session.attachSender(all, probe)
    return probe
  }

  receiver(on: SessionProbe, options: Partial<LinkOptions> = {}): ReceiverProbe {
    const probe = new ReceiverProbe()
    const all = { name: 'in', source: { address: 'there' }, target: { address: 'here' }, ...options }
    probe.link = on.session.attachReceiver(all, probe)
    return probe
  }
}

/** An open connection with one session, and the peer's inbox empty. */
export function begun(
  conditions: Conditions,
  options: PairOptions = {},
  sessionOptions: SessionOptions = {},
): { pair: EnginePair; peer: Peer; session: SessionProbe } {
  const pair = new EnginePair(conditions, options).connect()
  const session = pair.session(sessionOptions)
  pair.run()
  pair.peer.forget()
  return { pair, peer: pair.peer, session }
}
