import { Fragment, memo, type ReactNode } from 'react'
import { Link } from 'wouter'
import type { FlowRow } from '../api/types.ts'
import { linksOf } from './links.ts'
import { LeadStrip, MiniCurve } from './mini-curve.tsx'
import { flowHref } from './window.ts'
import { few, limits, paceOf, span } from './words.ts'

export type Held = { readonly to: string; readonly told: string }

type Props = {
  readonly row: FlowRow
  /** Its constraint: the environment before which versions wait, and why it is that. */
  readonly held: Held | undefined
  /** Whose it is; undefined: nobody said. */
  readonly team: string | undefined
  readonly top: number
  readonly index: number
  /** Of the address, so that a stream opens in the same window. */
  readonly params: Readonly<Record<string, string>>
}

/** One stream in one row. Every number leads to the rows behind it. */
export const FlowRowView = memo(function FlowRowView({ row, held, team, top, index, params }: Props) {
  const { stream, order, deployments, perWeek, lead, batch, back, closed } = row
  const { rows } = linksOf(stream, params)
  return (
    <div className="page-row flow-row" role="row" aria-rowindex={index} data-stream={stream} style={{ transform: `translateY(${top}px)` }}>
      <div className="flow-name" role="cell">
        <span className="flow-whose">
          <Link className="page-link flow-link" data-move href={flowHref(stream, params)}>
            {stream}
          </Link>
          {team !== undefined && (
            <span className="soft" title={`belongs to ${team}`}>
              {team}
            </span>
          )}
        </span>
        <Way order={order} held={held} href={`${flowHref(stream, params)}#constraint`} />
      </div>
      <Cell name="perWeek" href={rows('deployments')} sub={deployments === 0 ? undefined : `${deployments} in all`}>
        {deployments === 0 ? undefined : paceOf(perWeek)}
      </Cell>
      <Cell name="p50" href={rows('versions')} sub={lead.versions === 0 ? undefined : limits(lead.p50)}>
        {lead.versions === 0 ? undefined : timeOf(lead.p50.value)}
      </Cell>
      <Cell name="p85" href={rows('versions')}>
        {lead.versions === 0 ? undefined : timeOf(lead.p85.value)}
      </Cell>
      <Cell name="p95" href={rows('versions')} sub={lead.versions === 0 ? undefined : `${lead.reached} of ${lead.versions}`}>
        {lead.versions === 0 ? undefined : timeOf(lead.p95.value)}
      </Cell>
      <div className="flow-strip" aria-hidden="true">
        {lead.versions > 0 && <LeadStrip lead={lead} />}
      </div>
      <div className="flow-within" role="cell">
        {lead.versions === 0 ? <NoData /> : <MiniCurve within={lead.within} />}
      </div>
      <Cell name="batch" href={rows('deployments')} sub={batch.max === null ? undefined : `max ${batch.max}`}>
        {batch.p50 === null ? undefined : few(batch.p50)}
      </Cell>
      <Cell name="back" href={rows('back')} signal={back > 0 ? 'stop' : undefined}>
        {deployments === 0 ? undefined : back === 0 ? '0' : `${back} ×`}
      </Cell>
      <Cell name="closed" href={rows('gates')} signal={closed > 0 ? 'wait' : undefined}>
        {String(closed)}
      </Cell>
    </div>
  )
}, same)

/** Rows that did not change stay the same objects until the next answer. */
function same(a: Props, b: Props): boolean {
  return a.top === b.top && a.index === b.index && a.row === b.row && a.held === b.held && a.team === b.team && a.params === b.params
}

type WayProps = {
  readonly order: readonly string[]
  readonly held: Held | undefined
  /** Where the proof of the constraint is. */
  readonly href: string
}

/** The arrow at which the stream is held up stands out. */
function Way({ order, held, href }: WayProps) {
  return (
    <span className="soft" title={held?.told ?? order.join(' → ')}>
      {held !== undefined && !order.includes(held.to) && <Arrow href={href} told={held.told} />}
      {order.map((environment, at) => (
        <Fragment key={environment}>
          {at > 0 && (environment === held?.to ? <Arrow href={href} told={held.told} /> : ' → ')}
          {environment}
        </Fragment>
      ))}
      {held !== undefined && <span className="sr">. {held.told}</span>}
    </span>
  )
}

function Arrow({ href, told }: { readonly href: string; readonly told: string }) {
  return (
    <Link className="flow-arrow flow-figure" href={href} title={told} aria-label={`The constraint: ${told}`} tabIndex={-1}>
      {' ⇥ '}
    </Link>
  )
}

/** Half of them never came is not that nothing is known. */
export const timeOf = (ms: number | null) => (ms === null ? 'never' : span(ms))

export function NoData() {
  return (
    <span className="soft no-data" title="no data in this window">
      <span aria-hidden="true">–</span>
      <span className="sr">no data</span>
    </span>
  )
}

type CellProps = {
  readonly name: string
  readonly href: string
  readonly sub?: string | undefined
  readonly signal?: 'stop' | 'wait' | undefined
  readonly children: ReactNode
}

/** @param children - undefined: nothing is known, which is not 0 */
function Cell({ name, href, sub, signal, children }: CellProps) {
  return (
    <div className={`flow-cell flow-${name}`} role="cell">
      {children === undefined ? (
        <NoData />
      ) : (
        <Link href={href} className={signal === undefined ? 'flow-figure' : `flow-figure signal-${signal}`} tabIndex={-1}>
          {children}
        </Link>
      )}
      {sub !== undefined && <span className="soft">{sub}</span>}
    </div>
  )
}
