import type { CloudEvent } from '../../ledger/event.ts'
import { event } from '../../ledger/event.ts'
import { deploy } from '../deployment/deploy.ts'
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from '../deployment/events.ts'
import { environmentCreated } from '../environment/events.ts'
import type { Execution, StepEnd } from './execution.ts'
import { deploymentOf, environmentOf, isKnown, lastVerified, stageOf } from './place.ts'
import { source } from './records.ts'

/** Brings the candidate into the stage's environment and reads back that it runs there. */
export async function deployStage(execution: Execution): Promise<StepEnd> {
  const { run, step, ledger } = execution
  const stage = stageOf(run, step.stage!)
  const previous = stage.ephemeral ? undefined : await lastVerified(ledger, run.stream, stage.name, run.candidate!)
  const isNew = !(await isKnown(ledger, environmentOf(run, stage)))
  const observed = await deploy(await deploymentOf(execution, stage, previous))
  return {
    end: 'succeeded',
    message: Object.entries(observed.urls)
      .map(([service, url]) => `${service} at ${url}`)
      .join(', '),
    output: { previous: previous ?? null, urls: observed.urls },
    record: async () => [...(isNew ? [created(execution)] : []), ...serving(execution, previous)],
  }
}

function created(execution: Execution): CloudEvent {
  const { run, step, clock, newId, provider } = execution
  const stage = stageOf(run, step.stage!)
  const subject = environmentOf(run, stage)
  return event(
    environmentCreated,
    { id: newId(), time: clock.instant(), source, subject, chainId: run.id },
    { name: stage.environment! },
    { stream: run.stream, provider: provider.name, settings: stage.environment!, ephemeral: stage.ephemeral },
  )
}

/** One event per service: what runs now in the stage's environment. */
export function serving({ run, step, clock, newId }: Execution, previous: string | undefined): readonly CloudEvent[] {
  const stage = stageOf(run, step.stage!)
  const kind = run.kind === 'rollback' ? serviceRolledBack : previous === undefined ? serviceDeployed : serviceUpgraded
  return Object.keys(run.definition.services).map((service) =>
    event(
      kind,
      { id: newId(), time: clock.instant(), source, subject: service, chainId: run.id },
      { environment: { id: environmentOf(run, stage) }, artifactId: artifactId(run.stream, run.candidate!) },
      {
        stream: run.stream,
        stage: stage.name,
        candidate: run.candidate!,
        commit: run.commit,
        run: run.id,
        strategy: stage.deploy.strategy,
        ...(previous === undefined ? {} : { previous }),
        ...(run.reason === null ? {} : { reason: run.reason }),
      },
    ),
  )
}

/** Package URL of a candidate (purl-spec, type generic). */
export const artifactId = (stream: string, candidate: string) => `pkg:generic/${stream}@${encodeURIComponent(candidate)}`
