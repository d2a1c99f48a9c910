import { notFound } from '../../kernel/errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { candidates } from '../candidate/projection.ts'
import { candidateCard } from '../candidate/views.ts'
import type { Stage } from '../definition/definition.ts'
import { deployments, holds } from '../deployment/projection.ts'
import type { EnvironmentProvider, Observed } from '../environment/provider.port.ts'
import { environmentOf } from './place.ts'
import { promotions, type Promotion } from './projection.ts'
import { findRun } from './runs.ts'
import type { CandidateCard, RunSummary, RunView, StageCandidate, StageView, StepView, StopView, StreamView } from './schemas.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'

/** What the page and the command line look at. Everything here only reads. */
export type Viewing = {
  readonly ledger: Pick<Ledger, 'db'>
  readonly provider: Pick<EnvironmentProvider, 'observe'>
  openStops(stream: string): Promise<readonly StopView[]>
}

const runsShown = 20
const candidatesShown = 10

export async function streamNames({ ledger }: Viewing): Promise<readonly string[]> {
  const rows = await tables(ledger).selectFrom('run').select('stream').distinct().orderBy('stream').execute()
  return rows.map(({ stream }) => stream)
}

/** @throws ThreewaysError `STREAM_NOT_FOUND` */
export async function viewStream(viewing: Viewing, stream: string): Promise<StreamView> {
  const runs = await tables(viewing.ledger)
    .selectFrom('run')
    .selectAll()
    .where('stream', '=', stream)
    .orderBy('number', 'desc')
    .limit(runsShown)
    .execute()
  // A rollback walks an older definition; the newest delivery's is what the stream looks like now.
  const newest = runs.find(({ kind }) => kind === 'delivery') ?? runs[0]
  if (!newest) {
    const names = await streamNames(viewing)
    throw notFound('STREAM_NOT_FOUND', {
      message: `there is no value stream "${stream}"${names.length > 0 ? `; there are: ${names.join(', ')}` : ''}`,
    })
  }
  const steps = await tables(viewing.ledger)
    .selectFrom('step')
    .selectAll()
    .where(
      'run',
      'in',
      runs.map(({ id }) => id),
    )
    .orderBy('position')
    .execute()
  const stops = await viewing.openStops(stream)
  const stages = await Promise.all(newest.definition.stages.map((stage) => viewStage(viewing, newest, stage, runs, steps)))
  return {
    stream,
    repository: newest.repository,
    line: { status: stops.length > 0 ? 'stopped' : 'open', stops: [...stops] },
    stages,
    runs: runs.map((run) =>
      summaryOf(
        run,
        steps.filter((step) => step.run === run.id),
      ),
    ),
  }
}

/** @throws ThreewaysError `RUN_NOT_FOUND` */
export async function viewRun({ ledger }: Viewing, id: string): Promise<RunView> {
  const { run, steps } = await findRun(ledger, id)
  return { ...summaryOf(run, steps), message: run.message ?? summaryOf(run, steps).message, steps: steps.map(viewStep) }
}

function summaryOf(run: RunRow, steps: readonly StepRow[]): RunSummary {
  const { id, stream, commit, branch, author, summary, committedAt, candidate, state, queuedAt, finishedAt, fixesStop } = run
  const reached = steps.findLast(({ state: now, stage }) => stage !== null && now !== 'pending' && now !== 'skipped')
  const at = steps.find(({ state: now }) => now === 'running' || now === 'waiting' || now === 'needs-attention') ?? reached
  // One line for lists; the run itself has all of it.
  const message = firstLine(run.message ?? at?.waiting?.why ?? null)
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
    stage: at?.stage ?? null,
    message,
    fixesStop,
  }
}

const firstLine = (text: string | null): string | null => text?.split('\n', 1)[0] ?? null

function viewStep(step: StepRow): StepView {
  const { name, work, stage, title, needs, state, attempt, waiting, startedAt, finishedAt, message, output } = step
  return {
    name,
    kind: work.kind,
    stage,
    title,
    needs: [...needs],
    state,
    attempt,
    waiting,
    startedAt,
    finishedAt,
    message,
    hasLog: startedAt !== null && work.kind !== 'promote',
    tests: (output?.['tests'] as StepView['tests']) ?? null,
  }
}

export const cardOf = (run: RunRow, builtAt: string | null): CandidateCard => ({
  digest: run.candidate ?? '',
  commit: run.commit,
  author: run.author,
  summary: run.summary,
  committedAt: run.committedAt,
  builtAt,
})

