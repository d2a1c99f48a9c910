import { useMemo } from 'react'
import { Link } from 'wouter'
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
  const isHiding = data?.changes?.released !== undefined
  const columns = useMemo(() => changeColumns(asOf, to, isHiding), [asOf, to, isHiding])
  const place = of.narrowed.in
  const rows = data && (data.changes?.rows ?? []).filter((row) => place === undefined || isAt(row, place)).toReversed()
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

const isAt = (row: Change, place: string) => (place === 'hidden' ? (row.release?.flags.length ?? 0) > 0 : furthest(row) === place)

/** Where a change came to, and no further. */
function furthest({ reached, release }: Change): string {
  if (release !== undefined && release.first !== null) return 'released'
  return Object.keys(reached).findLast((environment) => reached[environment] !== null) ?? 'merged'
}

function changeColumns(asOf: string, to: string, isHiding: boolean): readonly ColumnOf<Change>[] {
  const there = ({ reached }: Change) => reached[to] ?? null
  const took = (row: Change) => lasted(row.begun, there(row) ?? asOf)
  const columns: readonly ColumnOf<Change>[] = [
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
  if (!isHiding) return columns
  return [...columns.map((column) => ({ ...column, wide: narrower[column.name] ?? column.wide })), releasedColumn]
}

/** Where flags hide some of them there is a column more. */
const narrower: Readonly<Record<string, number>> = { Commit: 82, What: 184, Lines: 62, Took: 128, With: 70 }

const releasedColumn: ColumnOf<Change> = {
  name: 'Released',
  wide: 220,
  rank: ({ release }) => release?.first ?? undefined,
  cell: ({ release }) => <Released release={release} />,
}

/** It leads to the flag that hides it. */
function Released({ release }: Pick<Change, 'release'>) {
  const [flag] = release?.flags ?? []
  if (release === undefined || flag === undefined) return release?.first == null ? '–' : <span className="soft">with its deployment</span>
  const back = release.withdrawn.at(-1)
  return (
    <>
      <Link href={`/release/${encodeURIComponent(flag)}`} title={`behind ${release.flags.join(', ')}`}>
        {release.first === null ? `behind ${flag}` : <At at={release.first} />}
      </Link>{' '}
      {back !== undefined && <Signal of="stop">{back.until === null ? (back.killed ? 'killed' : 'off now') : 'was taken back'}</Signal>}
      {back === undefined && release.first !== null && release.whole === null && <Signal of="wait">not to all</Signal>}
    </>
  )
}
