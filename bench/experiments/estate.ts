import { analyse } from '../../src/learning/experiment/analysis.ts'
import type { Memory } from '../../src/learning/experiment/looks.ts'
import type { Metric } from '../../src/learning/experiment/metric.ts'
import { planned, type ExperimentPlan } from '../../src/learning/experiment/plan.ts'
import { mergeSums, noSums, sumsByGroup, type Columns, type Sums } from '../../src/learning/experiment/sums.ts'
import { seeded } from '../canary/traffic.ts'

export const days = 30

/** What all users did, shared by the threads: values a metric, and the day on which a user came. */
export type Estate = {
  readonly users: number
  readonly came: Uint8Array
  readonly columns: readonly Columns[]
}

/** 20 questions: three that decide, five that guard, twelve to explore; eight rates, five counts, four of revenue, three ratios. */
export const metrics: readonly Metric[] = Array.from({ length: 20 }, (_, at): Metric => {
  const types = ['binary', 'revenue', 'ratio', 'binary', 'count', 'binary', 'count', 'revenue', 'binary', 'count'] as const
  const type = types[at % types.length]!
  const kind = type === 'revenue' ? ({ type, cap: 1000 } as const) : ({ type } as const)
  const common = { key: `m${at}`, kind, better: 'more', before: at === 1 || at === 17 } as const
  if (at < 3) return { ...common, role: 'decision', effect: 0.01 }
  return at < 8 ? { ...common, role: 'guardrail', margin: 0.02 } : { ...common, role: 'exploratory' }
})

const column = (users: number): Float64Array => new Float64Array(new SharedArrayBuffer(users * 8))

export function estateOf(users: number): Estate {
  const random = seeded(7)
  const came = new Uint8Array(new SharedArrayBuffer(users))
  for (let user = 0; user < users; user++) came[user] = Math.floor(random() * days)
  return { users, came, columns: metrics.map((metric) => columnsOf(metric, users, random)) }
}

function columnsOf({ kind, before }: Metric, users: number, random: () => number): Columns {
  const [value, per, old] = [column(users), column(users), column(users)]
  for (let user = 0; user < users; user++) {
    per[user] = 1 + Math.floor(random() * 8)
    old[user] = -Math.log(1 - random()) * 20
    value[user] =
      kind.type === 'binary'
        ? Number(random() < 0.1)
        : kind.type === 'count'
          ? Math.floor(-Math.log(1 - random()) * 3)
          : kind.type === 'ratio'
            ? Math.floor(random() * per[user]!)
            : old[user]! - Math.log(1 - random()) * 20
  }
  return { value, ...(kind.type === 'ratio' ? { per } : {}), ...(before ? { before: old } : {}) }
}

/** Four fifths of the users are in an experiment; of each 0, or 1 for control and 2 for treatment. */
export function armsOf(users: number, experiment: number): Uint8Array {
  const random = seeded(1000 + experiment)
  const arms = new Uint8Array(users)
  for (let user = 0; user < users; user++) arms[user] = random() < 0.2 ? 0 : random() < 0.5 ? 1 : 2
  return arms
}

export type Worked = { readonly sumsMs: number; readonly analysisMs: number; readonly analyses: number; readonly found: number }

/** One experiment from its users to thirty daily analyses. */
export function work(estate: Estate, experiment: number): Worked {
  const arms = armsOf(estate.users, experiment)
  const planOf = (units: number) =>
    planned({
      hypothesis: 'none of it does anything',
      arms: [
        { key: 'control', weight: 1 },
        { key: 'treatment', weight: 1 },
      ],
      metrics,
      units,
      looks: Array.from({ length: days }, (_, day) => (day + 1) / days),
      shipWhen: 'any',
    })
  const began = performance.now()
  // Arm and day of each unit, from 1.
  const groups = new Uint8Array(arms.length)
  for (let user = 0; user < arms.length; user++) groups[user] = arms[user] === 0 ? 0 : estate.came[user]! * 2 + arms[user]!
  const sums = metrics.map((metric, at) => sumsByGroup(metric, estate.columns[at]!, groups, days * 2))
  const summed = performance.now()
  const plan = planOf(arms.reduce((count, arm) => count + (arm === 0 ? 0 : 1), 0))
  const found = daily(plan, sums)
  return { sumsMs: summed - began, analysisMs: performance.now() - summed, analyses: days, found }
}

/** @returns 1 when a decision metric was ever found to do anything: none does */
function daily(plan: ExperimentPlan, byGroup: readonly (readonly Sums[])[]): number {
  const known = ['control', 'treatment'].map(() => ({ units: 0, sums: metrics.map(noSums) }))
  let memory: Memory | undefined
  let found = 0
  for (let day = 0; day < days; day++) {
    for (const [arm, state] of known.entries()) {
      state.sums = state.sums.map((sums, at) => mergeSums(sums, byGroup[at]![day * 2 + arm]!))
      state.units += byGroup[0]![day * 2 + arm]!.moments.count
    }
    const [control, treatment] = known.map(({ units, sums }) => ({
      units,
      sums: Object.fromEntries(sums.map((each, at) => [metrics[at]!.key, each])),
    }))
    const state = { arms: { control: control!, treatment: treatment! }, ...(memory === undefined ? {} : { memory }) }
    const { results, memory: next } = analyse(plan, state)
    memory = next
    if (results.some(({ role, verdict }) => role === 'decision' && verdict !== 'undecided')) found = 1
  }
  return found
}
