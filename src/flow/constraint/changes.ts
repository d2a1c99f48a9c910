import type { StreamLineage } from '../lineage/streams.ts'
import { remembered } from '../measures/remembered.ts'
import type { Passing } from './passing.ts'

/** What is on the way: versions between environments, or changes from when they were begun. */
export type Way = { readonly of: 'versions' | 'changes'; readonly order: readonly string[]; readonly passings: readonly Passing[] }

/**
 * How the changes of a stream went along its way, as its commits tell: begun, where their requests are known opened and reviewed, merged,
 * and each environment. What was there before the record of deployments begins is left out, and so is what is not merged yet: nobody
 * knows whether it is to come.
 * @param order - environments of the way
 * @returns undefined where no commits are known
 */
export const changesOnWay = (lineages: readonly StreamLineage[], order: readonly string[]): Way | undefined =>
  lineages.length === 0 ? undefined : ways(lineages, JSON.stringify(order))

const ways = remembered((lineages: readonly StreamLineage[], question: string): Way | undefined => {
  const order = JSON.parse(question) as readonly string[]
  const isTold = lineages.some((lineage) => lineage.changes().some(({ request }) => request?.opened !== undefined))
  const passings = lineages.flatMap(({ repository, environments, changes }) => {
    const places = order.map((name) => environments.get(name))
    return changes().flatMap(({ commit, begun, merged, request }): readonly Passing[] => {
      const carriers = places.map((carried) => carried?.carriers[carried.by[commit] ?? -1])
      if (carriers.some((carrier) => carrier?.doubt === 'first')) return []
      const never = Number.POSITIVE_INFINITY
      const asked = isTold ? [request?.opened ?? never, request?.reviewed ?? never] : []
      const at = [begun, ...asked, merged, ...carriers.map((carrier) => carrier?.at ?? never)]
      // What had come further had come so far as well: a hot-fix that is merged afterwards waited for no merge.
      for (let place = at.length - 2; place >= 0; place--) at[place] = Math.min(at[place]!, at[place + 1]!)
      return [{ version: repository.graph.sha(commit).slice(0, 12), at }]
    })
  })
  if (passings.length === 0) return undefined
  return { of: 'changes', order: ['begun', ...(isTold ? ['opened', 'reviewed'] : []), 'merged', ...order], passings }
})
