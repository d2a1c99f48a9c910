import { useState } from 'react'
import type { FlagDetail } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { dayOf, timeOfDay } from '../piece/time.ts'
import { changeTold } from './board-row.tsx'
import { changesOf, type Revision } from './history.ts'
import { ShareHistory } from './share-history.tsx'

const few = 12
const origins = { file: 'from a file', api: '', ramp: 'by its plan' } as const

type Props = { readonly flag: FlagDetail; readonly variants: readonly string[] }

/** Every revision of a flag, the newest first, and who got what since the first of them. */
export function FlagLife({ flag: { environments, revisions, control }, variants }: Props) {
  const [all, setAll] = useState(false)
  const shown = all ? revisions : revisions.slice(0, few)
  return (
    <section className="panel flag-life" aria-label="Its life">
      <h2>Its life</h2>
      <div className="share-histories">
        {environments.map(({ environment }) => (
          <ShareHistory key={environment} environment={environment} revisions={revisions} control={control} variants={variants} />
        ))}
      </div>
      <ol className="flag-revisions" aria-label="Revisions">
        {shown.map((revision, at) => (
          <RevisionRow key={revision.revision} revision={revision} earlier={revisions[at + 1]} />
        ))}
      </ol>
      {shown.length < revisions.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          All {revisions.length}
        </button>
      )}
    </section>
  )
}

function RevisionRow({ revision, earlier }: { readonly revision: Revision; readonly earlier: Revision | undefined }) {
  const { at, by, reason, change, origin } = revision
  return (
    <li className={`revision revision-${change.replace(' ', '-')}`}>
      <span className="soft mono">#{revision.revision}</span>
      <div>
        <p>
          <strong>{changeTold(revision)}</strong> by {by} <span className="soft">{origins[origin]}</span>
          <span className="soft revision-at">
            {dayOf(at)}, {timeOfDay(at)}, <Age since={at} /> ago
          </span>
        </p>
        <p className="spread">{reason}</p>
        {changesOf(revision, earlier).map((told) => (
          <p key={told} className="soft spread">
            {told}
          </p>
        ))}
      </div>
    </li>
  )
}
