import { useQuery } from '../../api/query.ts'
import type { RecoveryView } from '../../api/types.ts'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { Figure } from '../figure.tsx'
import { timeOf } from '../flow-row.tsx'
import { knownTold } from '../keys-panel.tsx'
import { rowsBelow } from '../links.ts'
import { None } from '../stream/lead-tab.tsx'
import { Panel } from '../panel.tsx'
import { RecoveryMap } from './recovery-map.tsx'
import { RecoveryParts } from './recovery-parts.tsx'
import { RecoveryRows } from './recovery-rows.tsx'
import type { TabOf } from '../stream/stream-flow-page.tsx'
import { useKept } from '../use-kept.ts'
import { limits } from '../words.ts'
import './recovery.css'

/** How are failures mended? A value stream of its own, from the deployment that one came of until it is over. */
export function RecoveryTab({ picture: { flow }, query }: TabOf) {
  const { data, problem } = useKept(
    useQuery<RecoveryView>(`/api/flow/${encodeURIComponent(flow.stream)}/recovery?${query}`),
    `recovery ${flow.stream}`,
  )
  if (data === undefined)
    return problem === undefined ? <section className="panel recovery-waits" aria-busy="true" /> : <ProblemNote problem={problem} />
  if (data.failures === 0)
    return (
      <Panel title="How failures are mended" told={knownTold(data.known)}>
        <None
          what={
            data.known.length === 0
              ? 'No data is not none: tell of incidents with `threeways event incident`, or bring them in as a table.'
              : 'No failure of this window came, more likely than not, of a deployment of it.'
          }
        />
      </Panel>
    )
  return (
    <>
      <Figures view={data} />
      <Panel
        title="How failures are mended"
        told="From the deployment that a failure came of until it is over, half of them in each stage. The filled part of a rail is the share of the failures in which it is known; what nobody told is hatched, and never taken for 0."
      >
        <RecoveryMap view={data} />
      </Panel>
      <RecoveryParts view={data} />
      <RecoveryRows view={data} />
    </>
  )
}

function Figures({ view: { failures, recovery, stages, ways } }: { readonly view: RecoveryView }) {
  const exposed = stages.find(({ stage }) => stage === 'exposed')
  const halfExposed = exposed?.p50 ?? null
  return (
    <dl className="figures recovery-figures">
      <Figure name="Failures" href={rowsBelow} told="that began in the window and came of a deployment of it">
        {failures}
      </Figure>
      <Figure
        name="Recovery p50"
        href={rowsBelow}
        told="from when they began until half of them were over"
        sub={recovery && limits(recovery.p50)}
      >
        {recovery && timeOf(recovery.p50.value)}
      </Figure>
      <Figure name="p85" href={rowsBelow} told="until 85 of 100 were over" sub={recovery && limits(recovery.p85)}>
        {recovery && timeOf(recovery.p85.value)}
      </Figure>
      <Figure
        name="The fault ran"
        href={rowsBelow}
        told="from the deployment until what ended it ran, half of them"
        sub={exposed && `known of ${exposed.ended + exposed.open} of ${failures}`}
      >
        {halfExposed && timeOf(halfExposed.value)}
      </Figure>
      <Figure
        name="Ended by"
        href={rowsBelow}
        told="an earlier version is back, a later one forward"
        sub={`${ways.back} back${ways.other > 0 ? `, ${ways.other} without a deployment` : ''}`}
      >
        {`${ways.forward} forward`}
      </Figure>
      <Figure name="Not over" href={rowsBelow} told="they count with the time they have lasted" signal={ways.open > 0 ? 'stop' : undefined}>
        {ways.open}
      </Figure>
    </dl>
  )
}
