import type { Envelope } from '../../ledger/event.ts'
import { event } from '../../ledger/event.ts'
import type { Candidate } from './build.ts'
import { candidateBuilt, changeMerged } from './events.ts'
import type { Commit } from './repository.port.ts'

type Place = Omit<Envelope, 'subject'>

const change = (stream: string, commit: Commit) => ({
  stream,
  commit: commit.sha,
  author: commit.author.name,
  summary: commit.summary,
  committedAt: commit.committedAt,
})

/** What the ledger keeps of a candidate: everything but where it stands on this machine. Pure. */
export function candidateBuiltEvent(
  place: Place,
  facts: {
    readonly stream: string
    readonly branch?: string | undefined
    readonly commit: Commit
    readonly candidate: Candidate
    /** `verified` only after `requireReproducible` passed. */
    readonly reproducible: 'verified' | 'unchecked'
  },
) {
  const { stream, branch, commit, candidate, reproducible } = facts
  const { artifact, environment, files, bytes, tools, lockFiles } = candidate
  return event(
    candidateBuilt,
    { ...place, subject: candidate.digest },
    {
      ...change(stream, commit),
      ...(branch === undefined ? {} : { branch }),
      artifact,
      environment,
      files,
      bytes,
      reproducible,
      tools,
      lockFiles,
    },
  )
}

/** What the ledger keeps of a commit on the trunk. The author's address is not part of it. Pure. */
export function changeMergedEvent(place: Place, stream: string, commit: Commit) {
  const custom = { ...change(stream, commit), ...(commit.fixesStop === undefined ? {} : { fixesStop: commit.fixesStop }) }
  return event(changeMerged, { ...place, subject: commit.sha }, {}, custom)
}
