import { useQuery } from '../api/query.ts'
import type { Readiness } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'

const signals = { yes: 'go', 'not yet': 'wait', no: 'stop' } as const
const words = { yes: 'ready', 'not yet': 'not ready yet', no: 'not ready' } as const

/** Whether rehearsals show that it may leave the dark, and what stands against it. */
export function ReadinessPanel({ flag, environment }: { readonly flag: string; readonly environment: string }) {
  const { data, problem } = useQuery<Readiness>(
    `/api/flags/${encodeURIComponent(flag)}/readiness?environment=${encodeURIComponent(environment)}`,
  )
  if (data === undefined) return problem === undefined ? null : <ProblemNote problem={problem} />
  const { ready, sentence, against, since, why, differences, timeouts, dropped } = data
  return (
    <div className="flag-ready">
      <p>
        <span className={`tag signal-${signals[ready]}`}>{words[ready]}</span> {sentence}
      </p>
      {against.length > 0 && (
        <ul className="flag-against" aria-label="What stands against it">
          {against.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <p className="soft flag-small">
        Counted since {why}, <Age since={since} /> ago
        {timeouts > 0 && `; ${timeouts} took too long`}
        {dropped > 0 && `; ${dropped} were left out`}.
      </p>
      {differences.length > 0 && <Differences rows={differences} />}
    </div>
  )
}

function Differences({ rows }: { readonly rows: Readiness['differences'] }) {
  return (
    <table className="flag-numbers">
      <thead>
        <tr>
          <th scope="col">What differed</th>
          <th scope="col">candidate</th>
          <th scope="col">noise</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 12).map(({ difference, candidate, noise }) => (
          <tr key={difference}>
            <th scope="row" className="mono">
              {difference}
            </th>
            <td>{candidate.toLocaleString('en')}</td>
            <td>{noise.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
