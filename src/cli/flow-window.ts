import { invalid } from '../kernel/errors.ts'
import { momentOf } from './moment.ts'

/** Which window of a stream's flow is meant. */
export type WindowFlags = {
  readonly since?: string
  readonly until?: string
  readonly asOf?: string
  readonly days?: number
  readonly to?: string
}

/** Only what belongs to a team. */
export type TeamFlags = { readonly team?: string }

/** One stream is one stream, whosever it is. @throws ThreewaysError `TEAM_NOT_MEANT` */
export function refuseTeamOf(stream: string | undefined, { team }: TeamFlags): void {
  if (stream === undefined || team === undefined) return
  throw invalid('TEAM_NOT_MEANT', {
    message: `--team chooses among all value streams, and "${stream}" is one of them`,
    help: 'say the stream, or the team',
  })
}

/** Why a board is empty. */
export const nothingTold = (flags: TeamFlags): string =>
  flags.team === undefined
    ? 'nothing was deployed yet; bring history in with `threeways import csv`, see docs/history.md'
    : `nothing is known of deployments${ofTeamTold(flags)}; \`threeways team ls\` shows since when they do`

/** Of whose value streams something is said; nothing where it is said of all. */
export const ofTeamTold = ({ team }: TeamFlags): string => (team === undefined ? '' : ` of value streams that belonged to "${team}" then`)

/** @throws ThreewaysError `TIME_INVALID` */
export function windowQuery(flags: WindowFlags & TeamFlags): URLSearchParams {
  return new URLSearchParams({
    ...(flags.since === undefined ? {} : { since: momentOf(flags.since, '--since') }),
    ...(flags.until === undefined ? {} : { until: momentOf(flags.until, '--until') }),
    ...(flags.asOf === undefined ? {} : { asOf: momentOf(flags.asOf, '--as-of') }),
    ...(flags.days === undefined ? {} : { days: String(flags.days) }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.team === undefined ? {} : { team: flags.team }),
  })
}
