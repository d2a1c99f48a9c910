import { survival, survivalQuantile, type Quantile } from '../../kernel/statistics/survival.ts'

/** One that began and arrived, or was last seen on its way. Milliseconds. */
export type Led = { readonly begin: number; readonly end: number | undefined; readonly seen: number }

export type LeadQuantiles = readonly [p50: Quantile, p85: Quantile, p95: Quantile]

/** What has not arrived counts with the time it has waited. A clock that says it arrived before it began says that it took no time. */
export function quantilesOfLeads(all: readonly Led[]): LeadQuantiles {
  const curve = survival(
    Float64Array.from(all, ({ begin, end, seen }) => Math.max(0, (end ?? seen) - begin)),
    Uint8Array.from(all, ({ end }) => (end === undefined ? 0 : 1)),
  )
  return [survivalQuantile(curve, 0.5), survivalQuantile(curve, 0.85), survivalQuantile(curve, 0.95)]
}
