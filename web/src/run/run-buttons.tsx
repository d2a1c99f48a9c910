import { useMay } from '../api/rights.ts'
import type { RunView } from '../api/types.ts'
import { ActionButton, type Action } from '../piece/action.tsx'
import { short } from '../piece/digest.tsx'
import { hasEnded } from '../piece/state.ts'
import { stepOfInterest } from './timeline.ts'

/** Cancel while it is under way; run again from a step when it is not. */
export function RunButtons({ run }: { readonly run: RunView }) {
  if (!useMay('deliver')) return null
  const active = !hasEnded(run.state)
  const rerunnable = run.steps.length > 0 && (!active || run.state === 'needs-attention')
  return (
    <div className="page-buttons">
      {rerunnable && <ActionButton label="Run again from…" action={rerun(run)} />}
      {active && <ActionButton className="stop" label="Cancel…" action={cancel(run)} />}
    </div>
  )
}

function cancel(run: RunView): Action {
  return {
    title: 'Cancel this delivery',
    explanation: <p>Its running steps are ended. What it already deployed keeps running.</p>,
    path: `/api/runs/${encodeURIComponent(run.id)}/cancel`,
    reason: 'required',
    confirm: 'Cancel the delivery',
    tone: 'stop',
    done: `The delivery of ${short(run.commit)} is cancelled`,
  }
}

function rerun(run: RunView): Action {
  const from = stepOfInterest(run.steps)?.name
  return {
    title: 'Run again',
    explanation: <p>The chosen step and all after it run again, with the same candidate.</p>,
    path: `/api/runs/${encodeURIComponent(run.id)}/rerun`,
    fields: (
      <label className="field">
        <span>From step</span>
        <select className="input" name="from" defaultValue={from}>
          {run.steps.map((step) => (
            <option key={step.name} value={step.name}>
              {step.name}
            </option>
          ))}
        </select>
      </label>
    ),
    reason: 'optional',
    confirm: 'Run again',
    done: `${short(run.commit)} runs again`,
  }
}
