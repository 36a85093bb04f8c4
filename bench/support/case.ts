// What a case of the table is: how one library is measured once, and the rows that come of it.

import type { Child } from './child.js'
import type { Numbers } from './serve.js'

export type Library = 'amqp1' | 'rhea'

/** What is wanted: a ratio to rhea, or a figure of its own. */
export interface Bound {
  readonly ratio?: number
  readonly value?: number
}

export interface Row {
  readonly title: string
  /** Which of the numbers of a measurement. */
  readonly key: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly floor?: Bound
  readonly target?: Bound
  /** A figure within one library: nobody is worse for it than the other. */
  readonly relative?: boolean
}

/** What a case may use to measure one library. */
export interface Bench {
  readonly library: Library
  readonly worker: Child
  readonly peer: Child
  /** Where the null peer listens. */
  readonly port: number
  /** Messages that make up one round: known from the warm-up where the case adapts, else as the case says. */
  readonly count: number
  /** How long one round is to take. */
  readonly seconds: number
  /** Starts another process of the same library. */
  readonly another: () => Promise<Child>
}

export interface BenchCase {
  readonly name: string
  readonly group: string
  readonly rows: readonly Row[]
  /** Messages of the first warm-up. With `adapts`, later rounds take as many as fit the time of a round. */
  readonly count: number
  readonly adapts?: boolean
  readonly atMost?: number
  /** Options for the node that runs the client. */
  readonly nodeOptions?: readonly string[]
  readonly measure: (bench: Bench) => Promise<Numbers>
}
