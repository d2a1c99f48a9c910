import { Link } from 'wouter'
import type { RunSummary, StreamView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { Flap, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { hasEnded, signalOf } from '../piece/state.ts'
import { candidateStation, commitStation } from './layout.ts'
import { RunProgress } from './run-progress.tsx'
import { Station } from './station.tsx'

/** The newest commit that came in, and those that wait for a free place. */
export function CommitStation({ view }: { readonly view: StreamView }) {
  const latest = view.runs[0]
  const queued = view.runs.filter((run) => run.state === 'queued')
  return (
    <Station station={commitStation} name="commit" label="Commits" sign={latest?.branch}>
      {latest === undefined ? (
        <p className="soft">No commit yet</p>
      ) : (
        <div className="serving">
          <Link className="mono serving-commit" data-move href={`/runs/${latest.id}`}>
            {short(latest.commit)}
          </Link>
          <p className="serving-summary">{latest.summary}</p>
          <p className="soft">
            {latest.author}, <Age since={latest.committedAt} /> ago
          </p>
        </div>
      )}
      <Entries runs={queued} label="Waiting to be built" />
    </Station>
  )
}

/** What is being built, what could not be, and the newest that was. */
export function CandidateStation({ view }: { readonly view: StreamView }) {
  const making = view.runs.filter((run) => run.candidate === null && run.state !== 'queued' && !hasEnded(run.state))
  const newest = view.runs.find((run) => run.candidate !== null)
  const first = view.runs[0]
  const broken = first !== undefined && first.candidate === null && first.state === 'failed' ? [first] : []
  return (
    <Station station={candidateStation} name="candidate" label="Candidates">
      {newest?.candidate ? (
        <div className="serving">
          <Flap digest={newest.candidate} />
          <p className="soft">
            newest, from <span className="mono">{short(newest.commit)}</span>
          </p>
        </div>
      ) : (
        <p className="soft">None built yet</p>
      )}
      <Entries runs={[...making, ...broken]} label="Being built" />
    </Station>
  )
}

function Entries({ runs, label }: { readonly runs: readonly RunSummary[]; readonly label: string }) {
  if (runs.length === 0) return null
  return (
    <ul className="entries" aria-label={label}>
      {runs.map((run) => (
        <li key={run.id} className={`entry entry-${run.state}`}>
          <Link className="entry-head" data-move href={`/runs/${run.id}`}>
            <Mark state={run.state} />
            <span className="mono">{short(run.commit)}</span>
            <span className="entry-summary">{run.summary}</span>
          </Link>
          {!hasEnded(run.state) && <RunProgress run={run.id} stage={null} />}
          {run.message !== null && <p className={`entry-message signal-${signalOf(run.state)}`}>{run.message}</p>}
        </li>
      ))}
    </ul>
  )
}
