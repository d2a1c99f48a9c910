import { useLocation } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { BatchesView } from '../../api/types.ts'
import { Across, Chart, type Margin } from '../../chart/chart.tsx'
import { useLinks } from '../links.ts'
import { rangeText } from '../rows/narrowing.tsx'
import { Panel } from '../panel.tsx'
import { useKept } from '../use-kept.ts'
import { few, percent, plural } from '../words.ts'
import './pictures.css'

type Row = BatchesView['rows'][number]

/** Whether larger deployments fail more often; of one stream, or of all of them. */
export function BatchPanel({ stream, query }: { readonly stream?: string; readonly query: string }) {
  const path = `/api/batches${stream === undefined ? '' : `/${encodeURIComponent(stream)}`}?${query}`
  const { data } = useKept(useQuery<BatchesView>(path), `batches ${stream}`)
  if (data === undefined || data.rows.length === 0) return null
  return (
    <Panel
      title="Do larger deployments fail more often?"
      told="Share of deployments that brought a failure, by how many new versions they brought, with limits at 95 % (Wilson). Odds are held against the smallest size of which there are ten. That one goes with the other does not say that it causes it."
    >
      <p className="whatif-verdict">{verdictOf(data)}</p>
      {data.rows.length > 1 && data.rows.some(({ failed }) => (failed ?? 0) > 0) && <Sizes rows={data.rows} stream={stream} />}
    </Panel>
  )
}

function verdictOf({ known, trend, rows }: BatchesView): string {
  if (known.length === 0) return 'Nobody ever told of a failure, so it cannot be said.'
  if (rows.length < 2) return 'All are of about the same size, so it cannot be said.'
  if (trend === null) return 'It cannot be said: all of them failed alike, or none did.'
  const p = trend.p < 0.0001 ? 'p < 0.0001' : `p ${trend.p.toFixed(trend.p < 0.01 ? 4 : 2)}`
  if (trend.p >= 0.05) return `Nothing says so: such a trend comes by chance, too (${p}).`
  return `${trend.z > 0 ? 'There is a trend: the larger, the more often' : 'There is a trend: the larger, the less often'} (Cochran and Armitage, ${p}).`
}

const height = 210
const margin: Margin = { top: 12, right: 10, bottom: 56, left: 56 }

/** Of each size, which share failed, with its limits. */
function Sizes({ rows, stream }: { readonly rows: readonly Row[]; readonly stream: string | undefined }) {
  const [, go] = useLocation()
  const links = useLinks(stream ?? '')
  // An interval of few deployments reaches far: the picture is of what is there.
  const most = Math.max(
    0.01,
    ...rows.map(({ share }) => (share ?? 0) * 1.6),
    ...rows.filter(({ deployments }) => deployments >= 90).map(({ high }) => high ?? 0),
  )
  const wideOf = (width: number) => Math.min(240, (width - margin.left - margin.right) / rows.length)
  const y = (share: number) => height - margin.bottom - (Math.min(share, most) / most) * (height - margin.top - margin.bottom)
  const ticks = [0, most / 2, most].map((share) => ({ pixel: y(share), name: percent(share) }))
  return (
    <Chart
      height={height}
      moves={(width) => ({ from: margin.left, to: margin.left + wideOf(width) * rows.length - 0.01, step: wideOf(width) })}
      render={(width, at) => {
        const wide = wideOf(width)
        const here = at === undefined ? undefined : rows[Math.floor((at - margin.left) / wide)]
        return {
          label: `Share that failed, by size. ${rows.map(readOf).join('; ')}`,
          told: here === undefined ? 'Below: versions in a deployment, and how many deployments there were of that size.' : readOf(here),
          open:
            here === undefined || stream === undefined
              ? undefined
              : () => go(links.rows('deployments', { size: rangeText(here.from, here.to + 1) })),
          picture: (
            <>
              <Across at={ticks} left={margin.left} right={margin.left + wide * rows.length} />
              {rows.map((row, at) => (
                <Size key={row.from} row={row} x={margin.left + (at + 0.5) * wide} y={y} most={most} />
              ))}
            </>
          ),
        }
      }}
    />
  )
}

type SizeProps = { readonly row: Row; readonly x: number; readonly y: (share: number) => number; readonly most: number }

function Size({ row, x, y, most }: SizeProps) {
  const { from, to, deployments, odds, share, low, high } = row
  return (
    <>
      <g className="grid" transform={`translate(${x} ${height - margin.bottom})`}>
        <text y="18" textAnchor="middle" className="batch-size">
          {from === to ? from : `${from} – ${to}`}
        </text>
        <text y="33" textAnchor="middle">
          {deployments.toLocaleString('en')}
        </text>
        <text y="48" textAnchor="middle">
          {odds === null ? '' : `odds × ${few(odds.ratio)}`}
        </text>
      </g>
      {share !== null && (
        <g className="batch-mark">
          <path d={`M${x} ${y(low ?? 0)}V${y(high ?? most)}`} />
          <circle cx={x} cy={y(share)} r="5.5">
            <title>{readOf(row)}</title>
          </circle>
        </g>
      )}
    </>
  )
}

function readOf({ from, to, deployments, failed, share, low, high }: Row): string {
  const size = from === to ? plural(from, 'version') : `${from} to ${to} versions`
  if (share === null || failed === null) return `${size}: no data`
  return `${size}: ${few(failed)} of ${deployments} failed, ${percent(share)} (${percent(low ?? 0)} – ${percent(high ?? 1)})`
}
