import { Link } from 'wouter'
import type { RunView, StepView } from '../api/types.ts'
import { DecisionsOf } from '../inbox/decisions.tsx'
import { Age, Took } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'
import { wordFor } from '../piece/state.ts'
import { WaitingNote } from '../piece/waiting.tsx'
import { Bypasses } from '../run/bypasses.tsx'

/** The deliveries it went with, and how each check went; each leads to its log. */
export function CandidateRuns({ runs }: { readonly runs: readonly RunView[] }) {
  return (
    <section className="panel" aria-labelledby="runs-title">
      <h2 id="runs-title">{runs.length === 1 ? 'Its delivery' : 'Its deliveries'}</h2>
      {runs.map((run) => (
        <div key={run.id} className="candidate-run">
          <Link className="candidate-run-head" data-move href={`/runs/${run.id}`}>
            <Mark state={run.state} worded />
            <strong>
              {wordFor(run.state)}
              {run.stage !== null && ` in ${run.stage}`}
            </strong>
            <span className="soft">
              <Took from={run.queuedAt} to={run.finishedAt} />, <Age since={run.queuedAt} /> ago
            </span>
          </Link>
          <Bypasses run={run} />
          {run.steps.map(
            ({ name, stage, waiting }) =>
              waiting !== null && (
                <div key={name}>
                  <WaitingNote waiting={waiting} />
                  <DecisionsOf stream={run.stream} run={run.id} stage={stage} />
                </div>
              ),
          )}
          <ul>
            {run.steps
              .filter((step) => step.hasLog || step.state === 'failed')
              .map((step) => (
                <CheckLine key={step.name} run={run.id} step={step} />
              ))}
          </ul>
        </div>
      ))}
    </section>
  )
}

function CheckLine({ run, step }: { readonly run: string; readonly step: StepView }) {
  return (
    <li>
      <Link data-move href={`/runs/${run}?step=${encodeURIComponent(step.name)}`}>
        <Mark state={step.state} />
        <span>
          {step.title}
          {step.stage !== null && !step.title.includes(step.stage) && <span className="soft"> in {step.stage}</span>}
        </span>
        {step.drifted.length > 0 && <span className="tag signal-wait">environment drifted</span>}
        <span className="soft">
          {step.tests !== null && `${step.tests.total} tests · `}
          {step.startedAt !== null && <Took from={step.startedAt} to={step.finishedAt} />}
        </span>
      </Link>
    </li>
  )
}
