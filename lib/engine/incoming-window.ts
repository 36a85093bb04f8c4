// How many transfer frames we still take in a session [2.5.6]: next-incoming-id and incoming-window.
// The window is renewed by a flow once half of it is used; a transfer beyond it is the peer's violation.

import { serialAdd } from '../util/serial.js'

export class IncomingWindow {
  /** Undefined until the peer's begin has come [2.5.6]. */
  nextIncomingId: number | undefined = undefined
  remaining: number
  readonly size: number

  constructor(size: number) {
    this.size = size
    this.remaining = size
  }

  onBegin(nextOutgoingId: number): void {
    this.nextIncomingId = nextOutgoingId
  }

  /** Counts a transfer frame; false when it is beyond the window. */
  onTransfer(): boolean {
    if (this.remaining === 0) return false
    this.remaining--
    this.nextIncomingId = serialAdd(this.nextIncomingId ?? 0, 1)
    return true
  }

  onFlow(nextOutgoingId: number): void {
    this.nextIncomingId = nextOutgoingId
  }

  get needsFlow(): boolean {
    return this.remaining <= this.size >>> 1
  }

  /** Every flow frame renews the window, whatever it was sent for. */
  renew(): void {
    this.remaining = this.size
  }
}