async function viewStage(
  viewing: Viewing,
  newest: RunRow,
  stage: Stage,
  runs: readonly RunRow[],
  steps: readonly StepRow[],
): Promise<StageView> {
  const { ledger } = viewing
  const { stream } = newest
  const entered = await rowsOf(ledger.db, promotions)
    .selectAll()
    .where('stream', '=', stream)
    .where('stage', '=', stage.name)
    .orderBy('since', 'desc')
    .limit(candidatesShown)
    .execute()
  const held = await rowsOf(ledger.db, holds)
    .selectAll()
    .where('stream', '=', stream)
    .where('stage', '=', stage.name)
    .where('held', '=', true)
    .execute()
  const cards = await cardsOf(
    ledger,
    [...entered, ...held].map(({ candidate }) => candidate),
  )
  const waiting = runs.flatMap((run) => waitingCandidate(run, steps, stage.name))
  const inside = entered.flatMap((promotion) => enteredCandidate(promotion, cards, steps))
  const observed =
    stage.environment === undefined || stage.ephemeral ? undefined : await viewing.provider.observe(environmentOf(newest, stage))
  return {
    name: stage.name,
    after: [...stage.after],
    checks: [...stage.checks, ...stage.smoke],
    strategy: stage.environment === undefined ? null : stage.deploy.strategy,
    environment: stage.environment === undefined ? null : environmentView(newest, stage, observed, inside),
    running: observed?.traffic === undefined ? null : await runningView(viewing, newest, stage, observed, entered),
    candidates: [...waiting, ...inside].slice(0, candidatesShown),
    held: held.flatMap(({ candidate, reason, since }) => {
      const card = cards.get(candidate)
      return card ? [{ card, reason: firstLine(reason) ?? '', since: toInstant(since) }] : []
    }),
  }
}

/** Event times carry nine decimals so that their text sorts; people get milliseconds. */
export const toInstant = (time: string | null): string => new Date(time ?? 0).toISOString()

function waitingCandidate(run: RunRow, steps: readonly StepRow[], stage: string): StageCandidate[] {
  const step = steps.find((candidate) => candidate.run === run.id && candidate.name === `${stage}/promote`)
  if (step?.state !== 'waiting' || step.waiting === null) return []
  return [{ card: cardOf(run, null), run: run.id, state: 'waiting', since: step.waiting.since, waiting: step.waiting, message: null }]
}

function enteredCandidate(promotion: Promotion, cards: ReadonlyMap<string, CandidateCard>, steps: readonly StepRow[]): StageCandidate[] {
  const card = cards.get(promotion.candidate)
  if (!card) return []
  const state = promotion.state === 'cancelled' ? 'failed' : (promotion.state as StageCandidate['state'])
  const waiting =
    steps.find((step) => step.run === promotion.run && step.stage === promotion.stage && step.waiting !== null)?.waiting ?? null
  return [{ card, run: promotion.run ?? '', state, since: toInstant(promotion.since), waiting, message: firstLine(promotion.message) }]
}

async function cardsOf(ledger: Pick<Ledger, 'db'>, digests: readonly string[]): Promise<ReadonlyMap<string, CandidateCard>> {
  if (digests.length === 0) return new Map()
  const rows = await rowsOf(ledger.db, candidates)
    .selectAll()
    .where('digest', 'in', [...new Set(digests)])
    .execute()
  return new Map(rows.map((row) => [row.digest, candidateCard(row)]))
}

function environmentView(
  run: RunRow,
  stage: Stage,
  observed: Observed | undefined,
  inside: readonly StageCandidate[],
): NonNullable<StageView['environment']> {
  const arriving = inside.some((candidate) => candidate.state === 'running')
  const known = observed === undefined ? 'absent' : stateOf(observed)
  const state = arriving && observed?.traffic === undefined ? 'starting' : known
  return {
    id: stage.ephemeral ? `${run.stream}/${stage.environment}` : environmentOf(run, stage),
    ephemeral: stage.ephemeral,
    state,
    urls: { ...observed?.urls },
  }
}

export function stateOf({ exists, traffic, services }: Observed): NonNullable<StageView['environment']>['state'] {
  if (!exists) return 'absent'
  if (traffic === undefined) return services.length > 0 ? 'starting' : 'stopped'
  const serving = services.filter(({ candidate }) => candidate === traffic)
  if (serving.every(({ state }) => state === 'stopped')) return 'stopped'
  return serving.every(({ state }) => state === 'ready')
    ? 'ready'
    : serving.some(({ state }) => state === 'starting')
      ? 'starting'
      : 'unhealthy'
}

async function runningView(
  { ledger }: Viewing,
  run: RunRow,
  stage: Stage,
  observed: Observed,
  entered: readonly Promotion[],
): Promise<StageView['running']> {
  const card = (await cardsOf(ledger, [observed.traffic!])).get(observed.traffic!)
  if (!card) return null
  const since = await rowsOf(ledger.db, deployments)
    .select('since')
    .where('environment', '=', environmentOf(run, stage))
    .where('candidate', '=', observed.traffic!)
    .executeTakeFirst()
  const verified = entered.find(({ candidate }) => candidate === observed.traffic)?.verifiedAt != null
  return { card, since: toInstant(since?.since ?? card.builtAt), verified }
}
