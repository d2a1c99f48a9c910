import { formatDuration } from '../../../kernel/duration.ts'
import { invalid, notFound } from '../../../kernel/errors.ts'
import { nearTo } from '../../definition/suggest.ts'
import { keyOf, type Builds } from '../../builds/builds.ts'
import type { StreamLineage } from '../../lineage/streams.ts'
import { instant } from '../../measures/board.ts'
import { runsOfBuild } from '../../measures/changes.ts'
import { remembered } from '../../measures/remembered.ts'
import { horizonOf, type Past } from '../../measures/past.ts'
import { flowOf } from '../../measures/stream-flow.ts'
import type { Change } from '../change.ts'
import { expected } from '../predict.ts'
import type { Figures, WhatIfQuery, WhatIfView } from '../schemas.ts'
import { differenceOf, figuresOf, valueOf } from '../views.ts'
import { poolOf, type Pool } from './calibrate.ts'
import { predictRunners, waitsAsTheyWere, type BuiltChange, type Outcome, type WaitPair } from './predict.ts'

const dayMs = 86_400_000
const replications = 100
/** Runners are as they were lately. */
const calibratedMs = 91 * dayMs
const enoughChanges = 15
/** With busier runners waiting grows without end. */
const tooBusy = 0.97
/** What saves less than that share of the way is no gain. */
const noGain = 0.05

export type RunnersParts = {
  readonly past: Past
  readonly builds: Builds
  readonly lineages: readonly StreamLineage[]
  /** What the stream is built from. */
  readonly repositories: ReadonlySet<string>
}

export const isAboutRunners = (changes: readonly Change[]) => changes.some(({ kind }) => kind === 'runners')

/** @throws ThreewaysError `STREAM_NOT_FOUND`, `CHANGE_INVALID` */
export function runnersView(
  parts: RunnersParts,
  stream: string,
  changes: readonly Change[],
  { change: text, days, asOf: asked, to }: WhatIfQuery,
  nowMs: number,
): WhatIfView {
  const [change] = changes
  if (change?.kind !== 'runners' || changes.length > 1)
    throw invalid('CHANGE_INVALID', {
      message: `"${text.slice(0, 200)}" changes runners and something else`,
      help: 'runners are tried by themselves: they change what happens before a version is there',
    })
  const { past, builds } = parts
  const own = builds.ofStreams(new Set([stream]), parts.repositories)
  const found = past.streams.get(stream)
  if (found === undefined && own.count === 0)
    throw notFound('STREAM_NOT_FOUND', {
      message: `nothing is known of "${stream}"`,
      help: nearTo(stream, [...past.streams.keys()]) ?? 'see `threeways flow` and `threeways flow builds`',
    })
  const limit = asked === undefined ? Number.POSITIVE_INFINITY : Date.parse(asked)
  // Until when both are known: what was not told yet is not what did not happen.
  const known = [
    ...(own.count === 0 ? [] : [builds.horizonOf(own, nowMs)]),
    ...(found === undefined ? [] : [horizonOf(found, past, nowMs)]),
  ]
  const asOf = Math.min(limit, ...known)
  const order = found && flowOf(found.deployments, { since: asOf - calibratedMs, until: asOf + 1, asOf }, past.order, to)?.order
  const head = { stream, change: text, order: [...(order ?? [])], asOf: instant(asOf), days }
  const cannot = (doubt: string): WhatIfView => ({ ...head, ...nothing, cannotSay: doubt, sentences: [`Cannot say: ${doubt}.`] })
  const [pool, of] = poolFor(parts, stream, own.count, asOf)
  if (typeof pool === 'string') return cannot(pool)
  const runners = pool.runners + change.more
  if (runners < 1) return cannot(`no more than ${pool.runners} runners are known of`)
  const busy = (pool.utilisation * pool.runners) / runners
  if (busy > tooBusy)
    return cannot(`${runners} of them would be busy for ${Math.round(busy * 100)} % of the time: jobs would wait longer and longer`)
  const built = order === undefined ? [] : changesOf(parts, pool, order, asOf)
  const outcome = predictRunners(pool, runners, built, days * dayMs, asOf, replications)
  const queue = { runners: pool.runners, changed: runners, of, ...queueOf(pool, outcome.waits) }
  return { ...head, queue, ...leadOf(outcome, built, queue, stream, text) }
}

const nothing = { base: null, changed: null, difference: null, local: null }

/** Its own jobs, or where these waited for something else all that are known: others may have the same runners. */
function poolFor(
  { builds, repositories }: RunnersParts,
  stream: string,
  own: number,
  asOf: number,
): readonly [Pool | string, 'stream' | 'all'] {
  const mine = pools(builds, JSON.stringify([stream, [...repositories], asOf]))
  if (typeof mine !== 'string' || builds.count === own) return [mine, 'stream']
  const all = pools(builds, JSON.stringify([null, [], asOf]))
  return typeof all === 'string' ? [mine, 'stream'] : [all, 'all']
}

