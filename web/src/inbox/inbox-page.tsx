import { useState } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useToken } from '../api/session.ts'
import type { Estate, EstateWait } from '../api/types.ts'
import { DifferenceSummary } from '../difference/difference-summary.tsx'
import { isForPerson } from '../estate/rows.ts'
import { promote, promoteLabel, reject } from '../line/actions.tsx'
import { ActionButton } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { candidateHref, lineHref, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { canPromote } from '../piece/waiting.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import './inbox.css'

export type Asking = EstateWait & { readonly stream: string; readonly live: string | undefined }

/** Everything that waits for a person, the longest first. `live`: what production runs, to compare with. */
export function askingIn(streams: Estate['streams']): readonly Asking[] {
  return streams
    .flatMap(({ stream, waits, stages }) =>
      waits.filter(isForPerson).map((wait) => ({
        ...wait,
        stream,
        live: stages.find(({ name }) => name === wait.stage)?.running?.digest,
      })),
    )
    .toSorted((a, b) => a.since.localeCompare(b.since))
}

/** `/approvals`: what waits for a person, with what a yes would change. */
export function InboxPage() {
  const { data, problem } = useQuery<Estate>('/api/estate')
  const asking = askingIn(data?.streams ?? [])
  useTitle(asking.length === 0 ? 'Nothing waits for a person' : `${asking.length} ${asking.length === 1 ? 'waits' : 'wait'} for a person`)
  if (data === undefined)
    return problem === undefined ? <Loading what="what waits" rows={4} /> : <Failed what="approvals" problem={problem} />
  return (
    <div className="page">
      <header className="page-title">
        <div>
          <h1>Approvals</h1>
          <p className="soft">Everything that waits for a person, the longest first.</p>
        </div>
      </header>
      {asking.length === 0 ? (
        <div className="calm">
          <Mark state="verified" worded size={34} />
          <p>Nothing waits for a person.</p>
        </div>
      ) : (
        <ol className="inbox" aria-label="What waits for a person">
          {asking.map((each, index) => (
            <Item key={each.run + each.step} asking={each} summarised={index < summarised} />
          ))}
        </ol>
      )}
    </div>
  )
}

/** Comparing asks the repository: of more, a link leads to it. */
const summarised = 12

const marks = { attention: 'needs-attention', hold: 'held' } as const

function Item({ asking, summarised }: { readonly asking: Asking; readonly summarised: boolean }) {
  const { run, step, stage, stream, summary, author, commit, candidate, live, kind, why, since } = asking
  const acting = useToken() !== undefined
  const [open, setOpen] = useState(false)
  const state = kind === 'attention' || kind === 'hold' ? marks[kind] : 'waiting'
  const compares = candidate !== null && stage !== null && live !== undefined && live !== candidate && summarised
  return (
    <li className="ask">
      <Mark state={state} worded size={20} />
      <div className="ask-main">
        <h2>
          <Link data-move href={`/runs/${encodeURIComponent(run)}?step=${encodeURIComponent(step)}`}>
            {summary}
          </Link>
        </h2>
        <p className="soft">
          <Link href={lineHref(stream)}>{stream}</Link>
          {stage !== null && <> to {stage}</>} · <span className="mono">{short(commit)}</span> by {author}
        </p>
        <p className="ask-why">
          {why} <span className="soft">waits for {asking.for}</span>
        </p>
        {compares && <DifferenceSummary candidate={candidate} stage={stage} live={live} open={open} onOpen={() => setOpen(!open)} />}
      </div>
      <div className="ask-side">
        <p>
          <Age since={since} form="duration" />
        </p>
        {acting && stage !== null && canPromote(asking) && (
          <>
            <ActionButton
              className="strong"
              label={promoteLabel(stage, kind)}
              action={promote(run, stage, { commit, summary, author }, kind)}
            />
            {kind !== 'canary' && (
              <ActionButton className="small" label="Reject…" action={reject(run, stage, { commit, summary, author })} />
            )}
          </>
        )}
        {kind === 'attention' && (
          <Link className="button" href={`/runs/${encodeURIComponent(run)}?step=${encodeURIComponent(step)}`}>
            Decide…
          </Link>
        )}
        {candidate !== null && (
          <Link className="button small quiet" href={`${candidateHref(candidate)}?view=difference`}>
            What it changes
          </Link>
        )}
      </div>
    </li>
  )
}
