import { invalid } from '../../src/kernel/errors.ts'
import { independence, interaction, type Wald } from '../../src/kernel/statistics/interaction.ts'
import { benjaminiHochberg } from '../../src/kernel/statistics/multiplicity.ts'
import { normalTail } from '../../src/kernel/statistics/normal.ts'

/** Who was in which arm of one experiment: of each unit 0 for not in it, 1 for control, 2 and on for treatments. */
export type Assignment = { readonly experiment: string; readonly arms: Uint8Array }

/** Two experiments whose effects do not add up, or that were not assigned independently. */
export type Interaction = {
  readonly experiments: readonly [string, string]
  /** Of the metric: Wald's test of the differences of differences, and its p among all pairs (Benjamini and Hochberg). */
  readonly effect: (Wald & { readonly adjusted: number }) | undefined
  /** Of who is where. */
  readonly assignment: (Wald & { readonly adjusted: number }) | undefined
}

const blockBits = 10
const patterns = 1 << blockBits
/** Tables of so many blocks are summed before the sums of a pair are touched: those do not fit in the fast cache. */
const together = 4

/**
 * Looks at all pairs of experiments for effects on one metric that depend on each other, control against all treatments together, and
 * counts those that stand out exactly, arm by arm. Hundreds of experiments overlap here by default: this is what makes that safe.
 *
 * At first sight units are taken ten at a time: the sums of all their 1,024 subsets are worked out once, and each pair of experiments
 * then takes four of them. The variance is that of all units there.
 *
 * @returns pairs whose adjusted p of either is at most `alpha`, least first
 * @throws ThreewaysError `ASSIGNMENT_LENGTH` when an assignment is not of the units that there are values of
 */
export function scanInteractions(values: Float64Array, assignments: readonly Assignment[], alpha = 0.05): Interaction[] {
  for (const { experiment, arms } of assignments) {
    if (arms.length === values.length) continue
    throw invalid('ASSIGNMENT_LENGTH', {
      message: `experiment "${experiment}" says where ${arms.length} units were, and the metric knows ${values.length}`,
      help: 'one entry for each unit, 0 for units that were not in it',
    })
  }
  const pairs = allPairs(assignments.length)
  const counts = countsOf(assignments, pairs)
  const sight = firstSight(values, assignments, pairs, counts)
  const effectPs = benjaminiHochberg([...sight])
  const tables = pairs.map((_, at) => independence(square(counts, at)))
  const tablePs = benjaminiHochberg(tables.map((table) => table?.p ?? 1))
  return pairs
    .flatMap(([i, j], at): Interaction[] => {
      const [a, b] = [assignments[i]!, assignments[j]!]
      // A pair must stand out among all at first sight, and then exactly.
      const looked = effectPs[at]! <= alpha ? exactly(values, a, b) : undefined
      const effect = looked === undefined ? undefined : { ...looked, adjusted: Math.max(effectPs[at]!, looked.p) }
      const assignment = tables[at] === undefined ? undefined : { ...tables[at], adjusted: tablePs[at]! }
      if (!((effect?.adjusted ?? 1) <= alpha || (assignment?.adjusted ?? 1) <= alpha)) return []
      return [{ experiments: [a.experiment, b.experiment], effect, assignment }]
    })
    .sort((a, b) => leastOf(a) - leastOf(b))
}

const leastOf = ({ effect, assignment }: Interaction): number => Math.min(effect?.adjusted ?? 1, assignment?.adjusted ?? 1)

function allPairs(count: number): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) pairs.push([i, j])
  return pairs
}

/** Cells of a pair: control and control, control and treatment, treatment and control, treatment and treatment. */
const square = (cells: Float64Array, pair: number): number[][] => [
  [cells[4 * pair]!, cells[4 * pair + 1]!],
  [cells[4 * pair + 2]!, cells[4 * pair + 3]!],
]

