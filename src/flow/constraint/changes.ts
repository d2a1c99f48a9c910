import { noBuilds, together, type Builds } from '../builds/builds.ts'
import type { Carrier } from '../lineage/carried.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { buildOf } from '../measures/changes.ts'
import { releasedStage } from '../measures/released.ts'
import { remembered } from '../measures/remembered.ts'
import { noReleases, type Hidden, type Releases } from '../releases/releases.ts'
import { knownOf, type Passing } from './passing.ts'
import { unmergedOf } from './unmerged.ts'

type Look = { readonly since: number; readonly asOf: number }

/** What is on the way: versions between environments, or changes from when they were begun. */
export type Way = {
  readonly of: 'versions' | 'changes'
  readonly order: readonly string[]
  /** Those that were on it since a moment, as it was known at another. */
  readonly at: (look: Look) => readonly Passing[]
  /** Changes of the window that are left out because nothing is known of their build. */
  readonly unbuilt: number
  /** Changes of the window that flags hide, too few for the time behind them to be a part of the way. */
  readonly hidden: number
  /** What was begun and is not merged, in the window; undefined: it is versions that are on the way. */
  readonly waiting: { readonly requests: number; readonly branches: number; readonly untouched: number } | undefined
}

/** Of fewer changes builds are a part of the way of which little is known. */
const enoughBuilds = 0.8
/** And of fewer changes that flags hide, the time until these are released. */
const enoughHidden = 8

/**
 * How the changes of a stream went along its way, as its commits tell: begun, where their requests are known opened and reviewed, merged,
 * where most of their builds are known begun to be built and built, each environment, and where flags hide enough of them released.
 * What was there before the record of deployments begins is left out; what is not merged yet is on the way.
 * @param order - environments of the way
 * @param look - the window in which most builds must be known, and enough changes hidden
 * @returns undefined where no commits are known
 */
export function changesOnWay(
  lineages: readonly StreamLineage[],
  order: readonly string[],
  look: Look,
  builds: Builds = noBuilds,
  releases: Releases = noReleases,
): Way | undefined {
  if (lineages.length === 0) return undefined
  const both = together(lineages, builds)
  const { known, unknown } = builtIn(both, JSON.stringify([order[0], look.since, look.asOf]))
  const isBuilt = known > 0 && known >= enoughBuilds * (known + unknown)
  const hidden = hiddenIn(lineages, order, look, releases)
  const isReleased = hidden >= enoughHidden
  // With builds and flags it is another answer at each moment, and of deliveries of our own every look is of another: kept for this one alone.
  const dated = new Map<number, ReturnType<typeof waysOf>>()
  const datedAt = (asOf: number) => {
    if (!dated.has(asOf)) dated.set(asOf, waysOf(both, order, { asOf, isBuilt, releases: isReleased ? releases : undefined }))
    return dated.get(asOf)
  }
  const isDated = isBuilt || isReleased
  const way = isDated ? datedAt(look.asOf) : ways(both, JSON.stringify(order))
  if (way === undefined) return undefined
  const at = (then: Look) => {
    const passings = isDated ? (datedAt(then.asOf)?.passings ?? []) : way.passings
    return [...knownOf(passings, then), ...unmergedAt(lineages, way, then)]
  }
  return {
    of: 'changes',
    order: way.order,
    at,
    unbuilt: isBuilt ? unknown : 0,
    hidden: isReleased ? 0 : hidden,
    waiting: waitingIn(lineages, look),
  }
}

/** Changes behind flags that ran in the last environment, and that users did not get before the window. */
function hiddenIn(lineages: readonly StreamLineage[], order: readonly string[], { since, asOf }: Look, releases: Releases): number {
  const end = order.at(-1)!
  return lineages.reduce((sum, lineage) => {
    const carried = lineage.environments.get(end)
    const own = [...releases.hiding(lineage, asOf)].filter(([commit, flags]) => {
      const carrier = carried?.carriers[carried.by[commit] ?? -1]
      if (carrier === undefined || carrier.doubt === 'first' || carrier.at > asOf) return false
      const { first } = releases.of(flags, end, carrier.at, asOf)
      return first === undefined || first >= since
    })
    return sum + own.length
  }, 0)
}

function waitingIn(lineages: readonly StreamLineage[], look: Look): Way['waiting'] {
  const all = lineages.map((lineage) => unmergedOf(lineage, look))
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    requests: sum(({ requests }) => requests.length),
    branches: sum(({ branches }) => branches.length),
    untouched: sum((one) => one.untouched),
  }
}

