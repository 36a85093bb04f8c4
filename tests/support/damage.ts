// Damage to bytes of a talk, for fuzzers.

import fc from 'fast-check'

export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 })

/** A change to bytes, wherever it falls. */
export const damage = fc.oneof(
  fc.record({ how: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
  fc.record({ how: fc.constant('set' as const), at: fc.nat(), value: fc.nat({ max: 255 }) }),
  fc.record({ how: fc.constant('cut' as const), at: fc.nat(), length: fc.nat({ max: 40 }) }),
  fc.record({ how: fc.constant('insert' as const), at: fc.nat(), bytes }),
)

export type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

export function damaged(input: Uint8Array, list: readonly Damage[]): Uint8Array {
  let out = Uint8Array.from(input)
  for (const one of list) {
    const at = one.at % (out.length || 1)
    if (one.how === 'flip') out[at] = (out[at] ?? 0) ^ (1 << one.bit)
    else if (one.how === 'set') out[at] = one.value
    else if (one.how === 'cut')
      out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + one.length)])
    else out = Uint8Array.from([...out.subarray(0, at), ...one.bytes, ...out.subarray(at)])
  }
  return out
}
