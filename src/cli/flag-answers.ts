import { formatDuration } from '../kernel/duration.ts'
import { standing, type Revision, type Setting } from './flags.ts'

/** What came of a change of a flag, as the API tells it. */
export type Published = {
  readonly flag: string
  readonly revision: number
  readonly changed: boolean
  readonly latest: Revision
  readonly was: Revision | null
  readonly environments: readonly Setting[]
  readonly notes: readonly string[]
}

const ago = (at: string, now: number) => {
  const ms = Math.max(0, now - Date.parse(at))
  return ms < 1_000 ? 'a moment ago' : `${formatDuration(ms)} ago`
}

/** Whoever publishes over what another did a moment ago is told so. */
const after = ({ was }: Published, now: number): string =>
  was === null ? '' : `, after ${was.revision} by ${was.by} ${ago(was.at, now)} (${was.change}: ${was.reason})`

/** `production ramp: on 5%, staging on: on` @param only - this environment; undefined: all */
const stands = ({ environments }: Published, only: string | undefined): string =>
  environments
    .filter(({ environment }) => only === undefined || environment === only)
    .map((setting) => `${setting.environment} ${standing(setting)}`)
    .join('; ')

/** What a flag is at by now, and how it stands. */
export function publishedLine(made: Published, now: number, only?: string): string {
  const head = made.changed
    ? `${made.flag} is at revision ${made.revision}${after(made, now)}`
    : `${made.flag} stood so already (revision ${made.revision})`
  return `${head}: ${stands(made, only)}`
}

/** What the kill switch came to; a second throw of it is none, and what is said with it is kept nowhere. */
export function switchedLine(made: Published, verb: 'kill' | 'revive', now: number, only?: string): string {
  const { flag, revision, changed, latest } = made
  const place = only === undefined ? '' : ` in ${only}`
  const already = `revision ${revision}, ${latest.change} by ${latest.by} ${ago(latest.at, now)}: ${latest.reason}`
  if (verb === 'kill' && changed) return `${flag} gives control to everybody${place} (revision ${revision}): ${stands(made, only)}`
  if (verb === 'kill') return `${flag} was killed already${place} (${already}); your reason was not kept`
  if (changed) return `${flag} stands as before${place} (revision ${revision}): ${stands(made, only)}`
  return `${flag} is not killed${place} (${already}): ${stands(made, only)}`
}
