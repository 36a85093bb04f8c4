// Repeats an operation for a while and tells how often it ran in a second.

import { Meter } from '../support/meter.js'
import type { Job, Numbers } from '../support/serve.js'

/** Does its work `times` times, and answers something that depends on all of it, so that none can be left out. */
export type Operation = (times: number) => number

/** Makes an operation; what is prepared here is not timed. */
export type Operations = Readonly<Record<string, () => Operation>>

const WARM_UP_SECONDS = 0.15
const BATCH_SECONDS = 0.005

export function codecJob(operations: Operations): Job {
  const ready = new Map<string, { operation: Operation; batch: number }>()
  return async (params): Promise<Numbers> => {
    const name = String(params['operation'])
    const seconds = Number(params['seconds'])
    let entry = ready.get(name)
    if (entry === undefined) {
      const make = operations[name]
      if (make === undefined) throw new Error(`there is no operation named ${name}`)
      const operation = make()
      entry = { operation, batch: batchFor(operation) }
      ready.set(name, entry)
    }
    const { operation, batch } = entry
    const meter = new Meter()
    const until = performance.now() + seconds * 1000
    let times = 0
    meter.start()
    while (performance.now() < until) {
      if (operation(batch) === 0) throw new Error(`${name} did nothing`)
      times += batch
    }
    const cost = meter.stop()
    return { rate: times / cost.seconds, cpu: (cost.cpuSeconds / times) * 100_000 }
  }
}

/** How many operations take a few milliseconds, once the code is warm. */
function batchFor(operation: Operation): number {
  const until = performance.now() + WARM_UP_SECONDS * 1000
  let times = 1
  let batch = 1
  while (performance.now() < until) {
    const start = performance.now()
    operation(times)
    const seconds = (performance.now() - start) / 1000
    batch = Math.max(1, Math.round((times * BATCH_SECONDS) / Math.max(seconds, 1e-6)))
    times = Math.min(batch, times * 4)
  }
  return batch
}
