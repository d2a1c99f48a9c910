import { useMemo } from 'react'
import { useQuery } from '../../api/query.ts'
import type { StreamKeysDetail } from '../../api/types.ts'
import type { ColumnOf } from '../../table/rows-table.tsx'
import { At, lasted, Signal, Version } from './cells.tsx'
import type { RowsOf } from './rows-lead.tsx'
import { Rows } from './rows.tsx'
import { percent, span } from '../words.ts'

type Failure = NonNullable<StreamKeysDetail['failures']>[number]
export const failureWords = { incident: 'incident', back: 'went back', failed: 'failed' }

/** What failed, and which deployments it came of, each as likely as it is. */
export function FailureRows({ stream, query }: RowsOf) {
  const { data, problem } = useQuery<StreamKeysDetail>(`/api/keys/${encodeURIComponent(stream)}?${query}&rows=true`)
  const asOf = data?.asOf ?? ''
  const columns = useMemo(() => columnsOf(stream, asOf), [stream, asOf])
  return (
    <Rows
      what="failures"
      problem={problem}
      columns={columns}
      rows={data && (data.failures ?? [])}
      keyOf={({ kind, id }) => `${kind} ${id}`}
      none={
        data?.known.length === 0
          ? 'Nobody ever told of a failure here: no data, not none.'
          : 'No failure in this window came of a deployment of it.'
      }
    />
  )
}

const columnsOf = (stream: string, asOf: string): readonly ColumnOf<Failure>[] => [
  {
    name: 'Failure',
    wide: 280,
    cell: ({ kind, summary, id }) => (
      <>
        {failureWords[kind]} <span className="soft">{summary ?? (kind === 'incident' ? id : '')}</span>
      </>
    ),
  },
  { name: 'Began', wide: 150, rank: ({ began }) => began, cell: ({ began }) => <At at={began} /> },
  {
    name: 'Over',
    wide: 150,
    rank: ({ resolved }) => resolved ?? undefined,
    cell: ({ resolved }) => (resolved === null ? <Signal of="stop">not over</Signal> : <At at={resolved} />),
  },
  {
    name: 'Lasted',
    wide: 90,
    rank: ({ began, resolved }) => lasted(began, resolved ?? asOf),
    cell: ({ began, resolved }) => span(lasted(began, resolved ?? asOf)),
  },
  { name: 'Came of', wide: 260, cell: (failure) => <Causes of={failure} stream={stream} /> },
]

function Causes({ of: { causes, none }, stream }: { readonly of: Failure; readonly stream: string }) {
  return (
    <span className="flow-causes">
      {causes.slice(0, 3).map(({ deployment, version, stream: of, probability, reasons }) => (
        <span key={deployment} title={reasons.join('; ')}>
          {percent(probability)} <Version of={version} />
          {of !== stream && ` of ${of}`}
        </span>
      ))}
      {none >= 0.005 && <span className="soft">{percent(none)} none of them</span>}
    </span>
  )
}
