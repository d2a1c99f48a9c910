import { first, max, min, projection, type Row } from '../../ledger/projection.ts'
import { candidateBuilt, changeMerged } from './events.ts'

/** Every candidate there is. Building it again says the same, so whichever event comes first will do. */
export const candidates = projection({
  table: 'candidate',
  key: ['digest'],
  columns: {
    stream: first.text,
    commit: first.text,
    branch: first.text,
    author: first.text,
    summary: first.text,
    committedAt: first.text,
    artifact: first.text,
    environment: first.text,
    files: first.bigint,
    bytes: first.bigint,
    // Verified once is verified: of the two words it is the greater.
    reproducible: max.text,
    tools: first.json,
    lockFiles: first.json,
    builtAt: min.text,
  },
  indexes: [['stream', 'builtAt'], ['commit'], ['artifact']],
}).on(candidateBuilt, ({ subject, time, content }) => [{ ...content, digest: subject, branch: content.branch ?? null, builtAt: time }])

/** Commits on the trunk of each value stream. */
export const changes = projection({
  table: 'change',
  key: ['stream', 'commit'],
  columns: { author: first.text, summary: first.text, committedAt: first.text, fixesStop: first.text, mergedAt: min.text },
  indexes: [['stream', 'committedAt']],
}).on(changeMerged, ({ time, custom }) => {
  // Other producers send this event without our fields; without a stream it belongs to none.
  const said = (name: string) => (typeof custom[name] === 'string' ? custom[name] : null)
  const [stream, commit] = [said('stream'), said('commit')]
  if (stream === null || commit === null) return []
  const { author, summary, committedAt, fixesStop } = {
    author: said('author'),
    summary: said('summary'),
    committedAt: said('committedAt'),
    fixesStop: said('fixesStop'),
  }
  return [{ stream, commit, author, summary, committedAt, fixesStop, mergedAt: time }]
})

export type CandidateRow = Row<typeof candidates>
export type ChangeRow = Row<typeof changes>
