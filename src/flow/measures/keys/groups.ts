import type { ToldFailures } from '../attribution/read.ts'
import type { Past } from '../past.ts'
import type { FlowQuery } from '../schemas.ts'
import { rowOf, viewOf, type Commits } from './board.ts'
import { keysOf } from './keys.ts'
import { lookAt } from './look.ts'
import type { KeysBoard, KeysView, StreamKeys } from './schemas.ts'

export type GroupKeys = { readonly pooled: KeysView; readonly streams: readonly StreamKeys[] }

/**
 * The five keys of groups of value streams, each taken together as those of all are, with those of each stream. What failed is weighed
 * against the deployments of all of them.
 * @param groups - names of streams; those of which nothing is known are left out
 */
export function keysOfGroups(
  past: Past,
  told: ToldFailures,
  query: FlowQuery,
  nowMs: number,
  groups: ReadonlyMap<string, Iterable<string>>,
  commits: Commits,
): { readonly known: KeysBoard['known']; readonly groups: ReadonlyMap<string, GroupKeys> } {
  const look = lookAt(past, told, query, nowMs)
  const materialsIn = (streams: Iterable<string>) =>
    [...streams].flatMap((name) => {
      const stream = past.streams.get(name)
      return (stream && look.materialOf(stream)) ?? []
    })
  const materials = [...groups].map(([name, streams]) => [name, materialsIn(streams)] as const)
  // Only now: whether anybody tells of failures is seen in all that was looked at.
  const known = look.known()
  return {
    known: [...known],
    groups: new Map(
      materials.map(([name, own]) => [name, { pooled: viewOf(keysOf(own, known)), streams: own.map((one) => rowOf(one, known, commits)) }]),
    ),
  }
}
