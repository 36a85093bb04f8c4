// Straight-line decoders of the three frames that come with every message: transfer, flow and disposition [2.7.4–2.7.6].
// They read the usual forms with local variables only. Whatever is not usual (a symbolic descriptor, a wide boolean, a
// wrong type, a damaged length) is handed to the table of the same frame from its first byte on, so that results and
// errors are those of the tables. An unexpected constructor moves the position beyond every end, and the one comparison
// after the last field notices it.

import {
  BINARY8,
  DESCRIBED,
  FALSE,
  LIST0,
  LIST8,
  LIST32,
  NULL,
  SMALLUINT,
  SMALLULONG,
  TRUE,
  UBYTE,
  UINT,
  UINT0,
} from './codes.js'
import type { Reader } from './cursor.js'
import { ACCEPTED, accepted, DELIVERY_STATE, RELEASED, released } from './delivery-states.js'
import type { FieldType } from './field-type.js'
import type { Fields } from './maps.js'
import { FIELDS } from './maps.js'
import type { Disposition, Flow, Transfer } from './transport.js'
import { disposition, flow, transfer } from './transport.js'

/** Where an unexpected constructor leads: beyond any input. */
const BEYOND = 0x40000000
const UINT_STEP = steps([NULL, 1], [UINT0, 1], [SMALLUINT, 2], [UINT, 5])
const MANDATORY_UINT_STEP = steps([UINT0, 1], [SMALLUINT, 2], [UINT, 5])
const FLAG_STEP = steps([NULL, 1], [TRUE, 1], [FALSE, 1])
const MANDATORY_FLAG_STEP = steps([TRUE, 1], [FALSE, 1])
const UBYTE_STEP = steps([NULL, 1], [UBYTE, 2])

export function decodeTransfer(r: Reader): Transfer {
  const bytes = r.bytes
  const at = r.pos
  const outerEnd = r.end
  if (!isList(bytes, at, transfer.code)) return transfer.decode(r)
  const end = listEnd(bytes, at + 3)
  const count = listCount(bytes, at + 3)
  if (end > outerEnd || count > 11 || count < 1) return transfer.decode(r)
  let pos = listBody(bytes, at + 3)

  const handle = uintAt(bytes, pos)
  pos += step(MANDATORY_UINT_STEP, bytes, pos)
  const deliveryId = count > 1 ? uintAt(bytes, pos) : undefined
  if (count > 1) pos += step(UINT_STEP, bytes, pos)
  const deliveryTag = count > 2 ? binaryAt(bytes, pos) : undefined
  if (count > 2) pos += binaryStep(bytes, pos)
  const messageFormat = count > 3 ? uintAt(bytes, pos) : undefined
  if (count > 3) pos += step(UINT_STEP, bytes, pos)
  const settled = count > 4 ? flagAt(bytes, pos) : undefined
  if (count > 4) pos += step(FLAG_STEP, bytes, pos)
  const more = count > 5 ? flagAt(bytes, pos) : undefined
  if (count > 5) pos += step(FLAG_STEP, bytes, pos)
  const rcvSettleMode = count > 6 ? ubyteAt(bytes, pos) : undefined
  if (count > 6) pos += step(UBYTE_STEP, bytes, pos)
  const state = count > 7 ? readState(r, pos, end) : undefined
  if (count > 7) pos = r.pos
  const resume = count > 8 ? flagAt(bytes, pos) : undefined
  if (count > 8) pos += step(FLAG_STEP, bytes, pos)
  const aborted = count > 9 ? flagAt(bytes, pos) : undefined
  if (count > 9) pos += step(FLAG_STEP, bytes, pos)
  const batchable = count > 10 ? flagAt(bytes, pos) : undefined
  if (count > 10) pos += step(FLAG_STEP, bytes, pos)

  r.end = outerEnd
  r.pos = pos === end ? end : at
  if (pos !== end || handle === undefined) return transfer.decode(r)
  return {
    kind: 'transfer',
    handle,
    deliveryId,
    deliveryTag,
    messageFormat,
    settled,
    more,
    rcvSettleMode,
    state,
    resume,
    aborted,
    batchable,
  }
}

