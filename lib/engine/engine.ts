// The whole protocol of one connection, sans I/O: bytes in by `receive`, bytes out by `take`, time by `tick`.
// A violation or an undecodable frame is caught here, once; nothing that a peer sends can make it throw.

import { AMQPConnectionError, AMQPError, DecodeError } from '../errors.js'
import { guarded } from '../trace/guarded.js'
import type { Tracer } from '../trace/tracer.js'
import { Reader } from '../types/cursor.js'
import { inspectComposite } from '../types/inspect.js'
import { decodePerformative } from '../types/performative.js'
import { decodeSaslFrame } from '../types/security.js'
import { Connection, type ConnectionListener } from './connection.js'
import { FrameReader } from './frames.js'
import { Handshake, type HandshakeOptions, type SaslListener } from './handshake.js'
import type { OpenOptions } from './open-options.js'
import { Violation } from './violation.js'
import { Wire, type WireHost } from './wire.js'

export interface EngineOptions extends HandshakeOptions {
  readonly open: OpenOptions
  readonly tracer?: Tracer | undefined
  /** Host and port of the peer, for errors. */
  readonly peer?: string | undefined
}

/** Everything that the engine tells its owner. */
export interface EngineListener extends WireHost, SaslListener, ConnectionListener {}

const NO_BYTES = new Uint8Array(0)

export class Engine {
  readonly connection: Connection
  readonly handshake: Handshake
  private readonly wire: Wire
  private readonly frames: FrameReader
  private readonly reader = new Reader(NO_BYTES)

  constructor(options: EngineOptions, listener: EngineListener) {
    this.wire = new Wire(listener, guarded(options.tracer), options.peer)
    this.connection = new Connection(this.wire, options.open, listener)
    this.handshake = new Handshake(this.wire, options, listener, () => {
      this.connection.headersExchanged = true
      if (options.role === 'client') this.connection.open()
    })
    this.frames = new FrameReader(options.open.maxFrameSize)
  }

  /** As client: sends the first header. */
  start(nowMs: number): void {
    this.connection.received(nowMs)
    this.connection.sent(nowMs)
    this.handshake.start()
  }

  /** Bytes came. Callbacks happen inside this call; it never throws. */
  receive(chunk: Uint8Array, nowMs: number): void {
    if (this.connection.ended) return
    this.connection.received(nowMs)
    this.frames.push(chunk)
    let more = true
    while (more && !this.connection.ended) {
      try {
        more = this.step()
      } catch (error) {
        more = this.caught(error)
      }
    }
  }

  /** Takes one header or frame; false when none is there whole. */
  private step(): boolean {
    if (this.handshake.stage === 'sasl-header' || this.handshake.stage === 'amqp-header') {
      const header = this.frames.nextHeader()
      if (header === undefined) return false
      this.handshake.onHeader(header)
      return true
    }
    if (!this.frames.nextFrame()) return false
    if (this.handshake.stage === 'sasl') this.onSaslFrame()
    else this.onFrame()
    return true
  }

  private onSaslFrame(): void {
    const { frames, reader } = this
    if (frames.type !== 1)
      throw new Violation(this.connection, 'amqp:illegal-state', 'an AMQP frame came during SASL')
    reader.reset(frames.bytes, frames.bodyStart, frames.bodyEnd)
    const frame = decodeSaslFrame(reader)
    this.wire.tracer?.frame?.('in', 0, () => inspectComposite(frame))
    this.handshake.onSaslFrame(frame)
  }

  private onFrame(): void {
    const { frames, reader, connection } = this
    if (frames.type !== 0)
      throw new Violation(connection, 'amqp:illegal-state', 'a SASL frame came after SASL')
    if (frames.bodyStart === frames.bodyEnd) {
      this.wire.tracer?.frame?.('in', frames.channel, () => 'empty frame')
      return
    }
    reader.reset(frames.bytes, frames.bodyStart, frames.bodyEnd)
    const performative = decodePerformative(reader)
    const payload =
      reader.pos === frames.bodyEnd ? NO_BYTES : frames.bytes.subarray(reader.pos, frames.bodyEnd)
    connection.onFrame(frames.channel, performative, payload, frames.rest)
  }

  /** The one place where what the peer did wrong is answered. True: go on with the next frame. */
  private caught(error: unknown): boolean {
    if (error instanceof Violation) {
      error.scope.fail(error.condition, error.description)
      return true
    }
    const { connection } = this
    if (!connection.headersExchanged) {
      connection.transportClosed(error instanceof AMQPError ? error : unexpected(error))
      return false
    }
    const condition = error instanceof DecodeError ? error.condition : undefined
    const description = error instanceof Error ? error.message : String(error)
    connection.fail(condition ?? 'amqp:internal-error', description)
    return false
  }

  /** The bytes to write now, oldest first. */
  take(nowMs: number): Uint8Array[] {
    this.connection.flushSessions()
    const pieces = this.wire.take()
    if (pieces.length > 0) this.connection.sent(nowMs)
    return pieces
  }

  /** What was taken is with the transport. */
  handedOver(): void {
    this.connection.handedOver()
  }

  /** Bytes that wait to be taken. */
  get pendingBytes(): number {
    return this.wire.output.size
  }

  /** While the transport is behind, no new deliveries are written. */
  setBlocked(blocked: boolean): void {
    if (this.wire.blocked === blocked) return
    this.wire.blocked = blocked
    if (!blocked) this.connection.unblocked()
  }

  get blocked(): boolean {
    return this.wire.blocked
  }

  /** Does what is due; answers the time of the next deadline, if there is one. */
  tick(nowMs: number): number | undefined {
    return this.connection.tick(nowMs)
  }

  /** Everything ends; the first reason wins. */
  transportClosed(reason: AMQPError): void {
    this.connection.transportClosed(reason)
  }
}

function unexpected(error: unknown): AMQPConnectionError {
  const text = error instanceof Error ? error.message : String(error)
  return new AMQPConnectionError(`The connection could not be set up: ${text}`, {
    phase: 'open',
    cause: error,
  })
}
