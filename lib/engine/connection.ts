// A connection [2.4]: open and close, channels, idle time both ways, and the way of each frame to its session.

import { AMQPConnectionError, AMQPError } from '../errors.js'
import { inspectComposite } from '../types/inspect.js'
import {
  type AMQPErrorFields,
  type Begin,
  type Close,
  close as closeCodec,
  type Open,
  open as openCodec,
  type Performative,
} from '../types/transport.js'
import { DONE, type OutgoingDelivery } from './delivery.js'
import { CLOSED, CONNECTION_STATES, Endpoint, IDLE, OPEN } from './endpoint.js'
import { IdleTime } from './idle-time.js'
import { writeLastWords } from './last-words.js'
import { type OpenOptions, openOf } from './open-options.js'
import { connectionReason } from './reasons.js'
import { toSession } from './route.js'
import { Session, type SessionHost, type SessionListener, type SessionOptions } from './session.js'
import { Violation } from './violation.js'
import { MIN_MAX_FRAME_SIZE, type Wire } from './wire.js'

/** What a connection tells its owner. */
export interface ConnectionListener {
  onOpen(open: Open): void
  /** The peer began a session: `begin` it. */
  onSession(session: Session): void
  /** The end, once; the transport should be shut. No reason: we closed it and the peer agreed. */
  onEnd(reason: AMQPError | undefined): void
}

export class Connection extends Endpoint implements SessionHost {
  readonly wire: Wire
  readonly options: OpenOptions
  listener: ConnectionListener
  remoteOpen: Open | undefined = undefined
  /** Why we refuse the peer's open, while its close is waited for. */
  private refusal: AMQPError | undefined = undefined
  /** Set by the handshake: frames may flow. */
  headersExchanged = false
  private readonly sessions: (Session | undefined)[] = []
  private readonly byRemoteChannel: (Session | undefined)[] = []
  private toFlush: Session[] = []
  private readonly taken: OutgoingDelivery[] = []
  private readonly idle = new IdleTime()

  constructor(wire: Wire, options: OpenOptions, listener: ConnectionListener) {
    super()
    this.wire = wire
    this.options = options
    this.listener = listener
  }

  get opened(): boolean {
    return this.local === OPEN && this.openSent && this.remote === OPEN
  }

  /** Name of the specification for where this connection stands, once headers are exchanged [2.4.6]. */
  get stateName(): string {
    return CONNECTION_STATES[this.local]?.[this.remote] ?? ''
  }

  // --- what the owner wants

  open(): void {
    if (this.local === IDLE) this.local = OPEN
    this.reconcile()
    this.reconcileSessions()
  }

  createSession(options: SessionOptions, listener: SessionListener): Session {
    if (this.local === CLOSED)
      throw this.endReason ?? new AMQPConnectionError('The connection is closed', OPENED)
    const session = this.addSession({ initialId: this.options.initialId, ...options }, listener)
    if (session === undefined) throw this.channelMaxError()
    session.begin()
    return session
  }

  /** Files a session under the lowest free channel; undefined when there is none up to channel-max. */
  private addSession(options: SessionOptions, listener: SessionListener): Session | undefined {
    let channel = this.sessions.indexOf(undefined)
    if (channel === -1) channel = this.sessions.length
    if (channel > this.channelMax) return undefined
    const session = new Session(this, channel, options, listener)
    this.sessions[channel] = session
    return session
  }

  private get channelMax(): number {
    return Math.min(this.options.channelMax, this.remoteOpen?.channelMax ?? 65535)
  }

  private channelMaxError(): AMQPConnectionError {
    return new AMQPConnectionError(
      `The connection takes no more sessions: channel-max is ${this.channelMax}`,
      {
        phase: 'established',
        code: 'AMQP_CHANNEL_MAX',
        condition: 'amqp:resource-limit-exceeded',
      },
    )
  }

  private reconcileSessions(): void {
    for (const session of this.sessions) {
      if (session !== undefined && session.channel > this.channelMax) session.lost(this.channelMaxError())
      else session?.reconcile()
    }
  }

  close(error?: AMQPErrorFields): void {
    if (this.local === CLOSED) return
    this.flushSessions()
    this.closeError = error
    this.local = CLOSED
    if (!this.headersExchanged) return this.finish(this.endReason)
    this.reconcile()
    if (this.remote === CLOSED) this.finish(this.endReason)
  }

