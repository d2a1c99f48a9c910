import type { ToldFailures } from '../attribution/read.ts'
import type { Past } from '../past.ts'
import type { FlowQuery } from '../schemas.ts'
import { keptOf, rowOf, viewOf } from './board.ts'
import { keysOf } from './keys.ts'
import { lookAt } from './look.ts'
import type { KeysBoard, KeysView, StreamKeys } from './schemas.ts'

export type GroupKeys = { readonly pooled: KeysView; readonly streams: readonly StreamKeys[] }

/**
 * The five keys of groups of value streams, each taken together as those of all are, with those of each stream. What failed is weighed
 * against the deployments of all of them. Lead times are of versions, also of a stream whose commits are known: only what begins alike is
 * taken together, or held against each other.
 * @param groups - names of streams; those of which nothing is known are left out
 */
export function keysOfGroups(
  past: Past,
  told: ToldFailures,
  query: FlowQuery,
  nowMs: number,
  groups: ReadonlyMap<string, Iterable<string>>,
): { readonly known: KeysBoard['known']; readonly groups: ReadonlyMap<string, GroupKeys> } {
  const look = lookAt(past, told, query, nowMs)
  const streamsIn = (names: Iterable<string>) => [...names].flatMap((name) => past.streams.get(name) ?? [])
  const { known, sums } = look.once('groups', [...groups.values()].map(streamsIn), (materials, known) => ({
    known: [...known],
    sums: materials.map((own) => ({ pooled: viewOf(keysOf(own, known)), rows: own.map((one) => keptOf(one, known)) })),
  }))
  const keysIn = ({ pooled, rows }: (typeof sums)[number]) => ({ pooled, streams: rows.map((row) => rowOf(row)) })
  return { known, groups: new Map([...groups.keys()].map((name, at) => [name, keysIn(sums[at]!)])) }
}
