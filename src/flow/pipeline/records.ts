import type { Clock, Instant } from '../../kernel/clock.ts'
import type { NewId } from '../../kernel/ids.ts'
import { bounded } from '../../kernel/legible.ts'
import { event, type CloudEvent, type EventType } from '../../ledger/event.ts'
import { changeMerged } from '../candidate/events.ts'
import {
  gateBypassed,
  checkFlaked,
  gateDecided,
  gateWaited,
  promotionApproved,
  promotionFailed,
  promotionRejected,
  promotionStarted,
  promotionVerified,
  runFinished,
  runQueued,
  runStarted,
  stepFinished,
  stepStarted,
} from './events.ts'
import type { Closed, GateName, Passable, WaitEnd } from './gate/gate-answer.ts'
import type { RunRow, StepRow } from './tables.ts'

/** Who wrote the engine's events. */
export const source = '/threeways/pipeline'

export type Records = ReturnType<typeof recordsOf>

/** Writes the engine's events: what happened to a run, to a step, to a candidate in a stage. */
export function recordsOf({ clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  const envelope = (subject: string, run: Pick<RunRow, 'id'>) => ({ id: newId(), time: clock.instant(), source, subject, chainId: run.id })
  const uri = (run: RunRow) => `urn:threeways:run:${run.id}`
  const delivery = (run: RunRow) => ({
    stream: run.stream,
    commit: run.commit,
    kind: run.kind,
    by: run.requestedBy,
    ...(run.reason === null ? {} : { reason: run.reason }),
    ...(run.candidate === null ? {} : { candidate: run.candidate }),
    ...(run.fixesStop === null ? {} : { fixesStop: run.fixesStop }),
    ...(run.reverts === null ? {} : { reverts: run.reverts }),
  })
  const task = (run: RunRow, step: StepRow) => ({ taskName: step.name, pipelineRun: { id: run.id, source } })
  const stepCustom = (run: RunRow, step: StepRow) => ({
    stream: run.stream,
    kind: step.work.kind,
    attempt: step.attempt,
    ...(step.stage === null ? {} : { stage: step.stage }),
  })
  const promotion = (run: RunRow, stage: string) => ({
    stream: run.stream,
    stage,
    candidate: run.candidate!,
    run: run.id,
    commit: run.commit,
  })
  const ofPromotion = <C>(kind: EventType<C>, run: RunRow, stage: string, content: NoInfer<C>): CloudEvent =>
    event(kind, envelope(`${run.stream}/${stage}/${run.candidate}`, run), content)

  return {
    changeMerged: (run: RunRow) =>
      event(
        changeMerged,
        { ...envelope(run.commit, run), time: run.committedAt as Instant },
        { repository: { id: run.stream } },
        {
          stream: run.stream,
          commit: run.commit,
          author: run.author,
          summary: run.summary,
          committedAt: run.committedAt,
          ...(run.fixesStop === null ? {} : { fixesStop: run.fixesStop }),
        },
      ),
    runQueued: (run: RunRow) => event(runQueued, envelope(run.id, run), { pipelineName: run.stream, uri: uri(run) }, delivery(run)),
    runStarted: (run: RunRow) => event(runStarted, envelope(run.id, run), { pipelineName: run.stream, uri: uri(run) }, delivery(run)),
    runFinished: (run: RunRow, outcome: 'success' | 'failure' | 'cancel', errors: string | null) =>
      event(
        runFinished,
        envelope(run.id, run),
        { pipelineName: run.stream, uri: uri(run), outcome, ...(errors === null ? {} : { errors: bounded(errors) }) },
        delivery(run),
      ),
    stepStarted: (run: RunRow, step: StepRow) =>
      event(stepStarted, envelope(`${run.id}/${step.name}/${step.attempt}`, run), task(run, step), stepCustom(run, step)),
    stepFinished: (run: RunRow, step: StepRow, outcome: 'success' | 'failure' | 'cancel' | 'error', errors: string | null) =>
      event(
        stepFinished,
        envelope(`${run.id}/${step.name}/${step.attempt}`, run),
        { ...task(run, step), outcome, ...(errors === null ? {} : { errors: bounded(errors) }) },
        stepCustom(run, step),
      ),
    gateClosed: (run: RunRow, stage: string, gate: GateName, reason: string, since?: string) =>
      ofPromotion(gateDecided, run, stage, {
        ...promotion(run, stage),
        gate,
        decision: 'closed',
        reason,
        by: 'threeways',
        ...(since === undefined ? {} : { since }),
      }),
    gatesOpen: (run: RunRow, stage: string, by: string) =>
      ofPromotion(gateDecided, run, stage, { ...promotion(run, stage), gate: 'all', decision: 'open', reason: 'every gate is open', by }),
    gateWaited: (run: RunRow, stage: string, { gate, since }: Pick<Closed, 'gate' | 'since'>, end: WaitEnd) =>
      ofPromotion(gateWaited, run, stage, { ...promotion(run, stage), gate, since, until: clock.instant(), end }),
    gateBypassed: (run: RunRow, stage: string, gate: Passable, by: string, reason: string, until: string | undefined) =>
      ofPromotion(gateBypassed, run, stage, { ...promotion(run, stage), gate, by, reason, ...(until === undefined ? {} : { until }) }),
    promotionRejected: (run: RunRow, stage: string, by: string, reason: string) =>
      ofPromotion(promotionRejected, run, stage, { ...promotion(run, stage), by, reason }),
    promotionApproved: (run: RunRow, stage: string, by: string, reason: string) =>
      ofPromotion(promotionApproved, run, stage, { ...promotion(run, stage), by, reason }),
    promotionStarted: (run: RunRow, stage: string) => {
      const environment = run.definition.stages.find(({ name }) => name === stage)?.environment
      return ofPromotion(promotionStarted, run, stage, {
        ...promotion(run, stage),
        ...(environment === undefined ? {} : { environment }),
        services: Object.keys(run.definition.services),
      })
    },
    checkFlaked: (run: RunRow, step: StepRow, check: string, reason: string) =>
      ofPromotion(checkFlaked, run, step.stage!, {
        ...promotion(run, step.stage!),
        check,
        attempts: step.attempt,
        reason: bounded(reason),
      }),
    promotionVerified: (run: RunRow, stage: string) => ofPromotion(promotionVerified, run, stage, promotion(run, stage)),
    promotionFailed: (
      run: RunRow,
      stage: string,
      outcome: 'failed' | 'rolled-back' | 'cancelled',
      reason: string,
      backTo: string | undefined,
    ) =>
      ofPromotion(promotionFailed, run, stage, {
        ...promotion(run, stage),
        outcome,
        reason: bounded(reason),
        ...(backTo === undefined ? {} : { backTo }),
      }),
  }
}
