import type { TrunkChange } from '../../lineage/changes.ts'
import { touches } from '../../lineage/links.ts'
import type { Repository } from '../../lineage/repository.ts'
import { numberSaid } from '../../lineage/requests.ts'
import type { Window } from '../stream-flow.ts'
import type { Known } from './changed.ts'
import { couplingsOf, type Couplings } from './coupling.ts'
import { namesIn, projectOf, type Names } from './names.ts'

/** A change of a work, and the streams that it touched. */
export type Part = { readonly repository: Repository; readonly change: TrunkChange; readonly streams: readonly string[] }

/** A piece of work: changes of any repositories that name the same thing, or each other. */
export type Work = {
  /** What they name, by name; of a change by itself its own request. */
  readonly keys: readonly string[]
  /** The earliest first. */
  readonly parts: readonly Part[]
}

export type Works = {
  /** By when the first change of each was merged. */
  readonly works: readonly Work[]
  /** Changes that were merged in the window, and those of them that are of any work. */
  readonly changes: number
  readonly named: number
  /** Keys on so many changes that they say nothing of two of them. */
  readonly common: readonly string[]
  /** Which streams of different repositories they touch together. */
  readonly couplings: Couplings
}

/** What is on more than so many of the changes that name anything, and on more than five, is a habit and no piece of work. */
const commonShare = 0.25
const commonLeast = 5
/** A change that names more lists what others did, as a release does. */
const namesMost = 5

/** What a change names, and by which names others name it. */
type Named = Names & { readonly own: readonly string[] }
/** A change in the window. */
type Found = { readonly named: Named; readonly repository: Repository; readonly change: TrunkChange; readonly owners: readonly Owner[] }
type Owner = { readonly stream: string; readonly paths: readonly string[] }

/**
 * The pieces of work of which changes came into any trunk in the window. Changes are of one work where their commits name the same
 * ticket, the same issue or request, where one names the request or a commit of another, and where a third binds them. Who wrote them
 * and when is not asked. A change that names nothing and has no request is of no work that could be known: it is counted and left out.
 * @param isStream - whether anything else is known of a stream of that name
 */
export function worksOf(known: Known, window: Window, isStream: (stream: string) => boolean = () => false): Works {
  const { found, said } = changesIn(known, window, isStream)
  const { repositories } = known.repositories
  const before = answered.get(repositories)
  const answers = before?.said === said ? before.answers : []
  // A window that slides on over nothing new holds the same changes.
  const same = answers.find((one) => one.changes.length === found.length && found.every(({ change }, at) => change === one.changes[at]))
  const answer = same ?? { changes: found.map(({ change }) => change), works: worksAmong(found, known) }
  answered.set(repositories, { said, answers: [answer, ...answers.filter((one) => one !== answer)].slice(0, answersMax) })
  return answer.works
}

type Answer = { readonly changes: readonly TrunkChange[]; readonly works: Works }
/** So many windows are looked at in turn. */
const answersMax = 4
/** The last answers of each ledger, the latest first, with what was said when they were given. */
const answered = new WeakMap<Known['repositories']['repositories'], { readonly said: string; readonly answers: readonly Answer[] }>()

function worksAmong(found: readonly Found[], known: Known): Works {
  const isProject = projectsIn(found)
  const owners = new Set([...known.repositories.repositories.keys()].map((name) => ownerOf(name.toLowerCase())))
  const keysOf = found.map(({ named }) => keysNamed(named, isProject, owners))
  const common = commonIn(keysOf, found)
  const groups = new Groups(found.length)
  const first = new Map<string, number>()
  const join = (key: string, at: number) => {
    const other = first.get(key)
    if (other === undefined) first.set(key, at)
    else groups.join(other, at)
  }
  for (const [at, keys] of keysOf.entries()) for (const key of [...keys, ...found[at]!.named.own]) if (!common.has(key)) join(key, at)
  joinCommits(found, known, groups)
  const { works, named } = gathered(found, keysOf, common, groups)
  const touched = works.flatMap(({ parts }, at) => parts.flatMap(({ streams }) => streams.map((stream) => ({ stream, at }))))
  // Each work is a time of its own.
  const couplings = couplingsOf(touched, 1, areApart(known.repositories))
  return { works, changes: found.length, named, common: [...common].toSorted(), couplings }
}

