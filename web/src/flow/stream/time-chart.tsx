import { useLocation } from 'wouter'
import type { StreamFlowPicture } from '../../api/types.ts'
import { Across, Below, Chart, Hatch, type Margin } from '../../chart/chart.tsx'
import { countTicks, timeScale } from '../../chart/scale.ts'
import { useLinks } from '../links.ts'
import { rangeText } from '../rows/narrowing.tsx'
import { dayIn, few, plural, span } from '../words.ts'
import './pictures.css'

type Period = StreamFlowPicture['periods'][number]
type Closed = StreamFlowPicture['closed'][number]
type Props = {
  readonly periods: readonly Period[]
  readonly closed: readonly Closed[]
  readonly order: readonly string[]
  readonly asOf: string
  readonly stream: string
}

const height = 330
const margin: Margin = { top: 20, right: 14, bottom: 28, left: 52 }
/** Deployments above, lead times below. */
const split = 186
const gap = 26

const rightOf = (width: number) => Math.max(margin.left + 10, width - margin.right)

/** Deployments, their batches and those that went back, over time; below it how long versions took that were first seen then. */
export function TimeChart({ periods, closed, order, asOf, stream }: Props) {
  const [, go] = useLocation()
  const { rows } = useLinks(stream)
  const to = order.at(-1)!
  const bands = closed.filter(({ environment, way }) => (way === 'into' ? environment === to : environment === order.at(-2)))
  const axes = axesOf(periods)
  return (
    <Chart
      height={height}
      moves={(width) => {
        const right = rightOf(width)
        return { from: margin.left, to: right - 0.01, step: (right - margin.left) / periods.length }
      }}
      render={(width, at) => {
        const wide = (rightOf(width) - margin.left) / periods.length
        const index = at === undefined ? undefined : Math.min(periods.length - 1, Math.floor((at - margin.left) / wide))
        const here = index === undefined ? undefined : periods[index]!
        return {
          open: here && (() => go(rows('deployments', { when: rangeText(Date.parse(here.since), Date.parse(here.until)) }))),
          label: `Deployments to ${to} over time, in ${periods.length} parts`,
          told: here === undefined ? <Legend closed={bands.length > 0} back={periods.some(({ back }) => back > 0)} /> : readOf(here),
          picture: <Picture periods={periods} bands={bands} asOf={asOf} axes={axes} right={rightOf(width)} wide={wide} index={index} />,
        }
      }}
    />
  )
}

function axesOf(periods: readonly Period[]) {
  const ticks = countTicks(Math.max(...periods.map(({ deployments, brought }) => Math.max(deployments, brought))))
  const most = ticks.at(-1)!
  const leads = periods.flatMap(({ p50 }) => (p50 === null ? [] : [p50]))
  return {
    ticks,
    y: (count: number) => split - (count / most) * (split - margin.top),
    // Upside down: what takes longer stands higher.
    lead: timeScale(Math.min(...leads, 3_600_000) / 2, Math.max(...leads, 60_000) * 2, height - margin.bottom, split + gap, 18),
  }
}

type PictureProps = {
  readonly periods: readonly Period[]
  /** Times for which its gate was closed. */
  readonly bands: readonly Closed[]
  readonly asOf: string
  readonly axes: ReturnType<typeof axesOf>
  readonly right: number
  readonly wide: number
  readonly index: number | undefined
}

function Picture({ periods, bands, asOf, axes: { ticks, y, lead }, right, wide, index }: PictureProps) {
  const [begin, end] = [Date.parse(periods[0]!.since), Date.parse(periods.at(-1)!.until)]
  const x = (time: number) => margin.left + ((Math.min(end, Math.max(begin, time)) - begin) / (end - begin)) * (right - margin.left)
  const middle = (at: number) => margin.left + (at + 0.5) * wide
  const isLong = end - begin > 400 * 86_400_000
  const dayOf = ({ since }: Period) => (isLong ? dayIn(since).replace(/^\d+ /, '') : dayIn(since).replace(/ \d{4}$/, ''))
  const days = daysOf(periods, right - margin.left).map((at) => ({ pixel: middle(at), name: dayOf(periods[at]!) }))
  return (
    <>
      <Hatch />
      {bands.map(({ since, until, way }) => (
        <Band key={since + way} left={x(Date.parse(since))} right={x(Date.parse(until ?? asOf))} />
      ))}
      <Across at={[...ticks.map((count) => ({ pixel: y(count), name: count })), ...lead.ticks]} left={margin.left} right={right} />
      <path className="axis" d={`M${margin.left} ${split}H${right}`} />
      <Below at={days} y={height - 8} />
      {periods.map((period, at) => (
        <Bar key={period.since} period={period} left={margin.left + at * wide} wide={wide} y={y} here={at === index} />
      ))}
      <path className="lead-line" d={leadLine(periods, wide, lead.x)} />
      {periods.map(
        ({ since, p50 }, at) =>
          p50 !== null && (
            <circle
              key={since}
              className={at === index ? 'lead-dot lead-at' : 'lead-dot'}
              cx={middle(at)}
              cy={lead.x(p50)}
              r={at === index ? 4 : Math.min(2.6, wide / 3)}
            />
          ),
      )}
    </>
  )
}