export function decodeFlow(r: Reader): Flow {
  const bytes = r.bytes
  const at = r.pos
  const outerEnd = r.end
  if (!isList(bytes, at, flow.code)) return flow.decode(r)
  const end = listEnd(bytes, at + 3)
  const count = listCount(bytes, at + 3)
  if (end > outerEnd || count > 11 || count < 4) return flow.decode(r)
  let pos = listBody(bytes, at + 3)

  const nextIncomingId = uintAt(bytes, pos)
  pos += step(UINT_STEP, bytes, pos)
  const incomingWindow = uintAt(bytes, pos)
  pos += step(MANDATORY_UINT_STEP, bytes, pos)
  const nextOutgoingId = uintAt(bytes, pos)
  pos += step(MANDATORY_UINT_STEP, bytes, pos)
  const outgoingWindow = uintAt(bytes, pos)
  pos += step(MANDATORY_UINT_STEP, bytes, pos)
  const handle = count > 4 ? uintAt(bytes, pos) : undefined
  if (count > 4) pos += step(UINT_STEP, bytes, pos)
  const deliveryCount = count > 5 ? uintAt(bytes, pos) : undefined
  if (count > 5) pos += step(UINT_STEP, bytes, pos)
  const linkCredit = count > 6 ? uintAt(bytes, pos) : undefined
  if (count > 6) pos += step(UINT_STEP, bytes, pos)
  const available = count > 7 ? uintAt(bytes, pos) : undefined
  if (count > 7) pos += step(UINT_STEP, bytes, pos)
  const drain = count > 8 ? flagAt(bytes, pos) : undefined
  if (count > 8) pos += step(FLAG_STEP, bytes, pos)
  const echo = count > 9 ? flagAt(bytes, pos) : undefined
  if (count > 9) pos += step(FLAG_STEP, bytes, pos)
  const properties = count > 10 ? readProperties(r, pos, end) : undefined
  if (count > 10) pos = r.pos

  r.end = outerEnd
  r.pos = pos === end ? end : at
  if (pos !== end) return flow.decode(r)
  return {
    kind: 'flow',
    nextIncomingId,
    incomingWindow: incomingWindow as number,
    nextOutgoingId: nextOutgoingId as number,
    outgoingWindow: outgoingWindow as number,
    handle,
    deliveryCount,
    linkCredit,
    available,
    drain,
    echo,
    properties,
  }
}

export function decodeDisposition(r: Reader): Disposition {
  const bytes = r.bytes
  const at = r.pos
  const outerEnd = r.end
  if (!isList(bytes, at, disposition.code)) return disposition.decode(r)
  const end = listEnd(bytes, at + 3)
  const count = listCount(bytes, at + 3)
  if (end > outerEnd || count > 6 || count < 2) return disposition.decode(r)
  let pos = listBody(bytes, at + 3)

  const role = flagAt(bytes, pos)
  pos += step(MANDATORY_FLAG_STEP, bytes, pos)
  const first = uintAt(bytes, pos)
  pos += step(MANDATORY_UINT_STEP, bytes, pos)
  const last = count > 2 ? uintAt(bytes, pos) : undefined
  if (count > 2) pos += step(UINT_STEP, bytes, pos)
  const settled = count > 3 ? flagAt(bytes, pos) : undefined
  if (count > 3) pos += step(FLAG_STEP, bytes, pos)
  const state = count > 4 ? readState(r, pos, end) : undefined
  if (count > 4) pos = r.pos
  const batchable = count > 5 ? flagAt(bytes, pos) : undefined
  if (count > 5) pos += step(FLAG_STEP, bytes, pos)

  r.end = outerEnd
  r.pos = pos === end ? end : at
  if (pos !== end) return disposition.decode(r)
  return {
    kind: 'disposition',
    role: role as boolean,
    first: first as number,
    last,
    settled,
    state,
    batchable,
  }
}

