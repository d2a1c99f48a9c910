import { first, projection, type Row } from '../../ledger/projection.ts'
import { flagChanged } from './events.ts'

/** Every revision of every flag. The highest counts. */
export const flagRevisions = projection({
  table: 'flag_revision',
  key: ['flag', 'revision'],
  columns: {
    number: first.bigint,
    at: first.text,
    change: first.text,
    by: first.text,
    reason: first.text,
    origin: first.text,
    source: first.text,
    environment: first.text,
    definition: first.json,
    slots: first.json,
  },
}).on(flagChanged, ({ time, content: { flag, revision, ...content } }) => [
  {
    ...content,
    environment: content.environment ?? null,
    source: content.source ?? null,
    flag,
    revision: ordered(revision),
    number: revision,
    at: time,
  },
])

/** So that the order of texts is that of numbers. */
export const ordered = (revision: number): string => String(revision).padStart(9, '0')

export type FlagRevisionRow = Row<typeof flagRevisions>
