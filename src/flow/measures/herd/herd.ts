import type { Keys } from '../keys/keys.ts'

/** What teams said of themselves in one year's survey, grouped by how alike they answered. */
export type Herd = {
  readonly year: number
  readonly report: string
  /** Where the numbers were read. */
  readonly source: string
  /** The best first. */
  readonly clusters: readonly Cluster[]
}
export type Cluster = {
  readonly name: string
  /** At least so many deployments a week. */
  readonly perWeek: number
  /** At most so long, in milliseconds; infinite for the last. */
  readonly lead: number
  readonly recovery: number
  /** What those in it said, a share. */
  readonly failRate: number
}

const hour = 3_600_000
const day = 24 * hour
const week = 7 * day
const month = (365.25 / 12) * day
const monthly = week / month

/** Words of the reports as limits: "on demand" is more than once a day. */
export const herds: readonly Herd[] = [
  {
    year: 2024,
    report: 'DORA, Accelerate State of DevOps 2024',
    source: 'https://octopus.com/blog/2024-devops-performance-clusters',
    clusters: [
      { name: 'elite', perWeek: 7, lead: day, recovery: hour, failRate: 0.05 },
      { name: 'high', perWeek: 1, lead: week, recovery: day, failRate: 0.2 },
      { name: 'medium', perWeek: monthly, lead: month, recovery: day, failRate: 0.1 },
      { name: 'low', perWeek: 0, lead: Number.POSITIVE_INFINITY, recovery: Number.POSITIVE_INFINITY, failRate: 0.4 },
    ],
  },
  {
    year: 2023,
    report: 'DORA, Accelerate State of DevOps 2023',
    source: 'https://octopus.com/blog/software-delivery-performance-clusters-2023',
    clusters: [
      { name: 'elite', perWeek: 7, lead: day, recovery: hour, failRate: 0.05 },
      { name: 'high', perWeek: 1, lead: week, recovery: day, failRate: 0.1 },
      // Medium and low said the same of how often and how fast that year; they differ in what fails, and for how long.
      { name: 'medium', perWeek: 0, lead: Number.POSITIVE_INFINITY, recovery: week, failRate: 0.15 },
      { name: 'low', perWeek: 0, lead: Number.POSITIVE_INFINITY, recovery: Number.POSITIVE_INFINITY, failRate: 0.64 },
    ],
  },
]

/** Names of clusters, key by key. Undefined: nothing is known of it, or so many never came. */
export type Among = {
  readonly frequency: string | undefined
  readonly lead: string | undefined
  readonly failRate: string | undefined
  readonly recovery: string | undefined
}

/**
 * Whom each key is like. Key by key, for hardly anybody is of one cluster in all of them; the reports have none for rework. Times at p50,
 * the share of failures by the nearest.
 */
export function among({ frequency, lead, failRate, recovery }: Keys, { clusters }: Herd): Among {
  const within = (value: number | undefined, limit: (one: Cluster) => number) =>
    value === undefined ? undefined : clusters.find((one) => value < limit(one))?.name
  const nearest = (share: number) => clusters.toSorted((a, b) => Math.abs(a.failRate - share) - Math.abs(b.failRate - share))[0]!.name
  const often = frequency === undefined || frequency.deployments === 0 ? undefined : frequency.perWeek
  return {
    frequency: often === undefined ? undefined : clusters.find((one) => often > one.perWeek)?.name,
    lead: within(lead?.p50.value, (one) => one.lead),
    failRate: failRate === undefined ? undefined : nearest(failRate.share),
    recovery: within(recovery?.p50.value, (one) => one.recovery),
  }
}
