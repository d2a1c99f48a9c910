import { useMemo } from 'react'
import { useQuery } from '../../api/query.ts'
import type { ChangesView, StreamFlowDetail } from '../../api/types.ts'
import { short } from '../../piece/digest.tsx'
import type { ColumnOf } from '../../table/rows-table.tsx'
import { At, lasted, Signal, Version } from './cells.tsx'
import { NoData } from '../flow-row.tsx'
import { isIn, type NarrowedTo } from './narrowing.tsx'
import { Rows } from './rows.tsx'
import { span } from '../words.ts'

type Row = NonNullable<StreamFlowDetail['rows']>[number]
type Change = NonNullable<ChangesView['rows']>[number]
export type RowsOf = {
  readonly stream: string
  readonly query: string
  readonly asOf: string
  readonly to: string
  readonly narrowed: NarrowedTo
}

const useDetail = ({ stream, query }: RowsOf) => useQuery<StreamFlowDetail>(`/api/flow/${encodeURIComponent(stream)}?${query}&rows=true`)

/** Every version that the lead time is of. */
export function VersionRows(of: RowsOf) {
  const { data, problem } = useDetail(of)
  const { asOf, to, narrowed } = of
  const columns = useMemo(() => versionColumns(asOf, to), [asOf, to])
  const { took, when } = narrowed
  const rows = data?.rows?.filter((row) => isIn(took, tookOf(row, asOf)) && isIn(when, Date.parse(row.arrived))).toReversed()
  return (
    <Rows
      what="versions"
      problem={problem}
      columns={columns}
      rows={rows}
      keyOf={({ version, arrived }) => `${version} ${arrived}`}
      none="No version was first seen in this window."
    />
  )
}

/** Those on their way as long as they have waited. */
const tookOf = ({ arrived, reached }: Row, asOf: string) => lasted(arrived, reached ?? asOf)

function versionColumns(asOf: string, to: string): readonly ColumnOf<Row>[] {
  const took = (row: Row) => tookOf(row, asOf)
  return [
    { name: 'Version', wide: 240, cell: ({ version }) => <Version of={version} /> },
    { name: 'First seen', wide: 160, rank: ({ arrived }) => arrived, cell: ({ arrived }) => <At at={arrived} /> },
    {
      name: 'Lead time',
      wide: 150,
      rank: took,
      cell: (row) => (row.reached === null ? <Signal of="wait">{span(took(row))}, on its way</Signal> : span(took(row))),
    },
    {
      name: `Reached ${to}`,
      wide: 160,
      rank: ({ reached }) => reached ?? undefined,
      cell: ({ reached }) => (reached === null ? '–' : <At at={reached} />),
    },
    { name: 'With', wide: 200, cell: ({ by, version }) => (by === null || by === version ? '' : <Version of={by} />) },
  ]
}

/** Of the trunk, each with what it brought in. */
export function ChangeRows(of: RowsOf) {
  const { data, problem } = useDetail(of)
  const { asOf, to } = of
  const columns = useMemo(() => changeColumns(asOf, to), [asOf, to])
  const place = of.narrowed.in
  const rows = data && (data.changes?.rows ?? []).filter((row) => place === undefined || furthest(row) === place).toReversed()
  return (
    <Rows
      what="changes"
      problem={problem}
      columns={columns}
      rows={rows}
      keyOf={({ commit }) => commit}
      none={
        data?.changes === undefined
          ? 'No commits of it are known; `threeways import git` brings them in.'
          : 'No change was merged in this window.'
      }
    />
  )
}

/** Where a change came to, and no further. */
const furthest = ({ reached }: Change) => Object.keys(reached).findLast((environment) => reached[environment] !== null) ?? 'merged'

function changeColumns(asOf: string, to: string): readonly ColumnOf<Change>[] {
  const there = ({ reached }: Change) => reached[to] ?? null
  const took = (row: Change) => lasted(row.begun, there(row) ?? asOf)
  return [
    {
      name: 'Commit',
      wide: 92,
      cell: ({ commit }) => (
        <span className="mono" title={commit}>
          {short(commit)}
        </span>
      ),
    },
    {
      name: 'What',
      wide: 310,
      cell: ({ subject }) => <span title={subject}>{subject}</span>,
    },
    {
      name: 'Lines',
      wide: 74,
      rank: ({ lines }) => lines ?? undefined,
      cell: ({ lines }) => (lines === null ? <NoData /> : lines.toLocaleString('en')),
    },
    { name: 'Begun', wide: 146, rank: ({ begun }) => begun, cell: ({ begun }) => <At at={begun} /> },
    { name: 'Merged', wide: 146, rank: ({ merged }) => merged, cell: ({ merged }) => <At at={merged} /> },
    {
      name: `Reached ${to}`,
      wide: 150,
      rank: (row) => there(row) ?? undefined,
      cell: (row) => {
        const at = there(row)
        return at === null ? '–' : <At at={at} />
      },
    },
    {
      name: 'Took',
      wide: 164,
      rank: took,
      cell: (row) =>
        there(row) === null ? (
          <Signal of="wait">{span(took(row))}, on its way</Signal>
        ) : (
          <>
            {span(took(row))}
            {row.doubt !== null && <span className="soft"> perhaps less</span>}
          </>
        ),
    },
    { name: 'With', wide: 96, cell: ({ by }) => (by === null ? '' : <Version of={by} />) },
  ]
}
