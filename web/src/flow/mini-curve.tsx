import { memo } from 'react'
import type { FlowRow } from '../api/types.ts'
import { percent } from './words.ts'
import './flow-list.css'

const names = ['10 min', '1 h', '4 h', '1 d', '1 wk', '4 wk']
const width = 132
const height = 30

/** Which share had arrived after each of the steps in which people plan. It ends where nothing was watched for so long. */
export const MiniCurve = memo(function MiniCurve({ within }: { readonly within: FlowRow['lead']['within'] }) {
  const known = within.flatMap(({ share }, at) => (share === null ? [] : [{ share, at }]))
  if (known.length === 0) return null
  const x = (at: number) => 3 + (at * (width - 6)) / (names.length - 1)
  const y = (share: number) => 2 + (1 - share) * (height - 4)
  const line = known.map(({ share, at }, index) => `${index === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(share).toFixed(1)}`).join('')
  // One mark, for rows are drawn while they scroll.
  const day = known.find(({ at }) => at === 3)
  const told = known.map(({ share, at }) => `${percent(share)} within ${names[at]}`).join(', ')
  return (
    <svg className="mini-curve" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={told}>
      <title>{told}</title>
      <path className="mini-base" d={`M2 ${height - 1}H${width - 2}`} />
      <path className="mini-area" d={`${line}L${x(known.at(-1)!.at).toFixed(1)} ${height - 1}L${x(known[0]!.at)} ${height - 1}Z`} />
      <path className="mini-line" d={line} />
      {day !== undefined && <circle cx={x(day.at)} cy={y(day.share)} r="2.8" />}
    </svg>
  )
})

const floorMs = 60_000
const ceilingMs = 120 * 86_400_000
const place = (ms: number) => Math.min(1, Math.max(0, Math.log(Math.max(ms, floorMs) / floorMs) / Math.log(ceilingMs / floorMs)))

/** From half of the versions to 95 of 100 on a scale of logarithms from a minute to four months, the same in every row. */
export const LeadStrip = memo(function LeadStrip({ lead }: { readonly lead: FlowRow['lead'] }) {
  const { p50, p85, p95 } = lead
  if (p50.value === null) return <span className="lead-strip lead-never" aria-hidden="true" />
  const at = (ms: number | null) => `${(place(ms ?? ceilingMs) * 100).toFixed(1)}%`
  return (
    <span className="lead-strip" aria-hidden="true">
      <i style={{ left: at(p50.value), right: `calc(100% - ${at(p95.value)})` }} className={p95.value === null ? 'open' : ''} />
      {p85.value !== null && <u style={{ left: at(p85.value) }} />}
      <b style={{ left: at(p50.value) }} />
    </span>
  )
})

/** Above the strips: where an hour, a day and four weeks are. */
export function LeadAxis() {
  const hour = 3_600_000
  return (
    <span className="flow-axis" aria-hidden="true">
      {(
        [
          [hour, '1 h'],
          [24 * hour, '1 d'],
          [28 * 24 * hour, '4 wk'],
        ] as const
      ).map(([ms, name]) => (
        <span key={name} style={{ left: `${place(ms) * 100}%` }}>
          {name}
        </span>
      ))}
    </span>
  )
}
