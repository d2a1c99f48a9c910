import type { Stage } from '../definition/definition.ts'
import type { EnvironmentId, Observed } from '../environment/provider.port.ts'
import { stateOf, toInstant } from '../pipeline/stage-view.ts'
import { cardsOf, streamNames } from '../pipeline/stream-facts.ts'
import type { CandidateCard, StopView } from '../pipeline/schemas.ts'
import type { Viewing } from '../pipeline/views.ts'
import {
  activeSteps,
  beyondProduction,
  deployed,
  openRuns,
  recentRuns,
  stagesOf,
  type Beyond,
  type EstateRun,
  type EstateStep,
} from './facts.ts'
import type { EstateRow, EstateStage, EstateWait } from './schemas.ts'

export type EstateViewing = Viewing & { readonly provider: { list(): Promise<readonly EnvironmentId[]> } }

const waitsShown = 20
const firstLine = (text: string | null): string | null => text?.split('\n', 1)[0] ?? null

/** What one row is made of. */
type Facts = {
  readonly recent: readonly EstateRun[]
  readonly open: readonly EstateRun[]
  readonly steps: ReadonlyMap<string, readonly EstateStep[]>
  readonly stages: readonly Stage[]
  readonly running: ReadonlyMap<string, { readonly candidate: string; readonly since: string | null }>
  readonly observed: ReadonlyMap<string, Observed>
  readonly cards: ReadonlyMap<string, CandidateCard>
  readonly stops: readonly StopView[]
  readonly beyond: Beyond | undefined
}

/** Looks at every value stream at once, with the same few queries for one and for hundreds. */
export function makeEstate(viewing: EstateViewing) {
  const { ledger, provider } = viewing
  // What a run's definition says never changes; it is long, and asked for at every change.
  let known: ReadonlyMap<string, readonly Stage[]> = new Map()

  async function stagesBy(runs: readonly string[]): Promise<ReadonlyMap<string, readonly Stage[]>> {
    const missing = runs.filter((run) => !known.has(run))
    const read = missing.length === 0 ? new Map<string, readonly Stage[]>() : await stagesOf(ledger, missing)
    known = new Map(runs.map((run) => [run, read.get(run) ?? known.get(run) ?? []]))
    return known
  }

  async function observe(ids: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
    const wanted = new Set(ids)
    const there = (await provider.list()).filter((id) => wanted.has(id))
    return new Map(await Promise.all(there.map(async (id) => [id, await provider.observe(id)] as const)))
  }

  return async (): Promise<readonly EstateRow[]> => {
    const names = await streamNames(ledger)
    const [recent, open, stops] = await Promise.all([recentRuns(ledger, names), openRuns(ledger), viewing.openStops(names)])
    const recentBy = Map.groupBy(recent, ({ stream }) => stream)
    const newest = new Map([...recentBy].map(([stream, runs]) => [stream, (runs.find(({ kind }) => kind === 'delivery') ?? runs[0]!).id]))
    const [stages, steps] = await Promise.all([
      stagesBy([...newest.values()]),
      activeSteps(
        ledger,
        open.map(({ id }) => id),
      ),
    ])
    const stagesIn = (stream: string) => stages.get(newest.get(stream) ?? '') ?? []
    const ids = names.flatMap((stream) => stagesIn(stream).flatMap((stage) => environmentOf(stream, stage) ?? []))
    const [placed, observed] = await Promise.all([deployed(ledger, ids), observe(ids)])
    const running = runningIn(placed, observed)
    const [cards, beyond] = await Promise.all([
      cardsOf(
        ledger,
        [...running.values()].map(({ candidate }) => candidate),
      ),
      beyondProduction(
        ledger,
        names.flatMap((stream) => inProduction(stream, stagesIn(stream), running)),
      ),
    ])
    const by = {
      open: Map.groupBy(open, ({ stream }) => stream),
      steps: Map.groupBy(steps, ({ run }) => run),
      stops: Map.groupBy(stops, ({ stream }) => stream),
      beyond: new Map(beyond.map((each) => [each.stream, each])),
    }
    return [...recentBy].map(([stream, runs]) =>
      rowOf(stream, {
        recent: runs,
        open: by.open.get(stream) ?? [],
        steps: by.steps,
        stages: stagesIn(stream),
        running,
        observed,
        cards,
        stops: by.stops.get(stream) ?? [],
        beyond: by.beyond.get(stream),
      }),
    )
  }
}

