import type { Stage } from '../definition/definition.ts'
import type { EnvironmentId, Observed } from '../environment/provider.port.ts'
import { stateOf, toInstant } from '../pipeline/stage-view.ts'
import type { CandidateCard, RunState, StopView } from '../pipeline/schemas.ts'
import type { ActiveStep } from '../pipeline/stream-facts.ts'
import type { Beyond, EstateRun } from './facts.ts'
import type { EstateRow, EstateStage, EstateWait } from './schemas.ts'

const waitsShown = 20
const firstLine = (text: string | null): string | null => text?.split('\n', 1)[0] ?? null

/** What one row is made of. */
export type Facts = {
  /** The newest delivery. */
  readonly latest: EstateRun
  readonly failed: EstateRun | undefined
  /** How the latest deliveries stand, newest first. */
  readonly recent: readonly RunState[]
  readonly open: readonly EstateRun[]
  readonly steps: ReadonlyMap<string, readonly ActiveStep[]>
  readonly stages: readonly Stage[]
  readonly running: ReadonlyMap<string, { readonly candidate: string; readonly since: string | null }>
  readonly observed: ReadonlyMap<string, Observed>
  readonly cards: ReadonlyMap<string, CandidateCard>
  readonly stops: readonly StopView[]
  readonly beyond: Beyond | undefined
}

/** The environment of a stage that has one that stays. */
export const environmentOf = (stream: string, { environment, ephemeral }: Stage): EnvironmentId | undefined =>
  environment === undefined || ephemeral ? undefined : `${stream}/${environment}`

export const isProduction = ({ name }: Stage, stages: readonly Stage[]) => !stages.some(({ after }) => after.includes(name))

/** One value stream in one row. Pure. */
export function rowOf(stream: string, facts: Facts): EstateRow {
  const { latest, failed, recent, open, stops, beyond } = facts
  return {
    stream,
    repository: latest.repository,
    stops: [...stops],
    stages: facts.stages.map((stage) => stageOf(stream, stage, facts)),
    latest: { run: latest.id, state: latest.state, at: latest.queuedAt, ...changeOf(latest) },
    recent: [...recent],
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
