import { invalid } from '../../kernel/errors.ts'
import type { Effect, Interval } from '../../kernel/statistics/effect.ts'
import { benjaminiHochberg, holm } from '../../kernel/statistics/multiplicity.ts'
import { compared, gainOf, nameOf, type ArmState, type Comparison } from './comparison.ts'
import { lookingAt, nothingSeen, sharesWith, type Limits, type Looking, type Memory } from './looks.ts'
import type { ExperimentPlan } from './plan.ts'
import {
  alwaysOf,
  endingAt0,
  intervalBy,
  leastGainAlways,
  lookTables,
  pOfHarm,
  pOfMarginAlways,
  tellingOf,
  zOf,
  type LookTables,
} from './reading.ts'
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
      limits: judged.limits,
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

/** JSON has no infinity. */
const areEnded = ({ low, high }: Interval): boolean => Number.isFinite(low) && Number.isFinite(high)

/** Holds every question of an experiment against what it may say now. */
class Judging {
  readonly #plan: ExperimentPlan
  readonly #tables: LookTables | undefined
  readonly #adjusted: ReadonlyMap<string, number>
  readonly #guarded: number
  readonly #decided: number
  /** Told at this look, or at the last one. */
  readonly limits: Record<string, Limits>
  /** The least p so far of every question, this analysis included. */
  readonly least: Record<string, Least>

  constructor(plan: ExperimentPlan, memory: Memory, looking: Looking, units: number, comparisons: readonly Comparison[]) {
    const of = (role: Result['role']) => comparisons.filter(({ metric }) => metric.role === role)
    this.#plan = plan
    this.#guarded = of('guardrail').length
    this.#decided = of('decision').length
    this.least = { ...memory.least }
    this.limits = { ...memory.limits }
    if (looking.may && plan.units !== undefined) {
      this.#tables = lookTables(plan, sharesWith(plan, memory, units), this.#decided, looking.isLast)
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
    const { metric, effect } = comparison
    if (gain === undefined || typeof effect === 'string') return
    const name = nameOf(comparison)
    const keep = (key: string, p: number) => {
      if (p < (this.least[key]?.p ?? 1)) this.least[key] = { p, gain: gain.effect }
    }
    switch (metric.role) {
      case 'decision':
        if (this.#plan.units === undefined) keep(name, alwaysOf(this.#plan, effect).p)
        else if (this.#tables !== undefined) keep(name, this.#tables.pOf(zOf(effect)))
        break
      case 'exploratory':
        keep(name, alwaysOf(this.#plan, effect).p)
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
    const verdict = this.#verdict(comparison)
    const told = { metric: key, arm, ...q, role, unitsWithout, verdict }
    const gain = gainOf(comparison)
    if (typeof effect === 'string' || gain === undefined) return typeof effect === 'string' ? { ...told, nothing: effect } : told
    const ended = (limits: Interval) => {
      const way = verdict === 'better' ? 1 : verdict === 'worse' ? -1 : 0
      return way === 0 ? limits : endingAt0(limits, metric.better === 'more' ? way : -way)
    }
    const always = this.#always(metric, effect, ended)
    this.#tell(comparison, effect, gain, ended)
    // Of harm it is asked at every moment: where nothing spoke for it p is 1, and no gap.
    const p = this.least[nameOf(comparison)]?.p ?? (role === 'guardrail' ? 1 : undefined)
    const adjusted = metric.role === 'guardrail' ? Math.min(1, (p ?? 1) * this.#guarded) : this.#adjusted.get(nameOf(comparison))
    return {
      ...told,
      control: effect.control,
      treatment: effect.treatment,
      effect: effect.effect,
      error: effect.error,
      explained: effect.explained,
      ...(always === undefined ? {} : { always }),
      ...this.#limitsOf(comparison, gain, verdict),
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

  /** Where a planned size is looked at, what is known at any moment is wider, and no verdict is by it. */
  #always({ role }: Comparison['metric'], effect: Effect, ended: (limits: Interval) => Interval | undefined): Interval | undefined {
    const isSized = this.#plan.units !== undefined && role === 'decision'
    const { low, high } = alwaysOf(this.#plan, effect, role === 'decision' && !isSized ? this.#decided : 1)
    return isSized ? { low, high } : ended({ low, high })
  }

  /** Keeps what this look says until the next. */
  #tell(comparison: Comparison, effect: Effect, gain: Effect, ended: (limits: Interval) => Interval | undefined): void {
    const tables = this.#tables
    const { role } = comparison.metric
    if (tables === undefined || role === 'exploratory') return
    const name = nameOf(comparison)
    delete this.limits[name]
    if (role === 'guardrail') {
      const low = intervalBy(tables.boundaryOfMargin, gain)?.low
      if (low !== undefined && low > Number.NEGATIVE_INFINITY) this.limits[name] = { leastGain: low }
      return
    }
    const limits = intervalBy(tables.sharedBoundary, effect)
    const atLook = limits === undefined ? undefined : ended(limits)
    if (atLook !== undefined && areEnded(atLook)) this.limits[name] = { atLook }
  }

  #limitsOf(comparison: Comparison, gain: Effect, verdict: Result['verdict']): Pick<Result, 'atLook' | 'leastGain'> {
    const { role, margin } = comparison.metric
    const told = this.limits[nameOf(comparison)]
    if (role !== 'guardrail') return told ?? {}
    const isAlways = this.#plan.units === undefined
    const leastGain = isAlways ? leastGainAlways(this.#plan, gain) : told !== undefined && 'leastGain' in told ? told.leastGain : undefined
    if (leastGain === undefined) return {}
    // What was known at an earlier moment stands.
    return { leastGain: verdict === 'no worse' ? Math.max(leastGain, -margin!) : leastGain }
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
