// Exchanges by SCRAM, word for word: those of the RFCs, and more of the kind.

import { readFileSync } from 'node:fs'
import type { ScramName } from '../../lib/sasl/scram-keys.js'

export interface ScramVector {
  readonly mechanism: ScramName
  readonly source: string
  readonly username: string
  readonly password: string
  readonly clientNonce: string
  readonly serverNoncePart: string
  readonly salt: string
  readonly iterations: number
  readonly clientFirst: string
  readonly serverFirst: string
  readonly clientFinal: string
  readonly serverFinal: string
  readonly saltedPasswordHex: string
}

const text = readFileSync('tests/vectors/security-vectors.json', 'utf8')

export const vectors: readonly ScramVector[] = (JSON.parse(text) as { scram: ScramVector[] }).scram

/** The example of RFC 5802. */
export const vector: ScramVector = vectors[0] as ScramVector
