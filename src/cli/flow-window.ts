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
export function nothingTold(flags: TeamFlags & WindowFlags): string {
  if (flags.team !== undefined) return `nothing is known of deployments${ofTeamTold(flags)}; \`threeways team ls\` shows since when they do`
  const { to, asOf } = flags
  // What is narrowed to nothing says nothing of all there is.
  if (to !== undefined || asOf !== undefined)
    return `nothing ${asOf === undefined ? 'is' : 'was'} known of deployments${to === undefined ? '' : ` to "${to}"`}${asOf === undefined ? '' : ` on ${asOf}`}; \`threeways flow\` without ${[to && '--to', asOf && '--as-of'].filter(Boolean).join(' and ')} shows what there is`
  return 'nothing was deployed yet; bring history in with `threeways import csv`, see docs/history.md'
}

/** Of whose value streams something is said; nothing where it is said of all. */
export const ofTeamTold = ({ team }: TeamFlags): string => (team === undefined ? '' : ` of value streams that belonged to "${team}" then`)

/** @throws ThreewaysError `TIME_INVALID` */
export function windowQuery(flags: WindowFlags & TeamFlags, nowMs = Date.now()): URLSearchParams {
  const moment = (text: string | undefined, flag: string) => (text === undefined ? undefined : momentOf(text, flag))
  const [since, until, asOf] = [moment(flags.since, '--since'), moment(flags.until, '--until'), moment(flags.asOf, '--as-of')]
  const { days, to, team } = flags
  if (since !== undefined && until !== undefined && since >= until)
    throw invalid('TIME_INVALID', {
      message: `--since ${flags.since} does not lie before --until ${flags.until}`,
      help: 'exchange or correct them',
    })
  if (since !== undefined && Date.parse(since) > nowMs)
    throw invalid('TIME_INVALID', { message: `--since ${flags.since} lies in the future: nothing has happened then`, help: 'correct it' })
  if (since !== undefined && asOf !== undefined && since > asOf)
    throw invalid('TIME_INVALID', {
      message: `--since ${flags.since} lies after --as-of ${flags.asOf}: nothing was known of it then`,
      help: 'correct one of them',
    })
  const said = { since, until, asOf, days: days === undefined ? undefined : String(days), to, team }
  return new URLSearchParams(Object.entries(said).filter((one): one is [string, string] => one[1] !== undefined))
}
