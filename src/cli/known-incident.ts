import type { KnownIncident } from '../flow/history/incident-routes.ts'
import type { Instant } from '../kernel/clock.ts'
import { invalid, ThreewaysError } from '../kernel/errors.ts'
import { at as path, type Api } from './api.ts'
import type { Output } from './output.ts'

export type Place = { readonly stream: string; readonly environment: string; readonly incident: string }
export type Known = NonNullable<KnownIncident['known']>

/**
 * What the server knows of an incident. Telling must not fail of this question: a server that does not answer it, or does not let
 * this token ask, leaves it open.
 * @throws ThreewaysError `SERVER_UNREACHABLE`
 */
export async function lookUp(api: Api, { stream, environment, incident }: Place): Promise<KnownIncident | undefined> {
  try {
    return await api.get<KnownIncident>(`${path`/api/incidents/${incident}`}?${new URLSearchParams({ stream, environment })}`)
  } catch (error) {
    if (error instanceof ThreewaysError && error.code !== 'SERVER_UNREACHABLE') return undefined
    throw error
  }
}

/** @throws ThreewaysError `TIME_INVALID` where it was detected only later: kept, it would say nothing */
export function refuseTooEarly({ incident, detected, detectedLast }: Known, at: Instant): void {
  if (detected === null || at >= detected) return
  const again = detectedLast === null || detectedLast === detected ? '' : `, and again at ${detectedLast}`
  throw invalid('TIME_INVALID', {
    message: `incident ${incident} cannot be over at ${at}: it was detected at ${detected}${again}`,
    help: 'correct --at; where it was detected earlier, tell that first: `threeways event incident … --id … --at …`',
  })
}

/** What is told before it is told that there was one is kept, and a slip of the pen is as well. */
export function warnUnknown(output: Output, { stream, environment, incident }: Place, near: KnownIncident['near']): void {
  output.say(output.colour.yellow(`no incident ${incident} of ${stream} in ${environment} is known yet: this counts once one is told of`))
  const named = near.map((one) => `${one.incident} of ${one.stream} in ${one.environment}`)
  if (named.length > 0) output.say(output.colour.yellow(`did you mean ${named.join(', or ')}?`))
}
