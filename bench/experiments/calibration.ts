import { analyse, type PhaseState } from '../../src/learning/experiment/analysis.ts'
import { compared } from '../../src/learning/experiment/comparison.ts'
import type { Memory } from '../../src/learning/experiment/looks.ts'
import { planned, type ExperimentPlan } from '../../src/learning/experiment/plan.ts'
import { zOf } from '../../src/learning/experiment/reading.ts'
import { unitsNeeded, type Baseline } from '../../src/learning/experiment/sizing.ts'
import { Accumulator, type Sums } from '../../src/learning/experiment/sums.ts'
import { seeded } from '../canary/traffic.ts'
import { baselineOf, populationOf, Requests, shiftSeen } from './requests.ts'
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
  /** z beyond 1.96 on the last day. */
  readonly end: number
  /** What the treatment did. */
  readonly shift: number
  /** Day on which the sequential ones that found something did, on average. */
  readonly day: number
}

/** Nothing; what a test at the end alone sees in 80 of 100; what the plan says that its own looks see in 80 of 100. */
export type Strength = 'nothing' | 'end' | 'plan'

export const isAsked = (users: Users | Requesters, strength: Strength): boolean => {
  if (strength === 'nothing') return true
  if ('draw' in users) return users.variation !== undefined
  return strength === 'plan' ? users.isSmooth === true : users.unlike === undefined
}

/** Relative. */
function shiftOf(users: Users | Requesters, plan: ExperimentPlan, strength: Strength): number {
  if (strength === 'nothing') return 0
  if (strength === 'plan') return unitsNeeded(plan, { m: baselineFor(users) })[0]!.sees!
  if ('draw' in users) return 2.8015852 * users.variation! * Math.sqrt(2 / (days * perDay))
  return shiftSeen(users.requests, users.metric.kind.share, days * perDay)
}

const baselineFor = (users: Users | Requesters): Baseline =>
  'draw' in users ? { level: 1, variance: users.variation! ** 2 } : baselineOf(users.requests, users.metric.kind.share, days * perDay)

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

type CalibratedArm = { readonly add: (random: () => number) => void; readonly sums: () => Sums; readonly check?: () => void }

/** As the product counts: sums unit by unit, quantiles of all units at once. @returns an arm of nobody, as often as it is asked for */
function armsOf(users: Users | Requesters, shift: number, isTreatment: boolean): () => CalibratedArm {
  const { metric } = users
  if ('draw' in users) {
    return () => {
      const accumulator = new Accumulator(metric)
      return { add: (random) => accumulator.add(users.draw(random, shift)), sums: () => accumulator.sums() }
    }
  }
  const population = populationOf(isTreatment && shift === 0 && users.unlike !== undefined ? users.unlike : users.requests, shift)
  return () => {
    const requests = new Requests(population, users.metric.kind.share)
    return {
      add: (random) => requests.add(random()),
      sums: () => requests.sums(),
      check: () => requests.check(),
    }
  }
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

  look(day: number, state: PhaseState): void {
    const { results, memory } = analyse(this.#plan, { ...state, ...(this.#memory === undefined ? {} : { memory: this.#memory }) })
    this.#memory = memory
    const [result] = results
    if (this.found === 0 && result !== undefined && result.verdict !== 'undecided') this.found = day
  }
}

/** @param runs - experiments */
export function calibrate(kind: number, runs: number, seed: number, strength: Strength): Found {
  const users = kinds[kind]!
  const plans = plansFor(users)
  const shift = shiftOf(users, plans.sequential, strength)
  const [newControl, newTreatment] = [armsOf(users, 0, false), armsOf(users, shift, true)]
  let [sequential, always, naive, end, daysUntil] = [0, 0, 0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const random = seeded(seed * 1_000_003 + kind * 100_003 + run)
    const arms = [newControl(), newTreatment()] as const
    const [bySequence, byConfidence] = [new Reading(plans.sequential), new Reading(plans.always)]
    let [isNaive, isBeyond] = [false, false]
    for (let day = 1; day <= days; day++) {
      for (let user = 0; user < perDay; user++) for (const arm of arms) arm.add(random)
      const [control, treatment] = arms.map((arm) => ({ units: day * perDay, sums: { m: arm.sums() } }))
      const state = { arms: { control: control!, treatment: treatment! } }
      const { effect } = compared(users.metric, 'treatment', control!, treatment!)
      isBeyond = typeof effect !== 'string' && Math.abs(zOf(effect)) > 1.959964
      isNaive ||= isBeyond
      bySequence.look(day, state)
      byConfidence.look(day, state)
    }
    if (run === 0) for (const arm of arms) arm.check?.()
    if (bySequence.found > 0) sequential++
    if (byConfidence.found > 0) always++
    if (isNaive) naive++
    if (isBeyond) end++
    daysUntil += bySequence.found
  }
  return { sequential, always, naive, end, shift, day: daysUntil / Math.max(1, sequential) }
}
