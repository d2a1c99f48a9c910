import { notFound } from '../../kernel/errors.ts'
import { suggestion } from '../definition/suggest.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { EnvironmentProvider } from '../environment/provider.port.ts'
import { isPaused } from './step/canary-watch.ts'
import { bypassesOf } from './gate/consents.ts'
import { environmentOf } from './place.ts'
import { findRun } from './engine/runs.ts'
import type { Emergency, RunSummary, RunView, StepView, StopView, StreamView } from './schemas.ts'
import { candidatesIn, viewStage, type Sight } from './stage-view.ts'
import { cardsOf, factsOf, streamNames, type ActiveStep, type RunFacts, type StreamFacts } from './stream-facts.ts'
import type { StepRow } from './tables.ts'

/** What the page and the command line look at. Everything here only reads. */
export type Viewing = {
  readonly ledger: Pick<Ledger, 'db'>
  readonly provider: Pick<EnvironmentProvider, 'observe'>
  openStops(streams: readonly string[]): Promise<readonly StopView[]>
  emergenciesOf(run: string): Promise<readonly Emergency[]>
}

/** Every value stream, whole. */
export async function viewStreams(viewing: Viewing): Promise<readonly StreamView[]> {
  return view(viewing, await streamNames(viewing.ledger))
}

/** @throws ThreewaysError `STREAM_NOT_FOUND` */
export async function viewStream(viewing: Viewing, stream: string): Promise<StreamView> {
  const [found] = await view(viewing, [stream])
  if (found) return found
  const names = await streamNames(viewing.ledger)
  throw notFound('STREAM_NOT_FOUND', {
    message: `there is no value stream "${stream}"`,
    help: suggestion(stream, names, 'nothing was delivered yet'),
  })
}

async function view(viewing: Viewing, names: readonly string[]): Promise<readonly StreamView[]> {
  const streams = await factsOf(viewing.ledger, names)
  const stops = Map.groupBy(await viewing.openStops(names), ({ stream }) => stream)
  const observed = await observe(viewing, streams)
  const cards = await cardsOf(viewing.ledger, [
    ...streams.flatMap(candidatesIn),
    ...[...observed.values()].flatMap(({ traffic }) => traffic ?? []),
  ])
  return streams.map((facts) => viewOf(facts, stops.get(facts.stream) ?? [], { cards, observed }))
}

function viewOf(facts: StreamFacts, stops: readonly StopView[], sight: Sight): StreamView {
  const { stream, runs, stages, active, reached } = facts
  return {
    stream,
    repository: (runs.find(({ kind }) => kind === 'delivery') ?? runs[0]!).repository,
    line: { status: stops.length > 0 ? 'stopped' : 'open', stops: [...stops] },
    stages: stages.map((stage) => viewStage(facts, stage, sight)),
    runs: runs.map((run) =>
      summaryOf(
        run,
        active.find((step) => step.run === run.id && isAt(step)),
        reached.get(run.id),
      ),
    ),
  }
}

/** What is in the environments that stay. */
async function observe({ provider }: Viewing, streams: readonly StreamFacts[]): Promise<Sight['observed']> {
  const ids = streams.flatMap(({ runs: [run], stages }) =>
    stages.flatMap((stage) => (stage.environment === undefined || stage.ephemeral ? [] : [environmentOf(run!, stage)])),
  )
  return new Map(await Promise.all(ids.map(async (id) => [id, await provider.observe(id)] as const)))
}

/** @throws ThreewaysError `RUN_NOT_FOUND` */
export async function viewRun({ ledger, emergenciesOf }: Viewing, id: string): Promise<RunView> {
  const [{ run, steps }, emergencies, bypasses] = await Promise.all([findRun(ledger, id), emergenciesOf(id), bypassesOf(ledger, id)])
  const reached = steps.findLast(({ state, stage }) => stage !== null && state !== 'pending' && state !== 'skipped')
  const summary = summaryOf(run, steps.find(isAt), reached?.stage ?? undefined)
  const message = run.message ?? summary.message
  return { ...summary, message, steps: steps.map(viewStep), emergencies: [...emergencies], bypasses: [...bypasses] }
}

const isAt = ({ state }: Pick<ActiveStep, 'state'>) => state === 'running' || state === 'waiting' || state === 'needs-attention'

/** @param at - the step that works or waits; @param reached - the last stage it came to */
function summaryOf(run: RunFacts, at: ActiveStep | undefined, reached: string | undefined): RunSummary {
  const { id, stream, commit, branch, author, summary, committedAt, candidate, state, queuedAt, finishedAt, fixesStop, message } = run
  return {
    id,
    stream,
    commit,
    branch,
    author,
    summary,
    committedAt,
    candidate,
    state,
    queuedAt,
    finishedAt,
    stage: at === undefined ? (reached ?? null) : at.stage,
    // One line for lists; the run itself has all of it.
    message: (message ?? at?.waiting?.why ?? null)?.split('\n', 1)[0] ?? null,
    fixesStop,
  }
}

function viewStep(step: StepRow): StepView {
  const { name, work, stage, title, needs, state, attempt, waiting, startedAt, finishedAt, message, output } = step
  return {
    name,
    kind: work.kind,
    stage,
    title,
    needs: [...needs],
    state: isPaused(step) ? 'waiting' : state,
    attempt,
    waiting,
    startedAt,
    finishedAt,
    message,
    hasLog: startedAt !== null && work.kind !== 'promote',
    drifted: (output?.['drifted'] as StepView['drifted']) ?? [],
    tests: (output?.['tests'] as StepView['tests']) ?? null,
  }
}
