import { chiSquareTail } from './chi-square.ts'

/** Units that were in one arm of one experiment and one of another, and what a metric says of them. */
export type Cell = { readonly count: number; readonly mean: number; /** Of one unit. */ readonly variance: number }

export type Wald = { readonly statistic: number; readonly degrees: number; readonly p: number }

/**
 * Does the effect of one experiment depend on the arm of another? Wald's test that all differences of differences are 0, each cell with a
 * variance of its own.
 *
 * @param cells - a row for each arm of the one, a column for each of the other, control first
 * @returns undefined when a cell has fewer than two units, or none varies
 */
export function interaction(cells: readonly (readonly Cell[])[]): Wald | undefined {
  const [rows, columns] = [cells.length, cells[0]?.length ?? 0]
  if (cells.some((row) => row.length !== columns || row.some(({ count }) => count < 2))) return undefined
  const noise = cells.map((row) => row.map(({ count, variance }) => variance / count))
  const contrasts: { readonly row: number; readonly column: number; readonly size: number }[] = []
  for (let row = 1; row < rows; row++) {
    for (let column = 1; column < columns; column++) {
      const at = (r: number, c: number) => cells[r]![c]!.mean
      contrasts.push({ row, column, size: at(row, column) - at(row, 0) - at(0, column) + at(0, 0) })
    }
  }
  if (contrasts.length === 0) return undefined
  const covariances = contrasts.map((a) =>
    contrasts.map(
      (b) =>
        noise[0]![0]! +
        (a.row === b.row ? noise[a.row]![0]! : 0) +
        (a.column === b.column ? noise[0]![a.column]! : 0) +
        (a.row === b.row && a.column === b.column ? noise[a.row]![a.column]! : 0),
    ),
  )
  const statistic = weighed(
    covariances,
    contrasts.map(({ size }) => size),
  )
  return statistic === undefined ? undefined : { statistic, degrees: contrasts.length, p: chiSquareTail(statistic, contrasts.length) }
}

/** x' S⁻¹ x by Cholesky's decomposition; undefined when S has no inverse. */
function weighed(matrix: readonly (readonly number[])[], x: readonly number[]): number | undefined {
  const lower: number[][] = []
  const solved: number[] = []
  for (let i = 0; i < x.length; i++) {
    const row: number[] = []
    for (let j = 0; j < i; j++) row.push((matrix[i]![j]! - dot(row, lower[j]!, j)) / lower[j]![j]!)
    const rest = matrix[i]![i]! - dot(row, row, i)
    if (!(rest > 1e-12 * matrix[i]![i]!)) return undefined
    row.push(Math.sqrt(rest))
    solved.push((x[i]! - dot(row, solved, i)) / row[i]!)
    lower.push(row)
  }
  return dot(solved, solved, x.length)
}

function dot(a: readonly number[], b: readonly number[], length: number): number {
  let sum = 0
  for (let at = 0; at < length; at++) sum += a[at]! * b[at]!
  return sum
}

/**
 * Are two experiments assigned independently? Pearson's χ² of the counts of all pairs of arms. Units in both only.
 * @returns undefined when an arm is empty
 */
export function independence(counts: readonly (readonly number[])[]): Wald | undefined {
  const byRow = counts.map((row) => row.reduce((sum, count) => sum + count, 0))
  const byColumn = counts[0]?.map((_, column) => counts.reduce((sum, row) => sum + row[column]!, 0)) ?? []
  const all = byRow.reduce((sum, count) => sum + count, 0)
  const degrees = (byRow.length - 1) * (byColumn.length - 1)
  if (degrees < 1 || byRow.includes(0) || byColumn.includes(0)) return undefined
  let statistic = 0
  for (const [at, row] of counts.entries()) {
    for (const [column, count] of row.entries()) {
      const expected = (byRow[at]! * byColumn[column]!) / all
      statistic += (count - expected) ** 2 / expected
    }
  }
  return { statistic, degrees, p: chiSquareTail(statistic, degrees) }
}
