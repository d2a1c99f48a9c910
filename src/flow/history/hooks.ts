import { last, projection, type Row } from '../../ledger/projection.ts'
import { hookAdded, hookRemoved } from './events.ts'

/** Repositories whose hosts may tell of them by webhooks. */
export const hooks = projection({
  table: 'hook',
  key: ['hook'],
  columns: {
    kind: last.text,
    repository: last.text,
    stream: last.text,
    incidentLabel: last.text,
    incidentEnvironment: last.text,
    by: last.text,
    since: last.text,
    there: last.boolean,
  },
})
  .on(hookAdded, ({ subject, time, content }) => [{ ...content, hook: subject, since: time, there: true }])
  .on(hookRemoved, ({ subject, content: { by } }) => [{ hook: subject, by, there: false }])

export type Hook = Row<typeof hooks>
