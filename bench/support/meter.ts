// What a stretch of work costs the process: time, CPU, and the memory taken meanwhile.

import { PerformanceObserver, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Cost {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Growth of heap and of array buffers: what was allocated, as long as no collection came in between. */
  readonly heapBytes: number
  readonly bufferBytes: number
}

export class Meter {
  private startMs = 0
  private startCpu = process.cpuUsage()
  private startMemory = process.memoryUsage()

  start(): void {
    this.startMemory = process.memoryUsage()
    this.startCpu = process.cpuUsage()
    this.startMs = performance.now()
  }

  stop(): Cost {
    const seconds = (performance.now() - this.startMs) / 1000
    const { user, system } = process.cpuUsage(this.startCpu)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return {
      seconds,
      cpuSeconds: (user + system) / 1e6,
      heapBytes: heapUsed - this.startMemory.heapUsed,
      bufferBytes: arrayBuffers - this.startMemory.arrayBuffers,
    }
  }
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Bytes in use after everything unreachable was collected, once that is a steady number. */
export async function retainedBytes(): Promise<number> {
  let last = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 20; attempt++) {
    await sleep(50)
    collect()
    const now = usedBytes()
    if (Math.abs(now - last) < 20_000) return now
    last = now
  }
  return last
}

export function collect(): void {
  if (gc === undefined) throw new Error('node runs without --expose-gc')
  gc()
  gc()
}

/** Counts garbage collections from its making on. */
export class Collections {
  private count = 0
  private readonly observer = new PerformanceObserver((list) => {
    this.count += list.getEntries().length
  })

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] })
  }

  async stop(): Promise<number> {
    await sleep(5)
    this.observer.disconnect()
    return this.count
  }
}
