import { quantile } from '../../src/kernel/statistics/quantiles.ts'
import { passingOf } from '../../src/flow/constraint/passing.ts'
import { calibrate } from '../../src/flow/whatif/calibrate.ts'
import type { Change } from '../../src/flow/whatif/change.ts'
import { doubtOf } from '../../src/flow/whatif/doubts.ts'
import { estateOf } from '../../src/flow/whatif/estate.ts'
import { measured, type Measured } from '../../src/flow/whatif/measure.ts'
import { expected, replicate } from '../../src/flow/whatif/predict.ts'
import { firstsIn } from '../../src/flow/whatif/visits.ts'
import { uniform } from '../../src/flow/simulation/random.ts'
import type { BenchStream } from './govuk.ts'
import type { Settings } from './quarters.ts'

const dayMs = 86_400_000
const order = ['integration', 'staging', 'production']
const longestMs = 91 * dayMs
/** Before that production ran elsewhere. */
const firstMs = Date.UTC(2023, 3, 1)
const togetherMs = 2 * dayMs

type Experiment = { readonly at: number; readonly until: number; readonly changes: readonly Change[] }

type Rule = { readonly days: number; readonly versions: number }

/** Switches of gates that held for so long and so many deployments to the first environment on both sides; those within two days are one. */
function switchesOf({ deployments, gates }: BenchStream, { days, versions }: Rule): readonly Experiment[] {
  const came = [...firstsIn(order[0]!, deployments).values()]
  const enough = (from: number, to: number) => to - from >= days * dayMs && came.filter((at) => at >= from && at < to).length >= versions
  const [first, last] = [Math.max(firstMs, deployments[0]?.at ?? 0), deployments.at(-1)?.at ?? 0]
  const found: { at: number; until: number; changes: Change[] }[] = []
  for (const environment of order) {
    for (const way of ['into', 'onwards'] as const) {
      // What is behind production, or before integration, is no part of the way.
      if ((way === 'onwards' && environment === order.at(-1)) || (way === 'into' && environment === order[0])) continue
      const own = gates.filter((one) => one.environment === environment && one.way === way)
      const turns = own.filter((one, at) => own[at - 1]?.open !== one.open)
      for (const [place, { at, open }] of turns.entries()) {
        const from = Math.max(first, turns[place - 1]?.at ?? first)
        const to = Math.min(last, turns[place + 1]?.at ?? last)
        if (at < firstMs + 91 * dayMs || !enough(Math.max(from, at - longestMs), at) || !enough(at, Math.min(to, at + longestMs))) continue
        const change: Change = { kind: 'gate', environment, open, way }
        const same = found.find((one) => Math.abs(one.at - at) < togetherMs)
        if (same) {
          same.changes.push(change)
          same.until = Math.min(same.until, to)
        } else found.push({ at, until: Math.min(to, at + longestMs), changes: [change] })
      }
    }
  }
  return found.toSorted((a, b) => a.at - b.at)
}

/** How it went in a window, as it was known at its end. */
function happened({ deployments }: BenchStream, since: number, until: number): Measured {
  const passings = passingOf(
    order,
    deployments.filter((one) => one.at < until && order.includes(one.environment)),
  )
  const own = passings.filter(({ at }) => at[0]! >= since)
  const came = Float64Array.from(own, ({ at }) => at[0]!)
  return measured(
    Float64Array.from(own, ({ at }) => at.at(-1)! - at[0]!),
    came.map((at) => until - at),
    until - since,
  )
}

/** Error in parts of what happened. Never against never is none, never against a time is a whole one. */
function off(told: number, real: number): number {
  if (told === real) return 0
  if (!Number.isFinite(told) || !Number.isFinite(real)) return 1
  return Math.abs(told - real) / Math.max(Math.abs(real), 1e-9)
}

/** The same stream and month are in the same half; one of them is what the model was made on. */
const isTuned = (stream: string, at: number) =>
  Math.floor(uniform(stream.length, stream.codePointAt(0)!, new Date(at).getUTCMonth(), 0) * 2) === 0

export function experiments(streams: readonly BenchStream[], settings: Settings): void {
  const long = predicted(streams, { days: 28, versions: 15 }, settings)
  tell('gates switched for good (28 days and 15 versions on both sides)', long, settings)
  const short = predicted(streams, { days: 7, versions: 6 }, settings).filter(
    (one) => !long.some((other) => other.stream === one.stream && other.at === one.at),
  )
  tell(
    'gates switched for a while (7 days and 6 versions), the half it was made on',
    short.filter(({ stream, at }) => isTuned(stream, at)),
    settings,
  )
  tell(
    'gates switched for a while, the other half',
    short.filter(({ stream, at }) => !isTuned(stream, at)),
    settings,
  )
}

