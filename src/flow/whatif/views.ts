import { formatDuration } from '../../kernel/duration.ts'
import { invalid } from '../../kernel/errors.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import { instant } from '../measures/board.ts'
import { horizonOf, type Past } from '../measures/past.ts'
import { flowOf } from '../measures/stream-flow.ts'
import { unknownStream } from '../measures/unknown-stream.ts'
import { calibrate, type Calibration } from './calibrate.ts'
import { readChange, type Change } from './change.ts'
import { doubtOf, strangersIn } from './doubts.ts'
import { estateOfPast } from './estate.ts'
import type { Measured } from './measure.ts'
import { expected, replicate, type Pair } from './predict.ts'
import type { Figures, SweepQuery, Value, WhatIfQuery, WhatIfSweep, WhatIfView } from './schemas.ts'

const dayMs = 86_400_000
const replications = 100
/** What saves less than that share of the way is no gain. */
const noGain = 0.05

/** @throws ThreewaysError `STREAM_NOT_FOUND`, `CHANGE_INVALID`, `ENVIRONMENT_NOT_FOUND` */
export function whatIf(past: Past, stream: string, { change, ...query }: WhatIfQuery, nowMs: number): WhatIfView {
  return answer(calibrated(past, stream, query, nowMs), stream, change, query.days)
}

/** Each stage twice as fast and each gate open, one after the other: most of them gain nothing. @throws as `whatIf` */
export function sweep(past: Past, stream: string, query: SweepQuery, nowMs: number): WhatIfSweep {
  const calibration = calibrated(past, stream, query, nowMs)
  const changes = calibration.order.slice(1).flatMap((environment) => [`stage ${environment} x0.5`, `gate ${environment} open`])
  return { stream, rows: changes.map((change) => answer(calibration, stream, change, query.days)) }
}

function calibrated(past: Past, stream: string, { asOf, to }: SweepQuery, nowMs: number): Calibration {
  const found = past.streams.get(stream)
  const horizon = found && Math.min(horizonOf(found, past, nowMs), asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(asOf))
  const flow = found && flowOf(found.deployments, { since: horizon! - 91 * dayMs, until: horizon! + 1, asOf: horizon! }, past.order, to)
  if (!found || !flow) throw unknownStream(past, stream, { asOf, to })
  const history = { deployments: found.deployments, gates: past.gates.get(stream) ?? [] }
  return calibrate(flow.order, history, estateOfPast(past, stream), horizon!)
}

/** Changes as they are written, with commas between. @throws ThreewaysError `CHANGE_INVALID` */
export const readChanges = (text: string): readonly Change[] => text.split(',').map(readChange)

function answer(calibration: Calibration, stream: string, text: string, days: number): WhatIfView {
  const { order, asOf } = calibration
  const changes = readChanges(text)
  const [stranger] = strangersIn(order, changes)
  if (stranger !== undefined)
    throw invalid('ENVIRONMENT_NOT_FOUND', {
      message: `"${stranger}" is not on the way of ${stream}`,
      help: `on it are: ${order.join(', ')}`,
    })
  const doubt = doubtOf(calibration, changes)
  const head = { stream, change: text, order: [...order], asOf: instant(asOf), days }
  if (doubt !== undefined) return { ...head, ...nothing, cannotSay: doubt, sentences: [`Cannot say: ${doubt}.`] }
  const pairs = replicate(calibration, changes, days * dayMs, replications)
  const stuck = changes.some(({ kind }) => kind === 'wip') ? stuckOf(pairs) : undefined
  if (stuck !== undefined) return { ...head, ...nothing, cannotSay: stuck, sentences: [`Cannot say: ${stuck}.`] }
  const figures = {
    base: figuresOf(pairs.map(({ base }) => base)),
    changed: figuresOf(pairs.map(({ changed }) => changed)),
    difference: differenceOf(pairs),
  }
  const local = localOf(calibration, changes, figures.difference)
  return { ...head, cannotSay: null, ...figures, local, sentences: [...sentencesOf(figures, local, text)] }
}

const nothing = { base: null, changed: null, difference: null, local: null }

/** Where few may be on the way and what waits is carried by later ones only, nobody gets in to carry it: people would do otherwise. */
function stuckOf(pairs: readonly Pair[]): string | undefined {
  const sum = (of: (pair: Pair) => number) => pairs.reduce((all, pair) => all + of(pair), 0)
  if (sum(({ changed }) => changed.perWeek) > 0.8 * sum(({ base }) => base.perWeek)) return undefined
  return 'the line would come to a stop, for versions here get on with later ones that would not be let in; people would then do otherwise than ever before'
}

