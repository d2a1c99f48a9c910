import { rateSequence } from '../../kernel/statistics/rate-sequence.ts'
import { quantileOf, type Sketch } from '../../../sdk/src/dark/sketch.ts'

/** What has to be so before a flag leaves the dark. Ratios of rehearsals. */
export type Demands = {
  readonly rehearsals: number
  /** Beyond what control differs from itself. */
  readonly differ: number
  readonly fail: number
  /** At the 99th percentile; null: however much. */
  readonly slowerMs: number | null
}

export const usualDemands: Demands = { rehearsals: 1_000, differ: 0.001, fail: 0.001, slowerMs: null }

/** What rehearsals came to, all together. */
export type Rehearsed = {
  readonly compared: number
  readonly different: number
  readonly failed: number
  readonly noiseCompared: number
  readonly noiseDifferent: number
  readonly timeouts: number
  readonly dropped: number
  /** Too large to be compared. */
  readonly oversized: number
  readonly control: Sketch
  readonly candidate: Sketch
}

export type Verdict = {
  /** `no`: it is refuted by what was seen; `not yet`: too little was seen. */
  readonly ready: 'yes' | 'not yet' | 'no'
  readonly sentence: string
  /** What stands against it; empty when it is ready. */
  readonly against: readonly string[]
  readonly differing: { readonly share: number | null; readonly noise: number | null; readonly excessAtMost: number }
  readonly failing: { readonly share: number | null; readonly atMost: number }
  readonly p99Ms: { readonly control: number | null; readonly candidate: number | null }
}

/** Of each of the limits that are looked at all the time. */
const alpha = 0.05

/** Where control differs from itself more often, what the candidate does differently is lost among it. */
const noiseMax = 0.2

/**
 * Whether a feature that is rehearsed may be released. Limits hold however often one looks (`rateSequence`), so that it does not become
 * ready by being asked often enough. What differs is held against how often control differs from itself; where that cannot be known, all of
 * it is taken for real. Pure.
 * @param noiseIs - `must be known`: it is not ready as long as nobody looked
 */
export function verdict(seen: Rehearsed, demands: Demands, noiseIs: 'must be known' | 'may be unknown' = 'must be known'): Verdict {
  const of = seen.compared + seen.failed
  // Half of alpha for each of the two limits that are subtracted.
  const differs = rateSequence({ hits: seen.different, of: seen.compared }, alpha / 2)
  const noise = rateSequence({ hits: seen.noiseDifferent, of: seen.noiseCompared }, alpha / 2)
  const fails = rateSequence({ hits: seen.failed, of }, alpha)
  const excessAtMost = Math.max(0, differs.high - noise.low)
  const p99Ms = { control: quantileOf(seen.control, 0.99) ?? null, candidate: quantileOf(seen.candidate, 0.99) ?? null }
  const slower = p99Ms.control === null || p99Ms.candidate === null ? null : p99Ms.candidate - p99Ms.control
  const refuted = [
    ...(differs.low - noise.high > demands.differ
      ? [`at least ${percent(differs.low - noise.high)} differ beyond noise, ${percent(demands.differ)} may`]
      : []),
    ...(fails.low > demands.fail ? [`at least ${percent(fails.low)} fail, ${percent(demands.fail)} may`] : []),
    ...(demands.slowerMs !== null && of >= demands.rehearsals && slower !== null && slower > demands.slowerMs
      ? [`it is ${ms(slower)} slower at the 99th percentile, ${ms(demands.slowerMs)} may be`]
      : []),
  ]
  const missing = [
    ...(of < demands.rehearsals ? [`${demands.rehearsals.toLocaleString('en')} rehearsals are asked for`] : []),
    ...(seen.noiseCompared === 0 && noiseIs === 'must be known'
      ? [
          'control was never held against itself, so that all that differs may be noise: give rehearsals `noise: 0.1`, where control may run twice',
        ]
      : []),
    // The lower limit: some copies that differ by chance must not close what differs in nothing. It bounds what noise can open all the same:
    // nothing is ready that differs in more than `noiseMax` and what is asked for.
    ...(noise.low > noiseMax ? ['control differs from itself too often to tell anything'] : []),
    ...(excessAtMost > demands.differ ? [`up to ${percent(excessAtMost)} may differ beyond noise, ${percent(demands.differ)} may`] : []),
    ...(fails.high > demands.fail ? [`up to ${percent(fails.high)} may fail, ${percent(demands.fail)} may`] : []),
    ...(demands.slowerMs !== null && slower === null ? ['how long it takes is not known'] : []),
  ]
  const ready = refuted.length > 0 ? 'no' : missing.length > 0 ? 'not yet' : 'yes'
  return {
    ready,
    sentence: sentenceOf(seen, slower, ready),
    against: refuted.length > 0 ? refuted : missing,
    differing: { share: ratio(seen.different, seen.compared), noise: ratio(seen.noiseDifferent, seen.noiseCompared), excessAtMost },
    failing: { share: ratio(seen.failed, of), atMost: fails.high },
    p99Ms,
  }
}

function sentenceOf(seen: Rehearsed, slower: number | null, ready: Verdict['ready']): string {
  const of = seen.compared + seen.failed
  if (of === 0) return 'it was never rehearsed: not yet ready'
  const noise = seen.noiseCompared === 0 ? 'noise that was not measured' : `${percent(seen.noiseDifferent / seen.noiseCompared)} noise`
  const differing = seen.compared === 0 ? 'none could be compared' : `${percent(seen.different / seen.compared)} differ against ${noise}`
  const failing = seen.failed === 0 ? '' : `, ${percent(seen.failed / of)} fail`
  const latency = slower === null ? '' : `, p99 ${slower < 0 ? '−' : '+'}${ms(Math.abs(slower))}`
  const said = { yes: 'ready', 'not yet': 'not yet ready', no: 'not ready' }[ready]
  return `${of.toLocaleString('en')} rehearsals, ${differing}${failing}${latency}: ${said}`
}

const ratio = (hits: number, of: number) => (of === 0 ? null : hits / of)
/** Two digits that count. */
const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`
const ms = (value: number) => `${value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} ms`
