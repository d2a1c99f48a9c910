import { invalid } from '../../kernel/errors.ts'
import type { Effect } from '../../kernel/statistics/effect.ts'
import { benjaminiHochberg, holm } from '../../kernel/statistics/multiplicity.ts'
import { compared, gainOf, nameOf, type ArmState, type Comparison } from './comparison.ts'
import { lookingAt, nothingSeen, sharesWith, type Looking, type Memory } from './looks.ts'
import type { ExperimentPlan } from './plan.ts'
import { alwaysOf, intervalBy, lookTables, pOfHarm, pOfMarginAlways, tellingOf, zOf, type LookTables } from './reading.ts'
import { recommended, type Recommendation } from './recommendation.ts'
import type { Result } from './result.ts'
import { unitsForEffect } from './sizing.ts'
import { splitOf, type Split } from './split.ts'

/** One phase of an experiment: as long as arms and weights stay what they are. Another weight is another phase, read by itself. */
export type PhaseState = {
  /** By arm. An arm that is not there has nobody yet. */
  readonly arms: Readonly<Record<string, ArmState>>
  /** What the last analysis handed back; absent at the first. */
  readonly memory?: Memory
  /** It ends here, for a reason that is not the results: everything that alpha has left is spent. */
  readonly isEnding?: boolean
}

export type Analysis = {
  readonly units: number
  readonly split: Split
  readonly looking: Looking
  /** Empty while the split is wrong: what is worked out of it would be believed. */
  readonly results: readonly Result[]
  readonly recommendations: readonly Recommendation[]
  /** To be kept, and handed in at the next analysis. */
  readonly memory: Memory
}

/**
 * What a plan says of what has been counted. Pure: the same counts and memory give the same answer.
 * @throws ThreewaysError `EXPERIMENT_UNITS` when an arm's number of units is none, or an arm is not of the plan
 */
export function analyse(plan: ExperimentPlan, state: PhaseState): Analysis {
  const memory = state.memory ?? nothingSeen
  const counts = unitsOf(plan, state)
  const units = counts.reduce((sum, count) => sum + count, 0)
  const split = splitOf(plan.arms, counts, memory.splitLogFactor)
  const looking = lookingAt(plan, memory, units, state.isEnding ?? false)
  if (split.verdict !== 'right') {
    const kept = split.verdict === 'wrong' ? { ...memory, splitLogFactor: split.logFactor } : memory
    return { units, split, looking, results: [], recommendations: recommended(plan, split, looking, []), memory: kept }
  }
  const comparisons = comparisonsOf(plan, state)
  const judged = new Judging(plan, memory, looking, units, comparisons)
  const results = comparisons.map((comparison) => judged.result(comparison))
  return {
    units,
    split,
    looking,
    results,
    recommendations: recommended(plan, split, looking, results),
    memory: {
      looks: looking.may && plan.units !== undefined ? [...memory.looks, units] : memory.looks,
      least: judged.least,
      splitLogFactor: split.logFactor,
    },
  }
}

function unitsOf(plan: ExperimentPlan, { arms }: PhaseState): number[] {
  const refuse = (message: string) =>
    invalid('EXPERIMENT_UNITS', { message, help: 'units of an arm are those that were exposed to it, counted once each' })
  for (const key of Object.keys(arms)) {
    if (!plan.arms.some((arm) => arm.key === key))
      throw refuse(`arm "${key}" is not in the plan, which has ${plan.arms.map((arm) => arm.key).join(', ')}`)
  }
  return plan.arms.map(({ key }) => {
    const units = arms[key]?.units ?? 0
    if (!(Number.isInteger(units) && units >= 0)) throw refuse(`arm "${key}" has ${units} units`)
    return units
  })
}

function comparisonsOf({ arms, metrics }: ExperimentPlan, state: PhaseState): Comparison[] {
  const nobody: ArmState = { units: 0, sums: {} }
  const of = (key: string) => state.arms[key] ?? nobody
  const [control, ...treatments] = arms
  return metrics.flatMap((metric) => treatments.map(({ key }) => compared(metric, key, of(control!.key), of(key))))
}

type Least = { readonly p: number; readonly gain: number }

/** Holds every question of an experiment against what it may say now. */
class Judging {
  readonly #plan: ExperimentPlan
  readonly #tables: LookTables | undefined
  readonly #adjusted: ReadonlyMap<string, number>
  readonly #guarded: number
  /** The least p so far of every question, this analysis included. */
  readonly least: Record<string, Least>