const keys = ['p50', 'p85', 'mean', 'withinDay', 'perWeek'] as const
const finiteOr = (value: number) => (Number.isFinite(value) ? value : null)
export const valueOf = ({ value, low, high }: ReturnType<typeof expected>): Value => ({
  value: finiteOr(value),
  low: finiteOr(low),
  high: finiteOr(high),
})

const figuresFrom = (of: (key: (typeof keys)[number]) => Value) => Object.fromEntries(keys.map((key) => [key, of(key)])) as Figures
export const figuresOf = (all: readonly Measured[]): Figures => figuresFrom((key) => valueOf(expected(all.map((one) => one[key]))))
export const differenceOf = (pairs: readonly Pair[]): Figures =>
  figuresFrom((key) =>
    valueOf(
      expected(
        pairs.flatMap(({ base, changed }) => {
          const difference = (changed[key] ?? Number.NaN) - (base[key] ?? Number.NaN)
          return Number.isNaN(difference) ? [] : [difference]
        }),
      ),
    ),
  )

function localOf({ order, visits }: Calibration, changes: readonly Change[], { mean }: Figures): WhatIfView['local'] {
  const [change] = changes
  if (changes.length !== 1 || change?.kind !== 'stage') return null
  const through = visits[order.indexOf(change.environment) - 1]!.slice(-100).flatMap(({ own }) => (Number.isFinite(own) ? [own] : []))
  const half =
    quantile(
      through.toSorted((a, b) => a - b),
      0.5,
    ) ?? 0
  return { stageMs: half * (1 - change.factor), leadMs: -(mean.value ?? 0) }
}

function sentencesOf({ base, changed, difference }: AllFigures, local: WhatIfView['local'], change: string): readonly string[] {
  const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
  const share = (of: number | null) => (of === null ? 'no data' : `${Math.round(of * 100)} %`)
  const gain = gainOf({ base, changed, difference })
  return [
    `With "${change}" half of the versions would arrive within ${time(changed.p50.value)} (80 %: ${time(changed.p50.low)} to ${time(changed.p50.high)}) instead of ${time(base.p50.value)}, and ${share(changed.withinDay.value)} within a day (${share(changed.withinDay.low)} to ${share(changed.withinDay.high)}) instead of ${share(base.withinDay.value)}.`,
    ...gainTold(gain, { base, difference }),
    ...(local && gain === 'none'
      ? [
          `Local: saves ${formatDuration(Math.max(0, local.stageMs))} in the stage, ${formatDuration(Math.max(0, local.leadMs))} of ${time(base.mean.value)} on the way.`,
        ]
      : []),
  ]
}

type AllFigures = { readonly base: Figures; readonly changed: Figures; readonly difference: Figures }

/** Whether all versions together gain by it, only most of them, none, or whether they lose. */
function gainOf({ base, changed, difference }: AllFigures): 'much' | 'most' | 'none' | 'loss' {
  const saved = -(difference.mean.value ?? 0) / (base.mean.value || 1)
  const half = (base.p50.value ?? Number.POSITIVE_INFINITY) - (changed.p50.value ?? Number.POSITIVE_INFINITY)
  if (saved > noGain) return 'much'
  if (saved < -noGain || (difference.p50.low ?? 0) > 0) return 'loss'
  return half > noGain * (base.p50.value ?? 0) && (difference.p50.high ?? 0) < 0 ? 'most' : 'none'
}

function gainTold(gain: ReturnType<typeof gainOf>, { base, difference: { mean, p50 } }: Pick<AllFigures, 'base' | 'difference'>) {
  const [saved, whole] = [-(mean.value ?? 0), formatDuration(base.mean.value ?? 0)]
  switch (gain) {
    case 'much':
      return []
    case 'most':
      return [
        `Half of the versions gain by it; of all the time it saves little, ${formatDuration(Math.max(0, saved))} of ${whole} on the way in the mean: most of that is lost elsewhere.`,
      ]
    case 'none':
      return ['It gains nothing on the whole: this is not where time is lost.']
    case 'loss':
      return [
        -saved > 0 && -saved >= (p50.value ?? 0)
          ? `It makes it slower: ${formatDuration(-saved)} more on the way in the mean, where it was ${whole}.`
          : 'It makes it slower: half of the versions arrive later.',
      ]
  }
}
