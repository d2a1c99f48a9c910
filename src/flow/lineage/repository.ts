import type { ContentOf } from '../../ledger/event.ts'
import type { KnownRepository } from '../history/commits.port.ts'
import type { refsRecorded } from '../history/events.ts'
import { CommitGraph, type RecordedCommit } from './graph.ts'
import { Requests } from './requests.ts'

/** When something was said and by which event: of two that were said of one thing, the later one holds. */
export type Said = { readonly time: string; readonly id: string }

const isLater = (one: Said, than: Said | undefined) =>
  than === undefined || one.time > than.time || (one.time === than.time && one.id > than.id)

/** What is known of one repository. */
export class Repository {
  readonly graph = new CommitGraph()
  readonly requests = new Requests()
  /** Counts what was said of commits, branches and tags. */
  changed = 0
  private readonly refs = new Map<string, Said & { readonly sha: string | undefined }>()
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
    const put = (name: string, sha: string | undefined) => {
      if (isLater(said, this.refs.get(name))) this.refs.set(name, { ...said, sha })
    }
    for (const [name, sha] of Object.entries(refs)) put(name, sha)
    for (const name of gone) put(name, undefined)
    if (isLater(said, this.shown)) this.shown = { ...said, head, trunk }
  }

  /** Where branches and tags stand, by full name. */
  places(): ReadonlyMap<string, string> {
    return new Map([...this.refs].flatMap(([name, { sha }]) => (sha === undefined ? [] : [[name, sha]])))
  }

  /** The commit that a tag stands for. Undefined: there is no such tag, or its commit is not known. */
  tagged(name: string): number | undefined {
    const sha = this.refs.get(`refs/tags/${name}`)?.sha
    const commit = sha === undefined ? undefined : this.graph.find(sha)
    return commit !== undefined && this.graph.isKnown(commit) ? commit : undefined
  }

  /** The newest commit that is on its way to production. Undefined: nobody said which branch that is, or its commits are not here. */
  trunkTip(): number | undefined {
    const trunk = this.shown?.trunk
    const sha = trunk === undefined ? undefined : this.refs.get(trunk)?.sha
    const tip = sha === undefined ? undefined : this.graph.find(sha)
    return tip !== undefined && this.graph.isKnown(tip) ? tip : undefined
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
