import { useLocation } from 'wouter'
import type { StreamFlowPicture } from '../../api/types.ts'
import { Across, Below, Chart, Hatch, type Margin } from '../../chart/chart.tsx'
import { countTicks, timeScale } from '../../chart/scale.ts'
import { useLinks } from '../links.ts'
import { rangeText } from '../rows/narrowing.tsx'
import { plural, span } from '../words.ts'
import './pictures.css'

type Bin = StreamFlowPicture['spread'][number]

const height = 260
const margin: Margin = { top: 12, right: 14, bottom: 30, left: 44 }
const oneMinute = 60_000
const rightOf = (width: number) => Math.max(margin.left + 10, width - margin.right)

/** How many versions took how long; those that are still on their way stand hatched at what they have waited. */
export function SpreadChart({ bins, stream }: { readonly bins: readonly Bin[]; readonly stream: string }) {
  const [, go] = useLocation()
  const { rows } = useLinks(stream)
  const from = Math.max(bins[0]?.fromMs ?? 0, oneMinute / 2)
  const ticks = countTicks(Math.max(...bins.map(({ reached, waiting }) => reached + waiting)))
  const most = ticks.at(-1)!
  const y = (count: number) => height - margin.bottom - (count / most) * (height - margin.top - margin.bottom)
  const label = bins
    .filter(({ reached }) => reached > 0)
    .map(readOf)
    .join('; ')
  return (
    <Chart
      height={height}
      moves={(width) => ({ from: margin.left, to: rightOf(width), step: (rightOf(width) - margin.left) / Math.max(1, bins.length) })}
      render={(width, at) => {
        const scale = timeScale(from, bins.at(-1)?.toMs ?? 1, margin.left, rightOf(width))
        const here = at === undefined ? undefined : bins.find(({ toMs }) => scale.x(toMs) >= at)
        return {
          label: `How lead times are spread. ${label}`,
          told: here === undefined ? <Legend waiting={bins.some(({ waiting }) => waiting > 0)} /> : readOf(here),
          open: here && (() => go(rows('versions', { took: rangeText(here.fromMs, here.toMs) }))),
          picture: (
            <>
              <Hatch />
              <Across at={ticks.map((count) => ({ pixel: y(count), name: count }))} left={margin.left} right={rightOf(width)} />
              <Below at={scale.ticks} y={height - 10} />
              {bins.map((bin) => {
                const left = scale.x(Math.max(bin.fromMs, from)) + 1
                const wide = Math.max(1, scale.x(bin.toMs) - left - 1)
                return <Bar key={bin.fromMs} bin={bin} left={left} wide={wide} y={y} here={bin === here} />
              })}
            </>
          ),
        }
      }}
    />
  )
}

type BarProps = {
  readonly bin: Bin
  readonly left: number
  readonly wide: number
  readonly y: (count: number) => number
  readonly here: boolean
}

function Bar({ bin: { reached, waiting }, left, wide, y, here }: BarProps) {
  const [top, waitingTop] = [y(reached), y(reached + waiting)]
  return (
    <g className={here ? 'bin bin-at' : 'bin'}>
      <rect className="bin-reached" x={left} width={wide} y={top} height={y(0) - top} rx="1.5" />
      {waiting > 0 && (
        <rect
          className="bin-waiting"
          fill="url(#hatch)"
          x={left + 0.5}
          width={wide - 1}
          y={waitingTop}
          height={top - waitingTop}
          rx="1.5"
        />
      )}
    </g>
  )
}

function Legend({ waiting }: { readonly waiting: boolean }) {
  return (
    <>
      <i className="key key-reached" /> took so long
      {waiting && (
        <>
          <i className="key key-waiting" /> still on their way, at what they have waited
        </>
      )}
    </>
  )
}

function readOf({ fromMs, toMs, reached, waiting }: Bin): string {
  const told = `${plural(reached, 'version')} took ${fromMs === 0 ? `less than ${span(toMs)}` : `${span(fromMs)} to ${span(toMs)}`}`
  return waiting === 0 ? told : `${told}, ${waiting} have waited so long`
}
