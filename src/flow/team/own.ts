import { instantOf, type Clock } from '../../kernel/clock.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { nearest } from '../definition/suggest.ts'
import { streamOwned } from './events.ts'
import type { Owners } from './owners.ts'

/** What somebody says of a stream. */
export type Word = {
  readonly stream: string
  /** null: none any more. */
  readonly team: string | null
  /** Since when it is so. @defaultValue now */
  readonly since?: string | undefined
}

export type Words = {
  readonly owners: readonly Word[]
  readonly by: string
  readonly reason?: string | undefined
  /** Also of streams of which nothing is known yet. */
  readonly ahead: boolean
}

type Parts = {
  readonly ledger: Pick<Ledger, 'append'>
  readonly owners: () => Promise<Owners>
  /** Of which something is known. */
  readonly streams: () => Promise<ReadonlySet<string>>
  readonly clock: Clock
  readonly newId: NewId
}

/** So many streams are named in a sentence. */
const namedMax = 10

/**
 * Records which teams streams belong to, all of it or nothing. What is so already is not said again.
 * @returns streams of which nothing is known yet, beside the numbers
 * @throws ThreewaysError `STREAM_NOT_FOUND`, `OWNER_AMBIGUOUS`, `TIME_INVALID`
 */
export async function own({ ledger, owners, streams, clock, newId }: Parts, { owners: words, by, reason, ahead }: Words) {
  const now = clock.now()
  const known = await streams()
  const unknown = [...new Set(words.map(({ stream }) => stream))].filter((stream) => !known.has(stream)).toSorted()
  if (!ahead && unknown.length > 0) throw unknownStreams(unknown, [...known])
  refuseTwo(words)
  const future = words.find(({ since }) => since !== undefined && Date.parse(since) > now)
  if (future !== undefined)
    throw invalid('TIME_INVALID', {
      message: `"${future.stream}" cannot belong to a team since ${future.since}, which lies in the future`,
      help: 'say it when it is so',
    })
  const there = await owners()
  const news = words.filter(({ stream, team, since }) => {
    if (since === undefined) return (there.of(stream, now)?.team ?? null) !== team
    // A span that begins then may follow another that is told later, or stands below it in the same table.
    const said = there.saidAt(stream, Date.parse(since))
    return said === undefined || (said.team ?? null) !== team
  })
  const envelope = ({ stream, since }: Word) => ({
    id: newId(),
    time: instantOf(since === undefined ? now : Date.parse(since)),
    source: '/threeways',
    subject: stream,
  })
  const content = ({ stream, team }: Word) => ({ stream, ...(team === null ? {} : { team }), by, ...(reason ? { reason } : {}) })
  if (news.length > 0) await ledger.append(news.map((word) => event(streamOwned, envelope(word), content(word))))
  return { recorded: news.length, unchanged: words.length - news.length, unknown }
}

/** Which of them would count is decided by nothing that anybody knows. */
function refuseTwo(words: readonly Word[]): void {
  const teams = new Map<string, string | null>()
  for (const { stream, team, since } of words) {
    const moment = `${stream} ${since === undefined ? '' : Date.parse(since)}`
    const other = teams.get(moment)
    if (other !== undefined && other !== team)
      throw invalid('OWNER_AMBIGUOUS', {
        message: `"${stream}" is said to belong to "${other}" and to "${team}"${since === undefined ? '' : ` since ${since}`}`,
        help: 'say one of them, or since when each',
      })
    teams.set(moment, team)
  }
}

function unknownStreams(unknown: readonly string[], known: readonly string[]) {
  const named = unknown.slice(0, namedMax).map((stream) => {
    const near = nearest(stream, known)
    return `"${stream}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`
  })
  const more = unknown.length > namedMax ? ` and ${unknown.length - namedMax} more` : ''
  return notFound('STREAM_NOT_FOUND', {
    message: `nothing is known of ${named.join(', ')}${more}`,
    help: 'see `threeways flow`; --ahead says it of streams of which nothing is known yet',
  })
}
