// The malformed inputs among the vectors, by where they occur.

import { readFileSync } from 'node:fs'

export interface Malformed {
  readonly name: string
  readonly context: string
  readonly hex: string
  /** What is to be found wrong: the kind of DecodeError, and the condition that the peer is told. */
  readonly expect: { readonly kind: string; readonly condition: string | null }
}

export function malformed(context: 'frame' | 'performative' | 'protocol-header'): Malformed[] {
  const all = JSON.parse(readFileSync('tests/vectors/malformed.json', 'utf8')) as Malformed[]
  const found = all.filter((one) => one.context === context)
  if (found.length === 0) throw new Error(`no malformed ${context} among the vectors`)
  return found
}
