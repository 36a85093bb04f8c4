// A tracer that throws must not bring down what it watches: it is switched off.

import type { TraceDirection, Tracer } from './tracer.js'

/** The tracer, heard until it throws for the first time. */
export function guarded(tracer: Tracer | undefined): Tracer | undefined {
  if (tracer === undefined) return undefined
  let on = true
  const quietly = (fn: () => void): void => {
    if (!on) return
    try {
      fn()
    } catch {
      on = false
    }
  }
  return {
    frame(direction: TraceDirection, channel: number, text: () => string): void {
      quietly(() => tracer.frame?.(direction, channel, text))
    },
    event(text: () => string): void {
      quietly(() => tracer.event?.(text))
    },
  }
}
