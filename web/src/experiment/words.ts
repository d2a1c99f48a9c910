import type { ExperimentRow, ResultView } from '../api/types.ts'

/** In a word what became of it. */
export function stateWords({ state, decided }: Pick<ExperimentRow, 'state' | 'decided'>): string {
  if (decided === null) return state
  return decided.arm === null ? decided.decision : `${decided.decision} ${decided.arm}`
}

/** What was measured: of quantiles also which, `search.ms p90`. */
export const metricWords = ({ metric, q }: Pick<ResultView, 'metric' | 'q'>): string =>
  q === undefined ? metric : `${metric} p${Number((q * 100).toPrecision(6))}`

/** A relative effect: `+3.1 %`. */
export const effectWords = (effect: number): string => `${effect < 0 ? '−' : '+'}${Math.abs(effect * 100).toFixed(1)} %`

export const levelWords = (level: number | undefined): string => (level === undefined ? '' : String(Number(level.toPrecision(4))))

/** A difference, in the metric's own unit: `−0.021`. */
export const differenceWords = (difference: number): string => `${difference < 0 ? '−' : '+'}${levelWords(Math.abs(difference))}`

export const count = (value: number): string => value.toLocaleString('en')

export const pWords = (p: number | undefined): string => (p === undefined ? '' : p < 0.001 ? '< 0.001' : p.toFixed(3))

/** How good or bad a verdict is, for its colour. */
export const toneOf = ({ verdict }: Pick<ResultView, 'verdict'>): 'good' | 'bad' | 'open' =>
  verdict === 'worse' ? 'bad' : verdict === 'undecided' ? 'open' : 'good'

/** Ends of the axis that all intervals of these results fit on; zero is on it. */
export function reachOf(results: readonly ResultView[]): number {
  const ends = results.flatMap(({ effect, always, atLook }) =>
    [effect, always?.low, always?.high, atLook?.low, atLook?.high].map((end) => Math.abs(end ?? 0)),
  )
  // One that nothing is known of would make all others a dot.
  return Math.min(2, Math.max(0.02, ...ends.filter((end) => end <= 2)))
}

/** How much a guardrail may have lost. */
export const lossWords = (leastGain: number): string =>
  leastGain < 0 ? `at most ${(-leastGain * 100).toFixed(1)} % worse` : `${(leastGain * 100).toFixed(1)} % better or more`