function predicted(streams: readonly BenchStream[], rule: Rule, { replications }: Settings) {
  return streams.flatMap((stream) =>
    switchesOf(stream, rule).map(({ at, until, changes }) => {
      const before = happened(stream, Math.max(firstMs, at - (until - at)), at)
      const after = happened(stream, at, until)
      const deployments = stream.deployments.filter(({ environment }) => order.includes(environment))
      const calibration = calibrate(
        order,
        { deployments, gates: stream.gates.filter((one) => one.at < at) },
        estateOf(streams, stream.stream),
        at - 1,
      )
      const doubt = doubtOf(calibration, changes)
      const began = performance.now()
      const pairs = replicate(calibration, changes, until - at, replications)
      const tookMs = performance.now() - began
      const p50 = expected(pairs.map(({ changed }) => changed.p50))
      const day = expected(pairs.map(({ changed }) => changed.withinDay))
      return { stream: stream.stream, at, changes, before, after, p50, day, doubt, tookMs }
    }),
  )
}

function tell(title: string, told: ReturnType<typeof predicted>, { rows }: Settings): void {
  const said = told.filter(({ doubt }) => doubt === undefined)
  const slowest = Math.max(...told.map(({ tookMs }) => tookMs))
  console.log(
    `${title}: ${told.length}, "cannot say" of ${told.length - said.length}, the others predicted from before alone, each in ${Math.ceil(slowest)} ms at most`,
  )
  if (rows)
    for (const { stream, at, doubt } of told)
      if (doubt !== undefined) console.log(`${stream.padEnd(24)}  ${new Date(at).toISOString().slice(0, 10)}  cannot say: ${doubt}`)
  const hours = (ms: number) => (Number.isFinite(ms) ? (ms / 3_600_000).toFixed(2) : 'never')
  const share = (value: number | undefined) => `${Math.round((value ?? Number.NaN) * 100)} %`
  const holds = ({ low, high }: { low: number; high: number }, real: number) => real >= low && real <= high
  const scored = said.map((one) => ({
    ...one,
    offP50: off(one.p50.value, one.after.p50),
    offDay: off(one.day.value, one.after.withinDay ?? Number.NaN),
    naiveP50: off(one.before.p50, one.after.p50),
    naiveDay: off(one.before.withinDay ?? Number.NaN, one.after.withinDay ?? Number.NaN),
    heldP50: holds(one.p50, one.after.p50),
    heldDay: holds(one.day, one.after.withinDay ?? Number.NaN),
  }))
  const width = said.reduce((sum, { day }) => sum + day.high - day.low, 0) / said.length
  if (rows)
    for (const one of scored)
      console.log(
        [
          one.stream.padEnd(24),
          new Date(one.at).toISOString().slice(0, 10),
          one.changes
            .map((change) => (change.kind === 'gate' ? `${change.way} ${change.environment} ${change.open ? 'open' : 'closed'}` : ''))
            .join(' + ')
            .padEnd(44),
          `p50 ${hours(one.before.p50)} -> ${hours(one.after.p50)}, told ${hours(one.p50.value)} (${hours(one.p50.low)}..${hours(one.p50.high)})`.padEnd(
            52,
          ),
          `1 d ${share(one.before.withinDay)} -> ${share(one.after.withinDay)}, told ${share(one.day.value)} (${share(one.day.low)}..${share(one.day.high)})`,
        ].join('  '),
      )
  const median = (values: readonly number[]) =>
    Math.round(
      quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      )! * 100,
    )
  const part = (holding: readonly boolean[]) => Math.round((holding.filter(Boolean).length / holding.length) * 100)
  for (const [name, pick, apart] of [
    ['median lead time', (one: (typeof scored)[number]) => [one.offP50, one.naiveP50, one.heldP50] as const, ''],
    [
      'share within 1 day',
      (one: (typeof scored)[number]) => [one.offDay, one.naiveDay, one.heldDay] as const,
      ` (they are ${Math.round(width * 100)} points apart in the mean)`,
    ],
  ] as const) {
    const picked = scored.map(pick).filter(([own]) => !Number.isNaN(own))
    const better = picked.map(([own, naive]) => own < naive)
    console.log(
      `  ${name.padEnd(20)} median error ${median(picked.map(([own]) => own))} % (nothing changes: ${median(picked.map(([, naive]) => naive))} %), 80 % limits hold ${picked.filter(([, , held]) => held).length} of ${picked.length}, ${part(picked.map(([, , held]) => held))} %${apart}, better than "nothing changes" in ${part(better)} %`,
    )
  }
}
