// One line a frame, for people: direction, channel, the performative in the specification's words.
// `AMQP1_TRACE=frames` in the environment sends it to the standard error stream.

import { globals } from '../util/globals.js'
import type { TraceDirection, Tracer } from './tracer.js'

/** A tracer that hands every frame as one line, without line end, to `write`. */
export function frameLog(write: (line: string) => void): Tracer {
  return {
    frame(direction: TraceDirection, channel: number, text: () => string): void {
      write(`${direction === 'in' ? '<-' : '->'} ${channel} ${text()}`)
    },
    event(text: () => string): void {
      write(`-- ${text()}`)
    },
  }
}

/** The tracer that the environment asks for, if it does. */
export function environmentTracer(): Tracer | undefined {
  const { process } = globals
  const wanted = process?.env?.['AMQP1_TRACE'] ?? ''
  if (process === undefined || !wanted.split(',').includes('frames')) return undefined
  return frameLog((line) => process.stderr.write(`${line}\n`))
}
