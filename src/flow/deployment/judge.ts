import { designEffect } from '../../kernel/statistics/design-effect.ts'
import { mannWhitney, type MannWhitney } from '../../kernel/statistics/mann-whitney.ts'
import { normalQuantile, normalTail } from '../../kernel/statistics/normal.ts'
import { differenceBelow, fisherGreater } from '../../kernel/statistics/proportions.ts'
import { quantile, quantileLimits } from '../../kernel/statistics/quantiles.ts'

export type MetricName = 'error_rate' | 'p50_ms' | 'p95_ms' | 'p99_ms'

export type Metric = {
  readonly name: MetricName
  /** When it is worse, the canary fails. When another is worse, a person decides. */
  readonly critical: boolean
  /** Worse by less than this is no reason to fail, however certain: a share of requests (0.005), or a ratio of times (1.2). */
  readonly allowed?: number
  /** It passes only when a harm of this size can be excluded: a share of requests (0.02), or a ratio of times (1.5). */
  readonly harm?: number
}

/** What the router saw of one deployment since the canary began. */
export type Measured = {
  readonly requests: number
  /** Of them: 5xx, and those nobody answered. */
  readonly errors: number
  /** Uniform sample of the times to the answer's head, of the requests that were answered, in the order in which they came. */
  readonly latenciesMs: readonly number[]
}

export type Verdict = 'pass' | 'fail' | 'inconclusive'

export type MetricJudgement = {
  readonly name: MetricName
  readonly critical: boolean
  readonly verdict: Verdict | 'no-data'
  /** Of a difference so large by chance, one-sided. */
  readonly p: number | null
  /** Difference of the error rates, or Cliff's delta of the times. */
  readonly effect: number | null
  readonly baseline: number | null
  readonly canary: number | null
  readonly why: string
}

export type Judgement = { readonly verdict: Verdict; readonly why: string; readonly metrics: readonly MetricJudgement[] }

export type Trial = {
  readonly metrics: readonly Metric[]
  /** The version that serves, started anew when the canary was: neither warmer nor older. */
  readonly baseline: Measured
  readonly canary: Measured
  readonly look: Look
}

/**
 * Which look at this canary it is, from 1, and how many are planned. A canary that waits for a person, or whose server was killed, is
 * looked at more often than planned: `index` goes on and is then greater than `of`.
 */
export type Look = { readonly index: number; readonly of: number }

/** Of all looks and metrics together: how often a canary may fail that is no worse. */
const falseAlarms = 0.01
/** Part of them that the planned looks may spend. The rest is for those that nobody planned. */
const planned = 0.8
/** A harm is excluded with this much doubt left, per metric. */
const doubt = 0.05
const sharesOfRequests = { allowed: 0.005, harm: 0.02 }
const ratiosOfTimes = { allowed: 1.2, harm: 1.5 }
/** Smaller differences of a whole distribution than this are called negligible (Romano 2006). */
const deltaNegligible = 0.147
/** Answers faster than this differ by what the machine does, not by what the change did. */
const timeFloorMs = 1
/** Of fewer answers it cannot be told whether they were slow together, in one stall. */
const answersMin = 100

/**
 * Is the canary worse than a fresh baseline of the same age? Worse has to be both certain and large enough to matter; and a
 * canary passes only when a difference that matters can be excluded, so that no data, and too little of it, is not success.
 *
 * Every look of every metric spends a part of the false alarms that are allowed (Bonferroni), so that looking often does not fail what is
 * good. Times are compared as a whole (Mann-Whitney) and at the quantile that the metric names.
 */
export function judge({ metrics, baseline, canary, look }: Trial): Judgement {
  const alpha = alphaOf(look) / Math.max(1, metrics.length)
  const judged = metrics.map((metric) =>
    metric.name === 'error_rate' ? judgeErrors(metric, baseline, canary, alpha) : judgeTimes(metric, metric.name, baseline, canary, alpha),
  )
  const worst = judged.find(({ critical, verdict }) => critical && verdict === 'fail') ?? judged.find(({ verdict }) => verdict !== 'pass')
  if (judged.length === 0) return { verdict: 'inconclusive', why: 'no metric was asked for', metrics: judged }
  if (worst === undefined) return { verdict: 'pass', why: judged.map(({ why }) => why).join('; '), metrics: judged }
  return { verdict: worst.critical && worst.verdict === 'fail' ? 'fail' : 'inconclusive', why: worst.why, metrics: judged }
}

/**
 * What this look may spend. Planned looks have equal parts; the k-th beyond them has 1/(k·(k+1)) of what is left, which adds up to all of
 * it and never to more, however long it goes on.
 */
export function alphaOf({ index, of }: Look): number {
  if (index <= of) return (falseAlarms * planned) / of
  const beyond = index - of
  return (falseAlarms * (1 - planned)) / (beyond * (beyond + 1))
}

