// Dispositions waiting to be written, gathered into ranges [2.7.6]: one frame for a run of ids with the same state.

import type { Disposition } from '../types/transport.js'
import type { DeliveryState } from '../types/messaging.js'
import { serialAdd, serialDiff } from '../util/serial.js'

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

  get empty(): boolean {
    return this.runs.length === 0
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

  clear(): void {
    this.runs = []
  }

  /** Hands over one disposition a run, in order of ids, neighbours joined. */
  flush(write: (d: Omit<Disposition, 'kind'>) => void): void {
    if (this.runs.length === 0) return
    const runs = this.runs.length > 1 ? joined(this.runs) : this.runs
    this.runs = []
    for (const { first, last, state, settled } of runs) {
      write({ role: this.role, first, last: last === first ? undefined : last, settled, state, batchable: undefined })
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
