import { first, last, min, projection, sum, type Row } from '../../ledger/projection.ts'
import { flagChanged } from '../../flow/flags/events.ts'
import { exposuresRecorded } from '../../flow/flags/traffic/events.ts'
import { experimentDecided, experimentLooked, experimentPlanned, experimentStarted } from './events.ts'

/** Every experiment, as it stands. */
export const experiments = projection({
  table: 'experiment',
  key: ['experiment'],
  columns: {
    planned: last.json,
    plannedAt: last.text,
    started: min.text,
    startedBy: first.text,
    looked: last.json,
    lookedAt: last.text,
    decided: first.json,
    decidedAt: min.text,
  },
})
  .on(experimentPlanned, ({ time, content }) => [{ experiment: content.experiment, planned: content, plannedAt: time }])
  .on(experimentStarted, ({ time, content }) => [{ experiment: content.experiment, started: time, startedBy: content.by }])
  .on(experimentLooked, ({ time, content }) => [{ experiment: content.experiment, looked: content, lookedAt: time }])
  .on(experimentDecided, ({ time, content }) => [{ experiment: content.experiment, decided: content, decidedAt: time }])

export type ExperimentRow = Row<typeof experiments>

/** Every look at every experiment. */
export const experimentLooks = projection({
  table: 'experiment_look',
  key: ['experiment', 'look'],
  columns: { at: first.text, phase: first.bigint, units: first.bigint, told: first.json },
}).on(experimentLooked, ({ time, id, content }) => [
  { experiment: content.experiment, look: `${time} ${id}`, at: time, phase: content.phase, units: content.units, told: content.told },
])

/** How the arms of flags were weighed, from revision to revision. */
export const assignedFlags = projection({
  table: 'assigned_flag',
  key: ['flag', 'revision'],
  columns: { at: first.text, definition: first.json },
}).on(flagChanged, ({ time, content: { flag, revision, definition } }) => [
  { flag, revision: String(revision).padStart(9, '0'), at: time, definition },
])

/** Whom the distribution of a flag gave a variant, for the first and for the last time. Whom a rule gave one is in no experiment. */
export const exposedUnits = projection({
  table: 'exposed_unit',
  key: ['environment', 'flag', 'unit'],
  columns: { at: min.text, variant: first.text, latest: last.text },
}).on(exposuresRecorded, ({ content: { environment, exposures } }) => {
  const rows = new Map<
    string,
    {
      readonly environment: string
      readonly flag: string
      readonly unit: string
      at: string
      variant: string
      latest: string
      until: number
      from: number
    }
  >()
  for (const { flag, unit, variant, rule, at } of exposures) {
    if (rule !== undefined && rule !== 'ramp') continue
    const id = `${flag}\n${unit}`
    const row = rows.get(id)
    if (row === undefined)
      rows.set(id, { environment, flag, unit, at: new Date(at).toISOString(), variant, latest: variant, from: at, until: at })
    else {
      if (at < row.from) Object.assign(row, { from: at, at: new Date(at).toISOString(), variant })
      if (at >= row.until) Object.assign(row, { until: at, latest: variant })
    }
  }
  return [...rows.values()].map(({ from: _from, until: _until, ...row }) => row)
})

/**
 * Into which bucket the values of a unit fell, by day (UTC); of metrics alone of which applications tell it. A bucket ends at
 * 0.001 * 1.04^bucket.
 */
export const unitBuckets = projection({
  table: 'unit_bucket',
  key: ['environment', 'metric', 'unit', 'day', 'bucket'],
  columns: { count: sum.bigint },
}).on(exposuresRecorded, ({ time, content: { environment, metrics } }) => {
  const day = time.slice(0, 10)
  const rows = new Map<string, Bucketed>()
  for (const { metric, unit, buckets } of metrics) {
    for (const [bucket, count] of (buckets ?? []) as readonly (readonly [number, number])[]) {
      const row = { environment, metric, unit, day, bucket: String(bucket).padStart(4, '0') }
      const id = `${metric}\n${unit}\n${bucket}`
      rows.set(id, { ...row, count: (rows.get(id)?.count ?? 0) + count })
    }
  }
  return [...rows.values()]
})

type Bucketed = {
  readonly environment: string
  readonly metric: string
  readonly unit: string
  readonly day: string
  readonly bucket: string
  readonly count: number
}

/** What units did, by day (UTC). Sums in millionths, for they are added up in any order. */
export const unitMetrics = projection({
  table: 'unit_metric',
  key: ['environment', 'metric', 'unit', 'day'],
  columns: { count: sum.bigint, millionths: sum.bigint },
}).on(exposuresRecorded, ({ time, content: { environment, metrics } }) => {
  const day = time.slice(0, 10)
  const rows = new Map<
    string,
    {
      readonly environment: string
      readonly metric: string
      readonly unit: string
      readonly day: string
      count: number
      millionths: number
    }
  >()
  for (const { metric, unit, n, sum: value } of metrics) {
    const id = `${metric}\n${unit}`
    const row = rows.get(id) ?? { environment, metric, unit, day, count: 0, millionths: 0 }
    rows.set(id, { ...row, count: row.count + n, millionths: row.millionths + Math.round(value * 1e6) })
  }
  return [...rows.values()]
})
