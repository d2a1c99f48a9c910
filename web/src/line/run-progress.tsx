import { useQuery } from '../api/query.ts'
import type { RunView, StepView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { signalOf } from '../piece/state.ts'
import { WaitingNote } from '../piece/waiting.tsx'

/** The steps of one stage of a delivery as a row of lamps, with the running one by name. Stage null: making the candidate. */
export function RunProgress({ run, stage }: { readonly run: string; readonly stage: string | null }) {
  const { data } = useQuery<RunView>(`/api/runs/${encodeURIComponent(run)}`)
  const steps = data?.steps.filter((step) => step.stage === stage) ?? []
  if (steps.length === 0) return null
  const done = steps.filter((step) => step.state === 'succeeded' || step.state === 'skipped').length
  const running = steps.filter((step) => step.state === 'running')
  const waiting = steps.find((step) => step.waiting !== null)?.waiting
  return (
    <div className="progress">
      <div className="lamps" role="img" aria-label={`${done} of ${steps.length} steps done`}>
        {steps.map((step) => (
          <i key={step.name} className={`lamp signal-${signalOf(step.state)} lamp-${step.state}`} title={`${step.title}: ${step.state}`} />
        ))}
      </div>
      {running.length > 0 && <Running steps={running} />}
      {waiting && <WaitingNote waiting={waiting} />}
    </div>
  )
}

function Running({ steps }: { readonly steps: readonly StepView[] }) {
  const [first, ...more] = steps
  if (first === undefined) return null
  return (
    <p className="progress-now">
      {first.title}
      {more.length > 0 && ` and ${more.length} more`}
      {first.message !== null && <strong> · {first.message}</strong>}
      {first.startedAt !== null && (
        <>
          {' · '}
          <Age since={first.startedAt} form="duration" />
        </>
      )}
    </p>
  )
}
