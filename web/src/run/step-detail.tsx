import type { RunView, StepView } from '../api/types.ts'
import { DecisionsOf } from '../inbox/decisions.tsx'
import { LogViewer } from '../log/log-viewer.tsx'
import { Took } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'
import { signalOf, wordFor } from '../piece/state.ts'
import { WaitingNote } from '../piece/waiting.tsx'

/** One step: how it stands and why, the tests that failed, its log. */
export function StepDetail({ run, step }: { readonly run: RunView; readonly step: StepView }) {
  const { tests } = step
  return (
    <section className="step" aria-label={`Step ${step.title}`}>
      <header>
        <h2>{step.title}</h2>
        <p className={`step-state signal-${signalOf(step.state)}`}>
          <Mark state={step.state} worded />
          {wordFor(step.state)}
          {step.startedAt !== null && (
            <span className="soft">
              <Took from={step.startedAt} to={step.finishedAt} />
            </span>
          )}
          {step.attempt > 1 && <span className="soft">attempt {step.attempt}</span>}
        </p>
        <p className="soft step-needs">
          <code>{step.name}</code>
          {step.needs.length > 0 && ` after ${step.needs.join(', ')}`}
        </p>
      </header>
      {step.waiting !== null && <WaitingNote waiting={step.waiting} />}
      {step.waiting !== null && <DecisionsOf stream={run.stream} run={run.id} stage={step.stage} />}
      {step.message !== null && <p className={`step-message signal-${signalOf(step.state)}`}>{step.message}</p>}
      {step.drifted.length > 0 && (
        <p className="step-drifted signal-wait">Its environment had drifted while it ran, so this says less: {step.drifted.join(', ')}</p>
      )}
      {tests !== null && <Tests tests={tests} />}
      {step.hasLog ? (
        <LogViewer key={step.attempt} run={run.id} step={step.name} atEnd={step.state === 'running' || step.state === 'failed'} />
      ) : (
        <p className="soft step-no-log">{step.startedAt === null ? 'It has not started, so there is no log.' : 'It wrote no log.'}</p>
      )}
    </section>
  )
}

function Tests({ tests }: { readonly tests: NonNullable<StepView['tests']> }) {
  const passed = tests.total - tests.failed - tests.skipped
  return (
    <div className="tests">
      <p>
        {tests.failed > 0 && <strong className="signal-stop">{tests.failed} failed, </strong>}
        {passed} passed{tests.skipped > 0 && `, ${tests.skipped} skipped`} of {tests.total} tests
      </p>
      {tests.failures.length > 0 && (
        <ul aria-label="Failed tests">
          {tests.failures.map((failure, index) => (
            <li key={`${index}${failure.name}`}>
              <details open={tests.failures.length <= 4}>
                <summary>
                  <Mark state="failed" worded />
                  <span>{failure.name}</span>
                </summary>
                <pre>{failure.message}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
