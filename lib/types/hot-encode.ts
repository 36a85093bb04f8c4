// Straight-line encoders of transfer, flow and disposition [2.7.4–2.7.6], for the values that messages bring with them.
// A value that is not usual (a state with fields, a map of properties, a value of the wrong type) is left to the table
// of the same frame, so that bytes and errors are those of the tables. A field that does not fit makes the position NaN,
// and the one check after the last field notices it.

import {
  BINARY8,
  DESCRIBED,
  FALSE,
  LIST0,
  LIST8,
  NULL,
  SMALLUINT,
  SMALLULONG,
  TRUE,
  UBYTE,
  UINT,
  UINT0,
} from './codes.js'
import type { Input } from './composite.js'
import type { Writer } from './cursor.js'
import { ACCEPTED, accepted, RELEASED, released } from './delivery-states.js'
import type { Disposition, Flow, Transfer } from './transport.js'
import { disposition, flow, transfer } from './transport.js'

/** Longest delivery tag [2.8.7]. */
const MAX_TAG = 32
/** Most bytes that each frame takes here: every field at its widest, descriptor and list head included. */
const TRANSFER_ROOM = 40 + MAX_TAG
const FLOW_ROOM = 56
const DISPOSITION_ROOM = 24

export function encodeTransfer(w: Writer, t: Input<Transfer>): void {
  const tag = t.deliveryTag
  const outcome = plainOutcome(t.state)
  if (outcome < 0 || (tag !== undefined && !(tag instanceof Uint8Array && tag.length <= MAX_TAG))) {
    transfer.encode(w, t)
    return
  }
  w.ensure(TRANSFER_ROOM)
  const bytes = w.bytes
  const at = w.pos
  const count = transferCount(t)
  let pos = putUint(bytes, at + 6, t.handle)
  if (count > 1) pos = putUintOrNull(bytes, pos, t.deliveryId)
  if (count > 2) pos = putTagOrNull(bytes, pos, tag)
  if (count > 3) pos = putUintOrNull(bytes, pos, t.messageFormat)
  if (count > 4) pos = putFlagOrNull(bytes, pos, t.settled)
  if (count > 5) pos = putFlagOrNull(bytes, pos, t.more)
  if (count > 6) pos = putUbyteOrNull(bytes, pos, t.rcvSettleMode)
  if (count > 7) pos = putOutcomeOrNull(bytes, pos, outcome)
  if (count > 8) pos = putFlagOrNull(bytes, pos, t.resume)
  if (count > 9) pos = putFlagOrNull(bytes, pos, t.aborted)
  if (count > 10) pos = putFlagOrNull(bytes, pos, t.batchable)
  if (Number.isNaN(pos)) transfer.encode(w, t)
  else w.pos = finish(bytes, at, transfer.code, count, pos)
}

export function encodeFlow(w: Writer, f: Input<Flow>): void {
  if (f.properties !== undefined) {
    flow.encode(w, f)
    return
  }
  w.ensure(FLOW_ROOM)
  const bytes = w.bytes
  const at = w.pos
  const count = flowCount(f)
  let pos = putUintOrNull(bytes, at + 6, f.nextIncomingId)
  pos = putUint(bytes, pos, f.incomingWindow)
  pos = putUint(bytes, pos, f.nextOutgoingId)
  pos = putUint(bytes, pos, f.outgoingWindow)
  if (count > 4) pos = putUintOrNull(bytes, pos, f.handle)
  if (count > 5) pos = putUintOrNull(bytes, pos, f.deliveryCount)
  if (count > 6) pos = putUintOrNull(bytes, pos, f.linkCredit)
  if (count > 7) pos = putUintOrNull(bytes, pos, f.available)
  if (count > 8) pos = putFlagOrNull(bytes, pos, f.drain)
  if (count > 9) pos = putFlagOrNull(bytes, pos, f.echo)
  if (Number.isNaN(pos)) flow.encode(w, f)
  else w.pos = finish(bytes, at, flow.code, count, pos)
}

export function encodeDisposition(w: Writer, d: Input<Disposition>): void {
  const outcome = plainOutcome(d.state)
  if (outcome < 0 || typeof d.role !== 'boolean') {
    disposition.encode(w, d)
    return
  }
  w.ensure(DISPOSITION_ROOM)
  const bytes = w.bytes
  const at = w.pos
  const count = dispositionCount(d)
  let pos = putFlagOrNull(bytes, at + 6, d.role)
  pos = putUint(bytes, pos, d.first)
  if (count > 2) pos = putUintOrNull(bytes, pos, d.last)
  if (count > 3) pos = putFlagOrNull(bytes, pos, d.settled)
  if (count > 4) pos = putOutcomeOrNull(bytes, pos, outcome)
  if (count > 5) pos = putFlagOrNull(bytes, pos, d.batchable)
  if (Number.isNaN(pos)) disposition.encode(w, d)
  else w.pos = finish(bytes, at, disposition.code, count, pos)
}

