import { invalid, notFound } from '../../kernel/errors.ts'
import { nearTo } from '../definition/suggest.ts'
import { subjectOf } from './changes.ts'
import { doubtOf, type Carried, type Carrier } from './carried.ts'
import { equivalentsOf, revertsOf, type Equivalent } from './equivalents.ts'
import type { Repository } from './repository.ts'
import type { CommitLineage, EnvironmentOfCommit, Link, StreamOfCommit } from './schemas.ts'
import type { Lineages } from './lineages.ts'
import type { StreamLineage } from './streams.ts'

const instant = (ms: number) => new Date(ms).toISOString()

/**
 * Where a commit is: which deployment first carried it to each environment, how that is known, and what is still to come.
 * @param name - its name, or at least seven digits of its beginning
 * @param stream - of this one alone. @defaultValue all that are built from its repository
 * @param asOf - as if nothing had been committed, merged or deployed after this moment, ms. @defaultValue now
 * @throws ThreewaysError `COMMIT_NOT_FOUND`, `COMMIT_AMBIGUOUS`, `STREAM_NOT_FOUND`
 */
export async function lineageOfCommit(
  lineages: Lineages,
  name: string,
  stream?: string,
  asOf = Number.POSITIVE_INFINITY,
): Promise<CommitLineage> {
  const { repositories, links } = lineages.repositories
  const found = [...repositories.values()].flatMap((repository) => commitsNamed(repository, name))
  const shas = [...new Set(found.map(({ sha }) => sha))]
  if (shas.length > 1)
    throw invalid('COMMIT_AMBIGUOUS', {
      message: `"${name}" begins the names of several commits: ${shas.slice(0, 5).join(', ')}`,
      help: 'give more digits',
    })
  if (found.length === 0)
    throw notFound('COMMIT_NOT_FOUND', {
      message: `no commit "${name}" is known`,
      help: 'bring in its repository: `threeways import git PATH`',
    })
  refuseEarlier(found, asOf)
  const streams: StreamOfCommit[] = []
  for (const { repository, commit } of found) {
    const names = stream === undefined ? links.streamsOf(repository.name) : [stream]
    for (const each of names)
      for (const lineage of await lineages.of(each, asOf))
        if (lineage.repository === repository) streams.push(streamOf(lineage, commit, asOf))
  }
  if (stream !== undefined && streams.length === 0 && !(await isBuiltFrom(lineages, stream, found)))
    throw notFound('STREAM_NOT_FOUND', {
      message: `no value stream "${stream}" is built from ${found.map(({ repository }) => repository.name).join(' or ')}`,
      help:
        nearTo(
          stream,
          found.flatMap(({ repository }) => links.streamsOf(repository.name)),
        ) ?? 'link it: `threeways import git PATH --stream NAME`',
    })
  const [{ repository, commit }] = found as [(typeof found)[number]]
  return { ...factsOf(repository, commit, asOf), streams: streams.toSorted((a, b) => (a.stream < b.stream ? -1 : 1)) }
}

/** What was written by then may be looked at; under another name it may have come into the world later. */
function refuseEarlier(found: readonly { readonly repository: Repository; readonly commit: number }[], asOf: number): void {
  const written = found.map(({ repository: { graph }, commit }) => graph.authored(commit) * 1000)
  const first = Math.min(...written)
  if (first <= asOf) return
  throw notFound('COMMIT_NOT_FOUND', {
    message: `as of ${instant(asOf)} there was no such commit: it was written at ${instant(first)}`,
    help: 'ask as of a later moment',
  })
}

/** Of a stream that was deployed later nothing is to be told, and it is known all the same. */
const isBuiltFrom = async (lineages: Lineages, stream: string, found: readonly { readonly repository: Repository }[]) =>
  (await lineages.of(stream)).some((lineage) => found.some(({ repository }) => repository === lineage.repository))

const thereBy =
  ({ graph }: Repository, asOf: number) =>
  (commit: number) =>
    graph.committed(commit) * 1000 <= asOf

