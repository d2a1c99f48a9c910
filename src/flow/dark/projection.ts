import { projection, sum } from '../../ledger/projection.ts'
import { exposuresRecorded } from '../flags/traffic/events.ts'
import { shadowRecorded } from './shadow/events.ts'

/** `2026-11-26T19`: how long things took is kept by hour. */
export const hourOf = (time: string): string => time.slice(0, 13)
/** `2026-11-26T19:04`: rehearsals are counted by minute, so that those before a deployment can be left out. */
export const minuteOf = (time: string): string => time.slice(0, 16)

/**
 * What is rehearsed. Of kind `flag` a feature in applications: the environment is one of flags. Of kind `shadow` a candidate that gets
 * copies of requests: the environment is the one it runs in, as `stream/environment`, and `of` its digest.
 */
export type Rehearsing = { readonly kind: 'flag' | 'shadow'; readonly environment: string; readonly of: string }

/** What rehearsals came to, by minute. */
export const rehearsals = projection({
  table: 'rehearsal',
  key: ['kind', 'environment', 'of', 'minute'],
  columns: {
    compared: sum.bigint,
    different: sum.bigint,
    failed: sum.bigint,
    noiseCompared: sum.bigint,
    noiseDifferent: sum.bigint,
    timeouts: sum.bigint,
    dropped: sum.bigint,
    oversized: sum.bigint,
  },
})
  .on(exposuresRecorded, ({ time, content }) => {
    const rows = content.rehearsals.map((told) => ({ ...ofFlag(content, told), minute: minuteOf(time), ...countsOf(told), oversized: 0 }))
    return together(rows, (row) => row.of)
  })
  .on(shadowRecorded, ({ time, subject, content }) => [
    { ...ofShadow(subject, content), minute: minuteOf(time), ...countsOf(content.rehearsal), oversized: content.oversized },
  ])

/** How long control and candidate took: how often in which bucket (`sdk/src/dark/sketch.ts`). */
export const rehearsalTimes = projection({
  table: 'rehearsal_time',
  key: ['kind', 'environment', 'of', 'hour', 'who', 'bucket'],
  columns: { count: sum.bigint },
})
  .on(exposuresRecorded, ({ time, content }) =>
    together(
      content.rehearsals.flatMap((told) => timesOf(told).map((times) => ({ ...ofFlag(content, told), hour: hourOf(time), ...times }))),
      ({ of, who, bucket }) => `${of}\n${who}\n${bucket}`,
    ),
  )
  .on(shadowRecorded, ({ time, subject, content }) =>
    timesOf(content.rehearsal).map((times) => ({ ...ofShadow(subject, content), hour: hourOf(time), ...times })),
  )

/** In what candidates differed. */
export const rehearsalDifferences = projection({
  table: 'rehearsal_difference',
  key: ['kind', 'environment', 'of', 'hour', 'difference'],
  columns: { candidate: sum.bigint, noise: sum.bigint },
})
  .on(exposuresRecorded, ({ time, content }) =>
    together(
      content.rehearsals.flatMap((told) => told.differences.map((one) => ({ ...ofFlag(content, told), hour: hourOf(time), ...one }))),
      ({ of, difference }) => `${of}\n${difference}`,
    ),
  )
  .on(shadowRecorded, ({ time, subject, content }) =>
    content.rehearsal.differences.map((one) => ({ ...ofShadow(subject, content), hour: hourOf(time), ...one })),
  )

const ofFlag = ({ environment }: { readonly environment: string }, { flag }: { readonly flag: string }) =>
  ({ kind: 'flag', environment, of: flag }) as const
const ofShadow = (environment: string, { candidate }: { readonly candidate: string }) =>
  ({ kind: 'shadow', environment, of: candidate }) as const

type Counts = { readonly compared: number; readonly different: number; readonly failed: number }
type Told = {
  readonly candidate: Counts
  readonly noise: Counts
  readonly timeouts: number
  readonly dropped: number
  readonly latency: { readonly control: Buckets; readonly candidate: Buckets }
}
type Buckets = readonly (readonly number[])[]

const countsOf = ({ candidate, noise, timeouts, dropped }: Told) => ({
  compared: candidate.compared,
  different: candidate.different,
  failed: candidate.failed,
  noiseCompared: noise.compared,
  noiseDifferent: noise.different,
  timeouts,
  dropped,
})

const timesOf = ({ latency }: Pick<Told, 'latency'>) =>
  (['control', 'candidate'] as const).flatMap((who) =>
    latency[who].map(([bucket, count]) => ({ who, bucket: String(bucket).padStart(4, '0'), count: count ?? 0 })),
  )

/** A flag may have two revisions in one report: what is of one row is added up. */
function together<T extends Readonly<Record<string, string | number>>>(rows: readonly T[], key: (row: T) => string): readonly T[] {
  const found = new Map<string, T>()
  for (const row of rows) {
    const before = found.get(key(row))
    found.set(key(row), before === undefined ? row : added(before, row))
  }
  return [...found.values()]
}

const added = <T extends Readonly<Record<string, string | number>>>(one: T, other: T): T =>
  Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name, typeof value === 'number' ? value + Number(other[name]) : value]),
  ) as T
