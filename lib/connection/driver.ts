// Pumps one engine over one transport: bytes in, one write per turn of the event loop, timers, SASL.
// The only place where engine, transport and clock meet on the client's side. It lives as long as its transport.

import type { ConnectionListener } from '../engine/connection.js'
import { Engine, type EngineListener, type EngineOptions } from '../engine/engine.js'
import type { Stage } from '../engine/handshake.js'
import type { Session } from '../engine/session.js'
import { AMQPConnectionError, AMQPError, AuthenticationError } from '../errors.js'
import { chooseMechanism, type SaslAuth, type SaslHost, type SaslMechanism } from '../sasl/mechanism.js'
import type { Transport } from '../transport/transport.js'
import type { Open } from '../types/transport.js'
import type { Clock, Timer } from '../util/clock.js'
import { globals } from '../util/globals.js'

/** So many bytes of answers may wait for a peer that does not read. */
const MOST_PENDING_BYTES = 1_048_576

export class Driver implements EngineListener {
  readonly engine: Engine
  private readonly transport: Transport
  private readonly auth: SaslAuth
  private readonly host: SaslHost
  /** Calls off what a mechanism still waits for when the connection ends. */
  private readonly stop = new globals.AbortController()
  private readonly listener: ConnectionListener
  private readonly clock: Clock
  private mechanism: SaslMechanism | undefined = undefined
  private scheduled = false
  private timer: Timer | undefined = undefined
  private ended = false

  constructor(
    transport: Transport,
    options: EngineOptions,
    auth: SaslAuth,
    listener: ConnectionListener,
    clock: Clock,
  ) {
    this.transport = transport
    this.auth = auth
    this.host = {
      hostname: options.hostname ?? '',
      secure: transport.secure,
      signal: this.stop.signal,
    }
    this.listener = listener
    this.clock = clock
    this.engine = new Engine(options, this)
  }

  start(): void {
    const { transport, engine } = this
    engine.start(this.clock.now())
    transport.onDrain = () => this.onDrain()
    transport.onClose = (error) => engine.transportClosed(this.lost(error))
    transport.onBytes = (chunk) => this.onBytes(chunk)
    this.flush()
  }

  /** Ends without another word: what is pending is lost, the first reason wins. */
  abandon(reason: AMQPError): void {
    this.engine.transportClosed(reason)
    this.transport.destroy()
  }

  /** How far we had come is more than the transport knows. */
  private lost(error: AMQPConnectionError | undefined): AMQPConnectionError {
    const { connection, handshake } = this.engine
    const { description, secure } = this.transport
    if (error !== undefined && (connection.opened || error.phase === 'tls')) return error
    const told = error?.message ?? `The connection to ${description} was lost: the peer hung up`
    const early = handshake.stage.startsWith('sasl') ? 'sasl' : 'open'
    return new AMQPConnectionError(connection.opened ? told : told + hint(handshake.stage, secure), {
      phase: connection.opened ? 'established' : early,
      retryable: error?.retryable ?? true,
      context: { operation: connection.opened ? undefined : 'opening a connection', host: description },
      cause: error,
    })
  }

  // --- output

  onOutput(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.clock.defer(this.flush)
  }

  onOutputFull(): void {
    this.flush()
  }

  private readonly flush = (): void => {
    this.scheduled = false
    if (this.ended || this.engine.blocked) return
    this.write()
  }

  private write(): void {
    const pieces = this.engine.take(this.clock.now())
    if (pieces.length === 0) return
    const ready = this.transport.write(pieces)
    this.engine.handedOver()
    if (!ready) this.engine.setBlocked(true)
  }

  /** A peer that asks much and reads nothing is not read from until it does. */
  private onBytes(chunk: Uint8Array): void {
    this.engine.receive(chunk, this.clock.now())
    if (this.engine.blocked && this.engine.pendingBytes > MOST_PENDING_BYTES) this.transport.pause?.()
  }

  private onDrain(): void {
    if (this.ended) return
    this.transport.resume?.()
    this.engine.setBlocked(false)
    this.flush()
  }

  // --- time

  /** A late timer may mean that this process was busy, not that the peer was silent: what has come in is read first. */
  private readonly onTimer = (): void => {
    this.clock.defer(() => this.tick())
  }

  private tick(): void {
    if (this.ended) return
    const now = this.clock.now()
    const next = this.engine.tick(now)
    if (next !== undefined) this.timer = this.clock.setTimer(Math.max(1, next - now), this.onTimer)
  }

  // --- SASL

  onMechanisms(offered: readonly string[]): void {
    const mechanism = chooseMechanism(this.auth, offered, this.host)
    this.mechanism = mechanism
    this.say(mechanism.initial(this.host), (response) => this.engine.handshake.init(mechanism.name, response))
  }

  onChallenge(challenge: Uint8Array): void {
    const answer = this.mechanism?.step(challenge)
    if (answer !== undefined) this.say(answer, (response) => this.engine.handshake.respond(response))
  }

  /** Says what a mechanism has to say, at once or when it knows. */
  private say<T extends Uint8Array | undefined>(answer: T | Promise<T>, send: (response: T) => void): void {
    if (answer === undefined || answer instanceof Uint8Array) return send(answer)
    answer.then(
      (response) => {
        if (!this.ended) send(response)
      },
      (error) => this.abandon(error instanceof AMQPError ? error : unsaid(error)),
    )
  }

  onSuccess(additionalData: Uint8Array | undefined): void {
    this.mechanism?.finish?.(additionalData)
  }

  onInit(): void {}

  onResponse(): void {}

  // --- the connection

  onOpen(open: Open): void {
    this.listener.onOpen(open)
    this.tick()
  }

  onSession(session: Session): void {
    this.listener.onSession(session)
  }

  onEnd(reason: AMQPError | undefined): void {
    this.write()
    this.ended = true
    this.timer?.cancel()
    this.transport.end()
    this.listener.onEnd(this.explained(reason))
    this.stop.abort()
  }

  /** A refusal, with what the server said of it to the mechanism. */
  private explained(reason: AMQPError | undefined): AMQPError | undefined {
    if (!(reason instanceof AuthenticationError)) return reason
    return this.mechanism?.refused?.(reason) ?? reason
  }
}

/** What a peer may mean that hangs up before the connection is open. */
function hint(stage: Stage, secure: boolean): string {
  if (stage === 'sasl') return ', while we logged in'
  if (stage === 'sasl-header')
    return `, without a word; it may not speak AMQP 1.0${secure ? '' : ', or want TLS (amqps://)'}`
  return ', before it opened the connection; it may refuse the host name or another setting, and say so in its log'
}

/** A mechanism that is not ours failed in its own way. */
function unsaid(cause: unknown): AuthenticationError {
  return new AuthenticationError(
    'The SASL mechanism failed to find an answer; its error is the cause of this one',
    { cause },
  )
}
