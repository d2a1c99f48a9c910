import { digest, instant, integer, object, oneOf, optional, record, text } from '../../kernel/json-schema.ts'
import { ownEvent, standardEvent } from '../../ledger/event.ts'

// The author's name as the commit has it; the address is personal data and stays in the repository.
const change = {
  stream: text('the value stream'),
  commit: text('full name of the commit', { pattern: '^[0-9a-f]{40}([0-9a-f]{24})?$' }),
  author: text('name of the author, as the commit has it'),
  summary: text('first line of the commit message'),
  committedAt: instant('when it was committed'),
}

/** Subject: the candidate's digest. */
export const candidateBuilt = ownEvent(
  'candidate.built',
  'A release candidate was made from a clean checkout of a commit: code, artifact and environment under one digest',
  object({
    ...change,
    branch: optional(text('the branch it was delivered from')),
    artifact: digest('of the packed files'),
    environment: digest('of the normalised definition, the lock files and the tools'),
    files: integer('files in the artifact'),
    bytes: integer('their size together'),
    reproducible: oneOf(['verified', 'unchecked'], 'verified: a second build in another folder gave the same bytes'),
    tools: record(text('exact version'), 'what built it'),
    lockFiles: record(digest('of the file'), 'path in the repository to its digest'),
  }),
)

const reference = object({ id: text('the repository'), source: optional(text('who keeps it')) })

/** Subject: the commit. */
export const changeMerged = standardEvent(
  'change.merged.0.3.0',
  'A change is on the trunk',
  object({ repository: optional(reference) }),
  object({ ...change, fixesStop: optional(text('ids of the stops it fixes, separated by blanks')) }),
)
