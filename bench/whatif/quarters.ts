import { quantile } from '../../src/kernel/statistics/quantiles.ts'
import { passingOf } from '../../src/flow/constraint/passing.ts'
import { untilOf, type Deployed } from '../../src/flow/measures/environments.ts'
import { passagesTo } from '../../src/flow/measures/lead.ts'
import { uniform } from '../../src/flow/simulation/random.ts'
import { calibrate, gatesIn } from '../../src/flow/whatif/calibrate.ts'
import { estateOf } from '../../src/flow/whatif/estate.ts'
import { runLine, type Input } from '../../src/flow/whatif/line.ts'
import { outcomesOf } from '../../src/flow/whatif/outcomes.ts'
import { quarterOf } from '../../src/flow/whatif/quarters.ts'
import { firstsIn } from '../../src/flow/whatif/visits.ts'
import type { BenchStream } from './govuk.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** What has not arrived by then counts as so long. */
const capMs = 28 * dayMs
const order = ['integration', 'staging', 'production']
const steps = 400
/** So often streams are drawn anew for the limits of a ratio. */
const draws = 400

export type Settings = { readonly replications: number; readonly rows: boolean }

/** Earth mover's distance of two samples, in hours: the area between their quantile functions. */
function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let step = 0; step < steps; step++) sum += Math.abs(at(a, step) - at(b, step))
  return sum / steps / hourMs
}
const at = (sorted: Float64Array, step: number) => sorted[Math.floor(((step + 0.5) / steps) * sorted.length)]!

/** Of several futures, the one in the middle: at each share the median of what they say. */
function middle(futures: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) =>
    quantile(
      futures.map((one) => at(one, step)).toSorted((x, y) => x - y),
      0.5,
    )!,
  )
}

const begin = (quarter: number) => Date.UTC(2023, 3 + 3 * quarter, 1)

type Told = {
  readonly stream: string
  readonly quarter: string
  /** The model was made on these streams. */
  readonly isTuned: boolean
  readonly naive: number
  readonly forecast: number
  /** Of the other quarters of the stream, later ones too, the one in the middle: who knew them all would tell it so. */
  readonly rest: number
  readonly switched: number
  readonly replay: number
  /** Of all quarters of the stream, the one that is told too, the one in the middle. */
  readonly hindsight: number
  /** Whichever of "as before" and the forecast was nearer. */
  readonly nearer: number
  /** Until a version came to stay, and not until it first came: how far these lie apart, and what they say of both forecasts. */
  readonly wentBack: number
  readonly naiveToStay: number
  readonly forecastToStay: number
  /** Whether 80 % limits of the forecast held what happened, and how far those of the share within a day are apart. */
  readonly held: readonly boolean[]
  readonly width: number
}
type Distance = Exclude<keyof Told, 'stream' | 'quarter' | 'isTuned' | 'held' | 'width'>

/** Twelve quarters from the third of 2023 on, each predicted from what was before it. */
export function quarters(streams: readonly BenchStream[], settings: Settings): void {
  const told = streams.flatMap((stream, place) =>
    Array.from({ length: 12 }, (_, quarter) => quarterTold(streams, stream, quarter + 1, settings)).flatMap((one) =>
      one === undefined ? [] : [{ ...one, isTuned: place % 2 === 0 }],
    ),
  )
  if (settings.rows)
    for (const { stream, quarter, naive, forecast, replay } of told)
      console.log([stream.padEnd(26), quarter, ...[naive, forecast, replay].map((hours) => hours.toFixed(2).padStart(8))].join('  '))
  console.log(
    `held-out quarters: ${told.length} of ${new Set(told.map(({ stream }) => stream)).size} streams (at least 30 versions in it and in the one before)`,
  )
  tell(told, [
    ['forecast', 'simulated from before alone'],
    ['rest', 'as all other quarters of the stream, later ones too'],
    ['switched', 'simulated with the switches of the quarter'],
    ['replay', 'simulated with the arrivals and switches of the quarter'],
    ['hindsight', 'as the middle of all quarters of the stream, this one too'],
    ['nearer', 'whichever of the first two was nearer, chosen afterwards'],
  ])
  goBacks(streams, told)
  for (const [isTuned, name] of [
    [true, 'the half of the streams it was made on'],
    [false, 'the other half'],
  ] as const) {
    const half = told.filter((one) => one.isTuned === isTuned)
    console.log(`${name}: ${half.length} quarters of ${new Set(half.map(({ stream }) => stream)).size} streams`)
    tell(half, [
      ['forecast', 'simulated from before alone'],
      ['hindsight', 'as the middle of all quarters of the stream, this one too'],
      ['nearer', 'whichever of the first two was nearer, chosen afterwards'],
    ])
  }
}