function commitsNamed(repository: Repository, name: string): readonly { repository: Repository; commit: number; sha: string }[] {
  const { graph } = repository
  const text = name.toLowerCase()
  const whole = graph.find(text)
  const commits = whole !== undefined && graph.isKnown(whole) ? [whole] : /^[0-9a-f]{7,64}$/.test(text) ? graph.beginningWith(text) : []
  return commits.map((commit) => ({ repository, commit, sha: graph.sha(commit) }))
}

function factsOf(repository: Repository, commit: number, asOf: number): Omit<CommitLineage, 'streams'> {
  const { name, graph } = repository
  const brief = (one: number) => ({ commit: graph.sha(one), subject: graph.subject(one) })
  return {
    ...brief(commit),
    repository: name,
    authored: instant(graph.authored(commit) * 1000),
    committed: instant(graph.committed(commit) * 1000),
    asOf: asOf === Number.POSITIVE_INFINITY ? null : instant(asOf),
    reverts: revertsOf(graph, commit, thereBy(repository, asOf)).map(brief),
  }
}

function streamOf(lineage: StreamLineage, commit: number, asOf: number): StreamOfCommit {
  const { stream, source, repository, environments, way } = lineage
  const { graph } = repository
  const isThere = thereBy(repository, asOf)
  const change = lineage.changes().find(({ commits, merged }) => merged <= asOf && commits.includes(commit))
  const equivalents = equivalentsOf(graph, commit, repository.requests.merged()).filter((one) => isThere(one.commit))
  const reverts = revertsOf(graph, commit, isThere)
  const views = [...environments].map(([name, carried]) => environmentOf(repository, name, carried, commit, equivalents, reverts))
  const touched = change === undefined ? lineage.owns(commit) : change.commits.some(lineage.owns)
  return {
    stream,
    repository: repository.name,
    paths: [...source.paths],
    byName: source.byName,
    touched,
    change:
      change === undefined
        ? null
        : {
            commit: graph.sha(change.commit),
            subject: subjectOf(graph, change),
            commits: change.commits.length,
            begun: instant(change.begun),
            merged: instant(change.merged),
          },
    environments: views.filter(({ environment, links }) => links.length > 0 || way.includes(environment)),
    toCome: touched ? way.filter((name) => views.find(({ environment }) => environment === name)?.links.length === 0) : [],
  }
}

function environmentOf(
  { graph }: Repository,
  environment: string,
  carried: Carried,
  commit: number,
  equivalents: readonly Equivalent[],
  reverts: readonly number[],
): EnvironmentOfCommit {
  const linkTo = (one: number, reason: (carrier: Carrier) => Link['reason'], confidence: number): Link[] => {
    const carrier = carried.carriers[carried.by[one] ?? -1]
    return carrier === undefined
      ? []
      : [
          linkOf(
            { ...carrier, ...doubtOf(carrier, graph.committed(one) * 1000) },
            reason(carrier),
            one === commit ? null : graph.sha(one),
            confidence,
          ),
        ]
  }
  const [direct] = linkTo(commit, (carrier) => (carrier.commit === commit ? 'is' : 'contains'), 1)
  const others = equivalents.flatMap(({ commit: other, as, confidence }) => linkTo(other, () => as, confidence))
  // What came later under another name brought nothing new.
  const earlier = others.filter(({ at }) => direct === undefined || at < direct.at)
  const links = [...earlier, ...(direct === undefined ? [] : [direct])].toSorted((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : b.confidence - a.confidence,
  )
  const undone = reverts.flatMap((revert) => linkTo(revert, () => 'reverted by', 1)).toSorted((a, b) => (a.at < b.at ? -1 : 1))
  const { running } = carried
  return {
    environment,
    links,
    undone: links.length === 0 ? [] : undone,
    running: running === undefined ? null : graph.contains(running, commit),
    unresolved: carried.unresolved.length,
  }
}

function linkOf(
  { deployment, version, at, after, doubt, confidence, by }: Carrier,
  reason: Link['reason'],
  through: string | null,
  likeness: number,
): Link {
  return {
    deployment: deployment ?? null,
    version,
    at: instant(at),
    after: after === undefined ? null : instant(after),
    reason,
    through,
    versionBy: by,
    doubt: doubt ?? null,
    confidence: Math.round(confidence * likeness * 1000) / 1000,
  }
}