  /** The peer broke a rule: everything ends now, the peer is told why. */
  fail(condition: string, description: string): void {
    this.failWith(this.broken(condition, description), condition, description)
  }

  private broken(condition: string, description: string): AMQPConnectionError {
    const phase = this.opened ? 'established' : 'open'
    const text = `The connection was closed: ${description}`
    return new AMQPConnectionError(text, { phase, condition, description })
  }

  private failWith(reason: AMQPError, condition: string, description: string): void {
    this.endReason ??= reason
    this.close({ kind: 'error', condition, description })
    this.finish(this.endReason)
  }

  // --- what the peer did

  /** `rest` is what follows `payload`, for a transfer that came in pieces. */
  onFrame(
    channel: number,
    performative: Performative,
    payload: Uint8Array,
    rest: readonly Uint8Array[],
  ): void {
    this.wire.tracer?.frame?.('in', channel, () => {
      const bytes = rest.reduce((sum, piece) => sum + piece.length, payload.length)
      const size = bytes === 0 ? '' : ` ${bytes} bytes of payload`
      return inspectComposite(performative) + size
    })
    if (performative.kind === 'open') return this.onOpen(performative)
    if (performative.kind === 'close') return this.onClose(performative)
    if (this.discarding) return
    if (this.remote !== OPEN) {
      throw new Violation(this, 'amqp:illegal-state', `${performative.kind} came before open`)
    }
    if (performative.kind === 'begin') return this.onBegin(channel, performative)
    const session = this.byRemoteChannel[channel]
    if (session === undefined) {
      throw new Violation(
        this,
        'amqp:not-allowed',
        `${performative.kind} came on channel ${channel} without a session`,
      )
    }
    toSession(session, performative, payload, rest)
  }

  private onOpen(open: Open): void {
    if (this.remote !== IDLE) throw new Violation(this, 'amqp:illegal-state', 'a second open came')
    const { maxFrameSize = 0xffffffff } = open
    if (maxFrameSize < MIN_MAX_FRAME_SIZE) this.refuseOpen(maxFrameSize)
    this.remote = OPEN
    this.remoteOpen = open
    if (this.refusal !== undefined) return
    this.wire.onMaxFrameSize(maxFrameSize)
    this.listener.onOpen(open)
    this.reconcile()
    this.reconcileSessions()
  }

  /**
   * A frame limit below 512 is illegal. Brokers send it in the open before a close that says why they refuse us, so their
   * close is waited for: its reason, when it has one, is the better one.
   */
  private refuseOpen(maxFrameSize: number): void {
    const condition = 'amqp:frame-size-too-small'
    const description = `max-frame-size ${maxFrameSize} is below 512`
    this.refusal = this.broken(condition, description)
    this.close({ kind: 'error', condition, description })
  }

  /** A second close, as some brokers send it, changes nothing. */
  private onClose(close: Close): void {
    if (this.remote === CLOSED) return
    this.flushSessions()
    this.remote = CLOSED
    if (this.local !== CLOSED || close.error !== undefined)
      this.endReason ??= connectionReason(close.error, this.wire.peer)
    this.endReason ??= this.refusal
    this.local = CLOSED
    this.reconcile()
    this.finish(this.endReason)
  }

  private onBegin(channel: number, begin: Begin): void {
    if (channel > this.options.channelMax) {
      throw new Violation(this, 'amqp:connection:framing-error', `channel ${channel} is over our channel-max`)
    }
    if (this.byRemoteChannel[channel] !== undefined) {
      throw new Violation(this, 'amqp:not-allowed', `a second begin came on channel ${channel}`)
    }
    if (begin.remoteChannel !== undefined) {
      const session = this.sessions[begin.remoteChannel]
      if (session === undefined || session.remote !== IDLE) {
        throw new Violation(
          this,
          'amqp:not-allowed',
          `begin answers channel ${begin.remoteChannel}, which is not waiting`,
        )
      }
      this.bind(session, channel)
      session.onBegin(begin)
      return
    }
    const session = this.addSession({ initialId: this.options.initialId }, UNOWNED)
    if (session === undefined) {
      throw new Violation(
        this,
        'amqp:resource-limit-exceeded',
        `no session is free: channel-max is ${this.channelMax}`,
      )
    }
    this.bind(session, channel)
    session.onBegin(begin)
    this.listener.onSession(session)
  }

