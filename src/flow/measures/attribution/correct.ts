import { conflict, invalid, notFound } from '../../../kernel/errors.ts'
import { nearTo } from '../../definition/suggest.ts'
import type { Past } from '../past.ts'
import { groundsOf } from './blame.ts'
import type { Incident } from './failures.ts'
import type { Placed } from './placed.ts'
import type { ToldFailures } from './read.ts'

/** Which incident, and what it came of. */
export type Correction = {
  readonly incident: string
  /** A deployment by its name, or the latest of a version before the incident; `none`: of none of them. */
  readonly deployment: string
  readonly stream?: string | undefined
  readonly environment?: string | undefined
}

export type Corrected = { readonly incident: Incident; readonly deployment: Placed | undefined }

/**
 * What a person means who says what an incident came of.
 * @throws ThreewaysError `INCIDENT_NOT_FOUND`, `INCIDENT_AMBIGUOUS`, `DEPLOYMENT_NOT_FOUND`, `DEPLOYMENT_LATER`
 */
export function correct(
  { incident: name, deployment, stream, environment }: Correction,
  past: Past,
  { incidents }: ToldFailures,
): Corrected {
  const meant = incidents.filter(
    (one) =>
      one.incident === name &&
      (stream === undefined || one.stream === stream) &&
      (environment === undefined || one.environment === environment),
  )
  const [incident, another] = meant
  if (incident === undefined)
    throw notFound('INCIDENT_NOT_FOUND', {
      message: `nobody told of an incident "${name}"`,
      help:
        nearTo(
          name,
          incidents.map((one) => one.incident),
        ) ?? 'see `threeways incident ls`',
    })
  if (another !== undefined)
    throw conflict('INCIDENT_AMBIGUOUS', {
      message: `"${name}" names incidents of ${meant.map((one) => `${one.stream}/${one.environment}`).join(', ')}`,
      help: 'say which one by --stream and --environment',
    })
  if (deployment === 'none') return { incident, deployment: undefined }
  const found = deploymentMeant(deployment, incident, past)
  if (found.at > incident.detected)
    throw invalid('DEPLOYMENT_LATER', {
      message: `"${deployment}" was deployed after "${name}" was detected, at ${new Date(incident.detected).toISOString()}`,
      help: 'name one that was there before',
    })
  return { incident, deployment: found }
}

function deploymentMeant(name: string, { stream, environment, detected }: Incident, past: Past): Placed {
  const grounds = groundsOf(past)
  const places = environment === '' ? past.order : [environment]
  for (const place of places) {
    const byName = grounds.byName(place).get(name)
    if (byName) return byName
    const versions = grounds.of(stream, place).filter(({ version }) => version === name)
    const one = versions.findLast(({ at }) => at <= detected) ?? versions[0]
    if (one) return one
  }
  throw notFound('DEPLOYMENT_NOT_FOUND', {
    message: `nothing is known of a deployment or version "${name}" ${environment === '' ? 'anywhere' : `of ${stream} in ${environment}`}`,
    help: '`threeways incident ls` names those that may have caused it; "none" stands for none of them',
  })
}
