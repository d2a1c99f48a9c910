import { useMemo } from 'react'
import { useQuery } from '../../api/query.ts'
import type { StreamKeysDetail } from '../../api/types.ts'
import type { ColumnOf } from '../../table/rows-table.tsx'
import { At, Signal, Version } from './cells.tsx'
import { isIn, type NarrowedTo } from './narrowing.tsx'
import type { RowsOf } from './rows-lead.tsx'
import { Rows } from './rows.tsx'
import { percent } from '../words.ts'

type Deployment = NonNullable<StreamKeysDetail['rows']>[number]
type Props = RowsOf & {
  /** Only those of an earlier version than ran. */
  readonly back: boolean
  /** There is more than one environment, so that a deployment brings versions. */
  readonly isWay: boolean
}

/** Every deployment of the window: what it brought, whether it failed, and whether it was made because another had. */
export function DeploymentRows({ stream, query, to, narrowed, back, isWay }: Props) {
  const { data, problem } = useQuery<StreamKeysDetail>(`/api/keys/${encodeURIComponent(stream)}?${query}&rows=true`)
  const isKnown = data !== undefined && data.known.length > 0
  const columns = useMemo(() => columnsOf(to, isWay, isKnown), [to, isWay, isKnown])
  const rows = data?.rows?.filter((one) => (one.back || !back) && isOf(narrowed, one)).toSorted((a, b) => (a.at < b.at ? 1 : -1))
  return (
    <Rows
      what="deployments"
      problem={problem}
      columns={columns}
      rows={rows}
      keyOf={({ deployment }) => deployment}
      none={back ? 'None went back in this window.' : 'No such deployment in this window.'}
    />
  )
}

function isOf({ size, when, only }: NarrowedTo, one: Deployment): boolean {
  if (only === 'failed' && one.failed === 0) return false
  if (only === 'rework' && one.rework === null) return false
  return isIn(size, one.batch) && isIn(when, Date.parse(one.at))
}

function columnsOf(to: string, isWay: boolean, isKnown: boolean): readonly ColumnOf<Deployment>[] {
  return [
    { name: `Came to ${to}`, wide: 160, rank: ({ at }) => at, cell: ({ at }) => <At at={at} /> },
    { name: 'Version', wide: 230, cell: ({ version }) => <Version of={version} /> },
    { name: 'New versions', wide: 110, ...(isWay ? { rank: ({ batch }) => batch } : {}), cell: ({ batch }) => (isWay ? batch : '–') },
    {
      name: 'Brought a failure',
      wide: 140,
      ...(isKnown ? { rank: ({ failed }) => failed } : {}),
      cell: (row) => (isKnown ? <Failed of={row} /> : <span className="soft">nobody tells</span>),
    },
    { name: 'Made because', wide: 210, cell: Why },
  ]
}

function Failed({ of: { ran, failed, failures } }: { readonly of: Deployment }) {
  if (!ran) return <Signal of="stop">did not run</Signal>
  if (failed === 0) return <span className="soft">no</span>
  return <span title={failures.join(', ')}>{percent(failed)} likely</span>
}

function Why({ back, rework }: Deployment) {
  if (back) return <Signal of="stop">went back</Signal>
  return rework
}
