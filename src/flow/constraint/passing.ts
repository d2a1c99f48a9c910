import type { Deployed } from '../measures/environments.ts'
import { passagesTo } from '../measures/lead.ts'

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
 * @param order - environments of the way @param deployments - of one stream, by time, and none later than the moment that is looked from
 */
export function passingOf(order: readonly string[], deployments: readonly Deployed[]): readonly Passing[] {
  const reached = order.map((environment) => passagesTo(environment, deployments).passages)
  return (reached[0] ?? []).map(({ version, arrived }, index) => {
    const at = reached.map((passages) => passages[index]!.reached ?? Number.POSITIVE_INFINITY)
    for (let place = at.length - 2; place >= 0; place--) at[place] = Math.min(at[place]!, at[place + 1]!)
    // It was on its way since anybody saw it, also where that was beside the way.
    at[0] = arrived
    return { version, at }
  })
}
