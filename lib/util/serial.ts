// Serial number arithmetic (RFC 1982) on 32 bits, as the specification asks of transfer and delivery ids,
// delivery-counts and sequence numbers [2.8.10]. Every number in and out is an unsigned 32-bit integer,
// but for differences, which are signed.

/** a + n, wrapped to 32 bits. `n` may be negative. */
export function serialAdd(a: number, n: number): number {
  return (a + n) >>> 0
}

/** How far `a` is ahead of `b`: from -2^31 to 2^31 - 1. */
export function serialDiff(a: number, b: number): number {
  return (a - b) | 0
}

/**
 * True when `id` is met on the way from `first` up to `last`, both included, across the wrap where need be.
 */
export function serialInRange(id: number, first: number, last: number): boolean {
  return (id - first) >>> 0 <= (last - first) >>> 0
}