function steps(...codes: readonly (readonly [code: number, step: number])[]): Int32Array {
  const table = new Int32Array(256).fill(BEYOND)
  for (const [code, step] of codes) table[code] = step
  return table
}

function step(table: Int32Array, bytes: Uint8Array, pos: number): number {
  return table[bytes[pos] as number] as number
}

/** True for the usual descriptor with a list behind it that is not empty. */
function isList(bytes: Uint8Array, at: number, descriptor: number): boolean {
  if (bytes[at] !== DESCRIBED || bytes[at + 1] !== SMALLULONG || bytes[at + 2] !== descriptor) return false
  return bytes[at + 3] === LIST8 || bytes[at + 3] === LIST32
}

function listEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === LIST32 ? at + 5 + u32At(bytes, at + 1) : at + 2 + u8At(bytes, at + 1)
}

function listCount(bytes: Uint8Array, at: number): number {
  return bytes[at] === LIST32 ? u32At(bytes, at + 5) : u8At(bytes, at + 2)
}

function listBody(bytes: Uint8Array, at: number): number {
  return bytes[at] === LIST32 ? at + 9 : at + 3
}

function u8At(bytes: Uint8Array, pos: number): number {
  return bytes[pos] as number
}

function u32At(bytes: Uint8Array, pos: number): number {
  return (
    (((bytes[pos] as number) << 24) |
      ((bytes[pos + 1] as number) << 16) |
      ((bytes[pos + 2] as number) << 8) |
      (bytes[pos + 3] as number)) >>>
    0
  )
}

function uintAt(bytes: Uint8Array, pos: number): number | undefined {
  const code = bytes[pos]
  if (code === SMALLUINT) return bytes[pos + 1]
  if (code === UINT0) return 0
  return code === UINT ? u32At(bytes, pos + 1) : undefined
}

function ubyteAt(bytes: Uint8Array, pos: number): number | undefined {
  return bytes[pos] === UBYTE ? bytes[pos + 1] : undefined
}

function flagAt(bytes: Uint8Array, pos: number): boolean | undefined {
  const code = bytes[pos]
  return code === TRUE ? true : code === FALSE ? false : undefined
}

function binaryAt(bytes: Uint8Array, pos: number): Uint8Array | undefined {
  if (bytes[pos] !== BINARY8) return undefined
  return bytes.subarray(pos + 2, pos + 2 + u8At(bytes, pos + 1))
}

function binaryStep(bytes: Uint8Array, pos: number): number {
  const code = bytes[pos]
  return code === BINARY8 ? 2 + u8At(bytes, pos + 1) : code === NULL ? 1 : BEYOND
}

/** Reads a delivery state and leaves `r.pos` behind it. The bare accepted and released are known by their four bytes. */
function readState(r: Reader, pos: number, end: number): Transfer['state'] {
  const bytes = r.bytes
  if (bytes[pos] === NULL || !(pos < end)) {
    r.pos = pos + 1
    return undefined
  }
  if (bytes[pos] === DESCRIBED && bytes[pos + 1] === SMALLULONG && bytes[pos + 3] === LIST0) {
    r.pos = pos + 4
    if (bytes[pos + 2] === accepted.code) return ACCEPTED
    if (bytes[pos + 2] === released.code) return RELEASED
  }
  return readByTable(r, pos, end, DELIVERY_STATE, 'state')
}

function readProperties(r: Reader, pos: number, end: number): Fields | undefined {
  if (r.bytes[pos] === NULL || !(pos < end)) {
    r.pos = pos + 1
    return undefined
  }
  return readByTable(r, pos, end, FIELDS, 'flow.properties')
}

/** A field that takes more than a look. One that fails leaves the position where no frame ends: the table tells why. */
function readByTable<T>(
  r: Reader,
  pos: number,
  end: number,
  type: FieldType<T>,
  field: string,
): T | undefined {
  const { depth } = r
  r.pos = pos
  r.end = end
  try {
    return type.decode(r, field)
  } catch {
    r.depth = depth
    r.pos = BEYOND
    return undefined
  }
}
