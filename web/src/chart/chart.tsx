import { useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { useCursor, useWidth } from './use-chart.ts'
import './chart.css'

/** What a chart shows at a width, and while somebody points at it. */
export type Drawn = {
  /** All of it in words. */
  readonly label: string
  readonly picture: ReactNode
  /** Below it: what stands where one points, else what its signs mean. */
  readonly told?: ReactNode
  /** Leads to the rows behind what one points at. */
  readonly open?: (() => void) | undefined
}

type Props = {
  /** Pixels; some are as high as they are wide. */
  readonly height: number | ((width: number) => number)
  readonly className?: string
  /** It is never wider. */
  readonly widest?: number
  /** Between which pixels one can point, and by how many an arrow key moves; undefined: it only is looked at. */
  readonly moves?: (width: number) => { readonly from: number; readonly to: number; readonly step: number }
  /** @param at - the pixel at which somebody points */
  readonly render: (width: number, at: number | undefined) => Drawn
}

const touchPixels = 24

/** The frame of every picture: drawn as wide as it is seen, walked through with the arrow keys, said in words. */
export function Chart({ height, className, widest = Number.POSITIVE_INFINITY, moves, render }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const width = Math.min(widest, useWidth(box))
  const { from, to, step } = moves?.(width) ?? { from: 0, to: 0, step: 0 }
  const { at, listeners } = useCursor(from, to, step)
  const drawn = width > 0 ? render(width, moves && at) : undefined
  const tapped = useRef<number>(undefined)
  const open = drawn?.open
  const press = ({ nativeEvent }: MouseEvent) => {
    // A finger cannot point without a press: the first one reads, the second at the same place opens.
    const isRead = tapped.current !== undefined && at !== undefined && Math.abs(tapped.current - at) < touchPixels
    tapped.current = at
    if (isRead || (nativeEvent as PointerEvent).pointerType !== 'touch') open?.()
  }
  const keys = (event: KeyboardEvent<SVGSVGElement>) => (event.key === 'Enter' ? open?.() : listeners.onKeyDown(event))
  const reading =
    moves === undefined
      ? { role: 'img' }
      : {
          role: 'application',
          'aria-roledescription': 'chart, arrow keys move through it',
          tabIndex: 0,
          ...listeners,
          onClick: press,
          onKeyDown: keys,
        }
  return (
    <div ref={box} className="chart-frame">
      {drawn !== undefined && (
        <svg
          className={open === undefined ? className : `chart-opens ${className ?? ''}`}
          width={width}
          height={typeof height === 'number' ? height : height(width)}
          aria-label={drawn.label}
          {...reading}
        >
          {drawn.picture}
        </svg>
      )}
      {drawn?.told !== undefined && (
        <p className="chart-read soft" aria-live="polite">
          {drawn.told}
          {open !== undefined && <span className="chart-hint">press for its rows</span>}
        </p>
      )}
    </div>
  )
}

/** Where a chart keeps room for its axes, in pixels. */
export type Margin = { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number }

/** Lines across a chart with what they stand for left of them. */
export function Across({ at, left, right }: { readonly at: readonly Mark[]; readonly left: number; readonly right: number }) {
  return (
    <g className="grid" aria-hidden="true">
      {at.map(({ pixel, name }) => (
        <g key={`${pixel} ${name}`}>
          <path d={`M${left} ${pixel}H${right}`} />
          <text x={left - 7} y={pixel + 4} textAnchor="end">
            {name}
          </text>
        </g>
      ))}
    </g>
  )
}
export type Mark = { readonly pixel: number; readonly name: ReactNode }

/** Names below a chart. @param line - from where to where each has a line, if any */
export function Below({ at, y, line }: { readonly at: readonly Mark[]; readonly y: number; readonly line?: readonly [number, number] }) {
  return (
    <g className="grid" aria-hidden="true">
      {at.map(({ pixel, name }) => (
        <g key={`${pixel} ${name}`}>
          {line !== undefined && <path d={`M${pixel} ${line[0]}V${line[1]}`} />}
          <text x={pixel} y={y} textAnchor="middle">
            {name}
          </text>
        </g>
      ))}
    </g>
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
