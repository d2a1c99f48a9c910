/** Whether a column is sorted from its largest down. */
export type Sorting = { readonly by: number; readonly down: boolean }

/** What a row is sorted by; undefined: nothing is known, and that comes last whichever way it is sorted. */
export type Rank<T> = (row: T) => number | string | undefined

/** The rows by a rank; those that are alike stay as they were. */
export function sorted<T>(rows: readonly T[], rank: Rank<T>, down: boolean): readonly T[] {
  const turn = down ? -1 : 1
  return rows
    .map((row) => ({ row, rank: rank(row) }))
    .toSorted((a, b) => {
      if (a.rank === undefined || b.rank === undefined) return Number(a.rank === undefined) - Number(b.rank === undefined)
      return turn * (typeof a.rank === 'string' ? a.rank.localeCompare(String(b.rank)) : a.rank - Number(b.rank))
    })
    .map(({ row }) => row)
}
