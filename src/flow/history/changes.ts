import type { Fact } from '../../ledger/event.ts'
import { first, last, max, min, projection, type Row } from '../../ledger/projection.ts'
import { changeMerged } from '../candidate/events.ts'
import { changeAbandoned, changeCreated, changeReviewed, changeUpdated } from './events.ts'

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

/** Pull and merge requests, in whatever order they are told: what is proposed, looked at, merged or given up. */
export const changeHistory = projection({
  table: 'change_history',
  key: ['repository', 'change'],
  columns: {
    created: min.text,
    firstReview: min.text,
    approved: min.text,
    merged: min.text,
    abandoned: max.text,
    // By what was told last: what was given up may be proposed anew.
    state: last.text,
    title: last.text,
    base: last.text,
    head: last.text,
    merge: first.text,
    draft: last.boolean,
    source: min.text,
  },
})
  .on(changeCreated, (fact) => changeOf(fact, { created: fact.time, state: 'open' }))
  .on(changeUpdated, (fact) => changeOf(fact, { state: 'open' }))
  .on(changeReviewed, (fact) =>
    changeOf(fact, { firstReview: fact.time, ...(fact.custom['approved'] === true ? { approved: fact.time } : {}) }),
  )
  .on(changeMerged, (fact) => changeOf(fact as Fact<unknown> as Fact<Words>, { merged: fact.time, state: 'merged' }))
  .on(changeAbandoned, (fact) => changeOf(fact, { abandoned: fact.time, state: 'abandoned' }))

type Words = Readonly<Record<string, unknown>>

/** Our own events of a commit on the trunk speak of no request, and say nothing here. */
function changeOf({ custom, source }: Pick<Fact<unknown>, 'custom' | 'source'>, times: Readonly<Record<string, string>>) {
  const [repository, number] = [text(custom['repository']), custom['number']]
  if (repository === null || typeof number !== 'number') return []
  const known: Record<string, string | boolean> = {}
  for (const name of ['title', 'base', 'head', 'merge'] as const) {
    const value = text(custom[name])
    if (value !== null) known[name] = value
  }
  if (typeof custom['draft'] === 'boolean') known['draft'] = custom['draft']
  return [{ repository, change: String(number), source, ...times, ...known }]
}

export type PastChange = Row<typeof changeHistory>
