type Row = { readonly since: string; readonly until: string; readonly asOf: string }

const day = (instant: string) => instant.slice(0, 10)
/** Who was last heard of so long before the newest is marked. */
const staleMs = 7 * 86_400_000

/** When the one that was heard of last was. */
export const newestOf = (rows: readonly Row[]): string =>
  rows
    .map(({ asOf }) => asOf)
    .toSorted()
    .at(-1)!

/** Nothing is known of it for a week or more up to when others were heard of: its window lies as much earlier. */
export const isStale = ({ asOf }: Row, newest: string): boolean => Date.parse(newest) - Date.parse(asOf) >= staleMs

/** Which versions a board is of. */
export function seenTold(rows: readonly Row[]): string {
  const [first] = rows.map(({ since }) => since).toSorted()
  const newest = newestOf(rows)
  return first! > newest
    ? `Nothing was first seen from ${day(first!)} on: the latest that is known is of ${day(newest)}.`
    : `Versions first seen ${windowTold(rows)}.`
}

/** Which window a board is of: streams have windows of their own, each until it was last heard of. */
export function windowTold(rows: readonly Row[]): string {
  const [first] = rows.map(({ since }) => since).toSorted()
  const last = rows.map(({ until }) => until).toSorted()
  const newest = newestOf(rows)
  const stale = rows.filter((row) => isStale(row, newest))
  if (stale.length === 0) return spanTold({ since: first!, until: last.at(-1)! })
  const [oldest] = stale.map(({ asOf }) => asOf).toSorted()
  const [was, is] = stale.length === 1 ? ['was', 'it is'] : ['were', 'they are']
  return `in a window of each stream's own, until it was last heard of: ${day(newest)} at the latest. ${stale.length} of ${rows.length} streams ${was} last heard of a week or more before that, the earliest on ${day(oldest!)}; ${is} marked`
}

export const spanTold = ({ since, until }: Pick<Row, 'since' | 'until'>): string => `from ${day(since)} until ${day(until)}`