/** Descriptor of an outcome without fields, 0 for no state, -1 for a state that needs the table. */
function plainOutcome(state: Input<Transfer>['state']): number {
  if (state === undefined) return 0
  if (state === ACCEPTED) return accepted.code
  if (state === RELEASED) return released.code
  return -1
}

function transferCount(t: Input<Transfer>): number {
  if (t.batchable !== undefined) return 11
  if (t.aborted !== undefined) return 10
  if (t.resume !== undefined) return 9
  if (t.state !== undefined) return 8
  if (t.rcvSettleMode !== undefined) return 7
  if (t.more !== undefined) return 6
  if (t.settled !== undefined) return 5
  if (t.messageFormat !== undefined) return 4
  if (t.deliveryTag !== undefined) return 3
  return t.deliveryId !== undefined ? 2 : 1
}

function flowCount(f: Input<Flow>): number {
  if (f.echo !== undefined) return 10
  if (f.drain !== undefined) return 9
  if (f.available !== undefined) return 8
  if (f.linkCredit !== undefined) return 7
  if (f.deliveryCount !== undefined) return 6
  return f.handle !== undefined ? 5 : 4
}

function dispositionCount(d: Input<Disposition>): number {
  if (d.batchable !== undefined) return 6
  if (d.state !== undefined) return 5
  if (d.settled !== undefined) return 4
  return d.last !== undefined ? 3 : 2
}

/** Writes the head in front of the fields and says where they end. */
function finish(bytes: Uint8Array, at: number, descriptor: number, count: number, pos: number): number {
  bytes[at] = DESCRIBED
  bytes[at + 1] = SMALLULONG
  bytes[at + 2] = descriptor
  bytes[at + 3] = LIST8
  bytes[at + 4] = pos - at - 5
  bytes[at + 5] = count
  return pos
}

// Each of these writes one field and says where it ends: NaN when the value is none of the field's type.

function putUint(bytes: Uint8Array, pos: number, value: number): number {
  if (typeof value !== 'number' || value >>> 0 !== value) return Number.NaN
  if (value === 0) {
    bytes[pos] = UINT0
    return pos + 1
  }
  if (value < 256) {
    bytes[pos] = SMALLUINT
    bytes[pos + 1] = value
    return pos + 2
  }
  bytes[pos] = UINT
  bytes[pos + 1] = value >>> 24
  bytes[pos + 2] = value >>> 16
  bytes[pos + 3] = value >>> 8
  bytes[pos + 4] = value
  return pos + 5
}

function putUintOrNull(bytes: Uint8Array, pos: number, value: number | undefined): number {
  return value === undefined ? putNull(bytes, pos) : putUint(bytes, pos, value)
}

function putUbyteOrNull(bytes: Uint8Array, pos: number, value: number | undefined): number {
  if (value === undefined) return putNull(bytes, pos)
  if (typeof value !== 'number' || (value & 0xff) !== value) return Number.NaN
  bytes[pos] = UBYTE
  bytes[pos + 1] = value
  return pos + 2
}

function putFlagOrNull(bytes: Uint8Array, pos: number, value: boolean | undefined): number {
  if (value !== undefined && typeof value !== 'boolean') return Number.NaN
  bytes[pos] = value === undefined ? NULL : value ? TRUE : FALSE
  return pos + 1
}

function putTagOrNull(bytes: Uint8Array, pos: number, tag: Uint8Array | undefined): number {
  if (tag === undefined) return putNull(bytes, pos)
  const length = tag.length
  bytes[pos] = BINARY8
  bytes[pos + 1] = length
  for (let i = 0; i < length; i++) bytes[pos + 2 + i] = tag[i] as number
  return pos + 2 + length
}

function putOutcomeOrNull(bytes: Uint8Array, pos: number, outcome: number): number {
  if (outcome === 0) return putNull(bytes, pos)
  bytes[pos] = DESCRIBED
  bytes[pos + 1] = SMALLULONG
  bytes[pos + 2] = outcome
  bytes[pos + 3] = LIST0
  return pos + 4
}

function putNull(bytes: Uint8Array, pos: number): number {
  bytes[pos] = NULL
  return pos + 1
}
