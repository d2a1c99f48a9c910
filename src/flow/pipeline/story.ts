import { notFound } from '../../kernel/errors.ts'
import type { RecordedEvent } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { candidates } from '../candidate/projection.ts'
import { candidateCard } from '../candidate/views.ts'
import { deployments } from '../deployment/projection.ts'
import type { CandidateStory, StoryEvent } from './schemas.ts'
import { tables } from './tables.ts'
import { toInstant } from './stage-view.ts'
import { viewRun, type Viewing } from './views.ts'

export type Telling = Viewing & {
  readonly ledger: Pick<Ledger, 'db' | 'read'>
  /** What an event says, for people; undefined: not worth a line. */
  sentence(event: RecordedEvent): string | undefined
}

const eventsMax = 1000

/** Everything that happened to a candidate, in event time. @throws ThreewaysError `CANDIDATE_NOT_FOUND` */
export async function tellStory(telling: Telling, digest: string): Promise<CandidateStory> {
  const { ledger } = telling
  const row = await find(ledger, digest)
  const runs = await tables(ledger).selectFrom('run').select('id').where('candidate', '=', row.digest).orderBy('number').execute()
  const chains = await Promise.all(runs.map(({ id }) => ledger.read({ chainId: id, limit: eventsMax })))
  const events = chains.flat().flatMap((recorded) => storyEvent(telling, recorded))
  const running = await rowsOf(ledger.db, deployments).selectAll().where('candidate', '=', row.digest).orderBy('since').execute()
  return {
    card: candidateCard(row),
    stream: row.stream ?? '',
    artifact: row.artifact ?? '',
    environment: row.environment ?? '',
    runs: await Promise.all(runs.map(({ id }) => viewRun(telling, id))),
    events: events.toSorted((a, b) => a.time.localeCompare(b.time) || a.seq - b.seq),
    deployments: running.map(({ environment, service, since }) => ({ environment, service, since: toInstant(since) })),
  }
}

/** By its digest, or by as many of its first hex digits as tell it apart. */
async function find(ledger: Pick<Ledger, 'db'>, digest: string) {
  const prefix = `sha256:${digest.replace(/^sha256:/, '')}`
  const found = /^sha256:[0-9a-f]{6,64}$/.test(prefix)
    ? await rowsOf(ledger.db, candidates).selectAll().where('digest', 'like', `${prefix}%`).limit(2).execute()
    : []
  if (found.length === 1) return found[0]!
  const help = 'give its digest, or more of its first digits; `threeways status` shows them'
  throw notFound('CANDIDATE_NOT_FOUND', {
    message: found.length === 0 ? `there is no candidate "${digest}"` : `several candidates begin with "${digest}"`,
    help,
  })
}

function storyEvent({ sentence }: Telling, recorded: RecordedEvent): StoryEvent[] {
  const said = sentence(recorded)
  const { seq, recordedAt, event } = recorded
  return said === undefined
    ? []
    : [{ seq, type: event.type, time: toInstant(event.time ?? recordedAt), subject: event.subject ?? '', sentence: said }]
}
