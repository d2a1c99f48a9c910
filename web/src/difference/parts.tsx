import { useState } from 'react'
import type { CodeDifference, Difference, FileLine, ValueChange } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { short } from '../piece/digest.tsx'
import { Icon } from '../piece/icon.tsx'
import { PatchText } from './patch.tsx'

const firstShown = 12

/** Commits that come, and those that going back would lose. */
export function Commits({ code }: { readonly code: CodeDifference }) {
  return (
    <>
      <CommitList commits={code.commits} total={code.commitsTotal} label="Commits it brings" />
      {code.lostTotal > 0 && (
        <div className="lost">
          <h3>It does not have {code.lostTotal === 1 ? 'this commit' : `these ${code.lostTotal} commits`}: it goes back</h3>
          <CommitList commits={code.lost} total={code.lostTotal} label="Commits it does not have" />
        </div>
      )}
    </>
  )
}

function CommitList({
  commits,
  total,
  label,
}: {
  readonly commits: CodeDifference['commits']
  readonly total: number
  readonly label: string
}) {
  const [all, setAll] = useState(false)
  if (total === 0) return null
  const shown = all ? commits : commits.slice(0, firstShown)
  return (
    <>
      <ol className="commits" aria-label={label}>
        {shown.map(({ commit, summary, author, committedAt }) => (
          <li key={commit}>
            <code title={commit}>{short(commit)}</code>
            <span className="commits-summary">{summary}</span>
            <span className="soft">
              {author}, <Age since={committedAt} /> ago
            </span>
          </li>
        ))}
      </ol>
      {total > shown.length && (
        <button type="button" className="button small quiet" onClick={() => setAll(true)} disabled={all}>
          {all ? `and ${total - shown.length} older` : `${total - shown.length} more`}
        </button>
      )}
    </>
  )
}

const filesFirst = 60

/** Files with how much of them changed; each opens to its text. */
export function CodeFiles({
  code,
  candidate,
  against,
}: {
  readonly code: CodeDifference
  readonly candidate: string
  readonly against: string
}) {
  const [all, setAll] = useState(false)
  if (code.filesTotal === 0) return <p className="soft">No file is different.</p>
  const shown = all ? code.files : code.files.slice(0, filesFirst)
  const most = Math.max(...code.files.map(({ added, removed }) => (added ?? 0) + (removed ?? 0)), 1)
  return (
    <>
      <ul className="files" aria-label="Files">
        {shown.map((file) => (
          <FileRow key={file.path} file={file} most={most} candidate={candidate} against={against} />
        ))}
      </ul>
      {code.filesTotal > shown.length && (
        <button type="button" className="button small quiet" onClick={() => setAll(true)} disabled={all}>
          {all ? `and ${code.filesTotal - shown.length} more that are not listed` : `${code.filesTotal - shown.length} more files`}
        </button>
      )}
    </>
  )
}

const letters = { added: 'A', changed: 'M', removed: 'D', renamed: 'R' }
const signals = { added: 'go', changed: 'idle', removed: 'stop', renamed: 'wait' }

type FileProps = { readonly file: FileLine; readonly most: number; readonly candidate: string; readonly against: string }

function FileRow({ file, most, candidate, against }: FileProps) {
  const [open, setOpen] = useState(false)
  const { path, previous, kind, added, removed } = file
  // The root: one big file must not make all others look the same.
  const width = (lines: number | null) => `${Math.sqrt((lines ?? 0) / most) * 56}px`
  return (
    <li className={open ? 'file file-open' : 'file'}>
      <button type="button" data-move aria-expanded={open} disabled={added === null} onClick={() => setOpen(!open)}>
        <Icon name="chevron" size={12} />
        <span className={`file-kind signal-${signals[kind]}`} title={kind}>
          {letters[kind]}
          <span className="sr"> {kind}</span>
        </span>
        <span className="file-path">
          {previous !== null && <span className="soft">{previous} → </span>}
          <FilePath path={path} />
        </span>
        {added === null || removed === null ? (
          <span className="soft">no text</span>
        ) : (
          <span className="file-lines">
            <b className="signal-go">+{added}</b>
            <b className="signal-stop">−{removed}</b>
            <span className="file-bar" aria-hidden="true">
              <i className="file-added" style={{ width: width(added) }} />
              <i className="file-removed" style={{ width: width(removed) }} />
            </span>
          </span>
        )}
      </button>
      {open && <PatchText file={file} candidate={candidate} against={against} />}
    </li>
  )
}

/** The name matters more than its folder. */
function FilePath({ path }: { readonly path: string }) {
  const at = path.lastIndexOf('/') + 1
  return (
    <>
      <span className="soft">{path.slice(0, at)}</span>
      {path.slice(at)}
    </>
  )
}

const shortened = (value: string) => (/^sha256:[0-9a-f]{64}$/.test(value) ? short(value, 12) : value)

export function ValueTable({ title, changes }: { readonly title: string; readonly changes: readonly ValueChange[] }) {
  return (
    <table className="values">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">runs now</th>
          <th scope="col">would run</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ path, from, to }) => (
          <tr key={path}>
            <th scope="row">
              <code>{path}</code>
            </th>
            <td>{from === null ? <span className="soft">absent</span> : <del>{shortened(from)}</del>}</td>
            <td>{to === null ? <span className="soft">absent</span> : <ins>{shortened(to)}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const packageWords = { added: 'new', removed: 'gone', changed: 'other version' }

export function PackageTable({ packages }: { readonly packages: NonNullable<Difference['packages']> }) {
  return (
    <>
      <table className="values">
        <caption>Packages</caption>
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">runs now</th>
            <th scope="col">would run</th>
            <th scope="col">is</th>
          </tr>
        </thead>
        <tbody>
          {packages.changes.map(({ file, name, kind, from, to, ecosystem }) => (
            <tr key={`${file} ${name}`}>
              <th scope="row">
                {name} <span className="soft">{ecosystem}</span>
              </th>
              <td>{from.length === 0 ? <span className="soft">absent</span> : <del>{from.join(', ')}</del>}</td>
              <td>{to.length === 0 ? <span className="soft">absent</span> : <ins>{to.join(', ')}</ins>}</td>
              <td className="soft">{packageWords[kind]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {packages.total > packages.changes.length && <p className="soft">and {packages.total - packages.changes.length} more</p>}
    </>
  )
}