function judgeErrors(metric: Metric, baseline: Measured, canary: Measured, alpha: number): MetricJudgement {
  const { allowed, harm } = { ...sharesOfRequests, ...limitsOf(metric) }
  const [a, b] = [canary, baseline].map(({ errors, requests }) => ({ hits: errors, of: requests })) as [Share, Share]
  if (a.of === 0 || b.of === 0) return noData(metric, a.of === 0 ? 'the canary' : 'the baseline')
  const [rateA, rateB] = [a.hits / a.of, b.hits / b.of]
  const p = fisherGreater(a, b)
  const effect = rateA - rateB
  const figures = `${share(rateA)} of ${a.of} requests failed, ${share(rateB)} of ${b.of} in the baseline`
  const told = { name: metric.name, critical: metric.critical, p, effect, baseline: rateB, canary: rateA }
  if (p < alpha && effect >= allowed) return { ...told, verdict: 'fail', why: `${figures} (p ${scientific(p)})` }
  if (differenceBelow(a, b, doubt) < harm) return { ...told, verdict: 'pass', why: figures }
  return { ...told, verdict: 'inconclusive', why: `${figures}: ${share(harm)} more cannot be excluded yet` }
}

function judgeTimes(
  metric: Metric,
  name: Exclude<MetricName, 'error_rate'>,
  baseline: Measured,
  canary: Measured,
  alpha: number,
): MetricJudgement {
  const at = shareOf[name]
  const { allowed, harm } = { ...ratiosOfTimes, ...limitsOf(metric) }
  const [a, b] = [sorted(canary), sorted(baseline)]
  if (a.length === 0 || b.length === 0) return noData(metric, a.length === 0 ? 'the canary' : 'the baseline')
  const whole = mannWhitney(canary.latenciesMs, baseline.latenciesMs)
  const p = Math.min(1, 2 * Math.min(tailP(canary, baseline, at), wholeP(canary, baseline, whole, at)))
  const [timeA, timeB] = [quantile(a, at)!, quantile(b, at)!]
  const ratio = ratioOf(timeA, timeB)
  const z = normalQuantile(doubt / 2)
  const effect = designEffect(logs(canary), logs(baseline))
  const ratioMax = ratioOf(quantileLimits(a, at, doubt / 2, effect).high, quantileLimits(b, at, doubt / 2, effect).low)
  const figures = `${name.slice(0, -3)} ${time(timeA)} over ${a.length} answers, ${time(timeB)} over ${b.length} in the baseline`
  const told = { name, critical: metric.critical, p, effect: whole.delta, baseline: timeB, canary: timeA }
  if (p < alpha && ratio >= allowed && Math.min(a.length, b.length) >= answersMin)
    return { ...told, verdict: 'fail', why: `${figures} (p ${scientific(p)})` }
  const isHarmExcluded = ratioMax < harm || (at === 0.5 && whole.delta + z * whole.deltaError < deltaNegligible)
  if (isHarmExcluded) return { ...told, verdict: 'pass', why: figures }
  return { ...told, verdict: 'inconclusive', why: `${figures}: ${harm} times as slow cannot be excluded yet` }
}

const shareOf = { p50_ms: 0.5, p95_ms: 0.95, p99_ms: 0.99 } as const
type Share = { readonly hits: number; readonly of: number }

/** Does the canary have more than its part of the slowest answers of both? Answers that stalled together count as fewer. */
function tailP(canary: Measured, baseline: Measured, at: number): number {
  const limit = quantile(Float64Array.from([...canary.latenciesMs, ...baseline.latenciesMs]).sort(), at)!
  const [a, b] = [canary, baseline].map(({ latenciesMs }) => Float64Array.from(latenciesMs, (ms) => (ms > limit ? 1 : 0))) as [
    Float64Array,
    Float64Array,
  ]
  const effect = designEffect(a, b)
  const above = (values: Float64Array): Share => ({
    hits: Math.round(values.reduce((sum, value) => sum + value, 0) / effect),
    of: Math.round(values.length / effect),
  })
  return fisherGreater(above(a), above(b))
}

/** Is the canary slower as a whole, by more than a negligible part? The median is about all of it, other quantiles only then. */
function wholeP(canary: Measured, baseline: Measured, { delta, deltaError, pGreater }: MannWhitney, at: number): number {
  if (at !== 0.5 && delta < deltaNegligible) return 1
  const effect = designEffect(logs(canary), logs(baseline))
  return Math.max(pGreater, effect === 1 || deltaError === 0 ? 0 : normalTail(delta / (deltaError * Math.sqrt(effect))))
}

function limitsOf({ allowed, harm }: Metric): { readonly allowed?: number; readonly harm?: number } {
  return { ...(allowed === undefined ? {} : { allowed }), ...(harm === undefined ? {} : { harm }) }
}

function noData({ name, critical }: Metric, who: string): MetricJudgement {
  const why = `${who} answered no request, so ${name} says nothing`
  return { name, critical, verdict: 'no-data', p: null, effect: null, baseline: null, canary: null, why }
}

const logs = ({ latenciesMs }: Measured) => Float64Array.from(latenciesMs, (ms) => Math.log(Math.max(ms, timeFloorMs)))
const sorted = ({ latenciesMs }: Measured) => Float64Array.from(latenciesMs).sort()
const ratioOf = (a: number, b: number) => Math.max(a, timeFloorMs) / Math.max(b, timeFloorMs)
const share = (rate: number) => `${(rate * 100).toFixed(rate < 0.1 ? 2 : 1)} %`
const time = (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
const scientific = (p: number) => (p < 0.001 ? p.toExponential(0) : p.toFixed(3))
