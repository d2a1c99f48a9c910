import { last, projection, type Row } from '../../ledger/projection.ts'
import { streamOwned } from './events.ts'

/** Every time somebody said which team a stream belongs to. Of two that speak of the same moment one is taken, everywhere the same. */
export const streamOwners = projection({
  table: 'stream_owner',
  key: ['stream', 'at'],
  columns: { team: last.text, by: last.text, reason: last.text },
}).on(streamOwned, ({ time, content: { stream, team, by, reason } }) => [
  { stream, at: time, team: team ?? null, by, reason: reason ?? null },
])

export type StreamOwner = Row<typeof streamOwners>
