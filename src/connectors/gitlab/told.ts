import { z } from 'zod'
import { instantOf } from '../../kernel/clock.ts'
import { digestOf } from '../../kernel/digest.ts'
import type { Outcome, Told } from '../../flow/history/history.port.ts'

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

/** Told again it is the same event, told otherwise another: the tables bring them together. */
export function told<T extends Omit<Told, 'id'>>(name: string, one: T): Told {
  return { ...one, id: `${name}-${digestOf(one).slice(7, 23)}` } as unknown as Told
}
