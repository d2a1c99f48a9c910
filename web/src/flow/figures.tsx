import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { StreamFlowPicture, StreamFlowView } from '../api/types.ts'
import { NoData, timeOf } from './flow-row.tsx'
import { Term } from './term.tsx'
import { terms, type TermName } from './terms.ts'
import { few, limits, plural, span } from './words.ts'

type Props = { readonly picture: StreamFlowPicture; /** Where the rows of a figure are. */ readonly rows: (show: string) => string }

/** The numbers of a stream, each with its meaning, its limits, what it was before, and its rows. */
export function Figures({ picture: { flow, before, ageing, closed }, rows }: Props) {
  const { lead, deployments, perWeek, activeDays, batch, back } = flow
  const last = flow.order.at(-1)
  // What goes onwards from the last environment leads nowhere here.
  const shut = closed.filter(({ until, way, environment }) => until === null && !(way === 'onwards' && environment === last)).length
  const oldest = ageing.oldest[0]
  return (
    <dl className="figures">
      {(['p50', 'p85', 'p95'] as const).map((name) => (
        <Figure
          key={name}
          of={name}
          href={rows('versions')}
          sub={lead.versions === 0 ? undefined : limits(lead[name])}
          was={leadBefore(before, name)}
        >
          {lead.versions === 0 ? undefined : timeOf(lead[name].value)}
        </Figure>
      ))}
      <Figure
        of="perWeek"
        href={rows('deployments')}
        sub={deployments === 0 ? undefined : `${deployments}, on ${plural(activeDays, 'day')}`}
        was={before === null ? undefined : few(before.perWeek)}
      >
        {deployments === 0 ? undefined : few(perWeek)}
      </Figure>
      <Figure
        of="batch"
        href={rows('deployments')}
        sub={batch.max === null ? undefined : `largest ${batch.max}`}
        was={before?.batch.p50 === null || before === null ? undefined : few(before.batch.p50)}
      >
        {batch.p50 === null ? undefined : few(batch.p50)}
      </Figure>
      <Figure
        of="back"
        href={rows('back')}
        sub={deployments === 0 ? undefined : `of ${plural(deployments, 'deployment')}`}
        was={before === null || before.deployments === 0 ? undefined : String(before.back)}
        signal={back > 0 ? 'stop' : undefined}
      >
        {deployments === 0 ? undefined : String(back)}
      </Figure>
      <Figure
        of="ageing"
        href={rows('ageing')}
        sub={oldest === undefined ? undefined : `oldest ${span(Date.parse(flow.asOf) - Date.parse(oldest.arrived))}`}
      >
        {flow.order.length < 2 ? undefined : String(ageing.total)}
      </Figure>
      <Figure of="closed" href={rows('gates')} signal={shut > 0 ? 'wait' : undefined}>
        {String(shut)}
      </Figure>
    </dl>
  )
}

function leadBefore(before: StreamFlowView | null, name: 'p50' | 'p85' | 'p95'): string | undefined {
  return before === null || before.lead.versions === 0 ? undefined : timeOf(before.lead[name].value)
}

/** Also when it is the same address as before. */
export const showRows = () => requestAnimationFrame(() => document.getElementById('rows')?.scrollIntoView({ block: 'start' }))

type FigureProps = {
  readonly of: TermName
  readonly href: string
  readonly sub?: string | undefined
  readonly was?: string | undefined
  readonly signal?: 'stop' | 'wait' | undefined
  readonly children: ReactNode
}

function Figure({ of, href, sub, was, signal, children }: FigureProps) {
  return (
    <div className="figure">
      <dt>
        <Term of={of} />
      </dt>
      <dd>
        {children === undefined ? (
          <span className="figure-value">
            <NoData />
          </span>
        ) : (
          <Link
            className={signal === undefined ? 'figure-value' : `figure-value signal-${signal}`}
            href={href}
            title="the rows behind it"
            onClick={showRows}
          >
            {children}
          </Link>
        )}
        <span className="figure-sub">{sub}</span>
        {was !== undefined && <span className="figure-was">before: {was}</span>}
        <span className="figure-told">{terms[of].short}</span>
      </dd>
    </div>
  )
}
