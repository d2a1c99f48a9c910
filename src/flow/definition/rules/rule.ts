import type { Fault } from '../../../kernel/errors.ts'
import type { Outline } from '../outline.ts'
import type { Complaint, Places } from '../places.ts'
import { pointerOf } from '../places.ts'

/** One thing the schema cannot say. Pure; reports every place that breaks it. */
export type Rule = (outline: Outline, report: Report) => void

export type Report = {
  /** At the value of a path. */
  (path: readonly (string | number)[], complaint: Complaint): void
  /** At the key itself. */
  key(path: readonly (string | number)[], complaint: Complaint): void
}

export function reporting(places: Places, faults: Fault[]): Report {
  return Object.assign(
    (path: readonly (string | number)[], complaint: Complaint) => void faults.push(places.atValue(pointerOf(path), complaint)),
    { key: (path: readonly (string | number)[], complaint: Complaint) => void faults.push(places.atKey(pointerOf(path), complaint)) },
  )
}

/** Every cycle of a graph, each once, as the names on it; it begins with the one that stands first. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = []
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name)
    if (start !== -1) {
      cycles.push(trail.slice(start))
      return
    }
    if (done.has(name)) return
    for (const next of graph.get(name) ?? []) visit(next, [...trail, name])
    done.add(name)
  }
  for (const name of graph.keys()) visit(name, [])
  return cycles
}
