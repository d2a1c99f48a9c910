import type { EventType, Fact } from '../../ledger/event.ts'
import { last, projection, type Row } from '../../ledger/projection.ts'
import { environmentCreated, environmentDeleted } from './events.ts'

type Content = typeof environmentCreated extends EventType<infer C> ? C : never

const text = (value: unknown) => (typeof value === 'string' ? value : null)
const change = ({ subject, time, custom }: Fact<Content>, state: 'there' | 'gone') => [
  {
    id: subject,
    state,
    since: time,
    stream: text(custom['stream']),
    provider: text(custom['provider']),
    settings: text(custom['settings']),
    by: text(custom['by']),
    ephemeral: custom['ephemeral'] === true,
  },
]

/** Environments there are and were. Whether their services are well is asked of the provider, never read from here. */
export const environments = projection({
  table: 'environment',
  key: ['id'],
  columns: {
    state: last.text,
    since: last.text,
    stream: last.text,
    provider: last.text,
    settings: last.text,
    by: last.text,
    ephemeral: last.boolean,
  },
  indexes: [['stream']],
})
  .on(environmentCreated, (fact) => change(fact, 'there'))
  .on(environmentDeleted, (fact) => change(fact, 'gone'))

export type EnvironmentRow = Row<typeof environments>
