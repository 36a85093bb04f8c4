// What all transports over a connection of the platform have in common: who takes the bytes, when to read,
// and the end, which is told once. A subclass reads only while `reading` says so.

import type { AMQPConnectionError } from '../errors.js'
import { realClock, type Timer } from '../util/clock.js'
import type { Transport } from './transport.js'
import { END_TIMEOUT_MS } from './transport.js'

/**
 * So many bytes may lie in the process before `write` tells the writer to wait, or more if the stream wants
 * more.
 */
export const WRITE_AHEAD_BYTES = 65536

export abstract class FlowTransport implements Transport {
  readonly secure: boolean
  readonly description: string
  readonly peerName: string | undefined
  onDrain: (() => void) | undefined
  protected bytesHandler: ((chunk: Uint8Array) => void) | undefined
  protected failure: AMQPConnectionError | undefined
  /** The end of the connection is wanted on this side. */
  protected ending: boolean
  private closeHandler: ((error?: AMQPConnectionError) => void) | undefined
  private paused: boolean
  private closed: boolean
  private closeTold: boolean
  private endTimer: Timer | undefined

  protected constructor(description: string, secure: boolean, peerName: string | undefined) {
    this.secure = secure
    this.description = description
    this.peerName = peerName
    this.onDrain = undefined
    this.bytesHandler = undefined
    this.failure = undefined
    this.ending = false
    this.closeHandler = undefined
    this.paused = false
    this.closed = false
    this.closeTold = false
    this.endTimer = undefined
  }

  abstract readonly bufferedBytes: number
  abstract write(chunks: readonly Uint8Array[]): boolean
  /** Says to the other end that no more will come. */
  protected abstract sayEnd(): void
  /** Breaks the connection. `onClosed` follows. */
  protected abstract breakOff(): void
  /** `reading` has changed. */
  protected abstract updateFlow(): void

  /** Reads while there is someone to take it; once ended, reads on to see the end of the other side. */
  protected get reading(): boolean {
    return !this.paused && (this.bytesHandler !== undefined || this.ending)
  }

  get onBytes(): ((chunk: Uint8Array) => void) | undefined {
    return this.bytesHandler
  }

  set onBytes(handler: ((chunk: Uint8Array) => void) | undefined) {
    this.bytesHandler = handler
    this.updateFlow()
  }

  get onClose(): ((error?: AMQPConnectionError) => void) | undefined {
    return this.closeHandler
  }

  set onClose(handler: ((error?: AMQPConnectionError) => void) | undefined) {
    this.closeHandler = handler
    if (this.closed) queueMicrotask(() => this.tellClose())
  }

  end(): void {
    if (this.ending) return
    this.ending = true
    this.sayEnd()
    this.breakOffSoon()
    this.updateFlow()
  }

  destroy(): void {
    this.ending = true
    this.breakOff()
  }

  pause(): void {
    this.paused = true
    this.updateFlow()
  }

  resume(): void {
    this.paused = false
    this.updateFlow()
  }

  protected breakOffSoon(): void {
    if (!this.closed) this.endTimer ??= realClock.setTimer(END_TIMEOUT_MS, () => this.breakOff())
  }

  protected onClosed(): void {
    this.endTimer?.cancel()
    this.closed = true
    this.tellClose()
  }

  /** Tells the end, if it was not told before. */
  protected tellClose(): void {
    if (this.closeTold || this.closeHandler === undefined) return
    this.closeTold = true
    this.closeHandler(this.failure)
  }
}