/** @returns the changes, and what was said of the repositories and of who is built from them */
function changesIn(
  known: Known,
  { since, until, asOf }: Window,
  isStream: (stream: string) => boolean,
): { readonly found: readonly Found[]; readonly said: string } {
  const found: Found[] = []
  const said: unknown[] = [known.repositories.links.changed]
  for (const repository of [...known.repositories.repositories.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const changes = known.changesOf(repository)
    const named = namedOf(repository, changes)
    const owners = ownersOf(known, repository.name, isStream)
    said.push([repository.name, repository.changed, owners])
    for (const [at, change] of changes.entries())
      if (change.merged >= since && change.merged < until && change.merged <= asOf)
        found.push({ named: named[at]!, repository, change, owners })
  }
  return { found, said: JSON.stringify(said) }
}

/** Who is built from a repository: those who said so, else the one of its name. */
function ownersOf({ repositories: { links } }: Known, repository: string, isStream: (stream: string) => boolean): readonly Owner[] {
  const own = links.streamsOf(repository).map((stream) => ({ stream, source: links.of(stream, [repository])[0] }))
  const said = own.flatMap(({ stream, source }) => (source === undefined || source.byName ? [] : [{ stream, paths: source.paths }]))
  if (said.length > 0) return said
  const names = own.map(({ stream }) => stream)
  const short = repository.slice(repository.lastIndexOf('/') + 1)
  const stream = names.includes(repository) && isStream(repository) ? repository : names.includes(short) ? short : names[0]
  return stream === undefined ? [] : [{ stream, paths: [] }]
}

/** Of the changes of a trunk, which are the same ones for as long as nothing is known of more. */
const kept = new WeakMap<readonly TrunkChange[], readonly Named[]>()

function namedOf({ name, graph }: Repository, changes: readonly TrunkChange[]): readonly Named[] {
  const before = kept.get(changes)
  if (before) return before
  const here = name.toLowerCase()
  const numbers = changes.map(({ commit }) => numberSaid(graph.subject(commit)))
  // Where issues and requests are counted together, commits on the trunk say their request as `#12`.
  const isOneCount = numbers.some((number) => number !== undefined)
  const named = changes.map(({ commits, request }, at): Named => {
    const number = numbers[at] ?? request?.number
    const own = number === undefined ? [] : isOneCount ? [`${here}#${number}`] : [`${here}!${number}`]
    const names = namesIn(commits.map(graph.subject))
    return { ...(countOf(names) > namesMost ? nameless : names), own }
  })
  kept.set(changes, named)
  return named
}

const countOf = ({ tickets, small, references, commits }: Names) => tickets.size + small.size + references.size + commits.size
const none: ReadonlySet<string> = new Set()
const nameless: Names = { tickets: none, small: none, references: none, commits: none }

/** A project has more than one ticket: a word with a number behind it that is always the same is none. */
function projectsIn(found: readonly Found[]): (key: string) => boolean {
  const projects = new Map<string, string | true>()
  for (const { named } of found) {
    for (const key of named.tickets) {
      const project = projectOf(key)
      const before = projects.get(project)
      if (before === undefined) projects.set(project, key)
      else if (before !== key) projects.set(project, true)
    }
  }
  return (key) => projects.get(projectOf(key)) === true
}

const ownerOf = (name: string) => name.slice(0, name.indexOf('/') + 1)

/** Issues and requests count of those whose repositories are known: two that take in the same library name its requests and not each other. */
function keysNamed(
  { tickets, small, references, own }: Named,
  isProject: (key: string) => boolean,
  owners: ReadonlySet<string>,
): ReadonlySet<string> {
  if (tickets.size === 0 && small.size === 0 && references.size === 0) return none
  const keys = new Set<string>()
  for (const key of tickets) if (isProject(key)) keys.add(key)
  for (const key of small) if (isProject(key)) keys.add(key)
  for (const key of references) if (!own.includes(key) && (key.startsWith('trello.com/') || owners.has(ownerOf(key)))) keys.add(key)
  return keys
}

function commonIn(keysOf: readonly ReadonlySet<string>[], found: readonly Found[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  let named = 0
  for (const [at, keys] of keysOf.entries()) {
    if (keys.size > 0 || found[at]!.named.own.length > 0) named++
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const most = Math.max(commonLeast, commonShare * named)
  return new Set([...counts].flatMap(([key, count]) => (count > most ? [key] : [])))
}

/** Whoever names a commit is of the work of the change that brought it. */
function joinCommits(found: readonly Found[], { repositories: { repositories } }: Known, groups: Groups): void {
  const naming = found.flatMap(({ named: { commits } }, at) => [...commits].map((name) => ({ name, at })))
  if (naming.length === 0) return
  const byName = new Map([...repositories.values()].map((repository) => [repository.name.toLowerCase(), repository]))
  const broughtBy = new Map<Repository, Map<number, number>>()
  for (const { name, at } of naming) {
    const mark = name.lastIndexOf('@')
    const repository = byName.get(name.slice(0, mark))
    const [commit, another] = repository?.graph.beginningWith(name.slice(mark + 1)) ?? []
    if (repository === undefined || commit === undefined || another !== undefined) continue
    const changes = broughtBy.get(repository) ?? changeOfEach(found, repository)
    broughtBy.set(repository, changes)
    const by = changes.get(commit)
    if (by !== undefined) groups.join(by, at)
  }
}

const changeOfEach = (found: readonly Found[], of: Repository) =>
  new Map(found.flatMap(({ repository, change }, at) => (repository === of ? change.commits.map((commit) => [commit, at] as const) : [])))

function gathered(
  found: readonly Found[],
  keysOf: readonly ReadonlySet<string>[],
  common: ReadonlySet<string>,
  groups: Groups,
): { readonly works: readonly Work[]; readonly named: number } {
  const members = new Map<number, number[]>()
  for (const at of found.keys()) {
    const group = groups.of(at)
    const others = members.get(group)
    if (others) others.push(at)
    else members.set(group, [at])
  }
  const works: Work[] = []
  let named = 0
  for (const all of members.values()) {
    const keys = new Set(all.flatMap((at) => [...keysOf[at]!].filter((key) => !common.has(key))))
    // Only where nothing better is said: a change by itself, or one that another names by a commit.
    if (keys.size === 0) for (const at of all) for (const key of found[at]!.named.own) keys.add(key)
    if (keys.size === 0 && all.length === 1) continue
    named += all.length
    const parts = all.map((at) => partOf(found[at]!)).toSorted((a, b) => a.change.merged - b.change.merged)
    works.push({ keys: keys.size === 0 ? [nameOf(parts[0]!)] : [...keys].toSorted(), parts })
  }
  const at = ({ parts: [first] }: Work) => first!.change.merged
  return { works: works.toSorted((a, b) => at(a) - at(b) || (a.keys[0]! < b.keys[0]! ? -1 : 1)), named }
}

const nameOf = ({ repository, change }: Part) => `${repository.name}@${repository.graph.sha(change.commit).slice(0, 12)}`

function partOf({ repository, change, owners }: Found): Part {
  if (owners.every(({ paths }) => paths.length === 0)) return { repository, change, streams: owners.map(({ stream }) => stream) }
  const paths = change.commits.flatMap((commit) => repository.graph.pathsOf(commit) ?? [])
  return { repository, change, streams: owners.flatMap(({ stream, paths: owned }) => (touches(paths, owned) ? [stream] : [])) }
}

/** Which of many belong together, told by twos. */
class Groups {
  private readonly towards: Int32Array

  constructor(size: number) {
    this.towards = Int32Array.from({ length: size }, (_, at) => at)
  }

  of(one: number): number {
    const { towards } = this
    let at = one
    while (towards[at] !== at) at = towards[at] = towards[towards[at]!]!
    return at
  }

  /** The first of a group stands for it, in whatever order it is told. */
  join(a: number, b: number): void {
    const [x, y] = [this.of(a), this.of(b)]
    this.towards[Math.max(x, y)] = Math.min(x, y)
  }
}

/** Whether no repository is a source of both: what one repository holds is changed together within one change. */
export function areApart({ repositories, links }: Known['repositories']): (a: string, b: string) => boolean {
  const sources = new Map<string, ReadonlySet<string>>()
  const of = (stream: string) => {
    const before = sources.get(stream)
    if (before) return before
    const names = new Set(links.of(stream, repositories.keys()).map(({ repository }) => repository))
    sources.set(stream, names)
    return names
  }
  return (a, b) => ![...of(a)].some((name) => of(b).has(name))
}