/** What would be gained at most by drawing that a version is taken away again. */
function goBacks(streams: readonly BenchStream[], told: readonly Told[]): void {
  const arrivals = streams.flatMap(({ deployments }) => passagesTo('production', since2023(deployments)).arrivals)
  const backs = arrivals.filter(({ back }) => back).length
  const differ = told.filter(({ wentBack }) => wentBack > 0).length
  const mean = (key: Distance) => told.reduce((sum, one) => sum + one[key], 0) / told.length
  console.log(
    `  ${backs} of ${arrivals.length} deployments to production brought an earlier version back (${((backs / arrivals.length) * 100).toFixed(1)} %). Lead times until a version came to stay differ from those until it first came in ${differ} of ${told.length} quarters, by ${middleOf(told, 'wentBack').toFixed(2)} in the median, ${mean('wentBack').toFixed(2)} in the mean ("as before" is off by ${mean('naive').toFixed(2)})`,
  )
  tell(told, [['forecastToStay', 'simulated without going back, held against these']], 'naiveToStay')
}

const since2023 = (deployments: readonly Deployed[]) => deployments.filter(({ at }) => at >= begin(0))

const middleOf = (told: readonly Told[], key: Distance) =>
  quantile(
    told.map((one) => one[key]).toSorted((a, b) => a - b),
    0.5,
  )!

/** Between which four fifths of the ratios lie where streams are drawn anew: quarters of one are alike. */
function limitsOfRatio(told: readonly Told[], key: Distance, naive: Distance): readonly [number, number] {
  const byStream = [...Map.groupBy(told, ({ stream }) => stream).values()]
  return limitsOf(
    Array.from({ length: draws }, (_, draw) => {
      const drawn = byStream.flatMap((_own, place) => byStream[Math.floor(uniform(1, place, draw, 0) * byStream.length)]!)
      return middleOf(drawn, key) / middleOf(drawn, naive)
    }),
  )
}

/** Of each stream its own ratio, and of these the one in the middle. */
function ratioOfStreams(told: readonly Told[], key: Distance, naive: Distance): number {
  const ratios = [...Map.groupBy(told, ({ stream }) => stream).values()].map((own) => middleOf(own, key) / middleOf(own, naive))
  return quantile(
    ratios.toSorted((a, b) => a - b),
    0.5,
  )!
}

function tell(told: readonly Told[], kinds: readonly (readonly [Distance, string])[], naive: Distance = 'naive'): void {
  const mean = (of: (one: Told) => number) => told.reduce((sum, one) => sum + of(one), 0) / told.length
  const part = (of: (one: Told) => boolean) => `${Math.round(mean((one) => Number(of(one))) * 100)} %`
  console.log(`  earth mover's distance of lead times, hours, median: as the quarter before ${middleOf(told, naive).toFixed(2)}`)
  for (const [key, name] of kinds) {
    const [low, high] = limitsOfRatio(told, key, naive)
    console.log(
      `    ${name.padEnd(58)} ${middleOf(told, key).toFixed(2)}  (${(middleOf(told, key) / middleOf(told, naive)).toFixed(2)} x, ${low.toFixed(2)} to ${high.toFixed(2)}; the middle stream ${ratioOfStreams(told, key, naive).toFixed(2)} x; better in ${part((one) => one[key] < one[naive])})`,
    )
  }
  if (naive !== 'naive') return
  console.log(
    `  80 % limits of the forecast hold the median in ${part(({ held }) => held[0]!)}, the share within a day in ${part(({ held }) => held[1]!)} (they are ${Math.round(mean(({ width }) => width) * 100)} points apart in the mean)`,
  )
}

