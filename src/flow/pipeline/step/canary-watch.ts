import { setTimeout as pause } from 'node:timers/promises'
import { bounded } from '../../../kernel/legible.ts'
import { event, type CloudEvent } from '../../../ledger/event.ts'
import type { CanaryProgress, Judged, Watching } from '../../deployment/canary.ts'
import { canaryJudged } from '../../deployment/events.ts'
import type { Execution, Workshop } from '../execution.ts'
import { source } from '../records.ts'
import { findRun } from '../engine/runs.ts'
import type { RunRow, StepRow } from '../tables.ts'

/** A canary's progress is kept with its step; what it waits for stands there for everybody to see. */
export async function watchingOf(execution: Execution): Promise<Watching> {
  const { ledger, run, step, signal, clock } = execution
  const standing = async () => (await findRun(ledger, run.id)).steps.find(({ name }) => name === step.name)!
  return {
    progress: progressOf(await standing()),
    note: (progress, judged) =>
      execution.note(({ output }) => ({
        output: { ...output, canary: progress },
        message: progress.paused === undefined ? messageOf(progress, execution) : null,
        waiting: progress.paused === undefined ? null : { ...waitingFor(run, step, progress.paused), since: clock.instant() },
        events: judged === undefined ? [] : [record(execution, judged)],
      })),
    async look() {
      let looks = 0
      await execution.note(({ output, message, waiting }) => {
        looks = ((output?.['looks'] as number | undefined) ?? 0) + 1
        return { output: { ...output, looks }, message, waiting, events: [] }
      })
      return looks
    },
    continued: async () => progressOf(await standing())?.continuedBy !== undefined,
    async sleep(ms) {
      await pause(ms, undefined, { signal })
    },
    now: () => performance.now(),
  }
}

export function progressOf({ output }: Pick<StepRow, 'output'>): CanaryProgress | undefined {
  return output?.['canary'] as CanaryProgress | undefined
}

export function isCanary({ definition }: RunRow, { work, stage }: StepRow): boolean {
  return work.kind === 'deploy' && definition.stages.find(({ name }) => name === stage)?.deploy.strategy === 'canary'
}

/** It works, and cannot go on before a person says so. */
export function isPaused({ state, waiting }: Pick<StepRow, 'state' | 'waiting'>): boolean {
  return state === 'running' && waiting?.kind === 'canary'
}

function messageOf({ step, failed }: CanaryProgress, { run, step: { stage } }: Execution): string | null {
  const { canary } = run.definition.stages.find(({ name }) => name === stage)!.deploy
  return failed ?? `${canary!.steps[step]} % of the traffic`
}

function waitingFor(run: RunRow, { stage }: StepRow, why: string) {
  return {
    kind: 'canary' as const,
    why: `the canary cannot be judged: ${why}`,
    for: `a person: threeways promote ${run.id} ${stage} --reason "…", or threeways cancel ${run.id}`,
  }
}

function record(execution: Execution, { judgement, look, measured, percent, baseline, follows }: Judged): CloudEvent {
  const { run, step } = execution
  const counts = ({ requests, errors }: Judged['measured']['canary']) => ({ requests, errors })
  return event(canaryJudged, envelopeOf(execution, run, step), {
    stream: run.stream,
    stage: step.stage!,
    candidate: run.candidate!,
    commit: run.commit,
    run: run.id,
    baseline,
    percent,
    look: look.index,
    looks: look.of,
    verdict: judgement.verdict,
    why: bounded(judgement.why),
    follows,
    measured: { canary: counts(measured.canary), baseline: counts(measured.baseline) },
    metrics: judgement.metrics.map(({ name, critical, verdict: of, why, ...values }) => ({
      name,
      critical,
      verdict: of,
      why: bounded(why),
      ...valuesIn(values),
    })),
  })
}

/** What could not be computed is left out. */
function valuesIn<K extends string>(values: Readonly<Record<K, number | null>>): { readonly [key in K]?: number } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as { [key in K]?: number }
}

export function envelopeOf({ newId, clock }: Pick<Workshop, 'newId' | 'clock'>, run: RunRow, { stage }: StepRow) {
  return { id: newId(), time: clock.instant(), source, subject: `${run.stream}/${stage}/${run.candidate}`, chainId: run.id }
}
