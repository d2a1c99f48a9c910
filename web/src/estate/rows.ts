import type { EstateRow } from '../api/types.ts'
import type { State } from '../piece/state.ts'

/** What matters most about a value stream now. One each, the first that is true. */
export type Standing = 'stopped' | 'attention' | 'waiting' | 'failing' | 'moving' | 'quiet'

/** In the order in which people should look at them. */
export const standings: readonly Standing[] = ['stopped', 'attention', 'waiting', 'failing', 'moving', 'quiet']

export const standingWords: Record<Standing, string> = {
  stopped: 'stopped',
  attention: 'needs attention',
  waiting: 'waits for a person',
  failing: 'failing',
  moving: 'moving',
  quiet: 'quiet',
}

export const standingMarks: Record<Standing, State> = {
  stopped: 'stopped',
  attention: 'needs-attention',
  waiting: 'waiting',
  failing: 'failed',
  moving: 'running',
  quiet: 'verified',
}

/** Waits that only a person ends. */
export const isForPerson = ({ kind }: { readonly kind: string }) => (forPersons as readonly string[]).includes(kind)
const forPersons = ['approval', 'hold', 'policy', 'canary', 'attention'] as const

export function standingOf(row: EstateRow): Standing {
  if (row.stops.length > 0) return 'stopped'
  if (row.waits.some(({ kind }) => kind === 'attention') || row.latest.state === 'needs-attention') return 'attention'
  if (row.waits.some(isForPerson)) return 'waiting'
  if (row.latest.state === 'failed' || row.stages.some(({ state }) => state === 'unhealthy')) return 'failing'
  return row.underWay > 0 ? 'moving' : 'quiet'
}

export const sorts = ['attention', 'name', 'waiting', 'beyond', 'latest'] as const
export type Sort = (typeof sorts)[number]
export const groups = ['none', 'standing', 'repository'] as const
export type Group = (typeof groups)[number]

export type Choice = { readonly words: string; readonly standing: Standing | 'all'; readonly sort: Sort; readonly group: Group }

export type Item =
  | { readonly kind: 'row'; readonly row: EstateRow; readonly standing: Standing }
  | { readonly kind: 'group'; readonly name: string; readonly count: number }

type Stood = { readonly row: EstateRow; readonly standing: Standing }

/** How many there are of each standing. */
export function countsOf(rows: readonly EstateRow[]): ReadonlyMap<Standing, number> {
  const counts = new Map<Standing, number>()
  for (const row of rows) counts.set(standingOf(row), (counts.get(standingOf(row)) ?? 0) + 1)
  return counts
}

/** Rows as chosen, in order, with the names of groups between them. Pure. */
export function itemsOf(rows: readonly EstateRow[], { words, standing, sort, group }: Choice): readonly Item[] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const shown = rows
    .map((row): Stood => ({ row, standing: standingOf(row) }))
    .filter((each) => (standing === 'all' || each.standing === standing) && wanted.every((word) => textOf(each.row).includes(word)))
    .sort(orders[sort])
  const items = (list: readonly Stood[]) => list.map((each): Item => ({ kind: 'row', ...each }))
  if (group === 'none') return items(shown)
  const by = Map.groupBy(shown, (each) => (group === 'standing' ? each.standing : each.row.repository))
  const names = group === 'standing' ? standings.filter((name) => by.has(name)) : [...by.keys()].toSorted()
  return names.flatMap((name): Item[] => {
    const list = by.get(name)!
    return [{ kind: 'group', name: name in standingWords ? standingWords[name as Standing] : name, count: list.length }, ...items(list)]
  })
}

const byName = (a: Stood, b: Stood) => a.row.stream.localeCompare(b.row.stream)
const oldestWait = ({ row }: Stood) => row.stops[0]?.since ?? row.waits[0]?.since ?? '9'

const orders: Record<Sort, (a: Stood, b: Stood) => number> = {
  attention: (a, b) =>
    standings.indexOf(a.standing) - standings.indexOf(b.standing) || oldestWait(a).localeCompare(oldestWait(b)) || byName(a, b),
  name: byName,
  waiting: (a, b) => oldestWait(a).localeCompare(oldestWait(b)) || byName(a, b),
  beyond: (a, b) => (b.row.beyond?.changes ?? -1) - (a.row.beyond?.changes ?? -1) || byName(a, b),
  latest: (a, b) => b.row.latest.at.localeCompare(a.row.latest.at) || byName(a, b),
}

function textOf({ stream, repository, latest, stops, waits, stages }: EstateRow): string {
  return [
    stream,
    repository,
    latest.summary,
    latest.author,
    latest.commit,
    ...stops.map(({ id, reason }) => `${id} ${reason}`),
    ...waits.map(({ why }) => why),
    ...stages.map(({ running }) => running?.commit ?? ''),
  ]
    .join(' ')
    .toLowerCase()
}