const environmentOf = (stream: string, { environment, ephemeral }: Stage): EnvironmentId | undefined =>
  environment === undefined || ephemeral ? undefined : `${stream}/${environment}`

/** What serves in each environment: as read back, and where nothing can be read back here, as the ledger has it. */
function runningIn(placed: Awaited<ReturnType<typeof deployed>>, observed: ReadonlyMap<string, Observed>): Facts['running'] {
  const running = new Map<string, { candidate: string; since: string | null }>()
  for (const { environment, candidate, since } of placed) {
    const traffic = observed.get(environment)?.traffic
    if (traffic === undefined || traffic === candidate) running.set(environment, { candidate: candidate!, since })
  }
  for (const [environment, { traffic }] of observed) {
    if (traffic !== undefined && running.get(environment)?.candidate !== traffic)
      running.set(environment, { candidate: traffic, since: null })
  }
  return running
}

function inProduction(stream: string, stages: readonly Stage[], running: Facts['running']) {
  const last = stages.findLast((stage) => isProduction(stage, stages) && environmentOf(stream, stage) !== undefined)
  const there = last && running.get(environmentOf(stream, last)!)
  return there === undefined ? [] : [{ stream, candidate: there.candidate }]
}

const isProduction = ({ name }: Stage, stages: readonly Stage[]) => !stages.some(({ after }) => after.includes(name))

function rowOf(stream: string, facts: Facts): EstateRow {
  const { recent, open, stops, beyond } = facts
  const latest = recent.find(({ kind }) => kind === 'delivery') ?? recent[0]!
  const failed = recent.find(({ state }) => state === 'failed')
  return {
    stream,
    repository: latest.repository,
    stops: [...stops],
    stages: facts.stages.map((stage) => stageOf(stream, stage, facts)),
    latest: { run: latest.id, state: latest.state, at: latest.queuedAt, ...changeOf(latest) },
    recent: recent.filter(({ kind }) => kind === 'delivery').map(({ state }) => state),
    underWay: open.length,
    waits: waitsOf(facts),
    beyond: beyond === undefined ? null : { changes: beyond.changes, since: beyond.since ?? latest.queuedAt },
    failure:
      failed === undefined
        ? null
        : { run: failed.id, message: firstLine(failed.message), at: failed.finishedAt ?? failed.queuedAt, ...changeOf(failed) },
  }
}

const changeOf = ({ commit, author, summary }: EstateRun) => ({ commit, author, summary })

function stageOf(stream: string, stage: Stage, { stages, running, observed, cards, open, steps }: Facts): EstateStage {
  const environment = environmentOf(stream, stage)
  const here = environment === undefined ? undefined : running.get(environment)
  const card = here && cards.get(here.candidate)
  const there = environment === undefined ? undefined : observed.get(environment)
  const states = new Set(open.flatMap(({ id }) => (steps.get(id) ?? []).flatMap((step) => (step.stage === stage.name ? [step.state] : []))))
  return {
    name: stage.name,
    production: isProduction(stage, stages),
    environment: environment ?? null,
    state: environment === undefined ? null : there === undefined ? 'absent' : stateOf(there),
    running:
      card === undefined
        ? null
        : {
            digest: card.digest,
            commit: card.commit,
            author: card.author,
            summary: card.summary,
            since: toInstant(here?.since ?? card.builtAt),
          },
    active: (['needs-attention', 'running', 'waiting'] as const).find((state) => states.has(state)) ?? null,
  }
}

function waitsOf({ open, steps }: Facts): EstateWait[] {
  return open
    .flatMap((run) =>
      (steps.get(run.id) ?? []).flatMap(({ name, stage, waiting }) =>
        waiting === null ? [] : [{ ...waiting, run: run.id, step: name, stage, candidate: run.candidate, ...changeOf(run) }],
      ),
    )
    .toSorted((a, b) => a.since.localeCompare(b.since))
    .slice(0, waitsShown)
}
