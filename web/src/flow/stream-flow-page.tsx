import { useEffect } from 'react'
import { Link, useParams, useSearchParams } from 'wouter'
import { useEstate } from '../api/estate.ts'
import { useQuery } from '../api/query.ts'
import type { StreamFlowPicture } from '../api/types.ts'
import { decoded, lineHref } from '../piece/digest.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading, Notice } from '../shell/notice.tsx'
import { BatchPanel } from './batch-panel.tsx'
import { ChangesPanel } from './changes-panel.tsx'
import { ConstraintPanel } from './constraint-panel.tsx'
import { CurveChart } from './curve-chart.tsx'
import { Figures } from './figures.tsx'
import { useKept } from './use-kept.ts'
import { FlowTable, tables, type Table } from './flow-table.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { Panel } from './panel.tsx'
import { SpreadChart } from './spread-chart.tsx'
import { TimeChart } from './time-chart.tsx'
import { ValueMap } from './value-map.tsx'
import { WhatIfPanel } from './whatif-panel.tsx'
import { addressOf, flowHref, queryOf, searchOf, windowIn } from './window.ts'
import { WindowPicker } from './window-picker.tsx'
import { dayIn, percent, span } from './words.ts'
import './flow.css'

/** `/flow/:stream`: how one value stream really flows. */
export function StreamFlowPage() {
  const { stream: part = '' } = useParams()
  const stream = decoded(part)
  const [search] = useSearchParams()
  const window = windowIn(search)
  const path = `/api/flow/${encodeURIComponent(stream)}/picture?${queryOf(window)}`
  const { data, problem, old } = useKept(useQuery<StreamFlowPicture>(path), stream)
  useTitle(`Flow of ${stream}`)
  if (data === undefined && problem?.status === 404) return <NothingOf stream={stream} />
  if (data === undefined) return problem === undefined ? <Loading what="the flow" rows={5} /> : <Failed what="stream" problem={problem} />
  return <PictureOf key={stream} picture={data} old={old} />
}

function NothingOf({ stream }: { readonly stream: string }) {
  return (
    <Notice title={`Nothing is known of deployments of ${stream}`}>
      <p>It shows here as soon as a version of it was deployed, by Threeways or by others who tell of it.</p>
      <Link className="button strong" href="/flow">
        To the flow of all
      </Link>
    </Notice>
  )
}

/** Says where a link that was followed leads to, once it is there. */
function useAnchor(show: string | null): void {
  useEffect(() => {
    if (show !== null && location.hash === '#rows') document.getElementById('rows')?.scrollIntoView({ block: 'start' })
  }, [show])
}

