import { useMemo } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { CouplingView } from '../../api/types.ts'
import { BatchPanel } from './batch-panel.tsx'
import { ChangeBatches } from './changes-panel.tsx'
import { BatchFigures } from './figures.tsx'
import { None } from './lead-tab.tsx'
import { Pairs } from '../coupling/pairs.tsx'
import { Panel } from '../panel.tsx'
import type { TabOf } from './stream-flow-page.tsx'
import { TimeChart } from './time-chart.tsx'
import { useKept } from '../use-kept.ts'
import { addressOf, searchOf, windowIn } from '../window.ts'

/** How often, how much at once, and with what else? */
export function BatchesTab({ picture, query }: TabOf) {
  const { flow, periods, closed } = picture
  const to = flow.order.at(-1)!
  return (
    <>
      <BatchFigures picture={picture} />
      <Panel
        title={`Deployments to ${to}`}
        told="Where the wide bar is higher than the dark one, a deployment brought more than one version. A part of time without data has no dot."
      >
        {periods.length === 0 ? (
          <None what="Nothing was deployed until then." />
        ) : (
          <TimeChart periods={periods} closed={closed} order={flow.order} asOf={flow.asOf} stream={flow.stream} />
        )}
      </Panel>
      <ChangeBatches stream={flow.stream} query={query} />
      <BatchPanel stream={flow.stream} query={query} />
      <CoupledPanel stream={flow.stream} query={query} />
    </>
  )
}

/** Streams that it is deployed together with, and the way to the map of all. */
function CoupledPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data } = useKept(useQuery<CouplingView>(`/api/coupling?${query}`), 'coupling')
  const [search] = useSearchParams()
  const own = useMemo(() => data?.rows.filter(({ a, b }) => a === stream || b === stream), [data, stream])
  if (data === undefined || own === undefined) return null
  return (
    <Panel
      title="Deployed together with"
      told="Streams that come to the last environment at the same times more often than by chance. Together: times that both were deployed. Confidence: of the times of each, so many with the other. Lift: so many times as often as by chance. p: Fisher, one-sided, corrected for the number of pairs."
    >
      {own.length === 0 ? <None what="With none more often than by chance." /> : <Pairs rows={own} beside={stream} />}
      <p className="flow-more">
        <Link href={`/coupling${searchOf(addressOf(windowIn(search)))}`}>The map of all that is deployed together</Link>
      </p>
    </Panel>
  )
}
