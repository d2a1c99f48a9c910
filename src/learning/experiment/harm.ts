import { analyse } from './analysis.ts'
import type { ArmState } from './comparison.ts'
import type { Metric } from './metric.ts'

/** Shown at every moment at once: it may be asked after each report. */
const alpha = 0.05
/** Confidence sequences are narrowest at about so many units. */
const narrowestAt = 2_000

export type Harm = { readonly metric: string; readonly effect: number } | { readonly split: number }

/**
 * What a treatment makes worse, or that its arms are not of the sizes they should have, so that nobody could tell. Empty: nothing that is
 * shown. Pure. @param metrics - each a guardrail
 */
export function harmOf(
  [control, treatment]: readonly [control: string, treatment: string],
  weights: readonly number[],
  metrics: readonly Metric[],
  arms: Readonly<Record<string, ArmState>>,
): readonly Harm[] {
  const plan = {
    hypothesis: 'it does no harm',
    arms: [control, treatment].map((key, index) => ({ key, weight: weights[index]! })),
    metrics,
    alpha,
    power: 0.8,
    looks: [],
    spending: { kind: 'obrien-fleming' as const },
    narrowestAt,
    shipWhen: 'every' as const,
  }
  const { split, results } = analyse(plan, { arms })
  if (split.verdict === 'wrong') return [{ split: split.p }]
  return results.filter(({ verdict }) => verdict === 'worse').map(({ metric, effect }) => ({ metric, effect: effect ?? 0 }))
}
