import type { ContentOf } from '../../ledger/event.ts'
import type { KnownRepository } from '../history/commits.port.ts'
import type { refsRecorded } from '../history/events.ts'
import { CommitGraph, type RecordedCommit } from './graph.ts'
import { Requests } from './requests.ts'

/** When something was said and by which event: of two that were said of one thing, the later one holds. */
export type Said = { readonly time: string; readonly id: string }

const isLater = (one: Said, than: Said | undefined) =>
  than === undefined || one.time > than.time || (one.time === than.time && one.id > than.id)

/** So many places of a branch are kept, in case that the commits of the newest are not here yet. */
const placesKept = 100

/** What is known of one repository. */
export class Repository {
  readonly graph = new CommitGraph()
  readonly requests = new Requests()
  /** Counts what was said of commits, branches and tags. */
  changed = 0
  /** Of each, where it stood, the latest first. */
  private readonly refs = new Map<string, (Said & { readonly sha: string | undefined })[]>()
  private shown: (Said & { readonly head: string | undefined; readonly trunk: string | undefined }) | undefined
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  addCommits(commits: readonly RecordedCommit[]): void {
    this.graph.add(commits)
    this.changed++
  }

  addRefs({ refs, gone = [], head, trunk }: ContentOf<typeof refsRecorded>, said: Said): void {
    this.changed++
    for (const [name, sha] of Object.entries(refs)) this.put(name, { ...said, sha })
    for (const name of gone) this.put(name, { ...said, sha: undefined })
    // Whoever tells of a push says nothing of what is checked out.
    if ((head !== undefined || trunk !== undefined) && isLater(said, this.shown))
      this.shown = { ...said, head: head ?? this.shown?.head, trunk }
  }

  private put(name: string, place: Said & { readonly sha: string | undefined }): void {
    const places = this.refs.get(name) ?? []
    const at = places.findIndex((one) => !isLater(one, place))
    places.splice(at === -1 ? places.length : at, 0, place)
    this.refs.set(name, places)
    if (places.length > placesKept)
      places.splice(
        places.findLastIndex(({ sha }) => !this.has(sha)),
        1,
      )
  }

  private has(sha: string | undefined): boolean {
    const commit = sha === undefined ? undefined : this.graph.find(sha)
    return commit !== undefined && this.graph.isKnown(commit)
  }

  /** Where branches and tags stand, by full name. */
  places(): ReadonlyMap<string, string> {
    return new Map([...this.refs].flatMap(([name, [latest]]) => (latest?.sha === undefined ? [] : [[name, latest.sha]])))
  }

  /** Where a branch or tag was said to stand, by full name, the latest first. Undefined: it was said to be gone. */
  stood(name: string): readonly (string | undefined)[] {
    return (this.refs.get(name) ?? []).map(({ sha }) => sha)
  }

  /** The commit that a tag stands for. Undefined: there is no such tag, or its commit is not known. */
  tagged(name: string): number | undefined {
    const sha = this.refs.get(`refs/tags/${name}`)?.[0]?.sha
    const commit = sha === undefined ? undefined : this.graph.find(sha)
    return commit !== undefined && this.graph.isKnown(commit) ? commit : undefined
  }

  /**
   * The newest commit that is on its way to production, of those that are here: of a push it may be known where to, and its commits only when
   * the repository is imported again. Undefined: nobody said which branch that is, or it is gone.
   */
  trunkTip(): number | undefined {
    const places = this.refs.get(this.shown?.trunk ?? '') ?? []
    if (places[0]?.sha === undefined) return undefined
    const known = places.find(({ sha }) => this.has(sha))
    return known?.sha === undefined ? undefined : this.graph.find(known.sha)
  }

  /** The branch that goes to production, without `refs/heads/`. Undefined: nobody said which that is. */
  trunkName(): string | undefined {
    return this.shown?.trunk?.replace(/^refs\/heads\//, '')
  }

  known(): KnownRepository {
    const { graph } = this
    const goesOn = new Uint8Array(graph.size)
    const cut: string[] = []
    for (let commit = 0; commit < graph.size; commit++) {
      const parents = graph.parents(commit)
      for (const parent of parents) goesOn[parent] = 1
      if (parents.some((parent) => !graph.isKnown(parent))) cut.push(graph.sha(commit))
    }
    const tips: string[] = []
    for (let commit = 0; commit < graph.size; commit++) if (goesOn[commit] === 0 && graph.isKnown(commit)) tips.push(graph.sha(commit))
    return {
      repository: this.name,
      commits: graph.commits,
      tips: tips.toSorted(),
      cut: cut.toSorted(),
      refs: Object.fromEntries([...this.places()].toSorted()),
      head: this.shown?.head,
      trunk: this.shown?.trunk,
    }
  }
}
