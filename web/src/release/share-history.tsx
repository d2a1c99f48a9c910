import { useTicking } from '../piece/age.tsx'
import { dayOf } from '../piece/time.ts'
import { standingIn, standingWords } from './board-rows.ts'
import { spansOf, type Revision, type Span } from './history.ts'
import { percent, toneOf } from './shares.ts'

const wide = 1000
const high = 40

type Props = {
  readonly environment: string
  readonly revisions: readonly Revision[]
  readonly control: string
  readonly variants: readonly string[]
}

/** Who got what over time in one environment: shares from below, the kill switch over all of it. */
export function ShareHistory({ environment, revisions, control, variants }: Props) {
  const until = Number(useTicking((now) => String(Math.ceil(now / 60_000) * 60_000)))
  const spans = spansOf(revisions, environment, control, until)
  const first = Date.parse(revisions.at(-1)!.at)
  const x = (at: number) => ((at - first) / Math.max(1, until - first)) * wide
  return (
    <figure className="share-history">
      <figcaption>{environment}</figcaption>
      <svg
        viewBox={`0 0 ${wide} ${high}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Shares over time in ${environment}: ${spans.map(spanTold(control)).join('; ')}`}
      >
        {spans.map((span) => (
          <g key={span.from}>
            <title>{`${dayOf(span.from)}: ${spanTold(control)(span)}`}</title>
            <SpanBars span={span} from={x(span.from)} to={x(span.to)} control={control} variants={variants} />
          </g>
        ))}
      </svg>
      <p className="share-history-ends soft">
        <span>{dayOf(first)}</span>
        <span>now</span>
      </p>
    </figure>
  )
}

type BarProps = Pick<Props, 'control' | 'variants'> & { readonly span: Span; readonly from: number; readonly to: number }

function SpanBars({ span: { stand, shares }, from, to, control, variants }: BarProps) {
  const width = Math.max(1, to - from)
  const standing = standingIn(stand)
  if (standing === 'killed') return <rect className="span-killed" x={from} y={0} width={width} height={high} />
  if (standing === 'dark') return <rect className="span-dark" x={from} y={high - 5} width={width} height={5} />
  const others = shares.filter(({ variant }) => variant !== control)
  return others.map(({ variant, share }, at) => {
    const below = others.slice(0, at).reduce((sum, one) => sum + one.share, 0)
    return (
      <rect
        key={variant}
        className={`span-served tone-${toneOf(variant, control, variants)}`}
        x={from}
        y={high * (1 - below - share)}
        width={width}
        height={Math.max(share * high, 1.5)}
      />
    )
  })
}

const spanTold =
  (control: string) =>
  ({ stand, shares }: Span): string => {
    const others = shares.filter(({ variant }) => variant !== control).map(({ variant, share }) => `${variant} ${percent(share)}`)
    return [standingWords[standingIn(stand)], ...others].join(' ')
  }
