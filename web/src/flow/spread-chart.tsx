import { useRef } from 'react'
import type { StreamFlowPicture } from '../api/types.ts'
import { countTicks, timeScale } from './scale.ts'
import { useCursor, useWidth } from './use-chart.ts'
import { plural, span } from './words.ts'

type Bin = StreamFlowPicture['spread'][number]

const height = 260
const margin = { top: 12, right: 14, bottom: 30, left: 44 }
const oneMinute = 60_000

/** How many versions took how long; those that are still on their way stand hatched at what they have waited. */
export function SpreadChart({ bins }: { readonly bins: readonly Bin[] }) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const right = Math.max(margin.left + 10, width - margin.right)
  const from = Math.max(bins[0]?.fromMs ?? 0, oneMinute / 2)
  const scale = timeScale(from, bins.at(-1)?.toMs ?? 1, margin.left, right)
  const ticks = countTicks(Math.max(...bins.map(({ reached, waiting }) => reached + waiting)))
  const most = ticks.at(-1)!
  const y = (count: number) => height - margin.bottom - (count / most) * (height - margin.top - margin.bottom)
  const cursor = useCursor(margin.left, right, (right - margin.left) / Math.max(1, bins.length))
  const at = cursor.at === undefined ? undefined : bins.find(({ toMs }) => scale.x(toMs) >= cursor.at!)
  return (
    <div ref={box} className="flow-chart">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="application"
          aria-roledescription="chart, arrow keys move through it"
          aria-label={`How lead times are spread. ${bins
            .filter(({ reached }) => reached > 0)
            .map(readOf)
            .join('; ')}`}
          tabIndex={0}
          {...cursor.listeners}
        >
          <Hatch />
          <g className="grid" aria-hidden="true">
            {ticks.map((count) => (
              <g key={count}>
                <path d={`M${margin.left} ${y(count)}H${right}`} />
                <text x={margin.left - 7} y={y(count) + 4} textAnchor="end">
                  {count}
                </text>
              </g>
            ))}
            {scale.ticks.map(({ x, name }) => (
              <text key={name} x={x} y={height - 10} textAnchor="middle">
                {name}
              </text>
            ))}
          </g>
          {bins.map((bin) => {
            const left = scale.x(Math.max(bin.fromMs, from)) + 1
            const wide = Math.max(1, scale.x(bin.toMs) - left - 1)
            return (
              <g key={bin.fromMs} className={bin === at ? 'bin bin-at' : 'bin'}>
                <rect className="bin-reached" x={left} width={wide} y={y(bin.reached)} height={y(0) - y(bin.reached)} rx="1.5" />
                {bin.waiting > 0 && (
                  <rect
                    className="bin-waiting"
                    fill="url(#hatch)"
                    x={left + 0.5}
                    width={wide - 1}
                    y={y(bin.reached + bin.waiting)}
                    height={y(bin.reached) - y(bin.reached + bin.waiting)}
                    rx="1.5"
                  />
                )}
              </g>
            )
          })}
        </svg>
      )}
      <p className="chart-read soft" aria-live="polite">
        {at === undefined ? (
          <>
            <i className="key key-reached" /> took so long
            {bins.some(({ waiting }) => waiting > 0) && (
              <>
                <i className="key key-waiting" /> still on their way, at what they have waited
              </>
            )}
          </>
        ) : (
          readOf(at)
        )}
      </p>
    </div>
  )
}

/** For what waits or is closed. One in a document is enough for all. */
export function Hatch() {
  return (
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" className="hatch-ground" />
        <path d="M0 0V6" className="hatch-line" />
      </pattern>
    </defs>
  )
}

function readOf({ fromMs, toMs, reached, waiting }: Bin): string {
  const told = `${plural(reached, 'version')} took ${fromMs === 0 ? `less than ${span(toMs)}` : `${span(fromMs)} to ${span(toMs)}`}`
  return waiting === 0 ? told : `${told}, ${waiting} have waited so long`
}
