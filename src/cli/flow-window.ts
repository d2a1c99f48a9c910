import { momentOf } from './moment.ts'

/** Which window of a stream's flow is meant. */
export type WindowFlags = {
  readonly since?: string
  readonly until?: string
  readonly asOf?: string
  readonly days?: number
  readonly to?: string
}

/** @throws ThreewaysError `TIME_INVALID` */
export function windowQuery(flags: WindowFlags): URLSearchParams {
  return new URLSearchParams({
    ...(flags.since === undefined ? {} : { since: momentOf(flags.since, '--since') }),
    ...(flags.until === undefined ? {} : { until: momentOf(flags.until, '--until') }),
    ...(flags.asOf === undefined ? {} : { asOf: momentOf(flags.asOf, '--as-of') }),
    ...(flags.days === undefined ? {} : { days: String(flags.days) }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
  })
}
