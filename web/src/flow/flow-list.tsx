import { useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { FlowRow } from '../api/types.ts'
import { offsetsOf, useWindow } from '../estate/windowing.ts'
import { LeadAxis } from './mini-curve.tsx'
import { FlowRowView, type Held } from './flow-row.tsx'
import { columns, type Column, type Order } from './flow-rows.ts'
import { Explained } from './term.tsx'
import { terms } from './terms.ts'

// Kept in step with flow.css.
const narrow = matchMedia('(max-width: 899.98px)')
const heights = { wide: 58, narrow: 138 }

function useNarrow(): boolean {
  return useSyncExternalStore(
    (told) => {
      narrow.addEventListener('change', told)
      return () => narrow.removeEventListener('change', told)
    },
    () => narrow.matches,
  )
}

/** The row that has the focus stays, however far it is scrolled away. */
function shownOf(rows: readonly FlowRow[], first: number, last: number, focused: string | undefined) {
  const seen = rows.slice(first, last).map((row, at) => ({ row, index: first + at }))
  const index = focused === undefined ? -1 : rows.findIndex(({ stream }) => stream === focused)
  if (index === -1 || (index >= first && index < last)) return seen
  return index < first ? [{ row: rows[index]!, index }, ...seen] : [...seen, { row: rows[index]!, index }]
}

type Props = {
  readonly rows: readonly FlowRow[]
  readonly held: ReadonlyMap<string, Held>
  readonly order: Order
  readonly onSort: (by: Column) => void
  readonly params: Readonly<Record<string, string>>
}

/** Of hundreds of rows only those on the screen are in the document. */
export function FlowList({ rows, held, order, onSort, params }: Props) {
  const height = heights[useNarrow() ? 'narrow' : 'wide']
  const offsets = useMemo(() => offsetsOf(rows.map(() => height)), [rows, height])
  const list = useRef<HTMLDivElement>(null)
  const [first, last] = useWindow(list, offsets)
  const [focused, setFocused] = useState<string>()
  const shown = useMemo(() => shownOf(rows, first, last, focused), [rows, first, last, focused])
  return (
    <div className="flow-table" role="table" aria-label="Flow of every value stream" aria-rowcount={rows.length + 1}>
      <div className="flow-columns" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <Header key={column} column={column} order={order} onSort={onSort} />
        ))}
        <LeadAxis />
      </div>
      <div
        className="flow-rows"
        role="rowgroup"
        ref={list}
        style={{ height: offsets.at(-1) }}
        onFocus={(event) => setFocused(event.target.closest<HTMLElement>('[data-stream]')?.dataset['stream'])}
        onBlur={() => setFocused(undefined)}
      >
        {shown.map(({ row, index }) => (
          <FlowRowView key={row.stream} row={row} held={held.get(row.stream)} top={offsets[index]!} index={index + 2} params={params} />
        ))}
      </div>
    </div>
  )
}

type HeaderProps = Pick<Props, 'order' | 'onSort'> & { readonly column: Column }

export const columnName = (column: Column) => (column === 'stream' ? 'Service' : terms[column].name)

function Header({ column, order, onSort }: HeaderProps) {
  const sorted = order.by === column
  return (
    <span
      role="columnheader"
      className={`flow-${column}${sorted ? ' sorted' : ''}`}
      aria-sort={sorted ? (order.down ? 'descending' : 'ascending') : undefined}
    >
      <Explained
        what={
          column === 'stream'
            ? 'A value stream: one service, or what is deployed together, and the way that its versions take.'
            : terms[column].long
        }
        onClick={() => onSort(column)}
      >
        {columnName(column)}
        <span className="sort-mark" aria-hidden="true">
          {sorted ? (order.down ? '▾' : '▴') : ''}
        </span>
      </Explained>
    </span>
  )
}
