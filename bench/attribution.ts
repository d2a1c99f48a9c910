/**
 * Which deployment caused an incident: incidents injected into the real deployments of GOV.UK, of which it is therefore known.
 *
 *     node bench/attribution.ts [--incidents 2000]
 *
 * An incident is caused by a deployment to production drawn at random, and detected a fixed time after it. One in ten is caused by none
 * and detected at a moment drawn at random. What it tells:
 *
 * - `time`: when it was detected, and in which environment
 * - `+ stream`: also the service it showed in, which is the one that was deployed
 * - `+ began`: also when it began, within ten minutes after the deployment (drawn at random): what a graph of errors shows
 *
 * It tells no version: nine in ten are caused by what still runs, and naming that would give the answer away.
 */
import { parseArgs } from 'node:util'
import { attribute, lowerBound, type Estate } from '../src/flow/measures/attribution/attribute.ts'
import { blame, failuresIn, groundsOf, learn } from '../src/flow/measures/attribution/blame.ts'
import type { Failure } from '../src/flow/measures/attribution/failures.ts'
import { defaultHazard } from '../src/flow/measures/attribution/hazard.ts'
import type { Placed } from '../src/flow/measures/attribution/placed.ts'
import type { Past } from '../src/flow/measures/past.ts'
import { readGovuk, sequence } from './delivery-history/past.ts'

const { values } = parseArgs({ options: { incidents: { type: 'string', default: '2000' } } })
const minute = 60_000
const delays = [5, 15, 30, 60, 240, 1440]
const kinds = ['time', '+ stream', '+ began'] as const
type Kind = (typeof kinds)[number]
type Injected = { readonly failure: Failure; readonly cause: string | undefined }

const past = await readGovuk()
if (past !== undefined) {
  const grounds = groundsOf(past)
  const placed = grounds.in('production')
  const byName = grounds.byName('production')
  const [from, to] = [Date.UTC(2024, 0, 1), placed.at(-1)!.at - 1441 * minute]
  const drawn = placed.slice(lowerBound(placed, from), lowerBound(placed, to))
  console.log(
    `${drawn.length} deployments of ${past.streams.size} services to production since 2024; ${values.incidents} incidents each, one in ten without a cause`,
  )
  const learnt = learn(known(drawn), { placed, byName })
  const estates: readonly (readonly [string, Estate])[] = [
    ['assumed', { placed, byName, hazard: defaultHazard }],
    ['learnt', { placed, byName, ...learnt }],
  ]
  const { median, shape } = learnt.hazard
  console.log(
    `learnt: from 120 others, 20 of each delay, of which a person said the cause: median ${Math.round(median / minute)} min, shape ${shape.toFixed(2)}`,
  )
  for (const kind of kinds) {
    const pooled = estates.map((): Answer[] => [])
    console.log(
      `\n${kind.padEnd(10)} latest of all  latest of service  ${estates.map(([name]) => `${name}: top 1  top 3  ECE`).join('   ')}`,
    )
    for (const delay of delays) {
      const random = sequence(delay)
      const incidents = Array.from({ length: Number(values.incidents) }, () => inject(kind, delay * minute, drawn, random))
      const told = estates.map(([, estate], index) => {
        const answers = incidents.map((one) => answerOf(one, estate))
        pooled[index]!.push(...answers)
        return scoreOf(answers)
      })
      console.log([`${delay} min`.padEnd(10), ...rules(incidents, placed).map((share) => `${share} %`.padStart(13)), ...told].join('  '))
    }
    console.log(['together'.padEnd(10), ' '.repeat(13), ' '.repeat(13), ...pooled.map(scoreOf)].join('  '))
  }
  tellMany(past, placed)
}

