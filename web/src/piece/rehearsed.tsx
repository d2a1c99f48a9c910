import type { ReactNode } from 'react'
import type { Readiness } from '../api/types.ts'

const signals = { yes: 'go', 'not yet': 'wait', no: 'stop' } as const
const words = { yes: 'ready', 'not yet': 'not ready yet', no: 'not ready' } as const

type Said = Pick<Readiness, 'ready' | 'sentence' | 'against' | 'differences'>

/** What rehearsals showed, what stands against it, and in what they differed. @param children - what was counted */
export function Rehearsed({ said, children }: { readonly said: Said; readonly children: ReactNode }) {
  const { ready, sentence, against, differences } = said
  return (
    <div className="rehearsed">
      <p>
        <span className={`tag signal-${signals[ready]}`}>{words[ready]}</span> {sentence}
      </p>
      {against.length > 0 && (
        <ul aria-label="What stands against it">
          {against.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <p className="soft">{children}</p>
      {differences.length > 0 && <Differences rows={differences} />}
    </div>
  )
}

function Differences({ rows }: { readonly rows: Said['differences'] }) {
  return (
    <table>
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
