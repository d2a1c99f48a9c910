import { last, projection, type Row } from '../../../ledger/projection.ts'
import { environmentDrifted, environmentHealed } from './events.ts'

/** What has drifted, and what had: one row per environment and thing. */
export const drifts = projection({
  table: 'drift',
  key: ['environment', 'kind', 'about'],
  columns: {
    open: last.boolean,
    since: last.text,
    expected: last.text,
    observed: last.text,
    response: last.text,
    reason: last.text,
    healedAt: last.text,
  },
})
  .on(environmentDrifted, ({ subject, time, content: { kind, about, expected, observed, response, reason } }) => [
    { environment: subject, kind, about, open: true, since: time, expected, observed, response, reason },
  ])
  .on(environmentHealed, ({ subject, time, content: { kind, about } }) => [
    { environment: subject, kind, about, open: false, healedAt: time },
  ])

export type DriftRow = Row<typeof drifts>
