// The life of a connection, session or link end [2.4.6, 2.5.5, 2.6.3].
// Two latches, each only ever moving IDLE → OPEN → CLOSED; `reconcile` sends whatever is now due.
// The first reason for an end wins: it is set once.

import type { AMQPError } from '../errors.js'
import type { AMQPErrorFields } from '../types/transport.js'

export const IDLE = 0
export const OPEN = 1
export const CLOSED = 2
export type Latch = typeof IDLE | typeof OPEN | typeof CLOSED

export abstract class Endpoint {
  local: Latch = IDLE
  remote: Latch = IDLE
  openSent = false
  closeSent = false
  /** True once nothing more will come of this endpoint. */
  ended = false
  /** Said to the peer with our close; its presence means that input is ignored until the peer's close. */
  closeError: AMQPErrorFields | undefined = undefined
  endReason: AMQPError | undefined = undefined

  /** May frames of this endpoint be written? Not before its parent is open, nor after it was closed. */
  protected abstract parentReady(): boolean
  protected abstract sendOpen(): void
  protected abstract sendClose(): void

  reconcile(): void {
    if (this.ended) return
    if (this.local !== IDLE && !this.openSent && this.parentReady()) {
      this.openSent = true
      this.sendOpen()
    }
    if (!this.ended && this.local === CLOSED && this.openSent && !this.closeSent && this.parentReady()) {
      this.closeSent = true
      this.sendClose()
    }
  }

  /** We closed with an error: whatever still comes is dropped, but for the peer's close. */
  get discarding(): boolean {
    return this.closeError !== undefined
  }
}

/** Names of the specification for a pair of latches, for traces and tests: `table[local][remote]`. */
export type StateTable = readonly (readonly [string, string, string])[]

export const SESSION_STATES: StateTable = [
  ['UNMAPPED', 'BEGIN_RCVD', 'UNMAPPED'],
  ['BEGIN_SENT', 'MAPPED', 'END_RCVD'],
  ['END_PIPED', 'END_SENT', 'UNMAPPED'],
]

export const LINK_STATES: StateTable = [
  ['DETACHED', 'ATTACH_RCVD', 'DETACHED'],
  ['ATTACH_SENT', 'ATTACHED', 'DETACH_RCVD'],
  ['DETACH_PIPED', 'DETACH_SENT', 'DETACHED'],
]

export const CONNECTION_STATES: StateTable = [
  ['HDR_EXCH', 'OPEN_RCVD', 'END'],
  ['OPEN_SENT', 'OPENED', 'CLOSE_RCVD'],
  ['CLOSE_PIPE', 'CLOSE_SENT', 'END'],
]
