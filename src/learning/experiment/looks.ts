import type { Interval } from '../../kernel/statistics/effect.ts'
import type { ExperimentPlan } from './plan.ts'

/** What a look says beside its verdict: limits of a decision, or how much a guardrail may have lost. */
export type Limits = { readonly atLook: Interval } | { readonly leastGain: number }

/** What must be remembered from one look to the next. Plain data; begins as {@link nothingSeen}. */
export type Memory = {
  /** Units at each look that was decided at. */
  readonly looks: readonly number[]
  /** The least p so far of each question, and the effect then. */
  readonly least: Readonly<Record<string, { readonly p: number; readonly gain: number }>>
  /** Limits that were told at the last look, by question. */
  readonly limits?: Readonly<Record<string, Limits>>
  /** Of the split. JSON has no infinity: absent before the first look. */
  readonly splitLogFactor?: number
}

export const nothingSeen: Memory = { looks: [], least: {} }

/** May it be decided now? */
export type Looking =
  | { readonly may: true; readonly share: number; readonly isLast: boolean }
  | {
      readonly may: false
      readonly share: number
      readonly why: string
      /** Units that must still come; 0 when no more would help. */
      readonly unitsMissing: number
    }

/** Two looks nearer than this are one. */
const leastGap = 1e-3

/**
 * A planned size is looked at when a planned share of it is there, each look once: looking in between is what makes 27 % of all
 * experiments with nothing in them find something. Guardrails and confidence sequences may be looked at always.
 */
export function lookingAt({ units: planned, looks }: ExperimentPlan, memory: Memory, units: number, isEnding: boolean): Looking {
  if (planned === undefined) return { may: true, share: 1, isLast: isEnding }
  const share = units / planned
  const last = (memory.looks.at(-1) ?? 0) / planned
  const next = looks.find((look) => look > last + leastGap / 2)
  if (last >= 1 || next === undefined) {
    return { may: false, share, why: `all ${planned} planned units were looked at, and what was found then stands`, unitsMissing: 0 }
  }
  if (share - last >= leastGap && (share >= next || isEnding)) return { may: true, share, isLast: isEnding || share >= 1 }
  const missing = Math.max(1, Math.ceil(next * planned) - units)
  return {
    may: false,
    share,
    why: `${units} of ${planned} planned units are there, and the next look is at ${Math.ceil(next * planned)}`,
    unitsMissing: missing,
  }
}

/** Shares of the plan at the looks so far and this one. */
export const sharesWith = ({ units: planned }: ExperimentPlan, { looks }: Memory, units: number): number[] =>
  [...looks, units].map((count) => count / planned!)
