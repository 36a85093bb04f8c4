// Ways of cutting a stream of bytes into chunks: no receiver may care where the cuts are.

/** Cuts bytes into chunks; joined, the chunks are the bytes again. */
export type Cut = (bytes: Uint8Array) => Uint8Array[]

/** Numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

export const whole: Cut = (bytes) => (bytes.length === 0 ? [] : [bytes])

export const byteByByte: Cut = (bytes) => Array.from(bytes, (_byte, i) => bytes.subarray(i, i + 1))

/** Mostly chunks about as long as frame headers and small performatives, now and then long ones, up to `longest`. */
export function atRandom(seed: number, longest = 4_000): Cut {
  const random = seededRandom(seed)
  return (bytes) => {
    const chunks: Uint8Array[] = []
    for (let pos = 0; pos < bytes.length; ) {
      const size = 1 + Math.floor(random() * (random() < 0.8 ? 24 : longest))
      chunks.push(bytes.subarray(pos, pos + size))
      pos += size
    }
    return chunks
  }
}
