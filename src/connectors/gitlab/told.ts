import { z } from 'zod'
import { instantOf } from '../../kernel/clock.ts'
import { identified, type Outcome, type Told } from '../../flow/history/history.port.ts'

/** What whoever connects a project says of it. */
export type Project = {
  /** `group/project`. */
  readonly name: string
  readonly stream: string
  /** Issues with this label are incidents, and all of type incident. */
  readonly incidentLabel: string
  readonly incidentEnvironment: string
}

/** GitLab writes times in three ways: RFC 3339, `2026-03-01 09:30:00 UTC` and `2026-03-01 09:30:00 +0200`. */
export const Time = z.string().transform((text, context) => {
  const told = text.replace(
    /^(\S+) (\d\d:\d\d:\d\d(?:\.\d+)?) ?(UTC|[+-]\d\d:?\d\d)?$/,
    (_, day: string, time: string, zone = 'UTC') => `${day}T${time}${zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')}`,
  )
  const ms = /(Z|[+-]\d\d:\d\d)$/.test(told) ? Date.parse(told) : Number.NaN
  if (Number.isNaN(ms)) {
    context.addIssue({ code: 'custom', message: 'is no time with an offset from UTC' })
    return z.NEVER
  }
  return instantOf(ms)
})
export const Id = z.int().nonnegative()
export const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)

/** Statuses of pipelines and jobs that are over, as CDEvents has outcomes. */
export const over: Readonly<Record<string, Outcome>> = { success: 'success', failed: 'failure', canceled: 'cancel', skipped: 'cancel' }

export const urlOf = (url: string | null | undefined) => (url && URL.canParse(url) ? { url } : {})

type Time = z.infer<typeof Time>

/**
 * Since when a job waited for a runner. All jobs are made with their pipeline, so that when they were made says nothing where they wait
 * for one another: for how many seconds they were pending says it.
 */
export function queuedOf(created: Time, started: Time, pending: number | null | undefined): { readonly queued?: Time } {
  const since = pending === null || pending === undefined ? Date.parse(created) : Date.parse(started) - pending * 1000
  return since > Date.parse(started) ? {} : { queued: instantOf(Math.max(Math.round(since), Date.parse(created))) }
}

export const Issue = z.looseObject({
  iid: Id,
  title: z.string(),
  state: z.string(),
  created_at: Time,
  updated_at: Time,
  closed_at: Time.nullish(),
})

/** What an issue's state came to be, of those that it came to after it was made. */
export const StateEvent = z.looseObject({ created_at: Time, state: z.string() })

/** An issue that is an incident. @param isReopened - it began anew: what was resolved before is not */
export function tellIncident(issue: z.infer<typeof Issue>, project: Project, isReopened = false): readonly Told[] {
  const { detected, reopened, resolved } = incidentWords(issue, project)
  const { state, updated_at, closed_at } = issue
  return [detected, ...(isReopened ? [reopened(updated_at)] : []), ...(state === 'closed' && closed_at ? [resolved(closed_at)] : [])]
}

/** The same with all that it went through, as only the API has it, the oldest first. */
export function tellIncidentPast(
  issue: z.infer<typeof Issue>,
  events: readonly z.infer<typeof StateEvent>[],
  project: Project,
): readonly Told[] {
  const { reopened, resolved } = incidentWords(issue, project)
  // When it was closed for good the issue itself says, as webhooks do.
  const isSaid = issue.state === 'closed' && issue.closed_at && events.at(-1)?.state === 'closed'
  const before = isSaid ? events.slice(0, -1) : events
  return [
    ...tellIncident(issue, project),
    ...before.flatMap(({ state, created_at }) => {
      if (state === 'closed') return [resolved(created_at)]
      return state === 'reopened' || state === 'opened' ? [reopened(created_at)] : []
    }),
  ]
}

function incidentWords(issue: z.infer<typeof Issue>, { name, stream, incidentEnvironment }: Project) {
  const { iid, title, created_at } = issue
  const incident = { kind: 'incident', incident: `${name}#${iid}`, stream, environment: incidentEnvironment } as const
  return {
    detected: identified(`issue-${iid}-detected`, { ...incident, phase: 'detected', at: created_at, summary: title.slice(0, 200) }),
    reopened: (at: Time) => identified(`issue-${iid}-reopened`, { ...incident, phase: 'detected', at }),
    resolved: (at: Time) => identified(`issue-${iid}-resolved`, { ...incident, phase: 'resolved', at }),
  }
}