  constructor(plan: ExperimentPlan, memory: Memory, looking: Looking, units: number, comparisons: readonly Comparison[]) {
    const of = (role: Result['role']) => comparisons.filter(({ metric }) => metric.role === role)
    this.#plan = plan
    this.#guarded = of('guardrail').length
    this.least = { ...memory.least }
    if (looking.may && plan.units !== undefined) {
      this.#tables = lookTables(plan, sharesWith(plan, memory, units), of('decision').length, looking.isLast)
    }
    for (const comparison of comparisons) this.#remember(comparison)
    this.#adjusted = new Map([...this.#adjust(of('decision'), holm), ...this.#adjust(of('exploratory'), benjaminiHochberg)])
  }

  #adjust(comparisons: readonly Comparison[], by: (ps: readonly number[]) => number[]): [string, number][] {
    const adjusted = by(comparisons.map((comparison) => this.least[nameOf(comparison)]?.p ?? 1))
    return comparisons.map((comparison, at) => [nameOf(comparison), adjusted[at]!])
  }

  #remember(comparison: Comparison): void {
    const gain = gainOf(comparison)
    const { metric, difference } = comparison
    if (gain === undefined || typeof difference === 'string') return
    const name = nameOf(comparison)
    const keep = (key: string, p: number) => {
      if (p < (this.least[key]?.p ?? 1)) this.least[key] = { p, gain: gain.effect }
    }
    switch (metric.role) {
      case 'decision':
        if (this.#plan.units === undefined) keep(name, alwaysOf(this.#plan, difference).p)
        else if (this.#tables !== undefined) keep(name, this.#tables.pOf(zOf(difference)))
        break
      case 'exploratory':
        keep(name, alwaysOf(this.#plan, difference).p)
        break
      case 'guardrail':
        keep(name, pOfHarm(this.#plan, gain))
        if (this.#plan.units === undefined) keep(`${name}/margin`, pOfMarginAlways(this.#plan, gain, metric.margin!))
        // Beyond the boundary or not is all that is asked of it.
        else if (this.#tables !== undefined && zOf(gain, -metric.margin!) >= this.#tables.boundaryOfMargin)
          keep(`${name}/margin`, this.#plan.alpha)
    }
  }

  result(comparison: Comparison): Result {
    const { metric, arm, effect, unitsWithout } = comparison
    const { key, kind, role } = metric
    const q = kind.type === 'quantile' ? { q: kind.share } : {}
    const told = { metric: key, arm, ...q, role, unitsWithout, verdict: this.#verdict(comparison) }
    const gain = gainOf(comparison)
    if (typeof effect === 'string' || gain === undefined) return typeof effect === 'string' ? { ...told, nothing: effect } : told
    const { low, high } = alwaysOf(this.#plan, effect)
    const p = this.least[nameOf(comparison)]?.p
    const adjusted = metric.role === 'guardrail' ? Math.min(1, (p ?? 1) * this.#guarded) : this.#adjusted.get(nameOf(comparison))
    return {
      ...told,
      control: effect.control,
      treatment: effect.treatment,
      effect: effect.effect,
      error: effect.error,
      explained: effect.explained,
      always: { low, high },
      ...this.#ofThisLook(comparison, effect, gain),
      ...(p === undefined ? {} : { p }),
      ...(p === undefined || adjusted === undefined ? {} : { adjusted }),
      ...this.#unitsFor(metric, effect),
      ...tellingOf(gain),
    }
  }

  #unitsFor(metric: Comparison['metric'], effect: Effect): Pick<Result, 'unitsForEffect'> {
    const units = metric.role === 'decision' ? unitsForEffect(this.#plan, metric, effect) : undefined
    return units === undefined ? {} : { unitsForEffect: units }
  }

  #ofThisLook({ metric }: Comparison, effect: Effect, gain: Effect): Pick<Result, 'atLook' | 'leastGain'> {
    if (this.#tables === undefined || metric.role === 'exploratory') return {}
    if (metric.role === 'guardrail') {
      const low = intervalBy(this.#tables.boundaryOfMargin, gain)?.low
      return low === undefined ? {} : { leastGain: low }
    }
    const atLook = intervalBy(this.#tables.boundary, effect)
    return atLook === undefined ? {} : { atLook }
  }

  #verdict(comparison: Comparison): Result['verdict'] {
    const { alpha } = this.#plan
    const name = nameOf(comparison)
    if (comparison.metric.role !== 'guardrail') {
      if (!((this.#adjusted.get(name) ?? 1) <= alpha)) return 'undecided'
      return this.least[name]!.gain > 0 ? 'better' : 'worse'
    }
    if ((this.least[name]?.p ?? 1) <= alpha / this.#guarded) return 'worse'
    return (this.least[`${name}/margin`]?.p ?? 1) <= alpha ? 'no worse' : 'undecided'
  }
}