  private bind(session: Session, remoteChannel: number): void {
    session.remoteChannel = remoteChannel
    this.byRemoteChannel[remoteChannel] = session
  }

  /** The transport is gone. */
  transportClosed(reason: AMQPError): void {
    this.endReason ??= this.refusal ?? reason
    this.finish(this.endReason)
  }

  // --- what sessions ask for

  awaitFlush(session: Session): void {
    this.toFlush.push(session)
    this.wire.changed()
  }

  whenTaken(delivery: OutgoingDelivery): void {
    this.taken.push(delivery)
  }

  sessionEnded(session: Session): void {
    if (this.sessions[session.channel] === session) this.sessions[session.channel] = undefined
    if (this.byRemoteChannel[session.remoteChannel] === session) {
      this.byRemoteChannel[session.remoteChannel] = undefined
    }
  }

  // --- output and time

  flushSessions(): void {
    if (this.toFlush.length === 0) return
    const due = this.toFlush
    this.toFlush = []
    if (this.closeSent) return
    for (const session of due) session.flush()
  }

  /** What was taken is with the transport: pre-settled deliveries are as done as they can be. */
  handedOver(): void {
    if (this.taken.length > 0) conclude(this.taken.splice(0), (delivery) => delivery.onSettled(undefined))
  }

  /** The transport has caught up. */
  unblocked(): void {
    for (const session of this.sessions) session?.runTurns()
  }

  received(nowMs: number): void {
    this.idle.received(nowMs)
  }

  sent(nowMs: number): void {
    this.idle.sent(nowMs)
  }

  /** Does what time makes due [2.4.5]: an empty frame for the peer, an end for a silent one. Answers the next deadline. */
  tick(nowMs: number): number | undefined {
    if (this.ended) return undefined
    const ours = this.openSent ? this.options.idleTimeoutMs : 0
    const theirs = this.local === OPEN ? (this.remoteOpen?.idleTimeOut ?? 0) : 0
    if (this.idle.isOver(nowMs, ours)) {
      this.idleTooLong(ours)
      return undefined
    }
    if (this.idle.owesFrame(nowMs, theirs)) this.sendHeartbeat(nowMs)
    return this.idle.deadline(ours, theirs)
  }

  private sendHeartbeat(nowMs: number): void {
    const { output, tracer } = this.wire
    output.end(output.begin(0, 0))
    tracer?.frame?.('out', 0, () => 'empty frame')
    this.idle.sent(nowMs)
    this.wire.changed()
  }

  private idleTooLong(idleTimeoutMs: number): void {
    const description = `local-idle-timeout expired: nothing came for ${idleTimeoutMs} ms`
    const condition = 'amqp:resource-limit-exceeded'
    const text = `The connection was given up: nothing came from the peer for ${idleTimeoutMs} ms`
    const details = { phase: 'established', condition, description, retryable: true } as const
    this.failWith(new AMQPConnectionError(text, details), condition, description)
  }

  // --- endpoint

  private finish(reason: AMQPError | undefined): void {
    if (this.ended) return
    this.ended = true
    this.local = CLOSED
    const cause = reason ?? new AMQPConnectionError('The connection was closed', OPENED)
    conclude(this.taken.splice(0), (delivery) => delivery.onLost(cause, true))
    for (const session of this.sessions) session?.lost(cause)
    this.listener.onEnd(reason)
  }

  protected parentReady(): boolean {
    return this.headersExchanged
  }

  /** An open that does not fit a frame of 512 bytes cannot be sent at all, and nothing can after it. */
  protected sendOpen(): void {
    try {
      this.wire.write(0, openCodec, openOf(this.options))
    } catch (error) {
      if (!(error instanceof AMQPError)) throw error
      this.transportClosed(error)
    }
  }

  protected sendClose(): void {
    writeLastWords(this.closeError, (error) => this.wire.write(0, closeCodec, { error }))
  }
}

const OPENED = { phase: 'established' } as const

/** Tells what became of deliveries, but of those that were given up meanwhile. */
function conclude(deliveries: OutgoingDelivery[], tell: (delivery: OutgoingDelivery) => void): void {
  for (const delivery of deliveries) {
    if (delivery.progress === DONE) continue
    delivery.progress = DONE
    tell(delivery)
  }
}

/** Until the owner of a session that the peer began sets its own. */
const UNOWNED: SessionListener = { onBegin() {}, onLink() {}, onEnd() {} }
