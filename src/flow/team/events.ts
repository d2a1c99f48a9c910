import { object, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'
import { teamLengthMax, teamPattern } from './name.ts'

/** Subject: the stream. Its time is since when it is so. */
export const streamOwned = ownEvent(
  'stream.owned',
  'Somebody said which team a value stream belongs to',
  object({
    stream: text('the value stream', { maxLength: 400 }),
    team: optional(text('the team; left out: none any more', { pattern: teamPattern, maxLength: teamLengthMax })),
    by: text('who said so'),
    reason: optional(text('why, or where it stands')),
  }),
)
