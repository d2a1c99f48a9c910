import { Link, useParams, useSearchParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { RunView } from '../api/types.ts'
import { Age, Took } from '../piece/age.tsx'
import { DigestLink, lineHref, short } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { hasEnded, signalOf, wordFor } from '../piece/state.ts'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { Bypasses } from './bypasses.tsx'
import { RunButtons } from './run-buttons.tsx'
import { StepDetail } from './step-detail.tsx'
import { StepChart } from './step-chart.tsx'
import { stepOfInterest } from './timeline.ts'
import './run.css'

/** `/runs/:id`: one delivery, step by step. `?step=` chooses the step whose log is open. */
export function RunPage() {
  const { id = '' } = useParams()
  const { data: run, problem } = useQuery<RunView>(`/api/runs/${encodeURIComponent(id)}`)
  useTitle(run === undefined ? 'Delivery' : `${wordFor(run.state)}: ${run.summary}`)
  if (run === undefined) return problem === undefined ? <Loading what="the delivery" /> : <Failed what="delivery" problem={problem} />
  return <Run key={run.id} run={run} />
}

function Run({ run }: { readonly run: RunView }) {
  const [search, setSearch] = useSearchParams()
  const step = run.steps.find(({ name }) => name === search.get('step')) ?? stepOfInterest(run.steps) ?? run.steps[0]
  const select = (name: string) => setSearch({ step: name }, { replace: true })
  return (
    <>
      <RunHead run={run} />
      <div className="run-columns">
        <StepChart run={run} selected={step?.name} onSelect={select} />
        {step === undefined ? <p className="soft">No step is planned yet.</p> : <StepDetail key={step.name} run={run} step={step} />}
      </div>
    </>
  )
}

function RunHead({ run }: { readonly run: RunView }) {
  return (
    <header className="page-head">
      <p className="crumbs">
        <Link href={lineHref(run.stream)}>{run.stream}</Link> / delivery
      </p>
      <div className="page-title">
        <h1>{run.summary}</h1>
        <RunButtons run={run} />
      </div>
      <p className={`run-state signal-${signalOf(run.state)}`} role="status">
        <Mark state={run.state} worded size={20} />
        <strong>
          {wordFor(run.state)}
          {run.stage !== null && ` in ${run.stage}`}
        </strong>
        {run.message !== null && <span className="run-message">{run.message}</span>}
      </p>
      {run.emergencies.map(({ stage, by, reason, at, stops }) => (
        <p key={stage + at} className="run-state signal-stop">
          <Mark state="needs-attention" worded size={20} />
          <strong>let past a stopped line into {stage}</strong>
          <span className="run-message">
            by {by}, <Age since={at} /> ago: {reason} <span className="soft">({stops.join(', ')})</span>
          </span>
        </p>
      ))}
      <Bypasses run={run} />
      <dl className="facts">
        <div>
          <dt>Commit</dt>
          <dd>
            <code title={run.commit}>{short(run.commit, 10)}</code>
            {run.branch !== null && ` on ${run.branch}`}
          </dd>
        </div>
        <div>
          <dt>Author</dt>
          <dd>{run.author}</dd>
        </div>
        <div>
          <dt>Candidate</dt>
          <dd>{run.candidate === null ? 'not built yet' : <DigestLink digest={run.candidate} />}</dd>
        </div>
        <div>
          <dt>{hasEnded(run.state) ? 'Took' : 'Under way for'}</dt>
          <dd>
            <Took from={run.queuedAt} to={run.finishedAt} />
          </dd>
        </div>
        <div>
          <dt>Came in</dt>
          <dd>
            <Age since={run.queuedAt} /> ago
          </dd>
        </div>
        {run.fixesStop !== null && (
          <div>
            <dt>Fixes the stop</dt>
            <dd>
              <code>{run.fixesStop}</code>
            </dd>
          </div>
        )}
      </dl>
    </header>
  )
}
