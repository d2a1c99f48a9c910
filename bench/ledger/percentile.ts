/** Nearest rank; sorts a copy. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.ceil((rank / 100) * sorted.length) - 1)] ?? Number.NaN
}
