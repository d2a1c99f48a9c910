import type { EventType } from '../../../ledger/event.ts'
import { event, type CloudEvent } from '../../../ledger/event.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { Stage } from '../../definition/definition.ts'
import { serviceDeployed, serviceRemoved, serviceRolledBack, serviceUpgraded } from '../../deployment/events.ts'
import { servicesOnRecord } from '../../environment/on-record.ts'
import type { Execution } from '../execution.ts'
import { environmentOf } from '../place.ts'
import { source } from '../records.ts'
import type { BuildRow } from '../tables.ts'

/** A candidate that serves a stage's environment from now on. */
export type Serving = Pick<BuildRow, 'candidate' | 'commit' | 'definition'> & { readonly isBack: boolean }

/**
 * Says what became of every service of a stage's environment, those that a change of the definition took away included: one
 * event for each. What served before is what the ledger says, so that it is told the same after a crash in between.
 * @param now - undefined: nothing serves any more
 */
export async function servicesNow(
  tx: LedgerTransaction,
  { run, clock, newId }: Execution,
  stage: Stage,
  now: Serving | undefined,
): Promise<readonly CloudEvent[]> {
  const environment = { id: environmentOf(run, stage) }
  const envelope = (subject: string) => ({ id: newId(), time: clock.instant(), source, subject, chainId: run.id })
  const before = await servicesOnRecord(tx, environment.id)
  const services = now === undefined ? [] : Object.keys(now.definition.services)
  const gone = [...before.keys()].filter((service) => !services.includes(service))
  return [
    ...gone.map((service) => event(serviceRemoved, envelope(service), { environment }, { stream: run.stream, run: run.id })),
    ...services.map((service) => {
      const previous = before.get(service)
      return event(
        kindOf(now!, previous),
        envelope(service),
        { environment, artifactId: artifactId(run.stream, now!.candidate) },
        {
          stream: run.stream,
          stage: stage.name,
          candidate: now!.candidate,
          commit: now!.commit,
          run: run.id,
          strategy: stage.deploy.strategy,
          ...(previous === undefined || previous === now!.candidate ? {} : { previous }),
          ...(run.reason === null ? {} : { reason: run.reason }),
        },
      )
    }),
  ]
}

type Deployed = typeof serviceDeployed extends EventType<infer Content> & { custom: infer Custom }
  ? EventType<Content> & { custom: Custom }
  : never

function kindOf({ isBack }: Serving, previous: string | undefined): Deployed {
  if (isBack) return serviceRolledBack
  return previous === undefined ? serviceDeployed : serviceUpgraded
}

/** Package URL of a candidate (purl-spec, type generic). */
const artifactId = (stream: string, candidate: string) => `pkg:generic/${stream}@${encodeURIComponent(candidate)}`