/** While nothing could come in: a hatched edge, and below it a wash. */
function Band({ left, right }: { readonly left: number; readonly right: number }) {
  const wide = Math.max(1.5, right - left)
  return (
    <>
      <rect className="closed-band" x={left} width={wide} y={margin.top} height={height - margin.bottom - margin.top} />
      <rect fill="url(#hatch)" x={left} width={wide} y={margin.top - 12} height={8} />
    </>
  )
}

type BarProps = {
  readonly period: Period
  readonly left: number
  readonly wide: number
  readonly y: (count: number) => number
  readonly here: boolean
}

function Bar({ period: { deployments, brought, back }, left, wide, y, here }: BarProps) {
  const inner = Math.max(1, wide - Math.min(3, wide * 0.25))
  return (
    <g className={here ? 'bar-of bar-at' : 'bar-of'}>
      {brought > 0 && <rect className="bar-brought" x={left} width={inner} y={y(brought)} height={y(0) - y(brought)} rx="1" />}
      {deployments > 0 && <rect className="bar-deployed" x={left} width={inner} y={y(deployments)} height={y(0) - y(deployments)} rx="1" />}
      {back > 0 && (
        <path className="bar-back" d={`M${left + inner / 2 + 4} ${y(Math.max(deployments, brought)) - 3}l-8 -4 8 -4z`}>
          <title>{plural(back, 'deployment')} went back</title>
        </path>
      )}
    </g>
  )
}

function Legend({ closed, back }: { readonly closed: boolean; readonly back: boolean }) {
  return (
    <>
      <i className="key key-deployed" /> deployments
      <i className="key key-brought" /> versions that they brought
      {back && (
        <>
          <i className="key key-back" /> went back
        </>
      )}
      {closed && (
        <>
          <i className="key key-waiting" /> its gate was closed
        </>
      )}
      <i className="key key-lead" /> below: lead p50 of versions first seen then
    </>
  )
}

/** Broken where nothing is known: no data is not drawn. */
function leadLine(periods: readonly Period[], wide: number, y: (ms: number) => number): string {
  let pen = 'M'
  return periods
    .map(({ p50 }, at) => {
      if (p50 === null) {
        pen = 'M'
        return ''
      }
      const step = `${pen}${(margin.left + (at + 0.5) * wide).toFixed(1)} ${y(p50).toFixed(1)}`
      pen = 'L'
      return step
    })
    .join('')
}

/** Which of the parts have their day written below. */
function daysOf(periods: readonly Period[], width: number): readonly number[] {
  const every = Math.max(1, Math.ceil((periods.length * 74) / Math.max(1, width)))
  return periods.flatMap((_, at) => (at % every === Math.floor(every / 2) ? [at] : []))
}

function readOf({ since, until, deployments, brought, back, versions, p50 }: Period): string {
  const days = (Date.parse(until) - Date.parse(since)) / 86_400_000
  const when = days <= 1 ? `${dayIn(since)}` : `${dayIn(since)} – ${dayIn(Date.parse(until) - 1)}`
  return [
    when,
    deployments === 0
      ? 'no deployment'
      : `${plural(deployments, 'deployment')}, ${plural(brought, 'version')}${brought > 0 ? ` (${few(brought / deployments)} each)` : ''}`,
    ...(back > 0 ? [`${back} went back`] : []),
    versions === 0 ? 'no new version' : `${plural(versions, 'new version')}, lead p50 ${p50 === null ? 'never' : span(p50)}`,
  ].join(' · ')
}
