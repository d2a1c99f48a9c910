import { useSearchParams } from 'wouter'
import { useQuery } from '../../api/query.ts'
import type { PairWorks } from '../../api/types.ts'
import { Failed, Loading } from '../../shell/notice.tsx'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'
import { Panel } from '../panel.tsx'
import { At } from '../rows/cells.tsx'
import { queryOf, type FlowWindow } from '../window.ts'
import { plural } from '../words.ts'
import type { By } from './by.tsx'
import { TableButton } from './table-button.tsx'

type Row = PairWorks['rows'][number]

/** What a pair stands on, where one was chosen. */
export function PairWorksPanel({ window, by }: { readonly window: FlowWindow; readonly by: By }) {
  const [search] = useSearchParams()
  const [a, b] = [search.get('a'), search.get('b')]
  if (by !== 'work' || a === null || b === null) return null
  return <Works a={a} b={b} window={window} />
}

function Works({ a, b, window }: { readonly a: string; readonly b: string; readonly window: FlowWindow }) {
  const path = `/api/coupling/works?${new URLSearchParams({ a, b })}&${queryOf(window)}`
  const { data, problem } = useQuery<PairWorks>(path)
  if (data === undefined)
    return problem === undefined ? <Loading what="pieces of work" rows={3} /> : <Failed what="pieces of work" problem={problem} />
  return (
    <Panel
      title={`What ${a} and ${b} were changed together for`}
      told={`${plural(data.works, 'piece')} of work touched both in this window, the newest first, each with its changes.`}
    >
      {data.rows.length > 0 && (
        <>
          <RowsTable label="Table of works" columns={columns} rows={data.rows} keyOf={keyOf} />
          <p className="flow-more">
            <TableButton path={path} name={`works-of-${a}-and-${b}.csv`} />
          </p>
        </>
      )}
    </Panel>
  )
}

const keyOf = ({ stream, repository, commit }: Row) => `${stream} ${repository} ${commit}`

const columns: readonly ColumnOf<Row>[] = [
  { name: 'Work', wide: 150, rank: ({ work }) => work, cell: ({ work, keys }) => <span title={keys.join(', ')}>{work}</span> },
  { name: 'Merged', wide: 140, rank: ({ merged }) => merged, cell: ({ merged }) => <At at={merged} /> },
  { name: 'Stream', wide: 130, rank: ({ stream }) => stream, cell: ({ stream }) => stream },
  {
    name: 'Commit',
    wide: 220,
    rank: ({ repository }) => repository,
    cell: ({ repository, commit }) => (
      <span className="mono" title={commit}>
        {repository}@{commit.slice(0, 10)}
      </span>
    ),
  },
  { name: 'Subject', wide: 320, rank: ({ subject }) => subject, cell: ({ subject }) => subject },
]
