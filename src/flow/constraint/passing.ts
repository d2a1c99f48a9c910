import type { Deployed } from '../measures/environments.ts'
import { passagesTo } from '../measures/lead.ts'
import { remembered } from '../measures/remembered.ts'

/** How one version went through the environments of its way. */
export type Passing = {
  readonly version: string
  /**
   * When it, or a later one, had come to each environment, in milliseconds; Infinity: not yet. Ascending: what had come further had
   * come so far as well, so that the times between add up to the whole.
   */
  readonly at: readonly number[]
}

/**
 * How the versions of a stream went along its way, by when they were first seen.
 * @param order - environments of the way @param deployments - of one stream, by time
 */
export const passingOf = (order: readonly string[], deployments: readonly Deployed[]): readonly Passing[] =>
  passings(deployments, JSON.stringify(order))

const passings = remembered((deployments: readonly Deployed[], question: string): readonly Passing[] => {
  const order = JSON.parse(question) as readonly string[]
  const reached = order.map((environment) => passagesTo(environment, deployments).passages)
  return (reached[0] ?? []).map(({ version, arrived }, index) => {
    const at = reached.map((passages) => passages[index]!.reached ?? Number.POSITIVE_INFINITY)
    for (let place = at.length - 2; place >= 0; place--) at[place] = Math.min(at[place]!, at[place + 1]!)
    // It was on its way since anybody saw it, also where that was beside the way.
    if (at.length > 0) at[0] = arrived
    return { version, at }
  })
})

/** Those of them that were on the way since a moment, as it was known at another: the same as if nothing had been recorded later. */
export function knownOf(all: readonly Passing[], { since, asOf }: { readonly since: number; readonly asOf: number }): readonly Passing[] {
  const known: Passing[] = []
  for (const passing of all) {
    const { version, at } = passing
    const last = at[at.length - 1]!
    if (at[0]! > asOf || last < since) continue
    known.push(last <= asOf ? passing : { version, at: at.map((time) => (time > asOf ? Number.POSITIVE_INFINITY : time)) })
  }
  return known
}

/** What was on the way at a moment, since when, and how far it had come, the longest first. */
export const ageingOn = (order: readonly string[], passings: readonly Passing[], asOf: number) =>
  passings
    .flatMap(({ version, at }) =>
      at[0]! > asOf || at.at(-1)! <= asOf ? [] : [{ version, arrived: at[0]!, in: order[at.findLastIndex((time) => time <= asOf)]! }],
    )
    .toSorted((a, b) => a.arrived - b.arrived || (a.version < b.version ? -1 : 1))
