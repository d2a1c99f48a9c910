import type { StreamFlowPicture } from '../api/types.ts'
import { FailureRows } from './rows-failures.tsx'
import { ChangeRows, VersionRows } from './rows-lead.tsx'
import { AgeingRows, DeploymentRows, GateRows } from './rows-picture.tsx'

export const tables = ['versions', 'changes', 'ageing', 'deployments', 'back', 'failures', 'gates'] as const
export type Table = (typeof tables)[number]

const names: Record<Table, string> = {
  versions: 'Versions',
  changes: 'Changes',
  ageing: 'On their way',
  deployments: 'Deployments',
  back: 'Went back',
  failures: 'Failures',
  gates: 'Gates',
}

type Props = {
  readonly picture: StreamFlowPicture
  /** What the server is asked for the versions. */
  readonly query: string
  readonly show: Table
  readonly onShow: (table: Table) => void
}

/** The rows behind every number. */
export function FlowTable({ picture, query, show, onShow }: Props) {
  const { flow, ageing, closed } = picture
  const counts: Partial<Record<Table, number>> = {
    versions: flow.lead.versions,
    ageing: ageing.total,
    deployments: flow.deployments,
    back: flow.back,
    gates: closed.length,
  }
  const of = { stream: flow.stream, query, asOf: flow.asOf, to: flow.order.at(-1)! }
  return (
    <section className="panel flow-rows-panel" id="rows" aria-label="Rows">
      <div className="flow-tabs" role="tablist" aria-label="Rows of">
        {tables.map((table) => (
          <button key={table} type="button" role="tab" aria-selected={table === show} className="tab" onClick={() => onShow(table)}>
            {names[table]} <span className="soft">{counts[table]}</span>
          </button>
        ))}
      </div>
      {show === 'versions' && <VersionRows {...of} />}
      {show === 'changes' && <ChangeRows {...of} />}
      {show === 'ageing' && <AgeingRows picture={picture} />}
      {show === 'deployments' && <DeploymentRows picture={picture} back={false} />}
      {show === 'back' && <DeploymentRows picture={picture} back />}
      {show === 'failures' && <FailureRows {...of} />}
      {show === 'gates' && <GateRows picture={picture} />}
    </section>
  )
}