function quarterTold(
  streams: readonly BenchStream[],
  { stream, ...all }: BenchStream,
  quarter: number,
  { replications }: Settings,
): Omit<Told, 'isTuned'> | undefined {
  const [since, until, end] = [begin(quarter), begin(quarter + 1), begin(quarter + 1) + capMs]
  const deployments = all.deployments.filter(({ environment }) => order.includes(environment))
  const real = leads(deployments, since, until, end)
  const before = leads(deployments, begin(quarter - 1), since, since - 1)
  if (real.length < 30 || before.length < 30) return undefined
  const calibration = calibrate(order, { deployments, gates: all.gates }, estateOf(streams, stream), since - 1)
  const drawn = outcomesOf(calibration)
  const quarterFrom = quarterOf(calibration, 17)
  const came = [...firstsIn(order[0]!, deployments).values()].filter((one) => one >= since && one < end)
  const asItWas: Input = {
    arrivals: Float64Array.from(came, (one) => one - since),
    gates: order.slice(1).map((to, leg) => gatesIn(all.gates, order[leg]!, to, since, end)),
  }
  const futures = (input: (seed: number) => Input) =>
    Array.from({ length: replications }, (_, seed) => {
      const ran = runLine(order, input(seed), drawn(seed), [], seed, end - since)
      const own = ran.arrivals.filter((one) => one < until - since)
      return own.map((one, entity) => Math.min(capMs, ran.ended[entity * ran.depth + ran.depth - 1]! - one)).toSorted()
    }).filter(({ length }) => length > 0)
  const forecast = futures(quarterFrom)
  if (forecast.length === 0 || came.length === 0) return undefined
  const middling = middle(forecast)
  const rest = restOf(deployments, quarter)
  const [naive, told] = [distance(before, real), distance(middling, real)]
  const stayed = leads(deployments, since, until, end, true)
  return {
    stream,
    quarter: `${new Date(since).getUTCFullYear()}Q${new Date(since).getUTCMonth() / 3 + 1}`,
    naive,
    forecast: told,
    rest: distance(middle(rest), real),
    hindsight: distance(middle([...rest, real]), real),
    nearer: Math.min(naive, told),
    wentBack: distance(real, stayed),
    naiveToStay: distance(leads(deployments, begin(quarter - 1), since, since - 1, true), stayed),
    forecastToStay: distance(middling, stayed),
    switched: distance(middle(futures((seed) => ({ ...quarterFrom(seed), gates: asItWas.gates }))), real),
    replay: distance(middle(futures(() => asItWas)), real),
    held: [half, withinDay].map((of) => {
      const [low, high] = limitsOf(forecast.map(of))
      return of(real) >= low && of(real) <= high
    }),
    width: limitsOf(forecast.map(withinDay)).reduce((low, high) => high - low),
  }
}

function limitsOf(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  return [quantile(sorted, 0.1)!, quantile(sorted, 0.9)!]
}

function restOf(deployments: readonly Deployed[], but: number): readonly Float64Array[] {
  return Array.from({ length: 13 }, (_, quarter) =>
    quarter === but ? new Float64Array() : leads(deployments, begin(quarter), begin(quarter + 1), begin(quarter + 1) + capMs),
  ).filter(({ length }) => length >= 15)
}

const half = (lead: Float64Array) => quantile(lead, 0.5)!

const withinDay = (lead: Float64Array) => lead.filter((ms) => ms <= dayMs).length / lead.length

/** Of the versions that came in a span, as it was known at a moment: until each first came, or until it came to stay. */
function leads(deployments: readonly Deployed[], from: number, to: number, asOf: number, stays = false): Float64Array {
  const known = untilOf(deployments, asOf)
  const last = stays ? stayedIn(order.at(-1)!, known) : undefined
  const passings = passingOf(order, known).filter(({ at: [came] }) => came! >= from && came! < to)
  return Float64Array.from(passings, ({ version, at: [came, , went] }) =>
    Math.min(capMs, Math.min(last?.get(version) ?? went!, asOf) - came!),
  ).toSorted()
}

/** When each version, or a later one, came to an environment and was not taken away again. Infinity: it was, or it never came. */
function stayedIn(environment: string, deployments: readonly Deployed[]): ReadonlyMap<string, number> {
  const { passages, arrivals } = passagesTo(environment, deployments)
  const place = new Map(passages.map(({ version }, at) => [version, at]))
  const since = new Float64Array(passages.length).fill(Number.POSITIVE_INFINITY)
  let standing = -1
  for (const { at, version, back } of arrivals) {
    const here = place.get(version)!
    if (back) since.fill(Number.POSITIVE_INFINITY, here + 1)
    else since.fill(at, standing + 1, Math.max(standing, here) + 1)
    standing = back ? here : Math.max(standing, here)
  }
  return new Map(passages.map(({ version }, at) => [version, since[at]!]))
}