function PictureOf({ picture, old }: { readonly picture: StreamFlowPicture; readonly old: boolean }) {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const { flow, curve, curveBefore, spread, periods, closed } = picture
  const { stream, order } = flow
  const to = order.at(-1)!
  const show = tables.find((one) => one === search.get('show')) ?? 'versions'
  useAnchor(search.get('show'))
  const { data: estate } = useEstate()
  const ours = estate?.some((row) => row.stream === stream) === true
  const address = addressOf(window)
  const open = (table: Table) => setSearch({ ...address, show: table }, { replace: true })
  const rows = (table: string) => `${flowHref(stream, { ...address, show: table })}#rows`
  return (
    <div className={old ? 'page flow-one flow-old' : 'page flow-one'}>
      <header className="flow-head">
        <div>
          <p className="crumbs">
            <Link href={`/flow${searchOf(address)}`}>Flow</Link> /{' '}
            {ours ? <Link href={lineHref(stream)}>its line now</Link> : 'recorded by others'}
          </p>
          <h1>{stream}</h1>
          <p className="flow-sentence">{sentenceOf(picture)}</p>
        </div>
        <WindowPicker
          window={window}
          newest={window.asOf ?? flow.asOf}
          onChange={(next) => setSearch({ ...addressOf(next), ...(show === 'versions' ? {} : { show }) }, { replace: true })}
        />
      </header>
      <Sections isWay={order.length > 1} />
      <Figures picture={picture} rows={rows} />
      {order.length > 1 && <ConstraintPanel stream={stream} query={queryOf(window)} />}
      <Panel
        id="way"
        title="Way"
        told="Environments in the order in which versions were seen to come to them. A rail is as wide as half of the versions waited, on a scale of logarithms; its filled part is the share that came through."
      >
        <ValueMap picture={picture} />
      </Panel>
      {order.length > 1 && <WhatIfPanel stream={stream} order={order} asOf={window.asOf} />}
      <div className="flow-two">
        <Panel
          id="arrival"
          title={`Share that reached ${to}`}
          told="Kaplan and Meier’s estimate: what is still on its way counts until it was last seen not to have arrived. The band holds it with 95 %."
        >
          {curve === null || curve.versions === 0 ? (
            <None
              what={
                curve === null
                  ? 'There is but one environment, so there is no way to measure.'
                  : 'No version was first seen in this window.'
              }
            />
          ) : (
            <CurveChart now={curve} before={curveBefore} to={to} />
          )}
        </Panel>
        <Panel title="How lead times are spread" told="Four bins to every factor of ten, so that minutes and weeks stand side by side.">
          {spread.length === 0 ? <None what="No version was first seen in this window." /> : <SpreadChart bins={spread} />}
        </Panel>
      </div>
      <Panel
        id="time"
        title={`Deployments to ${to}`}
        told="Where the wide bar is higher than the dark one, a deployment brought more than one version. A part of time without data has no dot."
      >
        {periods.length === 0 ? (
          <None what="Nothing was deployed until then." />
        ) : (
          <TimeChart periods={periods} closed={closed} order={order} asOf={flow.asOf} />
        )}
      </Panel>
      <ChangesPanel stream={stream} query={queryOf(window)} />
      <KeysPanel stream={stream} query={queryOf(window)} rows={rows} />
      <BatchPanel stream={stream} query={queryOf(window)} />
      <FlowTable picture={picture} query={queryOf(window)} show={show} onShow={open} />
    </div>
  )
}

const sections = [
  ['constraint', 'Constraint'],
  ['way', 'Way'],
  ['what-if', 'What if'],
  ['arrival', 'Arrival'],
  ['time', 'Over time'],
  ['keys', 'Keys'],
  ['rows', 'Rows'],
] as const

/** The page is long: what is on it, and a step to each. @param isWay - there is more than one environment, so that something holds it up */
function Sections({ isWay }: { readonly isWay: boolean }) {
  return (
    <nav className="flow-sections" aria-label="On this page">
      {sections
        .filter(([id]) => isWay || (id !== 'constraint' && id !== 'what-if'))
        .map(([id, name]) => (
          <a key={id} href={`#${id}`}>
            {name}
          </a>
        ))}
    </nav>
  )
}

function None({ what }: { readonly what: string }) {
  return <p className="soft flow-none">{what}</p>
}

/** What one would tell somebody who asks how it flows. */
function sentenceOf({ flow: { lead, order, since, asOf }, periods, ageing }: StreamFlowPicture): string {
  // Before the first thing that is known of it there was nothing to see.
  const from = [since, periods[0]?.since ?? since].toSorted().at(-1)!
  const when = `from ${dayIn(from)} until ${dayIn(asOf)}`
  if (order.length < 2) return `Only ${order[0]} is known of it, ${when}.`
  if (lead.versions === 0) return `No version was first seen ${when}.`
  const to = order.at(-1)
  const share = lead.reached / lead.versions
  const half =
    lead.p50.value === null
      ? `Fewer than half of the versions reached ${to}`
      : `Half of the versions reached ${to} within ${span(lead.p50.value)}`
  const came = share === 1 ? 'all of them came' : `${percent(share)} of them came`
  return `${half}; ${came}, ${when}.${ageing.total > 0 ? ` ${ageing.total} on the way.` : ''}`
}
