import { useSearchParams } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { StreamFlowPicture } from '../../api/types.ts'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { TabPanel, Tabs } from '../../piece/tabs.tsx'
import { tables, useLinks, type Table } from '../links.ts'
import { Narrowing, narrowedIn } from './narrowing.tsx'
import { DeploymentRows } from './rows-deployments.tsx'
import { FailureRows } from './rows-failures.tsx'
import { ChangeRows, VersionRows } from './rows-lead.tsx'
import { AgeingRows, GateRows } from './rows-picture.tsx'
import type { TabOf } from '../stream/stream-flow-page.tsx'
import { useKept } from '../use-kept.ts'

const names: Record<Table, string> = {
  versions: 'Versions',
  changes: 'Changes',
  ageing: 'On their way',
  deployments: 'Deployments',
  back: 'Went back',
  failures: 'Failures',
  gates: 'Gates',
}

/** The rows behind every number; those of one bar or of another environment, where a link says so. */
export function RowsTab({ picture, query }: TabOf) {
  const { stream } = picture.flow
  const [search] = useSearchParams()
  const links = useLinks(stream)
  const show = tables.find((one) => one === search.get('show')) ?? 'versions'
  const narrowed = narrowedIn(search)
  const asked = narrowed.to === undefined ? query : `${query}&${new URLSearchParams({ to: narrowed.to })}`
  // Of another environment another picture; the same address as the page's own is not asked twice.
  const { data, problem } = useKept(
    useQuery<StreamFlowPicture>(`/api/flow/${encodeURIComponent(stream)}/picture?${asked}`),
    `${stream} ${narrowed.to}`,
  )
  const shown = data ?? (narrowed.to === undefined ? picture : undefined)
  return (
    <section className="panel flow-rows-panel" aria-label="Rows">
      <Tabs
        className="flow-tabs"
        label="Rows of"
        panel="rows"
        open={show}
        tabs={tables.map((table) => ({ key: table, name: names[table], href: links.rows(table), count: countsOf(picture)[table] }))}
      />
      <TabPanel id="rows" open={show}>
        <Narrowing show={show} narrowed={narrowed} all={links.rows(show)} />
        {shown === undefined && problem !== undefined && <ProblemNote problem={problem} />}
        {shown !== undefined && <Shown show={show} picture={shown} query={asked} narrowed={narrowed} />}
      </TabPanel>
    </section>
  )
}

const countsOf = ({ flow, ageing, closed }: StreamFlowPicture): Partial<Record<Table, number>> => ({
  versions: flow.lead.versions,
  ageing: ageing.total,
  deployments: flow.deployments,
  back: flow.back,
  gates: closed.length,
})

type ShownProps = {
  readonly show: Table
  readonly picture: StreamFlowPicture
  readonly query: string
  readonly narrowed: ReturnType<typeof narrowedIn>
}

function Shown({ show, picture, query, narrowed }: ShownProps) {
  const { flow } = picture
  const of = { stream: flow.stream, query, asOf: flow.asOf, to: flow.order.at(-1)!, narrowed }
  switch (show) {
    case 'versions':
      return <VersionRows {...of} />
    case 'changes':
      return <ChangeRows {...of} />
    case 'ageing':
      return <AgeingRows picture={picture} narrowed={narrowed} />
    case 'deployments':
    case 'back':
      return <DeploymentRows {...of} back={show === 'back'} isWay={flow.order.length > 1} />
    case 'failures':
      return <FailureRows {...of} />
    case 'gates':
      return <GateRows picture={picture} />
  }
}
