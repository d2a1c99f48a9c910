import type { FlowRow } from '../api/types.ts'
import { sorted } from '../table/sorting.ts'

export const columns = ['stream', 'perWeek', 'p50', 'p85', 'p95', 'within', 'batch', 'back', 'closed'] as const
export type Column = (typeof columns)[number]
export type Order = { readonly by: Column; readonly down: boolean }

/** What a column is sorted by; undefined: nothing is known, and that comes last whichever way it is sorted. */
function rankOf({ stream, lead, perWeek, deployments, batch, back, closed }: FlowRow, by: Column): number | string | undefined {
  switch (by) {
    case 'stream':
      return stream
    case 'perWeek':
      return deployments === 0 ? undefined : (perWeek ?? undefined)
    case 'p50':
    case 'p85':
    case 'p95':
      if (lead.versions === 0) return undefined
      // More than was watched is more than all.
      return lead[by].value ?? Number.MAX_VALUE
    case 'within':
      return lead.within.find(({ ms }) => ms === dayMs)?.share ?? undefined
    case 'batch':
      return batch.p50 ?? undefined
    case 'back':
      return deployments === 0 ? undefined : back
    case 'closed':
      return closed
  }
}

const dayMs = 86_400_000

/** @param words - all of them are in the name of the stream, of one of its environments or of its team */
export function rowsOf(
  streams: readonly FlowRow[],
  words: string,
  { by, down }: Order,
  teams: ReadonlyMap<string, string> = new Map(),
): readonly FlowRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  const found = streams
    .filter(({ stream, order }) =>
      wanted.every((word) => [stream, teams.get(stream) ?? '', ...order].some((text) => text.toLowerCase().includes(word))),
    )
    .toSorted((a, b) => a.stream.localeCompare(b.stream))
  return sorted(found, (row) => rankOf(row, by), down)
}
