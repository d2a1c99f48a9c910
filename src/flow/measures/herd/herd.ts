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
  /** What those in it said, a share; a step of the answers from and to until 2022, when numbers could not be said. */
  readonly failRate: number | readonly [from: number, to: number]
}

const hour = 3_600_000
const day = 24 * hour
const week = 7 * day
const month = (365.25 / 12) * day
const monthly = week / month
const halfYearly = monthly / 6
const never = Number.POSITIVE_INFINITY

/** Steps that the surveys had for the share of failures until 2022. */
const upTo15 = [0, 0.15] as const
const upTo30 = [0.16, 0.3] as const
const upTo45 = [0.31, 0.45] as const
const upTo60 = [0.46, 0.6] as const

const octopus2022 = 'https://octopus.com/blog/new-devops-performance-clusters'
/** Forsgren, Humble and Kim: Accelerate (2018), chapter 2, tables 2.2 and 2.3. */
const accelerate = 'https://itrevolution.com/product/accelerate/'

/**
 * Words of the reports as limits: "on demand" is more than once a day. The newest first. Where clusters said the same of a key, the better
 * name stands for all of them. docs/keys.md says which years are not here, and why.
 */
export const herds: readonly Herd[] = [
  {
    year: 2024,
    report: 'DORA, Accelerate State of DevOps 2024',
    source: 'https://octopus.com/blog/2024-devops-performance-clusters',
    clusters: [
      { name: 'elite', perWeek: 7, lead: day, recovery: hour, failRate: 0.05 },
      { name: 'high', perWeek: 1, lead: week, recovery: day, failRate: 0.2 },
      { name: 'medium', perWeek: monthly, lead: month, recovery: day, failRate: 0.1 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: 0.4 },
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
      { name: 'medium', perWeek: 0, lead: never, recovery: week, failRate: 0.15 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: 0.64 },
    ],
  },
  {
    year: 2022,
    report: 'DORA, Accelerate State of DevOps 2022',
    source: octopus2022,
    // Nobody was far enough from the high ones to be called elite.
    clusters: [
      { name: 'high', perWeek: 7, lead: week, recovery: day, failRate: upTo15 },
      { name: 'medium', perWeek: monthly, lead: month, recovery: week, failRate: upTo30 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: upTo60 },
    ],
  },
  {
    year: 2021,
    report: 'DORA, Accelerate State of DevOps 2021',
    source: octopus2022,
    clusters: [
      { name: 'elite', perWeek: 7, lead: hour, recovery: hour, failRate: upTo15 },
      { name: 'high', perWeek: monthly, lead: week, recovery: day, failRate: upTo30 },
      { name: 'medium', perWeek: halfYearly, lead: 6 * month, recovery: week, failRate: upTo30 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: upTo30 },
    ],
  },
  {
    year: 2019,
    report: 'DORA, Accelerate State of DevOps 2019',
    source: 'https://www.slideshare.net/slideshow/webinar-secrets-of-topperforming-devops-teams-at-google-and-beyond/166510347',
    clusters: [
      { name: 'elite', perWeek: 7, lead: day, recovery: hour, failRate: upTo15 },
      { name: 'high', perWeek: 1, lead: week, recovery: day, failRate: upTo15 },
      { name: 'medium', perWeek: monthly, lead: month, recovery: day, failRate: upTo15 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: upTo60 },
    ],
  },
  {
    year: 2017,
    report: 'Puppet and DORA, State of DevOps Report 2017',
    source: accelerate,
    clusters: [
      { name: 'high', perWeek: 7, lead: hour, recovery: hour, failRate: upTo15 },
      // Medium and low said the same of how often and how fast, as in 2023.
      { name: 'medium', perWeek: 0, lead: never, recovery: day, failRate: upTo15 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: upTo45 },
    ],
  },
  {
    year: 2016,
    report: 'Puppet and DORA, State of DevOps Report 2016',
    source: accelerate,
    clusters: [
      { name: 'high', perWeek: 7, lead: hour, recovery: hour, failRate: upTo15 },
      // The low ones recovered as fast as these, and failed less often.
      { name: 'medium', perWeek: monthly, lead: month, recovery: never, failRate: upTo45 },
      { name: 'low', perWeek: 0, lead: never, recovery: never, failRate: upTo30 },
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
 * the share of failures by the nearest, of equally near ones the better.
 */
export function among({ frequency, lead, failRate, recovery }: Keys, { clusters }: Herd): Among {
  const within = (value: number | undefined, limit: (one: Cluster) => number) =>
    value === undefined ? undefined : clusters.find((one) => value < limit(one))?.name
  const nearest = (share: number) => clusters.toSorted((a, b) => away(share, a.failRate) - away(share, b.failRate))[0]!.name
  const often = frequency === undefined || frequency.deployments === 0 ? undefined : frequency.perWeek
  return {
    frequency: often === undefined ? undefined : clusters.find((one) => often > one.perWeek)?.name,
    lead: within(lead?.p50.value, (one) => one.lead),
    failRate: failRate === undefined ? undefined : nearest(failRate.share),
    recovery: within(recovery?.p50.value, (one) => one.recovery),
  }
}

function away(share: number, said: Cluster['failRate']): number {
  const [from, to] = typeof said === 'number' ? [said, said] : said
  return Math.max(from - share, share - to, 0)
}
