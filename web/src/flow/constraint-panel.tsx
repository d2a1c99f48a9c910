import type { ReactNode } from 'react'
import type { ConstraintView } from '../api/types.ts'
import { useQuery } from '../api/query.ts'
import { ProblemNote } from '../piece/problem-note.tsx'
import { NoData, timeOf } from './flow-row.tsx'
import { Explained } from './term.tsx'
import { few, percent, span } from './words.ts'

type Leg = ConstraintView['legs'][number]

/** Which part of the way holds the stream up, with the evidence, and why it is none of the others. */
export function ConstraintPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data, problem } = useQuery<ConstraintView>(`/api/constraint/${encodeURIComponent(stream)}?${query}`)
  if (data === undefined) {
    if (problem === undefined) return <section className="panel flow-panel constraint" aria-busy="true" aria-label="The constraint" />
    return (
      <section className="panel flow-panel" aria-label="The constraint">
        <h2>The constraint</h2>
        <ProblemNote problem={problem} />
      </section>
    )
  }
  const { constraint, cannotSay, legs, sentences, little } = data
  // What is named is said above.
  const evidence = sentences.slice(constraint === null ? 1 : 2)
  const isIt = ({ from, to }: Leg) => constraint !== null && constraint.from === from && constraint.to === to
  return (
    <section id="constraint" className="panel flow-panel constraint" aria-label="The constraint">
      <h2>The constraint</h2>
      {constraint === null ? (
        <p className="constraint-verdict soft">Cannot say: {cannotSay ?? 'nothing was on its way'}.</p>
      ) : (
        <p className="constraint-verdict">
          {constraint.cause === 'gate' ? 'The closed gate between ' : ''}
          <strong>
            {constraint.cause === 'gate' ? `${constraint.from} and ${constraint.to}` : `${constraint.from} → ${constraint.to}`}
          </strong>{' '}
          holds <strong>{percent(constraint.share)}</strong> of all the time that {data.of} spent on the way.{' '}
          <span className="soft">
            <Explained what="The window is drawn again and again from its own versions; so many of the draws name the same part. Where fewer agree, nothing is named.">
              {percent(constraint.agreement)} of resampled windows agree
            </Explained>
          </span>
        </p>
      )}
      {legs.some(({ spentMs }) => spentMs > 0) && (
        <div className="constraint-bar" aria-hidden="true">
          {legs.map((leg) => (
            <span
              key={leg.from + leg.to}
              className={isIt(leg) ? 'constraint-it' : ''}
              style={{ flexGrow: Math.max(0.004, leg.share ?? 0) }}
              title={`${leg.from} → ${leg.to}: ${percent(leg.share ?? 0)}`}
            >
              {(leg.share ?? 0) > 0.14 && `${leg.from} → ${leg.to} ${percent(leg.share ?? 0)}`}
            </span>
          ))}
        </div>
      )}
      {legs.length > 0 && <Legs legs={legs} isIt={isIt} />}
      <ul className="constraint-told">
        {evidence.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        <li className={little.holds ? 'soft' : 'signal-stop flow-went'}>
          {little.holds
            ? 'Counted by the number on the way over time, and by the time of each version, it is the same (Little’s law): these books agree.'
            : 'Counted by the number on the way over time, and by the time of each version, it is not the same: do not trust these numbers.'}
        </li>
      </ul>
    </section>
  )
}

const cells: readonly (readonly [string, (leg: Leg) => ReactNode])[] = [
  ['Of the time', ({ share }) => (share === null ? <NoData /> : percent(share))],
  ['Waits now', ({ queue }) => queue.now],
  ['Oldest', ({ queue }) => (queue.oldest === null ? <NoData /> : span(queue.oldest))],
  ['Came / wk', ({ arrivalsPerWeek }) => few(arrivalsPerWeek)],
  ['Left / wk', ({ departuresPerWeek }) => few(departuresPerWeek)],
  ['p50', ({ arrivals, p50 }) => (arrivals === 0 ? <NoData /> : timeOf(p50))],
  ['Before', ({ before }) => (before === null || before.arrivals === 0 ? <NoData /> : timeOf(before.p50))],
  [
    'Gate closed',
    ({ closedMs, closedNow }) => (
      <>
        {closedMs === 0 ? 'never' : span(closedMs)}
        {closedNow && <span className="signal-stop flow-went"> and now</span>}
      </>
    ),
  ],
]

function Legs({ legs, isIt }: { readonly legs: readonly Leg[]; readonly isIt: (leg: Leg) => boolean }) {
  return (
    <div className="flow-table-scroll" tabIndex={0} role="region" aria-label="Evidence">
      <table className="rows constraint-legs">
        <thead>
          <tr>
            {['Part of the way', ...cells.map(([name]) => name)].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {legs.map((leg) => (
            <tr key={leg.from + leg.to} className={isIt(leg) ? 'constraint-row' : ''}>
              <th scope="row">
                {leg.from} → {leg.to}
              </th>
              {cells.map(([name, cell]) => (
                <td key={name} data-name={name}>
                  {cell(leg)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
