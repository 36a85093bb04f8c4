// Any performative, told by its descriptor [2.7]: the entrance for frame bodies of type 0.

import { DecodeError, EncodeError } from '../errors.js'
import { DESCRIBED, SMALLULONG } from './codes.js'
import { CompositeSet } from './composite-set.js'
import type { Reader, Writer } from './cursor.js'
import {
  decodeDisposition,
  decodeFlow,
  decodeTransfer,
  encodeDisposition,
  encodeFlow,
  encodeTransfer,
} from './hot.js'
import type { Performative } from './transport.js'
import { attach, begin, close, detach, disposition, end, flow, open, transfer } from './transport.js'

const PERFORMATIVES = new CompositeSet<Performative>([
  open,
  begin,
  attach,
  flow,
  transfer,
  disposition,
  detach,
  end,
  close,
])

/**
 * Reads the performative at the start of a frame body; what follows it is payload.
 * @throws DecodeError `not-a-performative` when the body starts with anything else
 */
export function decodePerformative(r: Reader): Performative {
  const { bytes, pos } = r
  if (bytes[pos] === DESCRIBED && bytes[pos + 1] === SMALLULONG && pos + 2 < r.end) {
    switch (bytes[pos + 2]) {
      case transfer.code:
        return decodeTransfer(r)
      case disposition.code:
        return decodeDisposition(r)
      case flow.code:
        return decodeFlow(r)
    }
  }
  const codec = PERFORMATIVES.find(r)
  if (codec === undefined)
    throw new DecodeError('not-a-performative', pos, 'the body of a frame is no performative')
  return codec.decode(r)
}

/** Writes any performative. */
export function encodePerformative(w: Writer, performative: Performative): void {
  switch (performative.kind) {
    case 'transfer':
      return encodeTransfer(w, performative)
    case 'disposition':
      return encodeDisposition(w, performative)
    case 'flow':
      return encodeFlow(w, performative)
  }
  const codec = PERFORMATIVES.of(performative)
  if (codec === undefined) throw new EncodeError('kind', 'no performative')
  codec.encode(w, performative)
}
