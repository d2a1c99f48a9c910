import { useMemo } from 'react'
import type { StreamFlowPicture } from '../../api/types.ts'
import type { ColumnOf } from '../../table/rows-table.tsx'
import { At, lasted, Signal, Version } from './cells.tsx'
import type { NarrowedTo } from './narrowing.tsx'
import { Rows } from './rows.tsx'
import { span } from '../words.ts'

type Props = { readonly picture: StreamFlowPicture }
type NarrowedProps = Props & { readonly narrowed: NarrowedTo }
type Waiting = StreamFlowPicture['ageing']['oldest'][number]
type Closed = StreamFlowPicture['closed'][number]

/** What has not reached the last environment. */
export function AgeingRows({ picture: { flow, ageing }, narrowed }: NarrowedProps) {
  const columns = useMemo(() => waitingColumns(flow.asOf), [flow.asOf])
  const none = `Nothing is on its way to ${flow.order.at(-1)}.`
  const place = narrowed.in
  const rows = place === undefined ? ageing.oldest : ageing.oldest.filter((one) => one.in === place)
  return (
    <Rows
      columns={columns}
      rows={rows}
      keyOf={({ version }) => version}
      none={none}
      total={ageing.oldest.length < ageing.total ? ageing.total : 0}
    />
  )
}

function waitingColumns(asOf: string): readonly ColumnOf<Waiting>[] {
  const waits = ({ arrived }: Waiting) => lasted(arrived, asOf)
  return [
    { name: 'Version', wide: 260, cell: ({ version }) => <Version of={version} /> },
    { name: 'First seen', wide: 160, rank: ({ arrived }) => arrived, cell: ({ arrived }) => <At at={arrived} /> },
    { name: 'Waits for', wide: 120, rank: waits, cell: (row) => span(waits(row)) },
    { name: 'Came to', wide: 160, rank: (row) => row.in, cell: (row) => row.in },
  ]
}

/** Times for which its gates were closed. */
export function GateRows({ picture: { flow, closed } }: Props) {
  const columns = useMemo(() => gateColumns(flow.asOf), [flow.asOf])
  const rows = useMemo(() => closed.toReversed(), [closed])
  return (
    <Rows
      columns={columns}
      rows={rows}
      keyOf={({ environment, way, since }) => `${environment} ${way} ${since}`}
      none="No gate was closed in this window."
    />
  )
}

const gateOf = ({ way, environment }: Closed) => (way === 'into' ? `into ${environment}` : `onwards from ${environment}`)

function gateColumns(asOf: string): readonly ColumnOf<Closed>[] {
  const shut = ({ since, until }: Closed) => lasted(since, until ?? asOf)
  return [
    { name: 'Gate', wide: 220, rank: gateOf, cell: gateOf },
    { name: 'Closed since', wide: 160, rank: ({ since }) => since, cell: ({ since }) => <At at={since} /> },
    {
      name: 'Until',
      wide: 160,
      rank: ({ until }) => until ?? undefined,
      cell: ({ until }) => (until === null ? <Signal of="stop">still closed</Signal> : <At at={until} />),
    },
    { name: 'For', wide: 90, rank: shut, cell: (row) => span(shut(row)) },
    { name: 'By', wide: 140, cell: ({ by }) => by ?? '–' },
  ]
}
