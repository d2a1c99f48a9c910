import { useState, type ReactNode } from 'react'
import { act } from '../api/request.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import { refresh } from '../api/query.ts'
import { useToken } from '../api/session.ts'
import { TokenHelp } from '../shell/token.tsx'
import { announce } from '../shell/announcer.tsx'
import { Dialog } from './dialog.tsx'
import { ProblemNote } from './problem-note.tsx'

export type Action = {
  readonly title: string
  /** What will happen, before it does. */
  readonly explanation: ReactNode
  readonly path: string
  /** Sent besides the reason. */
  readonly body?: Readonly<Record<string, unknown>>
  /** `none`: it asks nothing but a yes. */
  readonly reason: 'required' | 'optional' | 'none'
  readonly confirm: string
  readonly tone?: 'stop'
  /** Said when it is done. */
  readonly done: string
  /** Further inputs; their names are sent with their values, empty ones left out. */
  readonly fields?: ReactNode
  /** What is sent of the inputs, where that is not their names and values. */
  readonly sent?: (filled: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>
}

/** Asks for the reason, does it, shows a refusal where the person still can answer it. */
export function ActionDialog({ action, onClose }: { readonly action: Action; readonly onClose: () => void }) {
  const token = useToken()
  return (
    <Dialog title={action.title} onClose={onClose}>
      {token === undefined ? <TokenHelp onClose={onClose} /> : <ActionForm action={action} onClose={onClose} />}
    </Dialog>
  )
}

function ActionForm({ action, onClose }: { readonly action: Action; readonly onClose: () => void }) {
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const send = async (form: FormData) => {
    setBusy(true)
    setProblem(undefined)
    try {
      const inputs = filled(form)
      await act(action.path, { ...action.body, ...(action.sent?.(inputs) ?? inputs) })
      refresh()
      announce(action.done)
      onClose()
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void send(new FormData(event.currentTarget))
      }}
    >
      <div className="dialog-text">{action.explanation}</div>
      {action.fields}
      {action.reason !== 'none' && <Reason required={action.reason === 'required'} />}
      {problem !== undefined && <ProblemNote problem={problem} />}
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={onClose}>
          Not now
        </button>
        <button type="submit" className={`button strong ${action.tone ?? ''}`} disabled={busy}>
          {action.confirm}
        </button>
      </div>
    </form>
  )
}

function Reason({ required }: { readonly required: boolean }) {
  return (
    <label className="field">
      <span>Reason{required ? '' : ' (optional)'}</span>
      <textarea
        className="input"
        name="reason"
        rows={2}
        required={required}
        autoFocus
        maxLength={2000}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey) return
          event.preventDefault()
          event.currentTarget.form?.requestSubmit()
        }}
      />
      <small>Kept in the ledger, with your name and the time.</small>
    </label>
  )
}

function filled(form: FormData): Record<string, string> {
  const entries = [...form].map(([name, value]) => [name, String(value).trim()] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

/** A button that opens its action's dialog. */
export function ActionButton({
  label,
  action,
  className,
}: {
  readonly label: ReactNode
  readonly action: Action
  readonly className?: string
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className={`button ${className ?? ''}`} onClick={() => setOpen(true)} aria-haspopup="dialog">
        {label}
      </button>
      {open && <ActionDialog action={action} onClose={() => setOpen(false)} />}
    </>
  )
}
