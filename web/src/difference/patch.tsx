import { useState } from 'react'
import { useFixed } from '../api/query.ts'
import type { FileLine, Patch } from '../api/types.ts'
import { ProblemNote } from '../piece/problem-note.tsx'
import { linesOf, type PatchLine } from './patch-lines.ts'

const linesFirst = 600

/** The text of one file's change, with the line numbers of both sides. */
export function PatchText({ file, candidate, against }: { readonly file: FileLine; readonly candidate: string; readonly against: string }) {
  const [all, setAll] = useState(false)
  const query = new URLSearchParams({ against, path: file.path, ...(file.previous === null ? {} : { previous: file.previous }) })
  const { data, problem } = useFixed<Patch>(`/api/candidates/${encodeURIComponent(candidate)}/diff/file?${query}`)
  if (problem !== undefined) return <ProblemNote problem={problem} />
  if (data === undefined) return <p className="soft patch-note">Reading the change…</p>
  const lines = linesOf(data.text)
  const shown = all ? lines : lines.slice(0, linesFirst)
  return (
    <div className="patch" role="region" aria-label={`Change of ${file.path}`} tabIndex={0}>
      {lines.length === 0 && (
        <p className="soft patch-note">{file.kind === 'renamed' ? 'Only moved; its content is the same.' : 'No line is different.'}</p>
      )}
      <table>
        <tbody>
          {shown.map((line, index) => (
            <Line key={index} line={line} />
          ))}
        </tbody>
      </table>
      {lines.length > shown.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          {lines.length - shown.length} more lines
        </button>
      )}
      {!data.complete && <p className="soft patch-note">The change is longer than is shown here.</p>}
    </div>
  )
}

const signs = { added: '+', removed: '−', same: '', place: '' }
const said = { added: 'added', removed: 'removed', same: '', place: '' }

function Line({ line: { kind, text, from, to } }: { readonly line: PatchLine }) {
  return (
    <tr className={`patch-${kind}`}>
      <td>{from}</td>
      <td>{to}</td>
      <td>
        <span aria-hidden="true">{signs[kind]}</span>
        <span className="sr">{said[kind]} </span>
      </td>
      <td>{text}</td>
    </tr>
  )
}
