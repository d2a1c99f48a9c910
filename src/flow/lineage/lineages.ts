import { sharedLook } from '../../kernel/shared-look.ts'
import { toFact } from '../../ledger/catalogue.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from '../deployment/events.ts'
import { deploymentHistory, deploymentOf } from '../history/projection.ts'
import type { Deployment } from './carried.ts'
import { trunkChanges, type TrunkChange } from './changes.ts'
import type { Repositories } from './repositories.ts'
import type { Repository } from './repository.ts'
import { lineageOf, type Places, type StreamLineage } from './streams.ts'

export type Lineages = {
  readonly repositories: Repositories
  /** Of its trunk, oldest first; none where nobody knows which branch that is. */
  changesOf(repository: Repository): readonly TrunkChange[]
  /**
   * Empty: of none of its repositories commits are known, or nothing was deployed.
   * @param asOf - as if nothing had been deployed after this moment, ms; found anew each time. @defaultValue now
   */
  of(stream: string, asOf?: number): Promise<readonly StreamLineage[]>
  /** The same of several, by name. */
  ofAll(streams: Iterable<string>): Promise<ReadonlyMap<string, readonly StreamLineage[]>>
}

/** So many links of commits are kept ready, of four bytes each: a large repository of many streams is not to fill the memory. */
const linksMax = 25_000_000
/** So many new deployments are looked at one by one; after more of them nothing is kept. */
const newMax = 1000
const types = [serviceDeployed, serviceUpgraded, serviceRolledBack].map(({ type }) => type)

/**
 * What came where, found once for each stream for as long as nothing is recorded of its deployments and its repositories: a busy
 * ledger of others does not make every look begin anew.
 */
export function makeLineages(ledger: Pick<Ledger, 'db' | 'head' | 'read'>, look: () => Promise<Repositories>): () => Promise<Lineages> {
  let seen = -1
  const kept = new Kept()
  const changes = keptChanges()
  return sharedLook(async () => {
    // Before the events: what comes in between is looked at now and once more.
    const head = await ledger.head()
    const repositories = await look()
    const news = seen === -1 || seen === head ? [] : await ledger.read({ after: seen, types, limit: newMax })
    if (news.length === newMax) kept.forgetAll()
    for (const { event } of news) kept.forget(deploymentOf(toFact(event) as never, false).stream)
    seen = Math.max(head, news.at(-1)?.seq ?? 0)
    const of = (stream: string, asOf = Number.POSITIVE_INFINITY) => {
      const look = () => find(ledger.db, stream, repositories, changes, asOf)
      return asOf === Number.POSITIVE_INFINITY ? kept.get(stream, keyOf(stream, repositories), look) : look()
    }
    const ofAll = async (streams: Iterable<string>) =>
      new Map(await Promise.all([...streams].map(async (stream) => [stream, await of(stream)] as const)))
    return { repositories, changesOf: changes, of, ofAll }
  })
}

const sourcesOf = (stream: string, { repositories, links }: Repositories) =>
  links.of(stream, repositories.keys()).flatMap((source) => {
    const repository = repositories.get(source.repository)
    return repository === undefined ? [] : [{ source, repository }]
  })

/** Another one when anything is known of the commits that was not. */
const keyOf = (stream: string, repositories: Repositories) =>
  JSON.stringify(sourcesOf(stream, repositories).map(({ source, repository }) => [source, repository.changed, repository.requests.changed]))

async function find(db: Ledger['db'], stream: string, repositories: Repositories, changes: ReturnType<typeof keptChanges>, asOf: number) {
  const sources = sourcesOf(stream, repositories)
  if (sources.length === 0) return []
  const places = await readPlaces(db, stream, asOf)
  if (places.size === 0) return []
  return sources.map((one) =>
    lineageOf(
      stream,
      one,
      sources.filter((other) => other !== one),
      places,
      changes,
    ),
  )
}

async function readPlaces(db: Ledger['db'], stream: string, asOf: number): Promise<Places> {
  const columns = ['environment', 'deployment', 'at', 'version', 'previous', 'commit'] as const
  const rows = await rowsOf(db, deploymentHistory).select(columns).where('stream', '=', stream).execute()
  const places = new Map<string, Deployment[]>()
  for (const { environment, deployment, at, version, previous, commit } of rows) {
    const one = { deployment, at: Date.parse(at!), version: version!, previous, commit }
    if (one.at > asOf) continue
    const there = places.get(environment)
    if (there === undefined) places.set(environment, [one])
    else there.push(one)
  }
  return places
}

class Kept {
  private readonly streams = new Map<string, { readonly key: string; readonly found: Promise<readonly StreamLineage[]> }>()
  private links = 0

  get(stream: string, key: string, find: () => Promise<readonly StreamLineage[]>): Promise<readonly StreamLineage[]> {
    const known = this.streams.get(stream)
    if (known?.key === key) return known.found
    if (this.links > linksMax) this.forgetAll()
    const found = find()
    this.streams.set(stream, { key, found })
    found.then(
      (all) => {
        for (const { repository, environments } of all) this.links += repository.graph.size * environments.size
      },
      () => this.forget(stream),
    )
    return found
  }

  forget(stream: string): void {
    this.streams.delete(stream)
  }

  forgetAll(): void {
    this.streams.clear()
    this.links = 0
  }
}

/** Of each repository once, for all streams that are built from it. */
function keptChanges() {
  const kept = new Map<Repository, { readonly key: string; readonly changes: readonly TrunkChange[] }>()
  return (repository: Repository): readonly TrunkChange[] => {
    const key = `${repository.changed} ${repository.requests.changed}`
    const known = kept.get(repository)
    if (known?.key === key) return known.changes
    const tip = repository.trunkTip()
    const changes = tip === undefined ? [] : trunkChanges(repository.graph, tip, repository.requests)
    kept.set(repository, { key, changes })
    return changes
  }
}
