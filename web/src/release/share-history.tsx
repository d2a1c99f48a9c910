import type { FlagBeside } from '../api/types.ts'
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
  /** What happened to its service meanwhile. */
  readonly beside: Pick<FlagBeside, 'deployments' | 'incidents'>
  readonly control: string
  readonly variants: readonly string[]
}

/** Who got what over time in one environment: shares from below, the kill switch over all of it. */
export function ShareHistory({ environment, revisions, beside, control, variants }: Props) {
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
      <Beside environment={environment} beside={beside} x={x} until={until} />
      <p className="share-history-ends soft">
        <span>{dayOf(first)}</span>
        <span>now</span>
      </p>
    </figure>
  )
}

const lane = 10

type BesideProps = Pick<Props, 'environment' | 'beside'> & { readonly x: (at: number) => number; readonly until: number }

/** Below it a tick for each deployment of its service, and incidents for as long as they lasted. */
function Beside({ environment, beside, x, until }: BesideProps) {
  const deployments = beside.deployments.filter((one) => one.environment === environment)
  const incidents = beside.incidents.filter((one) => one.environment === environment || one.environment === null)
  if (deployments.length === 0 && incidents.length === 0) return null
  return (
    <svg
      className="share-beside"
      viewBox={`0 0 ${wide} ${lane}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Of its service in ${environment}: ${deployments.length} deployments, ${incidents.length} incidents`}
    >
      {incidents.map(({ incident, at, over }) => {
        const [from, to] = [x(Date.parse(at)), x(over === null ? until : Date.parse(over))]
        return (
          <rect key={incident} className="span-incident" x={from} y={0} width={Math.max(3, to - from)} height={lane}>
            <title>{`incident ${incident}, ${dayOf(at)}`}</title>
          </rect>
        )
      })}
      {deployments.map(({ at, version }) => (
        <line key={at + version} className="tick-deployed" x1={x(Date.parse(at))} x2={x(Date.parse(at))} y1={2} y2={lane - 2}>
          <title>{`deployed ${version}, ${dayOf(at)}`}</title>
        </line>
      ))}
    </svg>
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
