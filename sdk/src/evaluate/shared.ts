import { sameJson } from './equal.ts'
import { isMap, type FlagSet } from './flag-set.ts'

/** Keys of flags of the second set whose rules lead to a shared rule that is another than in the first. */
export function usersOfShared(before: FlagSet, after: FlagSet): readonly string[] {
  const [was, is] = [before.$evaluators ?? {}, after.$evaluators ?? {}]
  const changed = new Set([...Object.keys(was), ...Object.keys(is)].filter((name) => !sameJson(own(was, name), own(is, name))))
  if (changed.size === 0) return []
  // A shared rule that leads to a changed one has changed too, however long the way.
  for (let size = -1; size !== changed.size;) {
    size = changed.size
    for (const [name, rule] of Object.entries(is)) if (leadsTo(rule, changed)) changed.add(name)
  }
  return Object.entries(after.flags).flatMap(([key, flag]) => (isMap(flag) && leadsTo(flag['targeting'], changed) ? [key] : []))
}

const own = (map: Readonly<Record<string, unknown>>, name: string): unknown => (Object.hasOwn(map, name) ? map[name] : undefined)

/** Not by recursion: a rule that is too deep to compile must not exhaust the stack here. */
function leadsTo(logic: unknown, names: ReadonlySet<string>): boolean {
  const open = [logic]
  for (let part = open.pop(); open.length > 0 || part !== undefined; part = open.pop()) {
    if (typeof part !== 'object' || part === null) continue
    const ref = (part as Readonly<Record<string, unknown>>)['$ref']
    if (typeof ref === 'string' && names.has(ref)) return true
    for (const inner of Object.values(part)) open.push(inner)
  }
  return false
}
