import { useCallback } from 'react'
import type { FlowRow } from '../api/types.ts'
import { PageTable } from '../table/page-table.tsx'
import { SortMark } from '../table/sort-mark.tsx'
import { useNarrow } from '../table/use-narrow.ts'
import { LeadAxis } from './mini-curve.tsx'
import { FlowRowView, type Held } from './flow-row.tsx'
import { columns, type Column, type Order } from './flow-rows.ts'
import { Explained } from './term.tsx'
import { terms } from './terms.ts'
import './flow-list.css'

// Kept in step with flow-list.css.
const heights = { wide: 58, narrow: 138 }
const streamOf = ({ stream }: FlowRow) => stream

type Props = {
  readonly rows: readonly FlowRow[]
  readonly held: ReadonlyMap<string, Held>
  readonly teams: ReadonlyMap<string, string> | undefined
  readonly order: Order
  readonly onSort: (by: Column) => void
  readonly params: Readonly<Record<string, string>>
}

/** Every value stream in a row. */
export function FlowList({ rows, held, teams, order, onSort, params }: Props) {
  const height = heights[useNarrow() ? 'narrow' : 'wide']
  const heightOf = useCallback(() => height, [height])
  const header = (
    <>
      {columns.map((column) => (
        <Header key={column} column={column} order={order} onSort={onSort} />
      ))}
      <LeadAxis />
    </>
  )
  return (
    <PageTable
      label="Flow of every value stream"
      className="flow-table"
      header={header}
      items={rows}
      heightOf={heightOf}
      streamOf={streamOf}
      render={(row, top, index) => (
        <FlowRowView
          key={row.stream}
          row={row}
          held={held.get(row.stream)}
          team={teams?.get(row.stream)}
          top={top}
          index={index}
          params={params}
        />
      )}
    />
  )
}

type HeaderProps = Pick<Props, 'order' | 'onSort'> & { readonly column: Column }

export const columnName = (column: Column) => (column === 'stream' ? 'Service' : terms[column].name)
const streamTold = 'A value stream: one service, or what is deployed together, and the way that its versions take.'

function Header({ column, order, onSort }: HeaderProps) {
  const sorted = order.by === column
  return (
    <span
      role="columnheader"
      className={`flow-${column}${sorted ? ' sorted' : ''}`}
      aria-sort={sorted ? (order.down ? 'descending' : 'ascending') : undefined}
    >
      <Explained what={column === 'stream' ? streamTold : terms[column].long} onClick={() => onSort(column)}>
        {columnName(column)}
        <SortMark down={sorted ? order.down : undefined} />
      </Explained>
    </span>
  )
}
