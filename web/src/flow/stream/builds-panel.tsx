import { useQuery } from '../../api/query.ts'
import type { BuildsView } from '../../api/types.ts'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { NoData, timeOf } from '../flow-row.tsx'
import { Panel } from '../panel.tsx'
import { useKept } from '../use-kept.ts'
import { percent } from '../words.ts'

type Row = BuildsView['rows'][number]
type Value = NonNullable<Row['queue']>['p50']

/** Where runs of pipelines are known: how long each of its pipelines and jobs waits and lasts. */
export function BuildsPanel({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data } = useKept(useQuery<BuildsView>(`/api/builds/${encodeURIComponent(stream)}?${query}`), `builds ${stream}`)
  if (data === undefined || data.rows.length === 0) return null
  return (
    <Panel
      title="Builds"
      told="Pipelines and their jobs. Waits: from asked for until begun; lasts: from begun until over; what still waits or runs counts. Succeeds: of those that ended by themselves, with limits at 95 %."
    >
      <RowsTable
        label="Table of builds"
        className="rows-numbers"
        columns={columns}
        rows={data.rows}
        keyOf={({ pipeline, job }) => `${pipeline} ${job}`}
      />
      {data.total > data.rows.length && (
        <p className="soft flow-none">
          {data.rows.length} of {data.total}, those that ran longest first.
        </p>
      )}
    </Panel>
  )
}

const rankOf = (value: Value | undefined) => (value === undefined ? undefined : (value.value ?? Number.MAX_VALUE))

const time = (name: string, of: (row: Row) => Value | undefined): ColumnOf<Row> => ({
  name,
  wide: 96,
  rank: (row) => rankOf(of(row)),
  cell: (row) => {
    const value = of(row)
    return value === undefined ? <NoData /> : timeOf(value.value)
  },
})

const columns: readonly ColumnOf<Row>[] = [
  {
    name: 'Pipeline, job',
    wide: 280,
    names: true,
    cell: ({ pipeline, job }) => (
      <>
        {pipeline} {job !== null && <span className="soft">{pipeline === null ? job : `› ${job}`}</span>}
      </>
    ),
  },
  { name: 'Runs', wide: 70, rank: ({ runs }) => runs, cell: ({ runs }) => runs.toLocaleString('en') },
  time('Waits p50', ({ queue }) => queue?.p50),
  time('p95', ({ queue }) => queue?.p95),
  time('Lasts p50', ({ duration }) => duration?.p50),
  time('p95', ({ duration }) => duration?.p95),
  {
    name: 'Succeeds',
    wide: 150,
    rank: ({ success }) => success?.share,
    cell: ({ success }) =>
      success === null ? (
        <NoData />
      ) : (
        <>
          {percent(success.share)} <span className="soft">{`${percent(success.low)} – ${percent(success.high)}`}</span>
        </>
      ),
  },
  { name: 'Again', wide: 76, rank: ({ reruns }) => reruns, cell: ({ reruns }) => reruns },
]
