import { useMemo, useRef, useState, type ReactNode } from 'react'
import { SortMark } from './sort-mark.tsx'
import { sorted, type Rank, type Sorting } from './sorting.ts'
import { useRowWindow } from './use-row-window.ts'
import './table.css'

export type ColumnOf<T> = {
  readonly name: string
  /** As wide as so many pixels at least; all of them grow alike. */
  readonly wide: number
  readonly cell: (row: T) => ReactNode
  /** It can be sorted by this. */
  readonly rank?: Rank<T>
  /** Its cells name their row. */
  readonly names?: boolean
}

type Props<T> = {
  readonly label: string
  readonly columns: readonly ColumnOf<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly className?: string
  readonly classOf?: (row: T) => string
  readonly onPoint?: (row: T) => void
}

/** So few need no order. */
const few = 8

/** A table in a box that scrolls, sorted by any column that has an order. Of thousands of rows only those in the box are in the document. */
export function RowsTable<T>({ label, columns, rows, keyOf, className = '', classOf, onPoint }: Props<T>) {
  const [sorting, setSorting] = useState<Sorting>()
  const rank = sorting && columns[sorting.by]?.rank
  const inOrder = useMemo(() => (rank === undefined ? rows : sorted(rows, rank, sorting!.down)), [rows, rank, sorting])
  const box = useRef<HTMLDivElement>(null)
  const sortBy = (next: Sorting) => {
    setSorting(next)
    box.current?.scrollTo(0, 0)
  }
  const { first, last, above, below } = useRowWindow(box, inOrder, keyOf)
  return (
    <>
      {rows.length > few && <Order columns={columns} sorting={sorting} onSort={sortBy} />}
      <div ref={box} className={rows.length > few ? 'rows-box' : 'rows-box rows-few'} tabIndex={0} role="region" aria-label={label}>
        <table
          className={`rows ${className}`}
          aria-rowcount={inOrder.length + 1}
          style={{ minWidth: columns.reduce((sum, { wide }) => sum + wide, 0) }}
        >
          <colgroup>
            {columns.map(({ name, wide }, at) => (
              <col key={name + at} style={{ width: wide }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map((column, at) => (
                <Head key={column.name + at} column={column} at={at} sorting={sorting} onSort={sortBy} />
              ))}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr className="rows-space" aria-hidden="true" style={{ height: above }} />}
            {inOrder.slice(first, last).map((row, at) => (
              <tr
                key={keyOf(row)}
                data-key={keyOf(row)}
                aria-rowindex={first + at + 2}
                className={classOf?.(row)}
                onPointerEnter={onPoint && (() => onPoint(row))}
              >
                {columns.map((column, index) => (
                  <Cell key={column.name + index} column={column} row={row} />
                ))}
              </tr>
            ))}
            {below > 0 && <tr className="rows-space" aria-hidden="true" style={{ height: below }} />}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Cell<T>({ column: { name, cell, names }, row }: { readonly column: ColumnOf<T>; readonly row: T }) {
  return names === true ? <th scope="row">{cell(row)}</th> : <td data-name={name}>{cell(row)}</td>
}

type Sorter = { readonly sorting: Sorting | undefined; readonly onSort: (next: Sorting) => void }

/** Numbers from the largest down at first, and turned when it is asked for again. */
const nextOf = (at: number, sorting: Sorting | undefined): Sorting => ({ by: at, down: sorting?.by === at ? !sorting.down : true })

function Head<T>({ column: { name, rank }, at, sorting, onSort }: Sorter & { readonly column: ColumnOf<T>; readonly at: number }) {
  const down = sorting?.by === at ? sorting.down : undefined
  return (
    <th scope="col" aria-sort={down === undefined ? undefined : down ? 'descending' : 'ascending'}>
      {rank === undefined ? (
        name
      ) : (
        <button type="button" className="rows-sort" onClick={() => onSort(nextOf(at, sorting))}>
          {name}
          <SortMark down={down} />
        </button>
      )}
    </th>
  )
}

/** Where rows are cards there are no heads to sort by. */
function Order<T>({ columns, sorting, onSort }: Sorter & { readonly columns: readonly ColumnOf<T>[] }) {
  const ways = columns.flatMap(({ name, rank }, at) =>
    rank === undefined ? [] : [true, false].map((down) => ({ at, down, name: `${name} ${down ? '▾' : '▴'}` })),
  )
  if (ways.length === 0) return null
  return (
    <label className="select rows-order">
      <span className="sr">Order</span>
      <select
        value={sorting === undefined ? '' : `${sorting.by} ${sorting.down}`}
        onChange={({ target }) => {
          const [by, down] = target.value.split(' ')
          onSort({ by: Number(by), down: down === 'true' })
        }}
      >
        {sorting === undefined && <option value="">Order</option>}
        {ways.map(({ at, down, name }) => (
          <option key={name} value={`${at} ${down}`}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
