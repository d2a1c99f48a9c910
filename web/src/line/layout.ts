import type { RunSummary, StageView, StreamView } from '../api/types.ts'
import { hasEnded } from '../piece/state.ts'

/** Where a train can be: the two first stations are of the line itself, the others are stages. */
export const commitStation = 'commit'
export const candidateStation = 'candidate'
export const stageStation = (stage: string) => `stage:${stage}`

/** Stages by how far from the candidate they are; those beside each other stand in one column, in the definition's order. */
export function columnsOf(stages: readonly StageView[]): readonly (readonly StageView[])[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const depths = new Map<string, number>()
  const depthOf = (name: string, seen: readonly string[]): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    const before = (byName.get(name)?.after ?? []).filter((other) => byName.has(other) && !seen.includes(other))
    const depth = before.length === 0 ? 0 : 1 + Math.max(...before.map((other) => depthOf(other, [...seen, name])))
    depths.set(name, depth)
    return depth
  }
  const columns: StageView[][] = []
  for (const stage of stages) (columns[depthOf(stage.name, [])] ??= []).push(stage)
  return columns.filter((column) => column !== undefined)
}

/** All stages before this one, near and far. */
export function ancestorsOf(name: string, stages: readonly StageView[]): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (current: string) => {
    for (const before of stages.find((stage) => stage.name === current)?.after ?? []) {
      if (found.has(before)) continue
      found.add(before)
      visit(before)
    }
  }
  visit(name)
  return found
}

export type Edge = { readonly from: string; readonly to: string }

/** The rails between stations; a connection that another path already makes is not drawn twice. */
export function edgesOf(stages: readonly StageView[]): readonly Edge[] {
  const rails: Edge[] = [{ from: commitStation, to: candidateStation }]
  for (const stage of stages) {
    if (stage.after.length === 0) rails.push({ from: candidateStation, to: stageStation(stage.name) })
    const further = stage.after.map((name) => ancestorsOf(name, stages))
    for (const before of stage.after) {
      if (further.some((ancestors) => ancestors.has(before))) continue
      rails.push({ from: stageStation(before), to: stageStation(stage.name) })
    }
  }
  return rails
}

export type Train = {
  readonly run: RunSummary
  readonly station: string
  readonly state: 'waiting' | 'running' | 'failed' | 'through'
}

/** Every delivery that is under way, at its station. One in parallel stages stands at each of them. */
export function trainsOf(view: StreamView): readonly Train[] {
  return view.runs.filter((run) => !hasEnded(run.state)).flatMap((run) => trainsOfRun(run, view.stages))
}

const standing = { waiting: 'waiting', running: 'running', failed: 'failed', 'rolled-back': 'failed', verified: 'through' } as const

function trainsOfRun(run: RunSummary, stages: readonly StageView[]): readonly Train[] {
  const entries = stages.flatMap((stage) => {
    const entry = stage.candidates.find((candidate) => candidate.run === run.id)
    return entry === undefined ? [] : [{ stage: stage.name, state: standing[entry.state] }]
  })
  if (entries.length === 0) {
    const state = run.state === 'running' ? 'running' : run.state === 'needs-attention' ? 'failed' : 'waiting'
    return [{ run, station: run.state === 'queued' ? commitStation : candidateStation, state }]
  }
  // Only the front: a stage is behind the train when the train is also in one that comes after it.
  const passed = new Set(entries.flatMap((entry) => [...ancestorsOf(entry.stage, stages)]))
  return entries
    .filter((entry) => !passed.has(entry.stage))
    .map((entry) => ({ run, station: stageStation(entry.stage), state: entry.state }))
}

/** How far a delivery came, one entry per column: for its little track in the list. */
export function progressOf(run: RunSummary, stages: readonly StageView[]): readonly ('done' | 'here' | 'ahead')[] {
  if (run.state === 'succeeded') return ['done', ...columnsOf(stages).map(() => 'done' as const)]
  if (run.stage === null) return ['here', ...columnsOf(stages).map(() => 'ahead' as const)]
  const passed = ancestorsOf(run.stage, stages)
  const columns = columnsOf(stages).map((column) => {
    if (column.some((stage) => stage.name === run.stage)) return 'here'
    return column.some((stage) => passed.has(stage.name)) ? 'done' : 'ahead'
  })
  return ['done', ...columns]
}
