import { useState } from 'react'
import { useAsker, useMay } from '../api/rights.ts'
import type { ExperimentStatus } from '../api/types.ts'
import { ActionDialog, type Action } from '../piece/action.tsx'

/** What may be done with it; why there is nothing to press, where there is not. */
export function Actions({ said }: { readonly said: ExperimentStatus }) {
  const may = useMay('operate')
  const asker = useAsker()
  const [open, setOpen] = useState<Action>()
  if (said.state === 'decided') return null
  if (!may)
    return (
      <p className="soft experiment-note">
        {asker === undefined ? 'This page only looks: to decide' : `${asker.name} may not decide: that`} takes a token with the scope{' '}
        <code>operate</code>.
      </p>
    )
  return (
    <div className="experiment-buttons">
      {said.state === 'planned' ? (
        <button type="button" className="button strong" onClick={() => setOpen(starting(said))}>
          Begin…
        </button>
      ) : (
        <button type="button" className="button strong" onClick={() => setOpen(deciding(said))}>
          Decide…
        </button>
      )}
      {open !== undefined && <ActionDialog action={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

const pathOf = ({ experiment }: ExperimentStatus, what: string) => `/api/experiments/${encodeURIComponent(experiment)}/${what}`

const starting = (said: ExperimentStatus): Action => ({
  title: `Begin ${said.experiment}`,
  explanation: (
    <p>
      Whoever is exposed to {said.flag} in {said.environment} counts from now on. What was written down stays so.
    </p>
  ),
  path: pathOf(said, 'start'),
  reason: 'none',
  confirm: 'Begin',
  done: `${said.experiment} runs`,
})

function deciding(said: ExperimentStatus): Action {
  const treatments = said.arms.slice(1).map(({ arm }) => arm)
  return {
    title: `Decide ${said.experiment}`,
    explanation: (
      <p>
        It ends with that, and does not begin again. Recommended now:{' '}
        {said.recommendations.map(({ arm, action }) => `${arm}: ${action}`).join(', ')}. That is kept beside what you decide.
      </p>
    ),
    path: pathOf(said, 'decide'),
    fields: (
      <>
        <label className="field">
          Decision
          <select name="choice" required>
            {treatments.map((arm) => (
              <option key={arm} value={`ship ${arm}`}>
                ship {arm}
              </option>
            ))}
            <option value="keep control">keep control</option>
            <option value="stop">stop: nothing follows</option>
          </select>
        </label>
        <label className="experiment-against">
          <input type="checkbox" name="against" value="yes" /> also against the rule that was written down
        </label>
      </>
    ),
    sent: ({ choice = 'stop', against, ...rest }) => ({
      ...rest,
      ...(choice.startsWith('ship ') ? { decision: 'ship', arm: choice.slice(5) } : { decision: choice }),
      ...(against === 'yes' ? { againstRule: true } : {}),
    }),
    reason: 'required',
    confirm: 'Decide',
    done: `${said.experiment} is decided`,
  }
}