/** Times that three services or more went back at once: how likely none of what they undid was to blame, beside how new the newest was. */
function tellMany(of: Past, production: readonly Placed[]): void {
  const until = production.at(-1)!.at
  const failures = failuresIn('production', of, { incidents: [], failed: [] }, until, until).filter(
    ({ began }) => began >= Date.UTC(2023, 6, 1),
  )
  const blamed = blame('production', failures, of, until)
  const { otherCauseOfMany, size } = learn(failures, { placed: production, byName: groundsOf(of).byName('production') })
  console.log(
    `\n${failures.length} times something went back since July 2023; many at once come of none in ${percent(otherCauseOfMany)} before time is looked at`,
  )
  console.log(
    `learnt from them: deployments of 1, 2, 4 and 8 versions fail ${[1, 2, 4, 8].map((of_) => size(of_).toFixed(1)).join(', ')} times as often as any`,
  )
  for (const { failure, attribution } of blamed) {
    if (failure.stream !== undefined) continue
    const newest = Math.round((failure.detected - failure.began) / minute)
    console.log(
      `  ${new Date(failure.detected).toISOString().slice(0, 16)}  ${failure.summary!.padEnd(22)}  newest of what they undid ${String(newest).padStart(5)} min, none of them ${percent(attribution.none)}`,
    )
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Incidents of which a person said what caused them. */
function known(drawn: readonly Placed[]): readonly Failure[] {
  const random = sequence(7)
  return delays.flatMap((delay) =>
    Array.from({ length: 20 }, () => {
      const { failure, cause } = inject('+ stream', delay * minute, drawn, random)
      return { ...failure, among: cause === undefined ? [] : [cause], told: { by: 'ann', reason: 'the graphs' } }
    }),
  )
}

function inject(kind: Kind, delay: number, drawn: readonly Placed[], random: () => number): Injected {
  const one = drawn[Math.floor(random() * drawn.length)]!
  const caused = random() >= 0.1
  const at = caused ? one.at : drawn[0]!.at + random() * (drawn.at(-1)!.at - drawn[0]!.at)
  const began = kind === '+ began' ? at + Math.min(delay, random() * 10 * minute) : at + delay
  return {
    cause: caused ? one.deployment : undefined,
    failure: {
      kind: 'incident',
      id: 'injected',
      stream: kind === 'time' ? undefined : one.stream,
      environment: 'production',
      began,
      detected: at + delay,
      resolved: undefined,
      version: undefined,
      summary: undefined,
      among: undefined,
      told: undefined,
    },
  }
}

/** How often the latest deployment before it is right: of all services (DevLake's rule), and of the service. */
function rules(incidents: readonly Injected[], all: readonly Placed[]): readonly number[] {
  const caused = incidents.filter(({ cause }) => cause !== undefined)
  const right = (isOwn: boolean) =>
    caused.filter(({ failure, cause }) => {
      let at = lowerBound(all, failure.detected) - 1
      // Where no service is named the narrower rule is given what only the injection knows.
      const stream = byStream(all, cause!)
      while (isOwn && at >= 0 && all[at]!.stream !== stream) at--
      return all[at]?.deployment === cause
    }).length
  return [right(false), right(true)].map((count) => Math.round((count / caused.length) * 100))
}

function byStream(all: readonly Placed[], name: string): string {
  return groundsOf(past!).byName(all[0]!.environment).get(name)!.stream
}

type Answer = { readonly isCaused: boolean; readonly rank: number; readonly stated: number; readonly right: boolean }

function answerOf({ failure, cause }: Injected, estate: Estate): Answer {
  const { causes, none } = attribute(failure, estate)
  const rank = causes.findIndex(({ deployment }) => deployment === cause)
  const top = causes[0]?.probability ?? 0
  const saysNone = none > top
  return {
    isCaused: cause !== undefined,
    rank: rank === -1 ? Number.POSITIVE_INFINITY : rank,
    stated: Math.max(none, top),
    right: saysNone ? cause === undefined : rank === 0,
  }
}

/** Top 1 and top 3 of those with a cause; expected calibration error (ten bins) of what is said first, "none of them" too, of all. */
function scoreOf(answers: readonly Answer[]): string {
  const caused = answers.filter(({ isCaused }) => isCaused)
  const within = (rank: number) => ((caused.filter((one) => one.rank < rank).length / caused.length) * 100).toFixed(1)
  let error = 0
  for (let bin = 0; bin < 10; bin++) {
    const own = answers.filter(({ stated }) => Math.min(9, Math.floor(stated * 10)) === bin)
    const mean = (of: (one: Answer) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length
    if (own.length > 0) error += (own.length / answers.length) * Math.abs(mean(({ right }) => Number(right)) - mean(({ stated }) => stated))
  }
  return `${within(1).padStart(15)}  ${within(3).padStart(5)}  ${(error * 100).toFixed(1).padStart(4)}`
}
