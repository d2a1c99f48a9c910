import { merged, type Span } from '../../kernel/spans.ts'
import { isOurs } from '../../ledger/catalogue.ts'
import type { Run } from './builds.ts'

/** What is known of the build of a change, from its merge until it was first deployed. Times in milliseconds. */
export type BuildStage = {
  /** When the first of it began. */
  readonly begun: number
  /** When the last of it was over; Infinity: not yet. */
  readonly built: number
  /** When it ran; between them it waited. By time, none touches another. */
  readonly working: readonly Span[]
}

/**
 * The build of a commit, as its runs tell: from when the first job of any began until the last was over. What ran before the merge, or
 * after it was deployed, is none of it; what never was said to be over says nothing once it is deployed.
 * @param until - when it was first deployed; Infinity: not yet. That is built when nothing runs any more and something succeeded
 * @param asOf - what happened later is not known
 * @returns undefined: nothing is known of it
 */
export function buildStage(runs: readonly Run[], since: number, until: number, asOf: number): BuildStage | undefined {
  const isDeployed = until <= asOf
  const spans = runs
    .flatMap((run) => executionsOf(run, asOf))
    .filter((span) => span.since < until && span.until > since && !(isDeployed && span.until === Number.POSITIVE_INFINITY))
  if (spans.length === 0) return undefined
  const working = merged(spans.map((span) => ({ since: Math.max(span.since, since), until: Math.min(span.until, until) })))
  const isOver = isDeployed || runs.some((run) => succeeded(run, asOf))
  return { begun: working[0]!.since, built: isOver ? working.at(-1)!.until : Number.POSITIVE_INFINITY, working }
}

export const succeeded = ({ outcome, finished }: Run, asOf: number) => outcome === 'success' && finished !== undefined && finished <= asOf

/** When our own steps for a commit worked, whatever stage they are of. Undefined: none of these runs is ours. */
export function stepSpans(runs: readonly Run[], asOf: number): readonly Span[] | undefined {
  const own = runs.filter(({ source, jobs }) => isOurs(source) && jobs.length > 0)
  return own.length === 0 ? undefined : merged(own.flatMap(({ jobs, finished }) => jobs.flatMap((job) => spanOf(job, finished, asOf))))
}

/** When jobs ran, or where none is known the run. Of ours what makes the candidate: the rest is what comes after. */
function executionsOf(run: Run, asOf: number): readonly Span[] {
  const jobs = run.jobs.filter(({ stage }) => stage === undefined).flatMap((job) => spanOf(job, run.finished, asOf))
  return jobs.length > 0 || isOurs(run.source) ? jobs : spanOf(run, undefined, asOf)
}

/** A job of which nobody says that it is over was over with its run. */
function spanOf({ started, finished }: Pick<Run, 'started' | 'finished'>, runFinished: number | undefined, asOf: number): readonly Span[] {
  if (started === undefined || started > asOf) return []
  const end = finished ?? runFinished
  return [{ since: started, until: end === undefined || end > asOf ? Number.POSITIVE_INFINITY : Math.max(started, end) }]
}
