import { useState } from 'react'
import { Link } from 'wouter'
import { useEstate } from '../api/estate.ts'
import { useQuery } from '../api/query.ts'
import type { ApprovalView } from '../api/types.ts'
import { DifferenceSummary } from '../difference/difference-summary.tsx'
import { isForPerson } from '../estate/rows.ts'
import { Age } from '../piece/age.tsx'
import { candidateHref, lineHref, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { whyOf } from '../piece/waiting.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { MayAct } from './decisions.tsx'
import { InboxButtons } from './inbox-buttons.tsx'
import './inbox.css'

/** `/approvals`: what waits for a person, with what a yes would change; then what time will end and a person may. */
export function InboxPage() {
  const { data, problem } = useQuery<{ readonly approvals: readonly ApprovalView[] }>('/api/approvals')
  const [mine, others] = partition(data?.approvals ?? [], ({ waiting }) => isForPerson(waiting))
  useTitle(mine.length === 0 ? 'Nothing waits for a person' : `${mine.length} ${mine.length === 1 ? 'waits' : 'wait'} for a person`)
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
      {mine.length === 0 && (
        <div className="calm">
          <Mark state="verified" worded size={34} />
          <p>Nothing waits for a person.</p>
        </div>
      )}
      <Items label="What waits for a person" items={mine} />
      {others.length > 0 && <h2 className="inbox-title">Time will let these in</h2>}
      <Items label="What waits for its time" items={others} />
    </div>
  )
}

function partition<T>(list: readonly T[], holds: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(holds), list.filter((one) => !holds(one))]
}

/** Comparing asks the repository: of more, a link leads to it. */
const summarised = 12

function Items({ label, items }: { readonly label: string; readonly items: readonly ApprovalView[] }) {
  const { data } = useEstate()
  if (items.length === 0) return null
  const runningIn = ({ stream, stage }: ApprovalView) =>
    data?.find((row) => row.stream === stream)?.stages.find(({ name }) => name === stage)?.running?.digest
  return (
    <ol className="inbox" aria-label={label}>
      {items.map((item, index) => (
        <Item key={item.run + item.step} item={item} live={index < summarised ? runningIn(item) : undefined} />
      ))}
    </ol>
  )
}

const marks = { attention: 'needs-attention', hold: 'held', policy: 'needs-attention' } as const

/** @param live - what runs in the stage, to compare with */
function Item({ item, live }: { readonly item: ApprovalView; readonly live: string | undefined }) {
  const { run, step, stage, stream, summary, author, commit, candidate, waiting, also } = item
  const [open, setOpen] = useState(false)
  return (
    <li className="ask">
      <Mark state={(marks as Record<string, 'held' | 'needs-attention'>)[waiting.kind] ?? 'waiting'} worded size={20} />
      <div className="ask-main">
        <h2>
          <Link data-move href={`/runs/${encodeURIComponent(run)}?step=${encodeURIComponent(step)}`}>
            {summary}
          </Link>
        </h2>
        <p className="soft">
          <Link href={lineHref(stream)}>{stream}</Link> to {stage} · <span className="mono">{short(commit)}</span> by {author}
        </p>
        {[waiting, ...also].map((wait) => (
          <p key={wait.kind + wait.why} className="ask-why">
            {whyOf(wait)}
            {wait.until !== undefined && (
              <span className="soft">
                , until {timeOfDay(wait.until)} on {dayOf(wait.until)}
              </span>
            )}
          </p>
        ))}
        <Given item={item} />
        {candidate !== null && live !== undefined && live !== candidate && (
          <DifferenceSummary candidate={candidate} stage={stage} live={live} open={open} onOpen={() => setOpen(!open)} />
        )}
      </div>
      <div className="ask-side">
        <p>
          <Age since={waiting.since} form="duration" />
        </p>
        <InboxButtons item={item} />
        {candidate !== null && (
          <Link className="button small quiet" href={`${candidateHref(candidate)}?view=difference&against=${encodeURIComponent(stage)}`}>
            What it changes
          </Link>
        )}
      </div>
    </li>
  )
}

/** Who said yes already, how many are needed, and who may. */
function Given({ item }: { readonly item: ApprovalView }) {
  const { approvals } = item
  return (
    <p className="ask-who">
      {approvals !== null && approvals.needed > 1 && (
        <strong>
          {approvals.given.length} of {approvals.needed} approvals.{' '}
        </strong>
      )}
      {approvals?.given.map(({ by, reason }) => (
        <span key={by}>
          {by} said yes{reason === '' ? '' : `: ${reason}`}.{' '}
        </span>
      ))}
      <MayAct item={item} />
    </p>
  )
}
