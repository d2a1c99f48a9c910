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
    // What was told last, after its time: what was given up may be proposed anew. `<time> <rank> <open, abandoned or merged>`.
    state: max.text,
    title: last.text,
    base: last.text,
    head: last.text,
    merge: first.text,
    draft: last.boolean,
    source: min.text,
  },
})
  .on(changeCreated, (fact) => changeOf(fact, { created: fact.time, ...stateOf(fact, 0, 'open') }))
  .on(changeUpdated, (fact) => changeOf(fact, stateOf(fact, 0, 'open')))
  .on(changeReviewed, (fact) =>
    changeOf(fact, { firstReview: fact.time, ...(fact.custom['approved'] === true ? { approved: fact.time } : {}) }),
  )
  .on(changeMerged, (fact) => changeOf(fact as Fact<unknown> as Fact<Words>, { merged: fact.time, ...stateOf(fact, 2, 'merged') }))
  .on(changeAbandoned, (fact) => changeOf(fact, { abandoned: fact.time, ...stateOf(fact, 1, 'abandoned') }))

/** Of what is told of one moment, what ends it is told last. */
const stateOf = ({ time }: Pick<Fact<unknown>, 'time'>, rank: number, word: string) => ({ state: `${time} ${rank} ${word}` })

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
