import type { CloudEvent } from '../../../ledger/event.ts'
import { event } from '../../../ledger/event.ts'
import { deploy } from '../../deployment/deploy.ts'
import { environmentCreated } from '../../environment/events.ts'
import { onRecord } from '../../environment/on-record.ts'
import { watchingOf } from './canary-watch.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { deploymentOf, environmentOf, stageOf } from '../place.ts'
import { source } from '../records.ts'
import { refuseContracted } from '../schema-ahead.ts'
import { servicesNow } from './service-records.ts'

/** Brings the candidate into the stage's environment and reads back that it runs there. */
export async function deployStage(execution: Execution): Promise<StepEnd> {
  const { run, step, ledger } = execution
  const stage = stageOf(run, step.stage!)
  await refuseContracted(execution, stage)
  const isNew = (await onRecord(ledger, environmentOf(run, stage))) === undefined
  const observed = await deploy(await deploymentOf(execution, stage), await watchingOf(execution))
  return {
    end: 'succeeded',
    message: Object.entries(observed.urls)
      .map(([service, url]) => `${service} at ${url}`)
      .join(', '),
    output: { urls: observed.urls },
    record: async (tx) => {
      const now = { candidate: run.candidate!, commit: run.commit, definition: run.definition, isBack: run.kind === 'rollback' }
      return [...(isNew ? [created(execution)] : []), ...(await servicesNow(tx, execution, stage, now))]
    },
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
