import type { CommitGraph } from './graph.ts'
import type { Resolution, ResolvedBy } from './resolve.ts'

/** A version that came to run in the environment that is looked at. */
export type Deployment = {
  /** Names it among all. */
  readonly deployment: string
  /** Milliseconds. */
  readonly at: number
  readonly version: string
  /** What ran before, where whoever recorded it says so. */
  readonly previous: string | null
  /** Its commit, where whoever recorded it says so. */
  readonly commit: string | null
}

/** What a link from a commit to a deployment may hide. */
export type Doubt =
  /** Nothing is known of the time before: it may have been there long since. */
  | 'first'
  /** A deployment is missing on record, or nobody knows what it brought: that one may have carried it. */
  | 'gap'

/** Something that brought commits to an environment. */
export type Carrier = {
  readonly version: string
  /** When it is known to have run, ms. */
  readonly at: number
  /** On record. Undefined: it is not, but the deployment after it says that it ran before. */
  readonly deployment: string | undefined
  /** Of one that is not on record: it came after this, ms. Undefined: nobody knows since when. */
  readonly after: number | undefined
  readonly commit: number
  readonly by: ResolvedBy
  readonly doubt: Doubt | undefined
  /** How sure it is that this one was the first, from 0 to 1. */
  readonly confidence: number
  /** When the last deployment before it ran of which nobody knows what it brought, ms. */
  readonly blindUntil: number
}

/** A deployment of which nobody knows what it brought. */
export type Unresolved = { readonly deployment: string; readonly at: number; readonly version: string; readonly why: string }

export type Carried = {
  readonly carriers: readonly Carrier[]
  /** By commit: which of the carriers first brought it; -1: none did. */
  readonly by: Int32Array
  readonly unresolved: readonly Unresolved[]
  /** What runs there now. Undefined: nothing was deployed, or nobody knows which commit it is. */
  readonly running: number | undefined
}

/** Nothing says whether what was there at the beginning had come then or long before. */
const firstConfidence = 0.5

/**
 * Which deployment first brought each commit to an environment, by containment: a deployment brings its commit and everything before
 * it that was not brought yet. Each commit is looked at once, however many deployments there are.
 *
 * A deployment that says that another version ran before it than is on record tells of one that is missing, which takes its place.
 * @param deployments - to one environment, in any order
 */
export function carriedTo(
  graph: CommitGraph,
  deployments: readonly Deployment[],
  resolve: (version: string, commit: string | null) => Resolution,
): Carried {
  const by = new Int32Array(graph.size).fill(-1)
  const marks = new Uint8Array(graph.size)
  const carriers: Carrier[] = []
  const unresolved: Unresolved[] = []
  const ordered = inOrder(deployments)
  const missing = missingIn(ordered)
  const share = missing / Math.max(1, missing + ordered.length)
  /** Deployments since the last one of which is known what it brought. */
  let blind = 0
  let blindUntil = Number.NEGATIVE_INFINITY
  let running: number | undefined
  let last: Deployment | undefined

  const carry = (carrier: Omit<Carrier, 'confidence' | 'blindUntil'>) => {
    const confidence = carrier.doubt === 'first' ? firstConfidence : carrier.deployment === undefined ? 1 - share : 1 / (1 + blind)
    const place = carriers.push({ ...carrier, confidence, blindUntil }) - 1
    graph.mark(carrier.commit, marks, (commit) => (by[commit] = place))
    blind = 0
    running = carrier.commit
  }

  for (const each of ordered) {
    const { deployment, at, version, previous, commit } = each
    if (saysAnother(each, last)) {
      const before = resolve(previous!, null)
      if (before.commit === undefined) {
        blind++
        blindUntil = at
      } else {
        const doubt = last === undefined ? 'first' : 'gap'
        carry({ version: previous!, at, deployment: undefined, after: last?.at, commit: before.commit, by: before.by, doubt })
      }
    }
    const found = resolve(version, commit)
    if (found.commit === undefined) {
      unresolved.push({ deployment, at, version, why: found.why })
      blind++
      blindUntil = at
      running = undefined
    } else {
      const doubt = carriers.length === 0 ? 'first' : blind > 0 ? 'gap' : undefined
      carry({ version, at, deployment, after: undefined, commit: found.commit, by: found.by, doubt })
    }
    last = each
  }
  return { carriers, by, unresolved, running }
}

/**
 * What a link of one commit to a carrier may hide. What was committed after a deployment was not in it, whatever else that brought.
 * @param committed - ms
 */
export function doubtOf({ doubt, confidence, deployment, blindUntil }: Carrier, committed: number): Pick<Carrier, 'doubt' | 'confidence'> {
  const isLater = doubt === 'gap' && deployment !== undefined && committed > blindUntil
  return isLater ? { doubt: undefined, confidence: 1 } : { doubt, confidence }
}

const saysAnother = ({ previous }: Deployment, last: Deployment | undefined) => previous !== null && previous !== last?.version

function missingIn(ordered: readonly Deployment[]): number {
  return ordered.filter((each, at) => at > 0 && saysAnother(each, ordered[at - 1])).length
}

/** By time. Of one moment, that one comes next that says that the last one ran before it; else by name. */
export function inOrder(deployments: readonly Deployment[]): readonly Deployment[] {
  const sorted = deployments.toSorted((a, b) => a.at - b.at || (a.deployment < b.deployment ? -1 : 1))
  for (let from = 0; from < sorted.length; from++) {
    if (sorted[from + 1]?.at !== sorted[from]!.at) continue
    const here = sorted[from - 1]?.version
    for (let to = from; sorted[to]?.at === sorted[from]!.at; to++) {
      if (here === undefined || sorted[to]!.previous !== here) continue
      sorted.splice(from, 0, ...sorted.splice(to, 1))
      break
    }
  }
  return sorted
}
