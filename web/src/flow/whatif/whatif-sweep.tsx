import { useState } from 'react'
import { useFixed } from '../../api/query.ts'
import type { WhatIfSweep, WhatIfView } from '../../api/types.ts'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { savedTold } from './whatif-words.ts'

/** Each step and gate in turn: all but one gain next to nothing. */
export function Sweep({ base, at }: { readonly base: string; readonly at: Readonly<Record<string, string>> }) {
  const [wanted, setWanted] = useState(false)
  const { data, problem } = useFixed<WhatIfSweep>(wanted ? `${base}/sweep?${new URLSearchParams(at)}` : undefined)
  if (!wanted) {
    return (
      <button type="button" className="button small whatif-sweep" onClick={() => setWanted(true)}>
        Try each step and gate in turn
      </button>
    )
  }
  if (data === undefined)
    return problem === undefined ? <p className="soft flow-none">Trying each of them…</p> : <ProblemNote problem={problem} />
  const saved = (view: WhatIfView) => Math.max(0, -(view.difference?.mean.value ?? 0))
  const most = Math.max(1, ...data.rows.map(saved))
  return (
    <ul className="sweep" aria-label="Each in turn">
      {data.rows
        .toSorted((a, b) => saved(b) - saved(a))
        .map((view) => (
          <li key={view.change}>
            <code>{view.change}</code>
            <span className="sweep-bar" aria-hidden="true">
              <i style={{ width: `${(saved(view) / most) * 100}%` }} />
            </span>
            <span className={view.cannotSay === null ? '' : 'soft'}>
              {view.cannotSay === null ? savedTold(view.difference!.mean) : `cannot say: ${view.cannotSay}`}
            </span>
          </li>
        ))}
    </ul>
  )
}