const unmergedAt = (lineages: readonly StreamLineage[], { order, isTold }: Stages, look: Look): readonly Passing[] =>
  lineages.flatMap((lineage) => {
    const { requests, branches } = unmergedOf(lineage, look)
    return [...requests, ...branches].map(({ name, begun, opened = never, reviewed = never }): Passing => {
      const known = isTold ? [begun, Math.min(opened, reviewed), reviewed] : [begun]
      return { version: name, at: order.map((_, stage) => known[stage] ?? never) }
    })
  })

type Stages = {
  readonly order: readonly string[]
  /** Requests are known: when they were opened and reviewed is a part of the way. */
  readonly isTold: boolean
}

const never = Number.POSITIVE_INFINITY

type Both = { readonly lineages: readonly StreamLineage[]; readonly builds: Builds }

/** Of how many changes that came to the first environment in a window a build is known. */
const builtIn = remembered(({ lineages, builds }: Both, question: string) => {
  const [first, since, asOf] = JSON.parse(question) as [string, number, number]
  let [known, unknown] = [0, 0]
  if (builds.count === 0) return { known, unknown }
  for (const lineage of lineages) {
    const carried = lineage.environments.get(first)
    for (const change of lineage.changes()) {
      const carrier = carried?.carriers[carried.by[change.commit] ?? -1]
      if (carrier === undefined || carrier.doubt === 'first' || carrier.at < since || carrier.at > asOf) continue
      if (buildOf(lineage, change, carrier, builds, asOf) === undefined) unknown++
      else known++
    }
  }
  return { known, unknown }
})

const ways = remembered((both: Both, order: string) => waysOf(both, JSON.parse(order) as readonly string[], undefined))

/** What the way is made of beside commits and environments, as it was known at a moment. */
type Dated = {
  readonly asOf: number
  readonly isBuilt: boolean
  /** Undefined: they are no part of it. */
  readonly releases: Releases | undefined
}

/** @param dated - undefined: neither builds nor flags are parts of the way */
function waysOf({ lineages, builds }: Both, order: readonly string[], dated: Dated | undefined) {
  const isBuilt = dated?.isBuilt === true
  const isTold = lineages.some(({ repository }) => repository.requests.isOpeningTold)
  const passings = lineages.flatMap((lineage) => {
    const { repository, environments, changes } = lineage
    const places = order.map((name) => environments.get(name))
    const hidden = dated?.releases?.hiding(lineage, dated.asOf)
    return changes().flatMap((change): readonly Passing[] => {
      const { commit, begun, merged, request } = change
      const carriers = places.map((carried) => carried?.carriers[carried.by[commit] ?? -1])
      if (carriers.some((carrier) => carrier?.doubt === 'first')) return []
      const build = isBuilt ? buildAt(lineage, change, carriers[0], builds, dated.asOf) : []
      if (build === undefined) return []
      const asked = isTold ? [request?.opened ?? never, request?.reviewed ?? never] : []
      const released = hidden === undefined ? [] : [releasedAt(commit, carriers.at(-1), order, hidden, dated!)]
      const at = [begun, ...asked, merged, ...build, ...carriers.map((carrier) => carrier?.at ?? never), ...released]
      // What had come further had come so far as well: a hot-fix that is merged afterwards waited for no merge.
      for (let place = at.length - 2; place >= 0; place--) at[place] = Math.min(at[place]!, at[place + 1]!)
      return [{ version: repository.graph.sha(commit).slice(0, 12), at }]
    })
  })
  if (passings.length === 0) return undefined
  const before = ['begun', ...(isTold ? ['opened', 'reviewed'] : []), 'merged', ...(isBuilt ? ['build', 'built'] : [])]
  return { order: [...before, ...order, ...(dated?.releases === undefined ? [] : [releasedStage])], isTold, passings }
}

const releasedAt = (commit: number, last: Carrier | undefined, order: readonly string[], hidden: Hidden, { asOf, releases }: Dated) =>
  releases!.of(hidden.get(commit) ?? [], order.at(-1)!, last?.at, asOf).first ?? never

/** Undefined: it was deployed, and nobody knows how it was built. What has not come so far waits for its build until one is known. */
function buildAt(
  lineage: StreamLineage,
  change: Parameters<typeof buildOf>[1],
  carrier: Carrier | undefined,
  builds: Builds,
  asOf: number,
): readonly number[] | undefined {
  const first = carrier !== undefined && carrier.at <= asOf ? carrier : undefined
  const build = buildOf(lineage, change, first, builds, asOf)
  if (build === undefined) return first === undefined ? [never, never] : undefined
  return [build.begun, build.built]
}
