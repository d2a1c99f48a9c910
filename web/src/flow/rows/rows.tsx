import type { Problem } from '../../api/problem.ts'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { RowsTable, type ColumnOf } from '../../table/rows-table.tsx'

type Props<T> = {
  readonly columns: readonly ColumnOf<T>[]
  /** Undefined: they are on their way, or they did not come. */
  readonly rows: readonly T[] | undefined
  readonly keyOf: (row: T) => string
  /** Said where there is none. */
  readonly none: string
  /** What is asked for, while it is not here. */
  readonly what?: string
  readonly problem?: Problem | undefined
  /** Of all, where not all were told. */
  readonly total?: number
}

/** Rows behind a number, or why there are none. */
export function Rows<T>({ columns, rows, keyOf, none, what = 'rows', problem, total = 0 }: Props<T>) {
  if (rows === undefined)
    return problem === undefined ? <p className="soft flow-none">Reading the {what}…</p> : <ProblemNote problem={problem} />
  if (rows.length === 0) return <p className="soft flow-none">{none}</p>
  return (
    <>
      <RowsTable label="Table of rows" columns={columns} rows={rows} keyOf={keyOf} />
      {total > rows.length && (
        <p className="soft flow-none">
          {rows.length} of {total}. All of them: GET /api/flow/…?rows=true, or threeways flow … --rows
        </p>
      )}
    </>
  )
}
