import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Sketch } from '../../../sdk/src/dark/sketch.ts'
import { hourOf, minuteOf, rehearsalDifferences, rehearsals, rehearsalTimes, type Rehearsing } from './projection.ts'
import type { Rehearsed } from './readiness.ts'

type Place = Pick<LedgerTransaction, 'db'>

/**
 * What rehearsals came to.
 * @param since - an instant: what was told in the minutes before it does not count, for it was of something else
 */
export async function rehearsed(place: Place, { kind, environment, of }: Rehearsing, since: string): Promise<Rehearsed> {
  const rows = await rowsOf(place.db, rehearsals)
    .selectAll()
    .where('kind', '=', kind)
    .where('environment', '=', environment)
    .where('of', '=', of)
    .where('minute', '>=', minuteOf(since))
    .execute()
  const times = await rowsOf(place.db, rehearsalTimes)
    .select(['who', 'bucket', 'count'])
    .where('kind', '=', kind)
    .where('environment', '=', environment)
    .where('of', '=', of)
    .where('hour', '>=', hourOf(since))
    .execute()
  const sum = (name: keyof (typeof rows)[number]) => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0)
  return {
    compared: sum('compared'),
    different: sum('different'),
    failed: sum('failed'),
    noiseCompared: sum('noiseCompared'),
    noiseDifferent: sum('noiseDifferent'),
    timeouts: sum('timeouts'),
    dropped: sum('dropped'),
    oversized: sum('oversized'),
    control: sketchOf(times.filter(({ who }) => who === 'control')),
    candidate: sketchOf(times.filter(({ who }) => who === 'candidate')),
  }
}

function sketchOf(rows: readonly { readonly bucket: string; readonly count: number | null }[]): Sketch {
  const counts = new Map<number, number>()
  for (const { bucket, count } of rows) counts.set(Number(bucket), (counts.get(Number(bucket)) ?? 0) + (count ?? 0))
  return [...counts].toSorted(([a], [b]) => a - b)
}

/** In what candidates differed, the commonest first. */
export async function differencesOf(place: Place, { kind, environment, of }: Rehearsing, since: string) {
  const from = hourOf(since)
  const rows = await rowsOf(place.db, rehearsalDifferences)
    .select(['difference', 'candidate', 'noise'])
    .where('kind', '=', kind)
    .where('environment', '=', environment)
    .where('of', '=', of)
    .where('hour', '>=', from)
    .execute()
  const found = new Map<string, { difference: string; candidate: number; noise: number }>()
  for (const { difference, candidate, noise } of rows) {
    const before = found.get(difference) ?? { difference, candidate: 0, noise: 0 }
    found.set(difference, { difference, candidate: before.candidate + (candidate ?? 0), noise: before.noise + (noise ?? 0) })
  }
  return [...found.values()].toSorted((a, b) => b.candidate - a.candidate).slice(0, 50)
}
