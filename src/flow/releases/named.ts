import type { TrunkChange } from '../lineage/changes.ts'
import { numberSaid } from '../lineage/requests.ts'
import type { StreamLineage } from '../lineage/streams.ts'

/** What a flag calls the change that it hides. */
export type Named = {
  /** Lower case; undefined: that is not said. */
  readonly repository: string | undefined
  readonly commit: string | undefined
  readonly request: number | undefined
}

const commitForm = /^[0-9a-f]{7,40}$/
const shortForm = /^(?:([\w.-]+(?:\/[\w.-]+)*)([#!@]))?(\w+)$|^([#!])(\d{1,9})$/
const addressForm = /^https?:\/\/[^/]+\/([\w.-]+(?:\/[\w.-]+)+?)(?:\/-)?\/(?:pulls?|merge_requests|commits?)\/(\w+)(?:[/?#].*)?$/

/**
 * Reads a commit (at least seven of its letters), a request (`#7`, `!7`), either of a named repository (`acme/shop@1f3b…`, `acme/shop#7`),
 * or the address of one of them.
 * @returns undefined: it is none of them
 */
export function namedBy(text: string): Named | undefined {
  const told = text.trim()
  const address = addressForm.exec(told)
  if (address !== null) return namedIn(address[1]!, address[2]!, /\/commits?\//.test(told))
  const [, repository, mark, name, aloneMark, number] = shortForm.exec(told) ?? []
  if (aloneMark !== undefined) return namedIn(undefined, number!, false)
  return name === undefined ? undefined : namedIn(repository, name, mark === undefined || mark === '@')
}

function namedIn(repository: string | undefined, name: string, isCommit: boolean): Named | undefined {
  const of = repository?.toLowerCase()
  const commit = name.toLowerCase()
  if (isCommit) return commitForm.test(commit) ? { repository: of, commit, request: undefined } : undefined
  return /^\d{1,9}$/.test(name) ? { repository: of, commit: undefined, request: Number(name) } : undefined
}

/** The change of a trunk that is meant. Undefined: there is none, or it could be several. */
export function changeNamed({ repository, commit, request }: Named, lineage: StreamLineage): TrunkChange | undefined {
  if (repository !== undefined && repository !== lineage.repository.name.toLowerCase()) return undefined
  const { byCommit, byRequest } = indexOf(lineage)
  if (request !== undefined) return byRequest.get(request)
  const { graph } = lineage.repository
  const found = commit!.length === 40 ? [graph.find(commit!)] : graph.beginningWith(commit!)
  return found.length === 1 && found[0] !== undefined ? byCommit.get(found[0]) : undefined
}

type Index = { readonly byCommit: ReadonlyMap<number, TrunkChange>; readonly byRequest: ReadonlyMap<number, TrunkChange> }

const indexes = new WeakMap<readonly TrunkChange[], Index>()

/** Found once for each trunk, for as long as nothing comes to it. */
function indexOf({ repository: { graph }, changes }: StreamLineage): Index {
  const all = changes()
  const known = indexes.get(all)
  if (known !== undefined) return known
  const byCommit = new Map(all.flatMap((change) => change.commits.map((commit) => [commit, change] as const)))
  const numbered = all.flatMap((change) => {
    const number = change.request?.number ?? numberSaid(graph.subject(change.commit))
    return number === undefined ? [] : [[number, change] as const]
  })
  // Of two that say the same number, the first brought it.
  const made = { byCommit, byRequest: new Map(numbered.toReversed()) }
  indexes.set(all, made)
  return made
}
