import type { Repository } from './repository.ts'

/** How a version came to be taken for a commit. */
export type ResolvedBy = 'commit' | 'tag' | 'sha' | 'name'

export type Resolution = { readonly commit: number; readonly by: ResolvedBy } | { readonly commit: undefined; readonly why: string }

const digits = /^[0-9a-f]{7,64}$/
/** As images and builds are named: release-<sha>, v1.2-14-g<sha> (git describe), main.<sha>. */
const ending = /[-_.+@:/](?:g|sha)?([0-9a-f]{7,64})$/

/**
 * The commit of a version: as whoever deployed it said; that of a tag of this name; the one that it is the name of, or the beginning
 * of the name; or the one with whose name it ends. Nothing is guessed: what could be two is none.
 */
export function resolve(repository: Repository, version: string, told: string | null = null): Resolution {
  const said = told === null || told === '' ? undefined : named(repository, told.toLowerCase(), 'commit')
  if (said?.commit !== undefined) return said
  const tagged = repository.tagged(version)
  if (tagged !== undefined) return { commit: tagged, by: 'tag' }
  const lower = version.toLowerCase()
  const whole = digits.test(lower) ? named(repository, lower, 'sha') : undefined
  if (whole?.commit !== undefined) return whole
  const [, end] = ending.exec(lower) ?? []
  const part = end === undefined ? undefined : named(repository, end, 'name')
  if (part?.commit !== undefined) return part
  return said ?? whole ?? part ?? { commit: undefined, why: `${repository.name} has no tag "${version}"` }
}

function named({ graph, name }: Repository, text: string, by: ResolvedBy): Resolution {
  const whole = graph.find(text)
  if (whole !== undefined && graph.isKnown(whole)) return { commit: whole, by }
  const [only, another] = digits.test(text) ? graph.beginningWith(text) : []
  if (another !== undefined) return { commit: undefined, why: `"${text}" begins the names of several commits of ${name}` }
  if (only !== undefined) return { commit: only, by }
  return { commit: undefined, why: `${name} has no commit "${text}" that is known here` }
}