/** Who is in an experiment and who is treated there, one bit for each unit, 32 to a word. */
type Members = { readonly all: Uint32Array; readonly treated: Uint32Array; readonly isEverybody: boolean; readonly treatedCount: number }

function membersOf({ arms }: Assignment): Members {
  const all = new Uint32Array(Math.ceil(arms.length / 32))
  const treated = new Uint32Array(all.length)
  let [count, treatedCount] = [0, 0]
  for (let unit = 0; unit < arms.length; unit++) {
    const arm = arms[unit]!
    if (arm === 0) continue
    const bit = 1 << (unit & 31)
    all[unit >> 5]! |= bit
    count++
    if (arm === 1) continue
    treated[unit >> 5]! |= bit
    treatedCount++
  }
  return { all, treated, isEverybody: count === arms.length, treatedCount }
}

/** Of each pair, the units in each cell. What everybody is in need not be counted again. */
function countsOf(assignments: readonly Assignment[], pairs: readonly (readonly [number, number])[]): Float64Array {
  const members = assignments.map(membersOf)
  const cells = new Float64Array(pairs.length * 4)
  for (const [at, [i, j]] of pairs.entries()) {
    const [a, b] = [members[i]!, members[j]!]
    const both = overlap(a.all, b.all)
    const ofA = b.isEverybody ? a.treatedCount : overlap(a.treated, b.all)
    const ofB = a.isEverybody ? b.treatedCount : overlap(a.all, b.treated)
    const treated = overlap(a.treated, b.treated)
    cells[4 * at] = both - ofA - ofB + treated
    cells[4 * at + 1] = ofB - treated
    cells[4 * at + 2] = ofA - treated
    cells[4 * at + 3] = treated
  }
  return cells
}

/** Bits that both have. */
function overlap(a: Uint32Array, b: Uint32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) {
    let word = a[at]! & b[at]!
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    sum += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return sum
}

/** p of each pair, with one variance for all cells. */
function firstSight(
  values: Float64Array,
  assignments: readonly Assignment[],
  pairs: readonly (readonly [number, number])[],
  counts: Float64Array,
): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  const sums = cellSums(values, mean, assignments, pairs)
  return Float64Array.from(pairs, (_, at) => {
    let [contrast, noise] = [0, 0]
    for (let cell = 0; cell < 4; cell++) {
      const count = counts[4 * at + cell]!
      if (count < 2) return 1
      contrast += ((cell === 0 || cell === 3 ? 1 : -1) * sums[4 * at + cell]!) / count
      noise += variance / count
    }
    return noise > 0 ? 2 * normalTail(Math.abs(contrast) / Math.sqrt(noise)) : 1
  })
}

/** Patterns of ten units each: who of them is in control, and who is treated, an experiment after the other. */
function patternsOf(assignments: readonly Assignment[], units: number): { readonly width: number; readonly at: Uint16Array } {
  const width = assignments.length * 2
  const blocks = Math.ceil(units / blockBits / together) * together
  const at = new Uint16Array(blocks * width)
  for (const [index, { arms }] of assignments.entries()) {
    for (let unit = 0; unit < units; unit++) {
      const arm = arms[unit]!
      if (arm === 0) continue
      const block = Math.floor(unit / blockBits)
      at[block * width + 2 * index + (arm === 1 ? 0 : 1)]! |= 1 << (unit - block * blockBits)
    }
  }
  return { width, at }
}

function cellSums(
  values: Float64Array,
  mean: number,
  assignments: readonly Assignment[],
  pairs: readonly (readonly [number, number])[],
): Float64Array {
  const { width, at } = patternsOf(assignments, values.length)
  const sums = new Float64Array(pairs.length * 4)
  const tables = new Float32Array(together * patterns)
  const here = new Uint16Array(together * width)
  for (let from = 0; from < at.length; from += together * width) {
    for (let each = 0; each < together; each++) fillTable(tables, each * patterns, values, mean, (from / width + each) * blockBits)
    here.set(at.subarray(from, from + together * width))
    addBlocks(sums, tables, here, assignments.length)
  }
  return sums
}

