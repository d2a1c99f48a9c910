import { sharedLook } from '../../kernel/shared-look.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { deploymentHistory } from '../history/projection.ts'
import { orderOf, wayOf, type Deployed } from '../measures/environments.ts'
import { carriedTo, type Carried, type Deployment } from './carried.ts'
import { trunkChanges, type TrunkChange } from './changes.ts'
import { touches, type Source } from './links.ts'
import type { Repositories } from './repositories.ts'
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

export type Lineages = {
  readonly repositories: Repositories
  /** Empty: of none of its repositories commits are known, or nothing was deployed. */
  of(stream: string): Promise<readonly StreamLineage[]>
}

/** So many streams are kept ready. */
const keptMax = 200

/** What came where, found once for each stream as long as nothing new is recorded. */
export function makeLineages(ledger: Pick<Ledger, 'db' | 'head'>, look: () => Promise<Repositories>): () => Promise<Lineages> {
  let head = -1
  let known: Lineages | undefined
  return sharedLook(async () => {
    const now = await ledger.head()
    const repositories = await look()
    if (now !== head || known === undefined) known = lineagesIn(ledger, repositories)
    head = now
    return known
  })
}

function lineagesIn({ db }: Pick<Ledger, 'db'>, repositories: Repositories): Lineages {
  const kept = new Map<string, Promise<readonly StreamLineage[]>>()
  const changes = sharedChanges()
  const find = async (stream: string) => {
    const sources = repositories.links
      .of(stream, repositories.repositories.keys())
      .filter(({ repository }) => repositories.repositories.has(repository))
    if (sources.length === 0) return []
    const places = await readPlaces(db, stream)
    if (places.size === 0) return []
    return sources.map((source) => lineageOf(stream, source, sources, repositories, places, changes))
  }
  return {
    repositories,
    of(stream) {
      const found = kept.get(stream) ?? find(stream)
      if (kept.size >= keptMax) kept.clear()
      kept.set(stream, found)
      found.catch(() => kept.delete(stream))
      return found
    },
  }
}

/** By environment. */
type Places = ReadonlyMap<string, readonly Deployment[]>

async function readPlaces(db: Ledger['db'], stream: string): Promise<Places> {
  const columns = ['environment', 'deployment', 'at', 'version', 'previous', 'commit'] as const
  const rows = await rowsOf(db, deploymentHistory).select(columns).where('stream', '=', stream).execute()
  const places = new Map<string, Deployment[]>()
  for (const { environment, deployment, at, version, previous, commit } of rows) {
    const one = { deployment, at: Date.parse(at!), version: version!, previous, commit }
    const there = places.get(environment)
    if (there === undefined) places.set(environment, [one])
    else there.push(one)
  }
  return places
}

function lineageOf(
  stream: string,
  source: Source,
  sources: readonly Source[],
  { repositories }: Repositories,
  places: Places,
  changes: ReturnType<typeof sharedChanges>,
): StreamLineage {
  const repository = repositories.get(source.repository)!
  const others = sources.filter((one) => one !== source).map((one) => repositories.get(one.repository)!)
  const versions = new Map<string, Resolution>()
  const found = (version: string, commit: string | null) => {
    const key = `${commit ?? ''} ${version}`
    const known = versions.get(key) ?? resolve(repository, version, commit)
    versions.set(key, known)
    return known
  }
  // What is built from another repository says nothing of this one.
  const isOurs = ({ version, commit }: Deployment) =>
    found(version, commit).commit !== undefined || others.every((other) => resolve(other, version, commit).commit === undefined)
  const all = [...places].flatMap(([environment, ones]): Deployed[] => ones.map(({ at, version }) => ({ environment, at, version })))
  all.sort((a, b) => a.at - b.at)
  const order = orderOf(all)
  const environments = new Map(order.map((name) => [name, carriedTo(repository.graph, places.get(name)!.filter(isOurs), found)]))
  const owns = (commit: number) => touches(repository.graph.pathsOf(commit), source.paths)
  let own: readonly TrunkChange[] | undefined
  const ownChanges = () => (own ??= changes(repository).filter(({ commits }) => source.paths.length === 0 || commits.some(owns)))
  return { stream, source, repository, environments, way: wayOf(all, order), changes: ownChanges, owns }
}

/** Of each repository once, for all streams that are built from it. */
function sharedChanges() {
  const kept = new Map<Repository, readonly TrunkChange[]>()
  return (repository: Repository): readonly TrunkChange[] => {
    const tip = repository.trunkTip()
    const known = kept.get(repository) ?? (tip === undefined ? [] : trunkChanges(repository.graph, tip, repository.requests))
    kept.set(repository, known)
    return known
  }
}
