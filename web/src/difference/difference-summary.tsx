import { useFixed } from '../api/query.ts'
import type { Difference } from '../api/types.ts'
import { Icon } from '../piece/icon.tsx'
import { CodeFiles, Commits, PackageTable, ValueTable } from './parts.tsx'
import './difference.css'

export const differencePath = (candidate: string, against: string) =>
  `/api/candidates/${encodeURIComponent(candidate)}/diff?against=${encodeURIComponent(against)}`

const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** What a difference holds, in a few words. */
export function wordsOf({ code, config, packages, environment }: Difference): string {
  return [
    code && `${many(code.commitsTotal, 'commit')}, ${many(code.filesTotal, 'file')}`,
    code && code.lostTotal > 0 && `goes back behind ${many(code.lostTotal, 'commit')}`,
    config && config.changes.length > 0 && many(config.changes.length, 'setting'),
    packages && packages.total > 0 && many(packages.total, 'package'),
    environment && environment.tools.length > 0 && many(environment.tools.length, 'tool'),
  ]
    .filter(Boolean)
    .join(', ')
}

type Props = {
  readonly candidate: string
  readonly stage: string
  /** What runs there: when it is another one, the difference is asked for anew. */
  readonly live: string
  readonly open: boolean
  readonly onOpen: () => void
}

/** One line of what a promotion would change; opens to all but the text. */
export function DifferenceSummary({ candidate, stage, live, open, onOpen }: Props) {
  const { data, problem } = useFixed<Difference>(`${differencePath(candidate, stage)}&of=${encodeURIComponent(live)}`)
  if (problem !== undefined) return null
  if (data === undefined) return <p className="summary-wait soft">…</p>
  const { code, config, packages } = data
  return (
    <div className="summary">
      <button type="button" className="summary-line" aria-expanded={open} onClick={onOpen}>
        <Icon name="chevron" size={12} />
        changes {wordsOf(data)}
        {code !== null && <Counts added={code.added} removed={code.removed} />}
      </button>
      {open && (
        <div className="summary-body">
          {code !== null && <Commits code={code} />}
          {code !== null && <CodeFiles code={code} candidate={candidate} against={live} />}
          {config !== null && config.changes.length > 0 && <ValueTable title="Settings" changes={config.changes} />}
          {packages !== null && packages.total > 0 && <PackageTable packages={packages} />}
        </div>
      )}
    </div>
  )
}

export function Counts({ added, removed }: { readonly added: number | null; readonly removed: number | null }) {
  if (added === null || removed === null) return <span className="soft">no text</span>
  return (
    <span className="counts">
      <b className="signal-go">+{added}</b> <b className="signal-stop">−{removed}</b>
    </span>
  )
}
