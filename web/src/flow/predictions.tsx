import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { PredictionBoard, PredictionRow } from '../api/types.ts'
import { Mark } from '../piece/mark.tsx'
import { NoData, timeOf } from './flow-row.tsx'
import { flowHref } from './window.ts'
import { dayIn, few, percent, span } from './words.ts'

type Figure = keyof PredictionRow['base']
type Value = PredictionRow['base']['p50']

/** So fine that what lies outside is not printed as what lies inside. */
const fine = (ms: number) => span(ms, true)

const figures: readonly (readonly [Figure, string, (value: number) => string])[] = [
  ['p50', 'Lead p50', fine],
  ['p85', 'Lead p85', fine],
  ['withinDay', 'Within a day', percent],
  ['perWeek', 'Arrive a week', few],
]

/** What was predicted of a stream, or of all of them, and what happened. */
export function Predictions({ stream }: { readonly stream?: string }) {
  const { data } = useQuery<PredictionBoard>(`/api/predictions${stream === undefined ? '' : `?${new URLSearchParams({ stream })}`}`)
  if (data === undefined || data.rows.length === 0) return null
  const { rows, coverage } = data
  return (
    <div className="predictions">
      <h3>Predicted, and what happened</h3>
      <p className="soft flow-told">
        {coverage.share === null
          ? 'None of their windows has passed yet.'
          : `${coverage.inside} of ${coverage.figures} figures lay within their limits (${percent(coverage.share)}); 80 % of them should.`}
      </p>
      <ul>
        {rows.map((row) => (
          <Prediction key={row.prediction} row={row} among={stream === undefined} />
        ))}
      </ul>
    </div>
  )
}

function Prediction({ row, among }: { readonly row: PredictionRow; readonly among: boolean }) {
  const { stream, change, since, until, by, hindsight, score } = row
  return (
    <li className="prediction">
      <p>
        {among && (
          <>
            <Link href={flowHref(stream)}>{stream}</Link>{' '}
          </>
        )}
        <code>{change}</code>{' '}
        <span className="soft">
          {dayIn(since)} – {dayIn(until)}, by {by}
          {hindsight && ', made afterwards from what was known before'}
        </span>
      </p>
      <div className="flow-table-scroll">
        <table className="rows">
          <thead>
            <tr>
              {['', 'As it was', 'Predicted, 80 %', score === null ? 'Not yet known' : 'Happened', ''].map((name, at) => (
                <th key={at} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {figures.map(([figure, name, word]) => (
              <Line key={figure} name={name} row={row} figure={figure} word={word} />
            ))}
          </tbody>
        </table>
      </div>
      {score?.made === 'no' && (
        <p className="signal-wait flow-went">The change was not made: what happened is held against the line as it was.</p>
      )}
      {score?.why.map((sentence) => (
        <p key={sentence} className="soft">
          {sentence}
        </p>
      ))}
    </li>
  )
}

type LineProps = {
  readonly name: string
  readonly row: PredictionRow
  readonly figure: Figure
  readonly word: (value: number) => string
}

function Line({ name, row: { base, changed, score }, figure, word }: LineProps) {
  const inside = score?.held.find((one) => one.figure === figure)?.inside
  const told = (value: number | null): ReactNode =>
    value !== null ? word(value) : figure === 'p50' || figure === 'p85' ? timeOf(null) : <NoData />
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-name="As it was">{told(base[figure].value)}</td>
      <td data-name="Predicted, 80 %">
        {told(changed[figure].value)} <span className="soft">{limitsOf(changed[figure], word)}</span>
      </td>
      <td data-name="Happened">{score === null ? '' : told(score[figure])}</td>
      <td>
        {inside !== undefined && (
          <span className="health">
            <Mark state={inside ? 'verified' : 'cancelled'} worded size={14} />
            {inside ? 'within' : 'outside'}
          </span>
        )}
      </td>
    </tr>
  )
}

const limitsOf = ({ low, high }: Value, word: (value: number) => string) =>
  low === null && high === null ? '' : `${low === null ? 'never' : word(low)} – ${high === null ? 'never' : word(high)}`
