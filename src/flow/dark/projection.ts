import { projection, sum, type Row } from '../../ledger/projection.ts'
import { exposuresRecorded } from '../flags/traffic/events.ts'

/** `2026-11-26T19`: how long things took is kept by hour. */
export const hourOf = (time: string): string => time.slice(0, 13)
/** `2026-11-26T19:04`: rehearsals are counted by minute, so that those before a deployment can be left out. */
export const minuteOf = (time: string): string => time.slice(0, 16)

/** What rehearsals of a flag came to, by minute. */
export const rehearsals = projection({
  table: 'rehearsal',
  key: ['environment', 'flag', 'minute'],
  columns: {
    compared: sum.bigint,
    different: sum.bigint,
    failed: sum.bigint,
    noiseCompared: sum.bigint,
    noiseDifferent: sum.bigint,
    timeouts: sum.bigint,
    dropped: sum.bigint,
  },
}).on(exposuresRecorded, ({ time, content: { environment, rehearsals: told } }) =>
  together(
    told.map(({ flag, candidate, noise, timeouts, dropped }) => ({
      environment,
      flag,
      minute: minuteOf(time),
      compared: candidate.compared,
      different: candidate.different,
      failed: candidate.failed,
      noiseCompared: noise.compared,
      noiseDifferent: noise.different,
      timeouts,
      dropped,
    })),
    ({ flag }) => flag,
  ),
)

/** How long control and candidate took: how often in which bucket (`sdk/src/dark/sketch.ts`). */
export const rehearsalTimes = projection({
  table: 'rehearsal_time',
  key: ['environment', 'flag', 'hour', 'who', 'bucket'],
  columns: { count: sum.bigint },
}).on(exposuresRecorded, ({ time, content: { environment, rehearsals: told } }) =>
  together(
    told.flatMap(({ flag, latency }) =>
      (['control', 'candidate'] as const).flatMap((who) =>
        latency[who].map(([bucket, count]) => ({
          environment,
          flag,
          hour: hourOf(time),
          who,
          bucket: String(bucket).padStart(4, '0'),
          count: count ?? 0,
        })),
      ),
    ),
    ({ flag, who, bucket }) => `${flag}\n${who}\n${bucket}`,
  ),
)

/** In what candidates differed. */
export const rehearsalDifferences = projection({
  table: 'rehearsal_difference',
  key: ['environment', 'flag', 'hour', 'difference'],
  columns: { candidate: sum.bigint, noise: sum.bigint },
}).on(exposuresRecorded, ({ time, content: { environment, rehearsals: told } }) =>
  together(
    told.flatMap(({ flag, differences }) => differences.map((one) => ({ environment, flag, hour: hourOf(time), ...one }))),
    ({ flag, difference }) => `${flag}\n${difference}`,
  ),
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

export type RehearsalRow = Row<typeof rehearsals>
