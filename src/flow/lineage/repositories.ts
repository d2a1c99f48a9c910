import { sharedLook } from '../../kernel/shared-look.ts'
import type { CdEvent, ContentOf, RecordedEvent } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { commitsRecorded, refsRecorded, sourceLinked } from '../history/events.ts'
import { Links } from './links.ts'
import { Repository } from './repository.ts'
import { requestTypes, requestWordOf, type RequestWord } from './requests.ts'

export type Repositories = { readonly repositories: ReadonlyMap<string, Repository>; readonly links: Links }

const types = [commitsRecorded, refsRecorded, sourceLinked].map(({ type }) => type).concat(requestTypes)

/** Events of at most 256 KiB each, read and let go before the next ones. */
const pageSize = 25

/**
 * Everything known of commits, kept in memory: of what is recorded only what came since is read. Order does not matter to it, so that
 * what a second server recorded meanwhile is just more of it.
 */
export function makeRepositories(ledger: Pick<Ledger, 'read' | 'head'>): () => Promise<Repositories> {
  const repositories = new Map<string, Repository>()
  const links = new Links()
  let seen = 0
  const named = (name: string) => {
    const known = repositories.get(name) ?? new Repository(name)
    repositories.set(name, known)
    return known
  }
  const add = ({ event: { source, id, type, data } }: RecordedEvent) => {
    const said = { time: new Date(data.context.timestamp).toISOString(), id: `${source}#${id}` }
    const content = data.subject.content as unknown
    if (type === sourceLinked.type) return links.add(content as ContentOf<typeof sourceLinked>, said)
    const word = requestWordOf(type)
    if (word !== undefined) return addRequest(word, data, named)
    const repository = named((content as { repository: string }).repository)
    if (type === commitsRecorded.type) repository.addCommits((content as ContentOf<typeof commitsRecorded>).commits)
    else repository.addRefs(content as ContentOf<typeof refsRecorded>, said)
  }
  return sharedLook(async () => {
    const head = await ledger.head()
    while (seen < head) {
      const events = await ledger.read({ after: seen, types, limit: pageSize })
      for (const event of events) add(event)
      // With fewer than were asked for nothing is left up to what the head was.
      seen = events.length < pageSize ? Math.max(head, events.at(-1)?.seq ?? 0) : events.at(-1)!.seq
    }
    return { repositories, links }
  })
}

/** Our own events of a commit on the trunk speak of no request. */
function addRequest(word: RequestWord, { context, customData }: CdEvent, named: (name: string) => Repository): void {
  const custom = typeof customData === 'object' ? customData : {}
  const { repository } = custom
  if (typeof repository === 'string' && repository !== '') named(repository).requests.add(word, custom, Date.parse(context.timestamp))
}
