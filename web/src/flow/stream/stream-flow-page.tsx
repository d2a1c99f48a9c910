import { useEffect, type ReactNode } from 'react'
import { Link, Redirect, useParams, useSearchParams } from 'wouter'
import { useEstate } from '../../api/estate.ts'
import { useQuery } from '../../api/query.ts'
import type { StreamFlowPicture } from '../../api/types.ts'
import { decoded, lineHref } from '../../piece/digest.tsx'
import { TabPanel, Tabs } from '../../piece/tabs.tsx'
import { useTitle } from '../../shell/document-state.ts'
import { Failed, Loading, Notice } from '../../shell/notice.tsx'
import { BatchesTab } from './batches-tab.tsx'
import { LeadTab } from './lead-tab.tsx'
import { tables, useLinks, views, type View } from '../links.ts'
import { OverviewTab } from './overview-tab.tsx'
import { RecoveryTab } from '../recovery/recovery-tab.tsx'
import { RowsTab } from '../rows/rows-tab.tsx'
import { useKept } from '../use-kept.ts'
import { WhatIfTab } from '../whatif/whatif-tab.tsx'
import { addressOf, queryOf, searchOf, windowIn } from '../window.ts'
import { WindowPicker } from '../window-picker.tsx'
import { dayIn, percent, span } from '../words.ts'
import '../flow.css'

/** `/flow/:stream`, and a tab of it: how one value stream really flows. */
export function StreamFlowPage() {
  const { stream: part = '', view: asked = 'overview' } = useParams()
  const stream = decoded(part)
  const [search] = useSearchParams()
  const links = useLinks(stream)
  const view = views.find((one) => one === asked)
  const path = `/api/flow/${encodeURIComponent(stream)}/picture?${queryOf(windowIn(search))}`
  const { data, problem, old } = useKept(useQuery<StreamFlowPicture>(path), stream)
  useTitle(`Flow of ${stream}`)
  const show = tables.find((one) => one === search.get('show'))
  // Once the rows stood on the one page that there was.
  if (view === 'overview' && show !== undefined) return <Redirect to={links.rows(show)} replace />
  if (view === undefined) return <NoView stream={stream} first={links.view('overview')} />
  if (data === undefined && problem?.status === 404) return <NothingOf stream={stream} />
  if (data === undefined) return problem === undefined ? <Loading what="the flow" rows={5} /> : <Failed what="stream" problem={problem} />
  return <PictureOf key={stream} picture={data} old={old} view={view} />
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

function NoView({ stream, first }: { readonly stream: string; readonly first: string }) {
  return (
    <Notice title="The line does not stop here">
      <p>
        There is no page at <code>{location.pathname}</code>.
      </p>
      <Link className="button strong" href={first}>
        To the flow of {stream}
      </Link>
    </Notice>
  )
}

const names: Record<View, string> = {
  overview: 'Overview',
  'lead-time': 'Lead time',
  batches: 'Batches & coupling',
  recovery: 'Recovery',
  'what-if': 'What if',
  rows: 'Rows',
}
const panel = 'of-stream'

type Props = { readonly picture: StreamFlowPicture; readonly old: boolean; readonly view: View }

function PictureOf({ picture, old, view }: Props) {
  const [search, setSearch] = useSearchParams()
  const window = windowIn(search)
  const { stream, asOf } = picture.flow
  const links = useLinks(stream)
  useTopOf(view)
  return (
    <div className={old ? 'page flow-one flow-old' : 'page flow-one'}>
      <header className="flow-head">
        <div>
          <Crumbs stream={stream} address={addressOf(window)} />
          <h1>{stream}</h1>
          <p className="flow-sentence">{sentenceOf(picture)}</p>
        </div>
        <WindowPicker
          window={window}
          newest={window.asOf ?? asOf}
          onChange={(next) => setSearch({ ...restOf(search), ...addressOf(next) }, { replace: true })}
        />
      </header>
      <Tabs
        className="flow-views"
        label="Questions"
        panel={panel}
        open={view}
        tabs={views.map((one) => ({ key: one, name: names[one], href: links.view(one) }))}
      />
      <TabPanel id={panel} open={view} className="flow-view">
        {tabOf(view, { picture, query: queryOf(window), asOf: window.asOf })}
      </TabPanel>
    </div>
  )
}

export type TabOf = {
  readonly picture: StreamFlowPicture
  /** What the server is asked of the window. */
  readonly query: string
  /** The day from which it is looked, if not the newest. */
  readonly asOf: string | undefined
}

/** Only what is open asks for anything. */
function tabOf(view: View, of: TabOf): ReactNode {
  switch (view) {
    case 'overview':
      return <OverviewTab {...of} />
    case 'lead-time':
      return <LeadTab {...of} />
    case 'batches':
      return <BatchesTab {...of} />
    case 'recovery':
      return <RecoveryTab {...of} />
    case 'what-if':
      return <WhatIfTab {...of} />
    case 'rows':
      return <RowsTab {...of} />
  }
}

/** Whoever opens a tab from further down sees it from its top; on a narrow screen its name comes into sight. */
function useTopOf(view: View): void {
  useEffect(() => {
    document.getElementById(`tab-${panel}-${view}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const top = document.getElementById(panel)
    if (top !== null && top.getBoundingClientRect().top < 0) top.scrollIntoView({ block: 'start' })
  }, [view])
}

/** What the address says beside the window. */
const restOf = (search: URLSearchParams) => Object.fromEntries([...search].filter(([name]) => name !== 'days' && name !== 'asOf'))

function Crumbs({ stream, address }: { readonly stream: string; readonly address: Readonly<Record<string, string>> }) {
  const { data: estate } = useEstate()
  const ours = estate?.some((row) => row.stream === stream) === true
  return (
    <p className="crumbs">
      <Link href={`/flow${searchOf(address)}`}>Flow</Link> /{' '}
      {ours ? <Link href={lineHref(stream)}>its line now</Link> : 'recorded by others'}
    </p>
  )
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