// Each holds a quarter of jobs, and of deliveries of our own every look is of another moment: that of the stream, and that of all.
const pools = remembered((builds: Builds, question: string) => {
  const [stream, repositories, asOf] = JSON.parse(question) as [string | null, readonly string[], number]
  const own = stream === null ? builds : builds.ofStreams(new Set([stream]), new Set(repositories))
  return poolOf(own.touching(asOf - calibratedMs, asOf + 1), asOf - calibratedMs, asOf)
}, 2)

/** Changes that were merged lately, with the jobs that built them before they were first deployed. */
function changesOf({ lineages, builds }: RunnersParts, pool: Pool, order: readonly string[], asOf: number): readonly BuiltChange[] {
  const jobs = Map.groupBy(pool.runs.keys(), (at) => pool.runs[at]!)
  return lineages.flatMap((lineage) => {
    const [first, last] = [order[0]!, order.at(-1)!].map((name) => lineage.environments.get(name))
    return lineage.changes().flatMap((change): readonly BuiltChange[] => {
      const { merged, commit } = change
      if (merged > asOf || merged < asOf - calibratedMs) return []
      const [deployed, arrived] = [first, last].map((carried) => carried?.carriers[carried.by[commit] ?? -1])
      if (deployed?.doubt === 'first' || arrived?.doubt === 'first') return []
      const reached = arrived !== undefined && arrived.at <= asOf ? arrived.at : Number.POSITIVE_INFINITY
      const until = Math.min(deployed?.at ?? asOf, asOf)
      const runs = runsOfBuild(lineage, change, deployed !== undefined && deployed.at <= asOf ? deployed : undefined, builds, asOf)
      const own = runs
        .flatMap((run) => jobs.get(keyOf(run)) ?? [])
        .filter((at) => pool.asItWas.ready[at]! >= merged && pool.asItWas.ready[at]! < until)
      return own.length === 0 ? [] : [{ merged, reached, jobs: own }]
    })
  })
}

function queueOf(pool: Pool, waits: readonly WaitPair[]): Omit<NonNullable<WhatIfView['queue']>, 'runners' | 'changed' | 'of'> {
  const of = (value: (pair: WaitPair, key: 'p50' | 'p85' | 'mean') => number) => {
    const told = (key: 'p50' | 'p85' | 'mean') => valueOf(expected(waits.map((pair) => value(pair, key))))
    return { p50: told('p50'), p85: told('p85'), mean: told('mean') }
  }
  return {
    jobs: pool.waited.filter((wait) => !Number.isNaN(wait)).length,
    utilisation: pool.utilisation,
    seen: waitsAsTheyWere(pool).seen,
    base: of(({ base }, key) => base[key]),
    after: of(({ changed }, key) => changed[key]),
    difference: of(({ base, changed }, key) => changed[key] - base[key]),
  }
}

type Queue = NonNullable<WhatIfView['queue']>

function leadOf({ leads }: Outcome, built: readonly BuiltChange[], queue: Queue, stream: string, text: string) {
  const waits = waitsTold(queue, stream, text)
  if (built.length < enoughChanges) {
    const doubt = `of ${built.length} changes it is known which jobs built them, and it takes ${enoughChanges} to say what it does to lead times`
    return { ...nothing, cannotSay: doubt, sentences: [...waits, `Cannot say more: ${doubt}.`] }
  }
  const figures = {
    base: figuresOf(leads.map(({ base }) => base)),
    changed: figuresOf(leads.map(({ changed }) => changed)),
    difference: differenceOf(leads),
  }
  return { ...figures, local: null, cannotSay: null, sentences: [...waits, ...leadTold(figures, queue, built.length)] }
}

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))

function waitsTold({ runners, changed, jobs, of, utilisation, base, after }: Queue, stream: string, text: string): readonly string[] {
  const whose = of === 'stream' ? `jobs of ${stream}` : 'jobs that are known, of whatever stream,'
  return [
    `${jobs.toLocaleString('en')} ${whose} waited for ${runners} runners, which were busy for ${Math.round(utilisation * 100)} % of the time.`,
    `With "${text}", which makes ${changed}, half of the jobs would begin within ${time(after.p50.value)} (80 %: ${time(after.p50.low)} to ${time(after.p50.high)}) instead of ${time(base.p50.value)}, and 85 % within ${time(after.p85.value)} (${time(after.p85.low)} to ${time(after.p85.high)}) instead of ${time(base.p85.value)}.`,
  ]
}

type AllFigures = { readonly base: Figures; readonly changed: Figures; readonly difference: Figures }

function leadTold({ base, changed, difference }: AllFigures, queue: Queue, count: number): readonly string[] {
  const saved = -(difference.mean.value ?? 0)
  const wait = -(queue.difference.mean.value ?? 0)
  return [
    `Half of the changes would arrive within ${time(changed.p50.value)} of their merge (80 %: ${time(changed.p50.low)} to ${time(changed.p50.high)}) instead of ${time(base.p50.value)}, as ${count} of them say, if after its build each takes as long as it did.`,
    ...(Math.abs(saved) > noGain * (base.mean.value ?? 0)
      ? []
      : [
          `It gains nothing on the whole: ${formatDuration(Math.max(0, wait))} of a job's wait, ${formatDuration(Math.max(0, saved))} of ${time(base.mean.value)} on the way. This is not where time is lost.`,
        ]),
  ]
}
