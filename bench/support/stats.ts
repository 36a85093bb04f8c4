// The few statistics that the table needs.

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

/** Of values in ascending order; between two of them, the point on the line that joins them. */
export function quantile(ascending: readonly number[], q: number): number {
  if (ascending.length === 0) return Number.NaN
  const at = q * (ascending.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, ascending.length - 1)
  const from = ascending[low] as number
  return from + ((ascending[high] as number) - from) * (at - low)
}
