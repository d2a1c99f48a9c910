import { useQuery } from '../api/query.ts'
import type { EnvironmentView, ParityView } from '../api/types.ts'
import { DigestLink } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'

type Props = {
  readonly list: readonly EnvironmentView[]
  readonly a: string | null
  readonly b: string | null
  readonly onChange: (a: string, b: string) => void
}

/** Two environments side by side: what differs as declared, and what nobody declared. */
export function ParityPanel({ list, a, b, onChange }: Props) {
  const ids = list.filter(({ traffic }) => traffic !== null).map(({ id }) => id)
  const [first, second] = chosen(ids, a, b)
  const { data, problem } = useQuery<ParityView>(
    first === undefined || second === undefined ? undefined : `/api/environments/diff?${new URLSearchParams({ a: first, b: second })}`,
  )
  if (first === undefined || second === undefined) return null
  return (
    <section className="panel parity" aria-labelledby="parity-title">
      <header>
        <h2 id="parity-title">Parity</h2>
        <Choose label="One environment" value={first} ids={ids} onChange={(id) => onChange(id, second)} />
        <span className="soft">beside</span>
        <Choose label="The other environment" value={second} ids={ids} onChange={(id) => onChange(first, id)} />
      </header>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {data !== undefined && <Report report={data} />}
    </section>
  )
}

/** As asked for; else the last two of the first stream that has two, which are next to each other on the line. */
function chosen(ids: readonly string[], a: string | null, b: string | null): readonly [string | undefined, string | undefined] {
  if (a !== null && b !== null && ids.includes(a) && ids.includes(b)) return [a, b]
  const pair = [...Map.groupBy(ids, (id) => id.split('/')[0]!).values()].find((own) => own.length > 1)
  const production = pair?.find((id) => id.endsWith('/production'))
  const other = pair?.findLast((id) => id !== production)
  return production === undefined ? [pair?.[0], pair?.[1]] : [other, production]
}

type ChooseProps = {
  readonly label: string
  readonly value: string
  readonly ids: readonly string[]
  readonly onChange: (id: string) => void
}

function Choose({ label, value, ids, onChange }: ChooseProps) {
  return (
    <label className="select">
      <span className="sr">{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {ids.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  )
}

function Report({ report }: { readonly report: ParityView }) {
  const { a, b, sameCandidate, declared, undeclared, same, passes } = report
  const total = same + declared.length + undeclared.length
  // Never rounded up to all of them.
  const score = total === 0 ? 100 : Math.floor((100 * (total - undeclared.length)) / total)
  const rows = [...undeclared.map((each) => ({ ...each, ok: false })), ...declared.map((each) => ({ ...each, ok: true }))]
  return (
    <>
      <p className={passes ? 'parity-verdict signal-go' : 'parity-verdict signal-stop'}>
        <Mark state={passes ? 'verified' : 'failed'} worded />
        <strong>
          {passes
            ? 'The same kind of place.'
            : `${undeclared.length} ${undeclared.length === 1 ? 'difference' : 'differences'} nobody declared.`}
        </strong>
        <span className="soft">
          {score} % of {total} values are equal or differ as declared ({declared.length} of them do).{' '}
          {sameCandidate ? (
            <>
              Both run <DigestLink digest={a.candidate} />.
            </>
          ) : (
            <>
              They run <DigestLink digest={a.candidate} /> and <DigestLink digest={b.candidate} />.
            </>
          )}
        </span>
      </p>
      {rows.length > 0 && (
        <table className="values">
          <caption>Values that differ</caption>
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col">{a.id}</th>
              <th scope="col">{b.id}</th>
              <th scope="col">is</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ path, a: left, b: right, ok }) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                </th>
                <td className="mono">{left ?? <span className="soft">absent</span>}</td>
                <td className="mono">{right ?? <span className="soft">absent</span>}</td>
                <td className={ok ? 'soft' : 'signal-stop parity-undeclared'}>{ok ? 'declared' : 'undeclared'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
