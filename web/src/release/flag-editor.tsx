import { useId, useRef, useState, type FormEvent } from 'react'
import { Link, useLocation } from 'wouter'
import { asProblem, type Problem } from '../api/problem.ts'
import { refresh } from '../api/query.ts'
import { act } from '../api/request.ts'
import type { FlagDetail, FlagPreview } from '../api/types.ts'
import { flagHref } from '../piece/digest.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { announce } from '../shell/announcer.tsx'
import { Faults, FlagText } from './flag-text.tsx'
import { useDraft } from './use-draft.ts'
import { usePreview } from './use-preview.ts'
import { Would } from './would.tsx'

type Props = { readonly before: FlagDetail | undefined; readonly start: string }

/** A flag as its file has it, to write in; what publishing it would do; publishing or proposing it. */
export function FlagEditor({ before, start }: Props) {
  const { draft, write, drop } = useDraft(before?.flag ?? '', { text: start, revision: before?.latest.revision ?? 0 })
  const said = usePreview(draft.text, `${before?.flag ?? 'flag'}.yaml`)
  const area = useRef<HTMLTextAreaElement>(null)
  const faultsId = useId()
  const isOld = said?.of !== draft.text
  const written = draft.text !== start
  return (
    <div className="flag-editor">
      <FlagText area={area} text={draft.text} problem={said?.problem} describedBy={faultsId} onChange={write} />
      <div className="flag-would" aria-busy={isOld}>
        <Standing before={before} revision={draft.revision} preview={said?.preview} />
        <div id={faultsId} role="status">
          {said?.problem !== undefined && <Faults area={area} problem={said.problem} />}
        </div>
        {said?.preview !== undefined && (written || before === undefined) && <Would preview={said.preview} before={before} />}
        {!written && before !== undefined && <p className="soft">Write in it: what that would do is told here before it is done.</p>}
        {said?.preview !== undefined && written && <Publish preview={said.preview} draft={draft} ready={!isOld} onDone={drop} />}
        {written && (
          <button type="button" className="button small" onClick={drop}>
            Begin again{before === undefined ? '' : ` with revision ${before.latest.revision}`}
          </button>
        )}
      </div>
    </div>
  )
}

type StandingProps = { readonly before: FlagDetail | undefined; readonly revision: number; readonly preview: FlagPreview | undefined }

/** Of what this is an edit, where that is not what one would think. */
function Standing({ before, revision, preview }: StandingProps) {
  if (before !== undefined && before.latest.revision !== revision)
    return (
      <p className="waiting" role="status">
        <strong>
          {before.latest.by} published revision {before.latest.revision} since you began: {before.latest.reason}.
        </strong>
        <span>Yours is of revision {revision} and will not be taken over it. Begin again, and write yours into it.</span>
      </p>
    )
  if (before !== undefined && preview !== undefined && preview.flag !== before.flag)
    return (
      <p className="waiting" role="status">
        <strong>This is another flag.</strong>
        <span>{before.flag} stays as it is: applications ask for it by its name, which cannot change.</span>
      </p>
    )
  return null
}

type PublishProps = {
  readonly preview: FlagPreview
  readonly draft: { readonly text: string; readonly revision: number }
  readonly ready: boolean
  readonly onDone: () => void
}

/** What somebody has to say besides, asked for when it matters. */
const questions = {
  rebucket: 'units may be moved from what they see',
  unready: 'out of the dark, whatever rehearsals showed',
} as const

function Publish({ preview, draft, ready, onDone }: PublishProps) {
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const [, go] = useLocation()
  const asked = {
    rebucket: preview.against !== null,
    unready: problem?.code === 'FLAG_NOT_READY',
  }
  const [meant, setMeant] = useState({ rebucket: false, unready: false })
  const proposes = problem?.code === 'FLAG_NEEDS_AGREEMENT'
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { reason, ...flag } = { reason: String(new FormData(event.currentTarget).get('reason')).trim(), ...preview }
    setBusy(true)
    setProblem(undefined)
    // A flag of another name is one that was not there.
    const set = {
      files: [{ document: draft.text, file: `${flag.flag}.yaml` }],
      origin: 'api',
      expected: flag.revision === 0 ? 0 : draft.revision,
      rebucket: asked.rebucket && meant.rebucket,
      unready: meant.unready,
    }
    try {
      if (proposes) await act('/api/flag-proposals', { set, reason })
      else await act('/api/flags', { ...set, reason }, { method: 'PUT' })
      refresh()
      announce(proposes ? `${flag.flag} waits for others to agree` : `${flag.flag} is published`)
      onDone()
      go(flagHref(flag.flag))
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  return (
    <form className="flag-publish" onSubmit={(event) => void send(event)}>
      {(['rebucket', 'unready'] as const)
        .filter((name) => asked[name] || meant[name])
        .map((name) => (
          <label key={name} className="flag-check">
            <input type="checkbox" checked={meant[name]} onChange={(event) => setMeant({ ...meant, [name]: event.target.checked })} />
            <span>It is meant: {questions[name]}</span>
          </label>
        ))}
      <label className="field">
        <span>Reason</span>
        <textarea className="input" name="reason" rows={2} required maxLength={2000} />
        <small>Kept in the ledger, with your name and the time.</small>
      </label>
      {problem !== undefined && <ProblemNote problem={problem} />}
      <div className="dialog-buttons">
        <Link className="button" href={preview.revision === 0 ? '/release' : flagHref(preview.flag)}>
          Not now
        </Link>
        <button type="submit" className="button strong" disabled={busy || !ready}>
          {proposes ? 'Propose it' : 'Publish'}
        </button>
      </div>
    </form>
  )
}
