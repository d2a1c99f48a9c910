import { useState } from 'react'
import { Link } from 'wouter'
import type { StageCandidate, StageView } from '../api/types.ts'
import { DecisionsOf } from '../inbox/decisions.tsx'
import { Age } from '../piece/age.tsx'
import { short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { hasEnded, signalOf, wordFor } from '../piece/state.ts'
import { WaitingNote } from '../piece/waiting.tsx'
import { RunProgress } from './run-progress.tsx'

const shownEnded = 2

/** The candidates in a stage: those under way in full, the latest that are through in a line each. */
export function StageEntries({ stage, stream }: { readonly stage: StageView; readonly stream: string }) {
  const [all, setAll] = useState(false)
  const held = new Set(stage.held.map(({ card }) => card.digest))
  const shown = stage.candidates.filter(
    (candidate) => !hasEnded(candidate.state) || !(isServing(candidate, stage) || held.has(candidate.card.digest)),
  )
  const ended = shown.filter((candidate) => hasEnded(candidate.state))
  const hidden = all ? [] : ended.slice(shownEnded)
  if (shown.length === 0) return null
  return (
    <>
      <ul className="entries" aria-label={`Candidates in ${stage.name}`}>
        {shown
          .filter((candidate) => !hidden.includes(candidate))
          .map((candidate) => (
            <Entry key={candidate.run + candidate.card.digest + candidate.since} candidate={candidate} stage={stage.name} stream={stream} />
          ))}
      </ul>
      {hidden.length > 0 && (
        <button type="button" className="button small quiet more" onClick={() => setAll(true)}>
          {hidden.length} earlier
        </button>
      )}
    </>
  )
}

/** The one that serves already has the card's best place; one that is held has its own. */
function isServing(candidate: StageCandidate, stage: StageView): boolean {
  return candidate.state === 'verified' && stage.running?.card.digest === candidate.card.digest
}

type EntryProps = { readonly candidate: StageCandidate; readonly stage: string; readonly stream: string }

function Entry({ candidate, stage, stream }: EntryProps) {
  const { card, run, state, waiting, message, since } = candidate
  return (
    <li className={`entry entry-${state}`}>
      <Link className="entry-head" data-move href={run === '' ? `/candidates/${encodeURIComponent(card.digest)}` : `/runs/${run}`}>
        <Mark state={state} worded />
        <span className="sr">{wordFor(state)}</span>
        <span className="mono">{short(card.commit)}</span>
        <span className="entry-summary">{card.summary}</span>
        {hasEnded(state) && <Age since={since} />}
      </Link>
      {waiting !== null && <WaitingNote waiting={waiting} />}
      {waiting === null && !hasEnded(state) && <RunProgress run={run} stage={stage} />}
      {message !== null && state !== 'verified' && <p className={`entry-message signal-${signalOf(state)}`}>{message}</p>}
      {waiting !== null && <DecisionsOf stream={stream} run={run} stage={stage} className="small strong" />}
    </li>
  )
}
