import { useLocation } from 'wouter'
import type { StreamFlowPicture } from '../../api/types.ts'
import { Across, Below, Chart, type Margin } from '../../chart/chart.tsx'
import { timeScale, type TimeScale } from '../../chart/scale.ts'
import { useLinks } from '../links.ts'
import { rangeText } from '../rows/narrowing.tsx'
import { percent, span } from '../words.ts'
import './pictures.css'

type Curve = NonNullable<StreamFlowPicture['curve']>
type Props = { readonly now: Curve; readonly before: Curve | null; readonly to: string; readonly stream: string }

const height = 260
const margin: Margin = { top: 12, right: 14, bottom: 30, left: 44 }

/** Which share of the versions had arrived after how long, with its limits; and the same of the window before. */
export function CurveChart({ now, before, to, stream }: Props) {
  const [, go] = useLocation()
  const { rows } = useLinks(stream)
  const first = Math.min(beginOf(now) ?? 60_000, (before && beginOf(before)) ?? Number.POSITIVE_INFINITY)
  const last = Math.max(now.watchedMs, before?.watchedMs ?? 0)
  return (
    <Chart
      height={height}
      moves={(width) => ({ from: margin.left, to: width - margin.right, step: (width - margin.left) / 40 })}
      render={(width, at) => {
        const right = Math.max(margin.left + 10, width - margin.right)
        const scale = timeScale(first / 2, last, margin.left, right)
        return {
          label: `Share of versions that reached ${to}, over time. ${readOf(now, before, now.watchedMs)}`,
          told: at === undefined ? <Legend before={before} now={now} /> : readOf(now, before, scale.ms(at)),
          open: at === undefined ? undefined : () => go(rows('versions', { took: rangeText(0, scale.ms(at)) })),
          picture: (
            <>
              <Across at={shares} left={margin.left} right={width - margin.right} />
              <Below at={scale.ticks} y={height - 10} line={[margin.top, height - margin.bottom]} />
              {before !== null && before.points.length > 0 && <path className="curve-before" d={lineOf(before, scale)} />}
              <path className="curve-band" d={bandOf(now, scale)} />
              <path className="curve-now" d={lineOf(now, scale)} />
              {now.versions > now.reached && <path className="curve-end" d={endOf(now, scale)} />}
              {at !== undefined && <path className="chart-cursor" d={`M${at} ${margin.top}V${height - margin.bottom}`} />}
            </>
          ),
        }
      }}
    />
  )
}

/** A single one that came at once does not stretch the picture. */
const beginOf = ({ points }: Curve) => points.find(({ share }) => share > 0.01)?.ms

function Legend({ now, before }: { readonly now: Curve; readonly before: Curve | null }) {
  return (
    <>
      <i className="key key-now" /> this window, {now.reached} of {now.versions}, with limits at 95 %
      {before !== null && before.versions > 0 && (
        <>
          <i className="key key-before" /> the window before, {before.reached} of {before.versions}
        </>
      )}
    </>
  )
}

const y = (share: number) => margin.top + (1 - share) * (height - margin.top - margin.bottom)

const shares = [0, 0.25, 0.5, 0.75, 1].map((share) => ({ pixel: y(share), name: `${Math.round(share * 100)} %` }))

const round = (value: number) => value.toFixed(1)

function lineOf({ points, watchedMs }: Curve, { x }: TimeScale): string {
  const steps = points.map(({ ms, share }) => `H${round(x(ms))}V${round(y(share))}`).join('')
  return `M${margin.left} ${y(0)}${steps}H${round(x(watchedMs))}`
}

function bandOf({ points, watchedMs }: Curve, { x }: TimeScale): string {
  if (points.length === 0) return ''
  const up = points.map(({ ms, high }) => `H${round(x(ms))}V${round(y(high))}`).join('')
  const down = points
    .toReversed()
    .map(({ ms, low }, at, all) => `V${round(y(low))}H${round(x(ms))}${at === all.length - 1 ? `V${y(0)}` : ''}`)
    .join('')
  return `M${round(x(points[0]!.ms))} ${y(0)}${up}H${round(x(watchedMs))}${down}Z`
}

/** Some were still on their way: nobody knows how it goes on. */
function endOf({ points, watchedMs }: Curve, { x }: TimeScale): string {
  const share = points.at(-1)?.share ?? 0
  return `M${round(x(watchedMs))} ${round(y(share) - 5)}v10`
}

function shareAt({ points, watchedMs, versions, reached }: Curve, ms: number): string | undefined {
  if (versions === 0 || (ms > watchedMs * 1.001 && reached < versions)) return undefined
  const point = points.findLast((one) => one.ms <= ms)
  if (point === undefined) return '0 %'
  return `${percent(point.share)} (${percent(point.low)} – ${percent(point.high)})`
}

function readOf(now: Curve, before: Curve | null, ms: number): string {
  const then = before === null ? undefined : shareAt(before, ms)
  const share = shareAt(now, ms)
  return `within ${span(ms)}: ${share === undefined ? 'nothing was watched for so long' : `${share} had arrived`}${then === undefined ? '' : `; before: ${then}`}`
}
