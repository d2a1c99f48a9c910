import { refused } from '../../kernel/errors.ts'
import type { LineStop } from './projection.ts'

/** What a stop needs to know of a change that wants to pass. */
export type Passing = { readonly commit: string; readonly fixesStop: string | undefined }

/** Ids named by `Fixes-Stop:` trailers, separated by blanks or commas. */
export function stopsFixedBy(change: Passing): readonly string[] {
  return change.fixesStop?.split(/[\s,]+/).filter((id) => id !== '') ?? []
}

/** The stops that hold this change up: every open one that it does not say it fixes. None: it may pass. */
export function blocking(open: readonly LineStop[], change: Passing): readonly LineStop[] {
  const fixed = new Set(stopsFixedBy(change))
  return open.filter((stop) => !fixed.has(stop.id))
}

/** Why a change waits, in one sentence. */
export function waitingFor(stop: LineStop): { readonly why: string; readonly for: string } {
  return {
    why: `the line is stopped: ${stop.reason}`,
    for: `a commit with the trailer "Fixes-Stop: ${stop.id}", or a person: threeways start --stop ${stop.id} "reason"`,
  }
}

/**
 * Which open stop a person means to end.
 * @throws ThreewaysError `LINE_NOT_STOPPED`, `STOP_UNKNOWN`, `STOP_AMBIGUOUS`, `REASON_MISSING`
 */
export function stopToEnd(open: readonly LineStop[], id: string | undefined, reason: string): LineStop {
  if (reason.trim() === '') {
    throw refused('REASON_MISSING', { message: 'a line does not start without a reason', help: 'threeways start "what was done about it"' })
  }
  const [only, another] = open
  if (only === undefined) throw refused('LINE_NOT_STOPPED', { message: 'the line is not stopped', help: 'see it with `threeways status`' })
  if (id !== undefined) {
    const named = open.find((stop) => stop.id === id)
    if (named) return named
    throw refused('STOP_UNKNOWN', { message: `no open stop is named "${id}"; open are: ${open.map((stop) => stop.id).join(', ')}` })
  }
  if (another === undefined) return only
  throw refused('STOP_AMBIGUOUS', {
    message: `${open.length} stops are open: ${open.map((stop) => `${stop.id} (${stop.reason})`).join(', ')}`,
    help: 'say which one: threeways start --stop <id> "reason"',
  })
}
