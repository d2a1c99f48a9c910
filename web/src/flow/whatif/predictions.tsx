import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { PredictionBoard, PredictionRow } from '../../api/types.ts'
import { Mark } from '../../piece/mark.tsx'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { NoData, timeOf } from '../flow-row.tsx'
import { flowHref } from '../window.ts'
import { dayIn, few, percent, span } from '../words.ts'
import './whatif.css'

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

type Whose = { readonly stream?: string | undefined; readonly team?: string | undefined }

/** What was predicted of a stream, of a team's streams or of all of them, and what happened. */
export function Predictions({ stream, team }: Whose) {
  const query = new URLSearchParams({ ...(stream === undefined ? {} : { stream }), ...(team === undefined ? {} : { team }) })
  const { data } = useQuery<PredictionBoard>(`/api/predictions?${query}`)
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
            <Link href={flowHref(stream, {}, 'what-if')}>{stream}</Link>{' '}
          </>
        )}
        <code>{change}</code>{' '}
        <span className="soft">
          {dayIn(since)} – {dayIn(until)}, by {by}
          {hindsight && ', made afterwards from what was known before'}
        </span>
      </p>
      <RowsTable label={`${change}: predicted and happened`} columns={columnsOf(row)} rows={figures} keyOf={([figure]) => figure} />
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

function columnsOf({ base, changed, score }: PredictionRow): readonly ColumnOf<(typeof figures)[number]>[] {
  const told = ([figure, , word]: (typeof figures)[number], value: number | null): ReactNode =>
    value !== null ? word(value) : figure === 'p50' || figure === 'p85' ? timeOf(null) : <NoData />
  return [
    { name: 'Figure', wide: 130, names: true, cell: ([, name]) => name },
    { name: 'As it was', wide: 110, cell: (line) => told(line, base[line[0]].value) },
    {
      name: 'Predicted, 80 %',
      wide: 220,
      cell: (line) => (
        <>
          {told(line, changed[line[0]].value)} <span className="soft">{limitsOf(changed[line[0]], line[2])}</span>
        </>
      ),
    },
    { name: score === null ? 'Not yet known' : 'Happened', wide: 120, cell: (line) => (score === null ? '' : told(line, score[line[0]])) },
    { name: '', wide: 110, cell: ([figure]) => <Held inside={score?.held.find((one) => one.figure === figure)?.inside} /> },
  ]
}

function Held({ inside }: { readonly inside: boolean | undefined }) {
  if (inside === undefined) return null
  return (
    <span className="health">
      <Mark state={inside ? 'verified' : 'cancelled'} worded size={14} />
      {inside ? 'within' : 'outside'}
    </span>
  )
}

const limitsOf = ({ low, high }: Value, word: (value: number) => string) =>
  low === null && high === null ? '' : `${low === null ? 'never' : word(low)} – ${high === null ? 'never' : word(high)}`