/** The sums of all subsets of ten values, each from one that is smaller by a value. */
function fillTable(tables: Float32Array, offset: number, values: Float64Array, mean: number, first: number): void {
  tables[offset] = 0
  for (let bit = 0; bit < blockBits; bit++) {
    const value = first + bit < values.length ? values[first + bit]! - mean : 0
    const size = 1 << bit
    for (let subset = 0; subset < size; subset++) tables[offset + size + subset] = tables[offset + subset]! + value
  }
}

/** The innermost loop of all: every pair, four blocks of ten units. Written out, for arrays of four would be made anew a billion times. */
function addBlocks(sums: Float64Array, tables: Float32Array, here: Uint16Array, experiments: number): void {
  const width = experiments * 2
  let cell = 0
  for (let i = 0; i < width; i += 2) {
    const c0 = here[i]!
    const c1 = here[width + i]!
    const c2 = here[2 * width + i]!
    const c3 = here[3 * width + i]!
    const t0 = here[i + 1]!
    const t1 = here[width + i + 1]!
    const t2 = here[2 * width + i + 1]!
    const t3 = here[3 * width + i + 1]!
    for (let j = i + 2; j < width; j += 2) {
      const x0 = here[j]!
      const x1 = here[width + j]!
      const x2 = here[2 * width + j]!
      const x3 = here[3 * width + j]!
      const y0 = here[j + 1]!
      const y1 = here[width + j + 1]!
      const y2 = here[2 * width + j + 1]!
      const y3 = here[3 * width + j + 1]!
      sums[cell]! += tables[c0 & x0]! + tables[1024 + (c1 & x1)]! + tables[2048 + (c2 & x2)]! + tables[3072 + (c3 & x3)]!
      sums[cell + 1]! += tables[c0 & y0]! + tables[1024 + (c1 & y1)]! + tables[2048 + (c2 & y2)]! + tables[3072 + (c3 & y3)]!
      sums[cell + 2]! += tables[t0 & x0]! + tables[1024 + (t1 & x1)]! + tables[2048 + (t2 & x2)]! + tables[3072 + (t3 & x3)]!
      sums[cell + 3]! += tables[t0 & y0]! + tables[1024 + (t1 & y1)]! + tables[2048 + (t2 & y2)]! + tables[3072 + (t3 & y3)]!
      cell += 4
    }
  }
}

/** Arm by arm, each cell with a variance of its own. */
function exactly(values: Float64Array, a: Assignment, b: Assignment): Wald | undefined {
  const rows = a.arms.reduce((most, arm) => Math.max(most, arm), 0)
  const columns = b.arms.reduce((most, arm) => Math.max(most, arm), 0)
  const [counts, sums, squares] = [0, 1, 2].map(() => new Float64Array(rows * columns)) as [Float64Array, Float64Array, Float64Array]
  const cellOf = (unit: number) => (a.arms[unit]! - 1) * columns + b.arms[unit]! - 1
  const isIn = (unit: number) => a.arms[unit] !== 0 && b.arms[unit] !== 0
  for (let unit = 0; unit < values.length; unit++) {
    if (!isIn(unit)) continue
    counts[cellOf(unit)]!++
    sums[cellOf(unit)]! += values[unit]!
  }
  const means = sums.map((sum, cell) => sum / Math.max(1, counts[cell]!))
  for (let unit = 0; unit < values.length; unit++) {
    if (isIn(unit)) squares[cellOf(unit)]! += (values[unit]! - means[cellOf(unit)]!) ** 2
  }
  return interaction(
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => {
        const cell = row * columns + column
        return { count: counts[cell]!, mean: means[cell]!, variance: squares[cell]! / Math.max(1, counts[cell]! - 1) }
      }),
    ),
  )
}
