import type { ContentOf } from '../../ledger/event.ts'
import type { sourceLinked } from '../history/events.ts'
import type { Said } from './repository.ts'

type Linked = ContentOf<typeof sourceLinked>

/** A repository that a stream is built from. */
export type Source = {
  readonly repository: string
  /** Only what these hold; empty: all of it. */
  readonly paths: readonly string[]
  /** Nobody said so: they have one name. */
  readonly byName: boolean
}

/** From which repositories streams are built, as people said. */
export class Links {
  private readonly said = new Map<string, Map<string, Said & { readonly paths: readonly string[] }>>()
  /** How often anything else was said than before. */
  changed = 0

  add({ stream, repository, paths = [] }: Linked, { time, id }: Said): void {
    const ofStream = this.said.get(stream) ?? new Map<string, Said & { readonly paths: readonly string[] }>()
    this.said.set(stream, ofStream)
    const before = ofStream.get(repository)
    if (before !== undefined && (time < before.time || (time === before.time && id <= before.id))) return
    ofStream.set(repository, { time, id, paths })
    this.changed++
  }

  /** What was said; where nothing was, repositories of the same name. */
  of(stream: string, repositories: Iterable<string>): readonly Source[] {
    const said = this.said.get(stream)
    if (said !== undefined) return [...said].map(([repository, { paths }]) => ({ repository, paths, byName: false })).toSorted(byName)
    return [...repositories]
      .filter((name) => name === stream || name.slice(name.lastIndexOf('/') + 1) === stream)
      .map((repository) => ({ repository, paths: [], byName: true }))
      .toSorted(byName)
  }

  /** Streams that may be built from it. */
  streamsOf(repository: string): readonly string[] {
    const linked = [...this.said].flatMap(([stream, sources]) => (sources.has(repository) ? [stream] : []))
    const namesakes = [repository, repository.slice(repository.lastIndexOf('/') + 1)].filter((name) => !this.said.has(name))
    return [...new Set([...linked, ...namesakes])].toSorted()
  }
}

const byName = (a: Source, b: Source) => (a.repository < b.repository ? -1 : 1)

/** Whether a commit that changed these paths is one of a stream that owns those. */
export function touches(changed: readonly string[] | undefined, owned: readonly string[]): boolean {
  if (owned.length === 0) return true
  // A merge, or a commit whose files are not known.
  if (changed === undefined) return false
  return owned.some((own) => {
    const folder = own.endsWith('/') ? own : `${own}/`
    // Of a commit with many files only folders are told: what lies in one may be ours.
    return changed.some(
      (path) => path === '/' || path === own || path.startsWith(folder) || (path.endsWith('/') && folder.startsWith(path)),
    )
  })
}
