import { orderOf, wayOf, type Deployed } from '../measures/environments.ts'
import { carriedTo, type Carried, type Deployment } from './carried.ts'
import type { TrunkChange } from './changes.ts'
import { touches, type Source } from './links.ts'
import type { Repository } from './repository.ts'
import { resolve, type Resolution } from './resolve.ts'

/** What of a repository came where in a value stream. */
export type StreamLineage = {
  readonly stream: string
  readonly source: Source
  readonly repository: Repository
  /** By environment, in the order in which versions come to them. */
  readonly environments: ReadonlyMap<string, Carried>
  /** Those of them that most versions come to, up to production. */
  readonly way: readonly string[]
  /** Of its trunk, oldest first; those that touch what the stream is built from. */
  readonly changes: () => readonly TrunkChange[]
  /** Whether the commit touches what the stream is built from. */
  readonly owns: (commit: number) => boolean
}

/** Deployments of a stream by environment. */
export type Places = ReadonlyMap<string, readonly Deployment[]>

type Sourced = { readonly source: Source; readonly repository: Repository }

/**
 * @param others - what else it is built from
 * @param changes - of the trunk of a repository
 */
export function lineageOf(
  stream: string,
  { source, repository }: Sourced,
  others: readonly Sourced[],
  places: Places,
  changes: (repository: Repository) => readonly TrunkChange[],
): StreamLineage {
  const versions = new Map<string, Resolution>()
  const told = commitsTold(places)
  const found = (version: string, own: string | null) => {
    const commit = own ?? told.get(version) ?? null
    const key = `${commit ?? ''} ${version}`
    const known = versions.get(key) ?? resolve(repository, version, commit)
    versions.set(key, known)
    return known
  }
  // What is built from another repository says nothing of this one.
  const isOurs = ({ version, commit }: Deployment) =>
    found(version, commit).commit !== undefined || others.every((other) => resolve(other.repository, version, commit).commit === undefined)
  const all = [...places].flatMap(([environment, ones]): Deployed[] => ones.map(({ at, version }) => ({ environment, at, version })))
  all.sort((a, b) => a.at - b.at)
  const order = orderOf(all)
  const environments = new Map(order.map((name) => [name, carriedTo(repository.graph, places.get(name)!.filter(isOurs), found)]))
  const owns = (commit: number) => touches(repository.graph.pathsOf(commit), source.paths)
  let own: { readonly of: readonly TrunkChange[]; readonly changes: readonly TrunkChange[] } | undefined
  const ownChanges = () => {
    const all = changes(repository)
    if (own?.of !== all) own = { of: all, changes: source.paths.length === 0 ? all : all.filter(({ commits }) => commits.some(owns)) }
    return own.changes
  }
  return { stream, source, repository, environments, way: wayOf(all, order), changes: ownChanges, owns }
}

/** Whoever says what ran before names a version; its commit was told when it was deployed somewhere. One that was told two ways is none. */
function commitsTold(places: Places): ReadonlyMap<string, string> {
  const told = new Map<string, string>()
  const strange = new Set<string>()
  for (const { version, commit } of [...places.values()].flat()) {
    if (commit === null) continue
    if ((told.get(version) ?? commit) !== commit) strange.add(version)
    told.set(version, commit)
  }
  for (const version of strange) told.delete(version)
  return told
}
