import { analyse, type PhaseState } from '../../src/learning/experiment/analysis.ts'
import type { Memory } from '../../src/learning/experiment/looks.ts'
import { planned, type ExperimentPlan } from '../../src/learning/experiment/plan.ts'
import type { Buckets } from '../../src/kernel/statistics/quantile-sketch.ts'
import { Accumulator, quantileSums, type Sums } from '../../src/learning/experiment/sums.ts'
import { seeded } from '../canary/traffic.ts'
import { kinds, type Requesters, type Users } from './users.ts'

export const days = 28
export const perDay = 250
/** Units of both arms. */
const units = 2 * days * perDay

/** Of one kind of users: how many experiments found something, read in three ways from the same counts. */
export type Found = {
  readonly sequential: number
  readonly always: number
  /** z beyond 1.96 at any of the days. */
  readonly naive: number
  /** Day on which the sequential ones that found something did, on average. */
  readonly day: number
}

/** The effect that a test at the end alone would see with a power of 0.8, relative. */
const effectOf = ({ variation }: Users | Requesters): number => 2.8015852 * variation! * Math.sqrt(2 / (days * perDay))

function plansFor({ metric }: Users | Requesters): { readonly sequential: ExperimentPlan; readonly always: ExperimentPlan } {
  const draft = {
    hypothesis: 'it does something',
    arms: [
      { key: 'control', weight: 1 },
      { key: 'treatment', weight: 1 },
    ],
    metrics: [metric],
  }
  const looks = Array.from({ length: days }, (_, day) => (day + 1) / days)
  return { sequential: planned({ ...draft, units, looks }), always: planned({ ...draft, narrowestAt: units }) }
}

type CalibratedArm = { readonly add: (random: () => number, shift: number) => void; readonly sums: () => Sums }

/** As the product counts: sums unit by unit, quantiles of all units at once. */
function armOf(users: Users | Requesters): CalibratedArm {
  const { metric } = users
  if ('draw' in users) {
    const accumulator = new Accumulator(metric)
    return { add: (random, shift) => accumulator.add(users.draw(random, shift)), sums: () => accumulator.sums() }
  }
  const units: Buckets[] = []
  const { share } = metric.kind as Extract<typeof metric.kind, { type: 'quantile' }>
  return { add: (random, shift) => void units.push(users.requests(random, shift)), sums: () => quantileSums(units, share) }
}

/** An experiment whose plan is asked every day until it says something. */
class Reading {
  readonly #plan: ExperimentPlan
  #memory: Memory | undefined
  /** Day, from 1; 0 while nothing was found. */
  found = 0

  constructor(plan: ExperimentPlan) {
    this.#plan = plan
  }

  /** @returns z at this day */
  look(day: number, state: PhaseState): number {
    const { results, memory } = analyse(this.#plan, { ...state, ...(this.#memory === undefined ? {} : { memory: this.#memory }) })
    this.#memory = memory
    const [result] = results
    if (this.found === 0 && result !== undefined && result.verdict !== 'undecided') this.found = day
    return (result?.effect ?? 0) / (result?.error ?? 1)
  }
}

/** @param runs - experiments @param withEffect - the treatment does what a test at the end would see in 80 of 100 */
export function calibrate(kind: number, runs: number, seed: number, withEffect: boolean): Found {
  const users = kinds[kind]!
  const plans = plansFor(users)
  const shift = withEffect ? effectOf(users) : 0
  let [sequential, always, naive, daysUntil] = [0, 0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const random = seeded(seed * 1_000_003 + kind * 100_003 + run)
    const arms = [armOf(users), armOf(users)] as const
    const [bySequence, byConfidence] = [new Reading(plans.sequential), new Reading(plans.always)]
    let isNaive = false
    for (let day = 1; day <= days; day++) {
      for (let user = 0; user < perDay; user++) {
        arms[0].add(random, 0)
        arms[1].add(random, shift)
      }
      const arm = (of: CalibratedArm) => ({ units: day * perDay, sums: { m: of.sums() } })
      const state = { arms: { control: arm(arms[0]), treatment: arm(arms[1]) } }
      isNaive = Math.abs(bySequence.look(day, state)) > 1.959964 || isNaive
      byConfidence.look(day, state)
    }
    if (bySequence.found > 0) sequential++
    if (byConfidence.found > 0) always++
    if (isNaive) naive++
    daysUntil += bySequence.found
  }
  return { sequential, always, naive, day: daysUntil / Math.max(1, sequential) }
}
