import { useDeferredValue, useState } from 'react'
import { Link } from 'wouter'
import type { RunSummary, StageView } from '../api/types.ts'
import { Age, Took } from '../piece/age.tsx'
import { short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { hasEnded, signalOf, wordFor } from '../piece/state.ts'
import { LittleTrack } from './little-track.tsx'
import { WordFilter } from '../piece/word-filter.tsx'

/** Recent deliveries, newest first, with a filter over everything a row says. */
export function Deliveries({ runs, stages }: { readonly runs: readonly RunSummary[]; readonly stages: readonly StageView[] }) {
  const [filter, setFilter] = useState('')
  const wanted = useDeferredValue(filter).trim().toLowerCase().split(/\s+/)
  const shown = runs.filter((run) => wanted.every((word) => textOf(run).includes(word)))
  return (
    <section className="deliveries" aria-labelledby="deliveries-title">
      <header>
        <h2 id="deliveries-title">Deliveries</h2>
        <WordFilter of="deliveries" words={filter} onChange={setFilter} />
      </header>
      {shown.length === 0 && (
        <p className="soft deliveries-none">{runs.length === 0 ? 'No delivery yet.' : 'No delivery matches the filter.'}</p>
      )}
      <ol aria-label="Deliveries, newest first">
        {shown.map((run) => (
          <Delivery key={run.id} run={run} stages={stages} />
        ))}
      </ol>
    </section>
  )
}

function textOf(run: RunSummary): string {
  return [run.commit, run.candidate, run.author, run.branch, run.summary, wordFor(run.state), run.stage, run.message]
    .join(' ')
    .toLowerCase()
}

function placeOf({ state, stage }: RunSummary): string {
  if (state === 'succeeded' || state === 'queued') return wordFor(state)
  return stage === null && state === 'running' ? 'being built' : `${wordFor(state)} in ${stage ?? 'the build'}`
}

function Delivery({ run, stages }: { readonly run: RunSummary; readonly stages: readonly StageView[] }) {
  return (
    <li>
      <Link className="delivery" data-move href={`/runs/${run.id}`}>
        <Mark state={run.state} worded />
        <span className="delivery-what">
          <strong>{run.summary}</strong>
          <span className="soft">
            <span className="mono">{short(run.commit)}</span> {run.author}
            {run.branch !== null && <>, on {run.branch}</>}
            {run.fixesStop !== null && <span className="tag signal-wait">fixes a stop</span>}
          </span>
          {run.message !== null && run.state !== 'succeeded' && (
            <span className={`delivery-message signal-${signalOf(run.state)}`}>{run.message}</span>
          )}
        </span>
        <span className="delivery-way">
          <LittleTrack run={run} stages={stages} />
          <span className="soft">{placeOf(run)}</span>
        </span>
        <span className="delivery-times">
          <Took from={run.queuedAt} to={run.finishedAt} />
          <span className="soft">
            {hasEnded(run.state) && run.finishedAt !== null ? (
              <>
                <Age since={run.finishedAt} /> ago
              </>
            ) : (
              'so far'
            )}
          </span>
        </span>
      </Link>
    </li>
  )
}
