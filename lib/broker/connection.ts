// One client of the broker: pumps an engine in its server role over a transport, and decides who comes in.

import { Engine, type EngineListener } from '../engine/engine.js'
import type { OpenOptions } from '../engine/open-options.js'
import type { Session } from '../engine/session.js'
import { AMQPConnectionError, type AMQPError } from '../errors.js'
import type { ScramReply } from '../sasl/scram-server.js'
import type { Tracer } from '../trace/tracer.js'
import type { Transport } from '../transport/transport.js'
import type { AMQPErrorFields } from '../types/transport.js'
import type { Clock, Timer } from '../util/clock.js'
import type { Authentication, Exchange } from './authentication.js'
import { ClaimBook } from './claim-book.js'

/** What a connection needs of the broker. */
export interface ConnectionHost {
  readonly clock: Clock
  readonly tracer: Tracer | undefined
  readonly authentication: Authentication
  /** Serve clients that skip the SASL layer. */
  readonly allowNoSasl: boolean
  /** Links need claims. */
  readonly claims: boolean
  readonly open: OpenOptions
  onSession(session: Session, connection: BrokerConnection): void
  onConnectionEnd(connection: BrokerConnection): void
}

/** Outcomes [5.3.3.6]. */
const REFUSED = 1
const SYSTEM_ERROR = 2

/** So many bytes of answers may wait for a client that does not read. */
const MOST_PENDING_BYTES = 1_048_576

export class BrokerConnection implements EngineListener {
  readonly engine: Engine
  /** Undefined: links need no claims. */
  readonly claims: ClaimBook | undefined
  private readonly transport: Transport
  private readonly host: ConnectionHost
  private readonly clock: Clock
  private scheduled = false
  private ended = false
  private timer: Timer | undefined = undefined
  /** By which the client logs in. */
  private mechanism = ''
  private exchange: Exchange | undefined = undefined

  constructor(transport: Transport, host: ConnectionHost) {
    this.transport = transport
    this.host = host
    this.clock = host.clock
    this.claims = host.claims ? new ClaimBook(host.clock) : undefined
    this.engine = new Engine(
      {
        role: 'server',
        mechanisms: host.authentication.mechanisms,
        allowNoSasl: host.allowNoSasl,
        hostname: undefined,
        open: host.open,
        tracer: host.tracer,
      },
      this,
    )
    transport.onDrain = () => this.onDrain()
    transport.onClose = (error) => this.engine.transportClosed(error ?? this.hungUp('the client hung up'))
    transport.onBytes = (chunk) => this.onBytes(chunk)
  }

  /** The container-id of the client [2.4.1]. */
  get containerId(): string {
    return this.engine.connection.remoteOpen?.containerId ?? ''
  }

  /** Closes in the proper way; the client's answer ends the connection. */
  close(condition: string, description: string, info?: AMQPErrorFields['info']): void {
    this.engine.connection.close({ kind: 'error', condition, description, info })
  }

  /** Ends without a word, as a crash or a broken network would. */
  drop(): void {
    this.transport.destroy()
    this.engine.transportClosed(this.hungUp('it was dropped'))
  }

  private hungUp(why: string): AMQPConnectionError {
    return new AMQPConnectionError(`The connection of ${this.transport.description} was lost: ${why}`, {
      phase: 'established',
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
    if (!this.ended && !this.engine.blocked) this.write()
  }

  private write(): void {
    const pieces = this.engine.take(this.clock.now())
    const ready = pieces.length === 0 || this.transport.write(pieces)
    this.engine.handedOver()
    if (!ready) this.engine.setBlocked(true)
  }

  /** A client that asks much and reads nothing is not read from until it does. */
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

  private readonly onTimer = (): void => {
    // What came in while this process was busy is read first.
    this.clock.defer(() => this.tick())
  }

  private tick(): void {
    if (this.ended) return
    const now = this.clock.now()
    const due = this.engine.tick(now)
    if (due !== undefined) this.timer = this.clock.setTimer(Math.max(1, due - now), this.onTimer)
  }

  // --- SASL

  onInit(mechanism: string, response: Uint8Array | undefined): void {
    this.mechanism = mechanism
    this.exchange = this.host.authentication.begin(mechanism, this.transport.peerName)
    this.onSaid(response)
  }

  onResponse(response: Uint8Array): void {
    this.onSaid(response)
  }

  private onSaid(response: Uint8Array | undefined): void {
    const reply = this.exchange?.(response)
    if (reply instanceof Promise) reply.then(this.answer, () => this.refuse(SYSTEM_ERROR))
    else if (reply !== undefined) this.answer(reply)
  }

  private readonly answer = (reply: ScramReply): void => {
    if (this.ended) return
    const { handshake } = this.engine
    if (reply.kind === 'challenge') return handshake.challenge(reply.challenge)
    if (!reply.accepted) return this.refuse(REFUSED)
    if (this.claims !== undefined) this.claims.exempt = this.host.authentication.names(this.mechanism)
    handshake.outcome(0, reply.additionalData)
  }

  private refuse(code: number): void {
    if (this.ended) return
    this.engine.handshake.outcome(code)
    this.engine.transportClosed(
      new AMQPConnectionError(`${this.transport.description} was refused: SASL ${this.mechanism} failed`, {
        phase: 'sasl',
        condition: 'amqp:unauthorized-access',
      }),
    )
  }

  onMechanisms(): void {}

  onChallenge(): void {}

  onSuccess(): void {}

  // --- the connection

  onOpen(): void {
    this.engine.connection.open()
    this.tick()
  }

  onSession(session: Session): void {
    this.host.onSession(session, this)
  }

  onEnd(_reason: AMQPError | undefined): void {
    this.write()
    this.ended = true
    this.timer?.cancel()
    this.claims?.end()
    this.transport.end()
    this.host.onConnectionEnd(this)
  }
}
