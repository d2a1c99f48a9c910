import { instantOf } from '../../../kernel/clock.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { deploymentHistory, incidentHistory } from '../../history/projection.ts'
import type { FlagRevision } from '../revisions.ts'

type Place = Pick<LedgerTransaction, 'db'>

/** Of each: nobody reads more, and a service may be deployed for years while a flag lives. */
export const besideMax = 500

/**
 * What happened to a flag's service while the flag lived: deployments to the environments in which it stood at any time, and
 * incidents there or of an environment that nobody named. The latest {@link besideMax} of each, newest first.
 * @param life - newest first, at least one
 */
export async function besideOf(place: Place, life: readonly FlagRevision[]) {
  const { service } = life[0]!.flag
  if (service === null) return { service, deployments: [], incidents: [], left: { deployments: 0, incidents: 0 } }
  const since = life.at(-1)!.at
  const environments = [...new Set(life.flatMap(({ flag }) => Object.keys(flag.environments)))]
  const deployed = rowsOf(place.db, deploymentHistory)
    .where('stream', '=', service)
    .where('environment', 'in', environments)
    .where('at', '>=', since)
  const failed = rowsOf(place.db, incidentHistory)
    .where('stream', '=', service)
    .where('environment', 'in', [...environments, ''])
    .where('detected', '>=', since)
  const deployments = await deployed
    .select(['environment', 'at', 'version', 'commit', 'back'])
    .orderBy('at', 'desc')
    .limit(besideMax)
    .execute()
  const incidents = await failed
    .select(['incident', 'environment', 'detected', 'detectedAgain', 'resolved', 'summary'])
    .orderBy('detected', 'desc')
    .limit(besideMax)
    .execute()
  const ofDeployments = await deployed.select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
  const ofIncidents = await failed.select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
  return {
    service,
    deployments: deployments.map(({ environment, at, version, commit, back }) => ({
      environment,
      at: plain(at!),
      version: version!,
      commit,
      back: back === 1,
    })),
    incidents: incidents.map(({ incident, environment, detected, detectedAgain, resolved, summary }) => ({
      incident,
      environment: environment === '' ? null : environment,
      at: plain(detected!),
      // Seen again after it was over: it is not.
      over: resolved === null || (detectedAgain !== null && resolved < detectedAgain) ? null : plain(resolved),
      summary,
    })),
    left: { deployments: Number(ofDeployments.count) - deployments.length, incidents: Number(ofIncidents.count) - incidents.length },
  }
}

/** Events keep nanoseconds, which nobody looks at. */
const plain = (at: string): string => instantOf(Date.parse(at))
