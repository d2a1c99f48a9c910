import { quantile } from '../../kernel/statistics/quantiles.ts'
import { uniform } from '../simulation/random.ts'
import type { Part } from './stages.ts'

const dayMs = 86_400_000
const resamples = 400
/** Drawn from fewer days, limits say nothing. */
const enoughDays = 8

/** Which share of the time of changes was work. Milliseconds. */
export type Efficiency = {
  /** Changes of which something is known. */
  readonly changes: number
  readonly working: number
  readonly waiting: number
  /** All of their time, known or not. */
  readonly total: number
  /** Working of what is known; with limits at 95 %, undefined where they rest on too few days. */
  readonly share: number
  readonly limits: { readonly low: number; readonly high: number } | undefined
}

export const efficiencyMeans =
  'share of the time in which it is known whether somebody worked on a change or it waited, that was work. Work: from the first review until the merge, while builds ran, and our own steps. Waiting: from when its request was opened until the first review, and from the merge until it was first deployed while no build ran. Nobody knows it of the rest, above all of the time before the request was opened'

/**
 * @param changes - of each that arrived, when it was merged and the parts of its way
 * @returns undefined: of none it is known which part was work
 */
export function efficiencyOf(changes: readonly { readonly merged: number; readonly parts: readonly Part[] }[]): Efficiency | undefined {
  const sums = changes.map(({ merged, parts }) => {
    const sum = (of: (part: Part) => number) => parts.reduce((so, part) => so + of(part), 0)
    return { merged, working: sum(({ working }) => working), waiting: sum(({ waiting }) => waiting), total: sum(({ ms }) => ms) }
  })
  const all = (of: (one: (typeof sums)[number]) => number) => sums.reduce((so, one) => so + of(one), 0)
  const [working, waiting] = [all((one) => one.working), all((one) => one.waiting)]
  if (working + waiting === 0) return undefined
  return {
    changes: sums.filter((one) => one.working + one.waiting > 0).length,
    working,
    waiting,
    total: all(({ total }) => total),
    share: working / (working + waiting),
    limits: limitsOf(sums),
  }
}

/** Changes of one day hang together: days are drawn again and again, and not changes (a bootstrap by clusters). */
function limitsOf(sums: readonly { readonly merged: number; readonly working: number; readonly waiting: number }[]) {
  const byDay = new Map<number, { working: number; waiting: number }>()
  for (const { merged, working, waiting } of sums) {
    const day = byDay.get(Math.floor(merged / dayMs)) ?? { working: 0, waiting: 0 }
    byDay.set(Math.floor(merged / dayMs), { working: day.working + working, waiting: day.waiting + waiting })
  }
  const days = [...byDay.values()].filter(({ working, waiting }) => working + waiting > 0)
  if (days.length < enoughDays) return undefined
  const shares = Float64Array.from({ length: resamples }, (_, draw) => {
    let [working, known] = [0, 0]
    for (let place = 0; place < days.length; place++) {
      const day = days[Math.floor(uniform(2, draw, 0, place) * days.length)]!
      working += day.working
      known += day.working + day.waiting
    }
    return working / known
  }).toSorted()
  return { low: quantile(shares, 0.025)!, high: quantile(shares, 0.975)! }
}
