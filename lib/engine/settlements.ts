// Dispositions waiting to be written, gathered into ranges [2.7.6]: one frame for a run of ids with the same state.

import { AMQPError } from '../errors.js'
import { Writer } from '../types/cursor.js'
import { encodeDisposition } from '../types/hot.js'
import { inspectComposite } from '../types/inspect.js'
import { ACCEPTED, type DeliveryState, encodeDeliveryState, RELEASED } from '../types/messaging.js'
import type { Disposition } from '../types/transport.js'
import { serialAdd, serialDiff } from '../util/serial.js'
import type { Wire } from './wire.js'

/** Bytes of a disposition frame without its state, at most. */
const HEAD_BYTES = 40

interface Run {
  first: number
  last: number
  readonly state: DeliveryState | undefined
  readonly settled: boolean
}

export class Settlements {
  private runs: Run[] = []
  private readonly role: boolean

  /** `role` is ours: true when we received the deliveries. */
  constructor(role: boolean) {
    this.role = role
  }

  add(id: number, state: DeliveryState | undefined, settled: boolean): void {
    const run = this.runs[this.runs.length - 1]
    if (run !== undefined && run.state === state && run.settled === settled) {
      if (id === serialAdd(run.last, 1)) {
        run.last = id
        return
      }
    }
    this.runs.push({ first: id, last: id, state, settled })
  }

  /** Hands over one disposition a run, in order of ids, neighbours joined. */
  flush(write: (d: Omit<Disposition, 'kind'>) => void): void {
    if (this.runs.length === 0) return
    const runs = this.runs.length > 1 ? joined(this.runs) : this.runs
    this.runs = []
    for (const { first, last, state, settled } of runs) {
      write({
        role: this.role,
        first,
        last: last === first ? undefined : last,
        settled,
        state,
        batchable: undefined,
      })
    }
  }
}

function joined(runs: Run[]): Run[] {
  const base = (runs[0] as Run).first
  runs.sort((a, b) => serialDiff(a.first, base) - serialDiff(b.first, base))
  const out: Run[] = []
  for (const run of runs) {
    const last = out[out.length - 1]
    if (
      last !== undefined &&
      last.state === run.state &&
      last.settled === run.settled &&
      run.first === serialAdd(last.last, 1)
    ) {
      last.last = run.last
    } else {
      out.push(run)
    }
  }
  return out
}

/** Refuses a state that could not be written: one that cannot be encoded, or has no room in the peer's frames. */
export function checkState(state: DeliveryState | undefined, frameLimit: number): void {
  if (state === undefined || state === ACCEPTED || state === RELEASED) return
  const w = new Writer(256)
  encodeDeliveryState(w, state)
  if (w.pos + HEAD_BYTES <= frameLimit) return
  throw new AMQPError(`A state of ${w.pos} bytes has no room in the peer's frames of ${frameLimit}`, {
    code: 'AMQP_FRAME_SIZE_TOO_SMALL',
    condition: 'amqp:frame-size-too-small',
  })
}

/** Writes one disposition. A state that only repeats the peer's own, and has no room in its frames, is left out. */
export function writeDisposition(wire: Wire, channel: number, d: Omit<Disposition, 'kind'>): void {
  const { output } = wire
  const start = output.begin(0, channel)
  encodeDisposition(output.writer, d)
  if (output.writer.pos - start > wire.frameLimit) {
    output.rollback(start)
    return writeDisposition(wire, channel, { ...d, state: undefined })
  }
  output.end(start)
  wire.tracer?.frame?.('out', channel, () => inspectComposite({ ...d, kind: 'disposition' }))
  wire.changed()
}
