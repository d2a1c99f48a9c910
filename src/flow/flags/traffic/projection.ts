import { max, min, projection, sum, type Row } from '../../../ledger/projection.ts'
import { exposuresRecorded } from './events.ts'

/** How often each variant of a flag was asked for and shown, by day (UTC). */
export const flagTraffic = projection({
  table: 'flag_traffic',
  key: ['environment', 'flag', 'variant', 'day'],
  columns: {
    /** How often it was asked for. */
    asked: sum.bigint,
    /** Units that were told of as shown it for the first time by an application: one that several saw counts several times. */
    shown: sum.bigint,
    revision: max.bigint,
    first: min.text,
    last: max.text,
  },
  indexes: [['flag']],
}).on(exposuresRecorded, ({ time, content: { environment, evaluations, exposures } }) => {
  const day = time.slice(0, 10)
  const rows = new Map<string, Traffic>()
  const add = (flag: string, variant: string, revision: number | undefined, asked: number, shown: number) => {
    const id = `${flag}\n${variant}`
    const row = rows.get(id) ?? { environment, flag, variant, day, asked: 0, shown: 0, revision: 0, first: time, last: time }
    rows.set(id, { ...row, asked: row.asked + asked, shown: row.shown + shown, revision: Math.max(row.revision, revision ?? 0) })
  }
  for (const { flag, variant, revision, count } of evaluations) add(flag, variant, revision, count, 0)
  for (const { flag, variant, revision } of exposures) add(flag, variant, revision, 0, 1)
  return [...rows.values()]
})

type Traffic = {
  readonly environment: string
  readonly flag: string
  readonly variant: string
  readonly day: string
  readonly asked: number
  readonly shown: number
  readonly revision: number
  readonly first: string
  readonly last: string
}

export type FlagTrafficRow = Row<typeof flagTraffic>
