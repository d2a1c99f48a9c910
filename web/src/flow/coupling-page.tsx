import { useMemo, useRef, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { CouplingView } from '../api/types.ts'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { BatchPanel } from './batch-panel.tsx'
import { groupsOf } from './coupling-order.ts'
import { Predictions } from './predictions.tsx'
import { useKept } from './use-kept.ts'
import { useWidth } from './use-chart.ts'
import { addressOf, flowHref, queryOf, searchOf, windowIn } from './window.ts'
import { WindowPicker } from './window-picker.tsx'
import { dayIn, few, percent, plural } from './words.ts'
import './flow.css'

type Pair = CouplingView['rows'][number]

/** `/coupling`: value streams that are deployed together more often than by chance: a sign of too tight an architecture. */
export function CouplingPage() {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const { data, problem, old } = useKept(useQuery<CouplingView>(`/api/coupling?${queryOf(window)}`), 'coupling')
  useTitle('Deployed together')
  if (data === undefined)
    return problem === undefined ? <Loading what="what is deployed together" rows={5} /> : <Failed what="coupling" problem={problem} />
  return (
    <div className={old ? 'page flow-one flow-old' : 'page flow-one'}>
      <header className="flow-head">
        <div>
          <p className="crumbs">
            <Link href={`/flow${searchOf(addressOf(window))}`}>Flow</Link> / across streams
          </p>
          <h1>Deployed together</h1>
          <p className="flow-sentence">{sentenceOf(data)}</p>
        </div>
        <WindowPicker window={window} newest={data.until ?? undefined} onChange={(next) => setSearch(addressOf(next), { replace: true })} />
      </header>
      {data.rows.length === 0 ? (
        <div className="calm">
          <p>No two streams were deployed together more often than by chance.</p>
        </div>
      ) : (
        <Coupled view={data} />
      )}
      <BatchPanel query={queryOf(window)} />
      <section className="panel flow-panel all-predictions" aria-label="Predictions">
        <Predictions />
      </section>
    </div>
  )
}

function sentenceOf({ environment, since, until, minutes, looked, mass, rows }: CouplingView): string {
  if (environment === null || since === null || until === null) return 'Nothing was deployed yet, as far as is known here.'
  return `${plural(rows.length, 'pair')} of ${looked} came to ${environment} within ${minutes} minutes of each other more often than by chance, from ${dayIn(since)} until ${dayIn(until)}. ${mass === 0 ? '' : `${plural(mass, 'time')} at which more than a fifth of all were deployed are left out.`}`
}

const told = ({ a, b, together, timesA, timesB, confidence, lift, p }: Pair) =>
  `${a} and ${b}: ${together} times together, of ${timesA} and ${timesB}; ${percent(confidence)} of the rarer with the other, ${few(lift)} times as often as by chance (p ${p < 0.0001 ? '< 0.0001' : p.toFixed(4)})`

function Coupled({ view }: { readonly view: CouplingView }) {
  const groups = useMemo(() => groupsOf(view.rows), [view])
  const [pair, setPair] = useState<Pair>()
  return (
    <>
      <section className="panel flow-panel" aria-label="Map">
        <h2>Map</h2>
        <p className="soft flow-told">
          Each square is a pair; the darker, the more of the times of the rarer one went with the other. Groups of streams that hang
          together stand together:{' '}
          {groups
            .slice(0, 3)
            .map((group) => group.length)
            .join(', ')}
          {groups.length > 3 && ' …'} of them.
        </p>
        <Matrix rows={view.rows} groups={groups} pair={pair} onPair={setPair} />
        <p className="chart-read soft" aria-live="polite">
          {pair === undefined ? 'Point at a square, or at a row below.' : told(pair)}
        </p>
      </section>
      <Pairs rows={view.rows} onPair={setPair} />
    </>
  )
}

type MatrixProps = {
  readonly rows: readonly Pair[]
  readonly groups: readonly (readonly string[])[]
  readonly pair: Pair | undefined
  readonly onPair: (pair: Pair | undefined) => void
}

const mostShown = 70

function Matrix({ rows, groups, pair, onPair }: MatrixProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const names = groups.flat().slice(0, mostShown)
  const place = new Map(names.map((name, at) => [name, at]))
  const longest = Math.min(190, Math.max(0, ...names.map((name) => name.length)) * 6.6)
  const labels = width < 560 ? 0 : longest + 8
  const size = Math.max(3, Math.min(20, (width - labels - 2) / Math.max(1, names.length)))
  const side = names.length * size
  const starts = groups.reduce<number[]>((all, group) => [...all, all.at(-1)! + group.length], [0])
  return (
    <div ref={box} className="flow-chart">
      {width > 0 && (
        <svg
          className="matrix"
          width={labels + side + 2}
          height={side + 2}
          role="img"
          aria-label={`${plural(rows.length, 'pair')} of ${plural(groups.flat().length, 'stream')} in ${plural(groups.length, 'group')}; they are listed below`}
          onPointerLeave={() => onPair(undefined)}
        >
          {labels > 0 &&
            names.map((name, at) => (
              <text
                key={name}
                x={labels - 8}
                y={at * size + size / 2 + 4}
                textAnchor="end"
                className={pair?.a === name || pair?.b === name ? 'at' : ''}
              >
                {size >= 11 && (name.length * 6.6 > 190 ? `${name.slice(0, 27)}…` : name)}
              </text>
            ))}
          <g transform={`translate(${labels} 1)`}>
            {groups.map((group, at) => {
              const from = starts[at]! * size
              const wide = Math.min(group.length, names.length - starts[at]!) * size
              return wide > 0 && <rect key={group[0]} className="matrix-group" x={from} y={from} width={wide} height={wide} />
            })}
            {rows.flatMap((row) => {
              const [x, y] = [place.get(row.a), place.get(row.b)]
              if (x === undefined || y === undefined) return []
              return [
                [x, y],
                [y, x],
              ].map(([column, line]) => (
                <rect
                  key={`${column} ${line}`}
                  className={row === pair ? 'matrix-cell at' : 'matrix-cell'}
                  x={column! * size + 0.5}
                  y={line! * size + 0.5}
                  width={size - 1}
                  height={size - 1}
                  fillOpacity={0.18 + 0.82 * row.confidence}
                  onPointerEnter={() => onPair(row)}
                />
              ))
            })}
          </g>
        </svg>
      )}
    </div>
  )
}

const shownFirst = 40

function Pairs({ rows, onPair }: { readonly rows: readonly Pair[]; readonly onPair: (pair: Pair) => void }) {
  const [shown, setShown] = useState(shownFirst)
  const [search] = useSearchParams()
  const address = addressOf(windowIn(search))
  const head = ['Pair', 'Together', 'Of', 'Support', 'Confidence', 'Lift', 'p']
  return (
    <section className="panel flow-panel" aria-label="Pairs">
      <h2>Pairs, the surest first</h2>
      <p className="soft flow-told">
        Together: times that both were deployed. Of: times of each. Support: share of all times. Confidence: of the times of the rarer one,
        so many with the other. Lift: so many times as often as by chance. p: Fisher, one-sided, corrected for the number of pairs.
      </p>
      <div className="flow-table-scroll" tabIndex={0} role="region" aria-label="Table of pairs">
        <table className="rows">
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <tr key={`${row.a} ${row.b}`} onPointerEnter={() => onPair(row)}>
                <td data-name="Pair">
                  <Link href={flowHref(row.a, address)}>{row.a}</Link> · <Link href={flowHref(row.b, address)}>{row.b}</Link>
                </td>
                <td data-name="Together">{row.together}</td>
                <td data-name="Of">
                  {row.timesA} and {row.timesB}
                </td>
                <td data-name="Support">{percent(row.support)}</td>
                <td data-name="Confidence">{percent(row.confidence)}</td>
                <td data-name="Lift">{few(row.lift)} ×</td>
                <td data-name="p">{row.p < 0.0001 ? '< 0.0001' : row.p.toFixed(4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <p className="flow-none">
          <button type="button" className="button small" onClick={() => setShown(shown + 200)}>
            Show more of {rows.length}
          </button>
        </p>
      )}
    </section>
  )
}
