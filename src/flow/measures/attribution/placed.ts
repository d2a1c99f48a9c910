import type { PastStream } from '../past.ts'
import { passagesTo } from '../lead.ts'

/** A deployment to one environment, and where it stands among those of its stream. */
export type Placed = {
  readonly deployment: string
  readonly stream: string
  readonly environment: string
  /** Milliseconds. */
  readonly at: number
  readonly version: string
  /** Of its version in the line of the stream's versions: a later one contains the earlier ones. */
  readonly place: number
  /** Versions that it brought. */
  readonly batch: number
  readonly back: boolean
  /** What it undid: deployments since what it went back to ran, latest first. */
  readonly undid: readonly Undone[]
}

type Undone = { readonly deployment: string; readonly at: number }

/** Every deployment of a stream to an environment, by time. What is known later changes nothing of what was before. */
export function placedIn(environment: string, { stream, deployments }: PastStream): readonly Placed[] {
  const { passages, arrivals } = passagesTo(environment, deployments)
  const places = new Map(passages.map(({ version }, place) => [version, place]))
  const placed: Placed[] = []
  const undone = new Set<string>()
  const own = deployments.filter((one) => one.environment === environment)
  for (const [index, { deployment, at, version }] of own.entries()) {
    const { batch, back } = arrivals[index]!
    const place = places.get(version)!
    const undid = back ? undidBy(place, placed, undone) : []
    for (const one of undid) undone.add(one.deployment)
    placed.push({ deployment, stream, environment, at, version, place, batch, back, undid })
  }
  return placed
}

/** Whoever went back to something nobody had seen undid what ran. */
function undidBy(place: number, before: readonly Placed[], undone: ReadonlySet<string>): readonly Undone[] {
  const undid: Undone[] = []
  for (let index = before.length - 1; index >= 0; index--) {
    const one = before[index]!
    if (one.place <= place && (undid.length > 0 || one.place === place)) break
    if (!one.back && !undone.has(one.deployment)) undid.push({ deployment: one.deployment, at: one.at })
    if (one.place <= place) break
  }
  return undid
}
