import { noBuilds, together, type Builds } from '../builds/builds.ts'
import type { Carrier } from '../lineage/carried.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { buildOf } from '../measures/changes.ts'
import { remembered } from '../measures/remembered.ts'
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
  /** What was begun and is not merged, in the window; undefined: it is versions that are on the way. */
  readonly waiting: { readonly requests: number; readonly branches: number; readonly untouched: number } | undefined
}

/** Of fewer changes builds are a part of the way of which little is known. */
const enoughBuilds = 0.8

/**
 * How the changes of a stream went along its way, as its commits tell: begun, where their requests are known opened and reviewed, merged,
 * where most of their builds are known begun to be built and built, and each environment. What was there before the record of
 * deployments begins is left out; what is not merged yet is on the way.
 * @param order - environments of the way
 * @param look - the window in which most builds must be known
 * @returns undefined where no commits are known
 */
export function changesOnWay(
  lineages: readonly StreamLineage[],
  order: readonly string[],
  look: Look,
  builds: Builds = noBuilds,
): Way | undefined {
  if (lineages.length === 0) return undefined
  const both = together(lineages, builds)
  const { known, unknown } = builtIn(both, JSON.stringify([order[0], look.since, look.asOf]))
  const isBuilt = known > 0 && known >= enoughBuilds * (known + unknown)
  // With builds it is another answer at each moment, and of deliveries of our own every look is of another: kept for this one alone.
  const built = new Map<number, ReturnType<typeof waysOf>>()
  const builtAt = (asOf: number) => {
    if (!built.has(asOf)) built.set(asOf, waysOf(both, order, asOf))
    return built.get(asOf)
  }
  const way = isBuilt ? builtAt(look.asOf) : ways(both, JSON.stringify(order))
  if (way === undefined) return undefined
  const at = (then: Look) => {
    const passings = isBuilt ? (builtAt(then.asOf)?.passings ?? []) : way.passings
    return [...knownOf(passings, then), ...unmergedAt(lineages, way, then)]
  }
  return { of: 'changes', order: way.order, at, unbuilt: isBuilt ? unknown : 0, waiting: waitingIn(lineages, look) }
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
  if (builds.runs.length === 0) return { known, unknown }
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

/** @param asOf - the moment as of which builds are known; undefined: they are no part of the way */
function waysOf({ lineages, builds }: Both, order: readonly string[], asOf: number | undefined) {
  const isBuilt = asOf !== undefined
  const isTold = lineages.some(({ repository }) => repository.requests.isOpeningTold)
  const passings = lineages.flatMap((lineage) => {
    const { repository, environments, changes } = lineage
    const places = order.map((name) => environments.get(name))
    return changes().flatMap((change): readonly Passing[] => {
      const { commit, begun, merged, request } = change
      const carriers = places.map((carried) => carried?.carriers[carried.by[commit] ?? -1])
      if (carriers.some((carrier) => carrier?.doubt === 'first')) return []
      const build = isBuilt ? buildAt(lineage, change, carriers[0], builds, asOf) : []
      if (build === undefined) return []
      const asked = isTold ? [request?.opened ?? never, request?.reviewed ?? never] : []
      const at = [begun, ...asked, merged, ...build, ...carriers.map((carrier) => carrier?.at ?? never)]
      // What had come further had come so far as well: a hot-fix that is merged afterwards waited for no merge.
      for (let place = at.length - 2; place >= 0; place--) at[place] = Math.min(at[place]!, at[place + 1]!)
      return [{ version: repository.graph.sha(commit).slice(0, 12), at }]
    })
  })
  if (passings.length === 0) return undefined
  const before = ['begun', ...(isTold ? ['opened', 'reviewed'] : []), 'merged', ...(isBuilt ? ['build', 'built'] : [])]
  return { order: [...before, ...order], isTold, passings }
}

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
