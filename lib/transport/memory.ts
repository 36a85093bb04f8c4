// Two transports that are joined in memory, for tests and demonstrations. Nothing happens within a call:
// bytes, drains and ends arrive once the caller's turn is over, as with a socket. Bytes are copied when they
// arrive, not when they are written, so that a writer who changes them meanwhile is found out.

import { AMQPConnectionError } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import type { Clock, Timer } from '../util/clock.js'
import { realClock } from '../util/clock.js'
import type { Transport } from './transport.js'
import { END_TIMEOUT_MS } from './transport.js'

export interface MemoryPairOptions {
  /** Cuts what arrives in one turn into the chunks in which it is handed over. Default: one chunk. */
  readonly chunk?: ((bytes: Uint8Array) => Uint8Array[]) | undefined
  /** Default: the real one. */
  readonly clock?: Clock | undefined
  /** `write` says false while so many bytes or more are on their way. Default: never. */
  readonly highWaterBytes?: number | undefined
}

export class MemoryTransport implements Transport {
  readonly secure: boolean
  readonly description: string
  onDrain: (() => void) | undefined
  private readonly clock: Clock
  private readonly chunk: ((bytes: Uint8Array) => Uint8Array[]) | undefined
  private readonly highWaterBytes: number
  private other: MemoryTransport | undefined
  private bytesHandler: ((chunk: Uint8Array) => void) | undefined
  private closeHandler: ((error?: AMQPConnectionError) => void) | undefined
  /** What the other end wrote and has not been handed over here. */
  private inbox: Uint8Array[]
  private inboxBytes: number
  /** The other end has ended: nothing follows what is in the inbox. */
  private inboxEnded: boolean
  private deliveryDue: boolean
  private drainOwed: boolean
  private paused: boolean
  private ending: boolean
  private closed: boolean
  private closeTold: boolean
  private failure: AMQPConnectionError | undefined
  private endTimer: Timer | undefined

  constructor(description: string, options: MemoryPairOptions) {
    this.secure = false
    this.description = description
    this.onDrain = undefined
    this.clock = options.clock ?? realClock
    this.chunk = options.chunk
    this.highWaterBytes = options.highWaterBytes ?? Number.POSITIVE_INFINITY
    this.other = undefined
    this.bytesHandler = undefined
    this.closeHandler = undefined
    this.inbox = []
    this.inboxBytes = 0
    this.inboxEnded = false
    this.deliveryDue = false
    this.drainOwed = false
    this.paused = false
    this.ending = false
    this.closed = false
    this.closeTold = false
    this.failure = undefined
    this.endTimer = undefined
  }

  /** Joins the two ends. */
  static join(one: MemoryTransport, other: MemoryTransport): void {
    one.other = other
    other.other = one
  }

  get bufferedBytes(): number {
    return this.other?.inboxBytes ?? 0
  }

  get onBytes(): ((chunk: Uint8Array) => void) | undefined {
    return this.bytesHandler
  }

  set onBytes(handler: ((chunk: Uint8Array) => void) | undefined) {
    this.bytesHandler = handler
    this.scheduleDelivery()
  }

  get onClose(): ((error?: AMQPConnectionError) => void) | undefined {
    return this.closeHandler
  }

  set onClose(handler: ((error?: AMQPConnectionError) => void) | undefined) {
    this.closeHandler = handler
    if (this.closed) this.clock.defer(() => this.tellClose())
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const other = this.other
    if (other === undefined || this.ending || this.closed) return false
    for (const chunk of chunks) {
      other.inbox.push(chunk)
      other.inboxBytes += chunk.length
    }
    other.scheduleDelivery()
    if (other.inboxBytes < this.highWaterBytes) return true
    this.drainOwed = true
    return false
  }

  end(): void {
    if (this.ending || this.closed) return
    this.ending = true
    this.endTimer = this.clock.setTimer(END_TIMEOUT_MS, () => this.destroy())
    this.other?.onPeerEnd()
    this.scheduleDelivery()
  }

  destroy(): void {
    if (this.closed) return
    this.ending = true
    this.other?.onPeerEnd()
    this.close(undefined)
  }

  /** Loses the connection as a broken network does: for both ends, with everything that was on its way. */
  drop(): void {
    for (const end of [this, this.other]) {
      end?.close(
        new AMQPConnectionError(`lost the connection to ${end.description}: it was dropped`, {
          phase: 'established',
          retryable: true,
          context: { host: end.description },
        }),
      )
    }
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.scheduleDelivery()
  }

  private onPeerEnd(): void {
    this.inboxEnded = true
    this.scheduleDelivery()
  }

  private scheduleDelivery(): void {
    if (this.deliveryDue || this.closed) return
    this.deliveryDue = true
    this.clock.defer(() => {
      this.deliveryDue = false
      this.deliver()
    })
  }

  private deliver(): void {
    if (this.closed || !(this.ending || this.wantsBytes())) return
    if (this.inbox.length > 0) this.handOver()
    if (this.closed || this.inbox.length > 0) return
    const writer = this.other
    if (writer?.drainOwed) {
      writer.drainOwed = false
      writer.onDrain?.()
    }
    if (!this.inboxEnded || this.inbox.length > 0) return
    // The other end is through; so is this one, as half a connection is of no use.
    if (!this.ending) this.other?.onPeerEnd()
    this.close(undefined)
  }

  /** Hands over what is in the inbox, as long as it is wanted. */
  private handOver(): void {
    const whole = concatBytes(this.inbox)
    const pieces = (this.chunk?.(whole) ?? [whole]).filter((piece) => piece.length > 0)
    this.inbox = []
    this.inboxBytes = 0
    for (let i = 0; i < pieces.length; i++) {
      if (this.wantsBytes()) {
        this.bytesHandler?.(pieces[i] as Uint8Array)
        continue
      }
      // Nobody asks for what comes after the end.
      if (this.ending || this.closed) return
      const rest = pieces.slice(i)
      this.inbox = [...rest, ...this.inbox]
      for (const piece of rest) this.inboxBytes += piece.length
      return
    }
  }

  private wantsBytes(): boolean {
    return this.bytesHandler !== undefined && !this.paused && !this.closed
  }

  private close(failure: AMQPConnectionError | undefined): void {
    if (this.closed) return
    this.closed = true
    this.failure = failure
    this.endTimer?.cancel()
    this.inbox = []
    this.inboxBytes = 0
    this.clock.defer(() => this.tellClose())
  }

  private tellClose(): void {
    if (this.closeTold || this.closeHandler === undefined) return
    this.closeTold = true
    this.closeHandler(this.failure)
  }
}

/** The two ends of a connection in memory. */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryTransport, MemoryTransport] {
  const one = new MemoryTransport('memory:1', options)
  const other = new MemoryTransport('memory:2', options)
  MemoryTransport.join(one, other)
  return [one, other]
}
