import { sql, type Kysely } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import type { CommitStatus, StatusTarget, Told } from './commit-status.port.ts'
import type { StatusTables } from './tables.ts'

/** Whoever tells one and dies loses it to another server after this. */
const claimMs = 60_000
const firstRetryMs = 2_000
const longestRetryMs = 15 * 60_000
/** An hour and a quarter in all. */
const attemptsMax = 14
/** What was told so long ago is forgotten; should something new be said of it, it is told as if it were the first. */
const keptDays = 90

export type Noted = Omit<CommitStatus, 'url'> & { readonly target: StatusTarget; readonly path: string }
type Claimed = {
  target: string
  commit: string
  context: string
  state: CommitStatus['state']
  description: string
  url: string | null
  revision: number
  attempts: number
}

/** What says the same as before is not told again. */
export async function put(db: Kysely<StatusTables>, { target, commit, context, state, description, path }: Noted): Promise<void> {
  const url = target.page === undefined ? null : `${target.page}${path}`
  await db
    .insertInto('statusOutbox')
    .values({ target: target.name, commit, context, state, description, url, problem: null })
    .onConflict((c) =>
      c
        .columns(['target', 'commit', 'context'])
        .doUpdateSet({
          state,
          description,
          url,
          revision: sql`status_outbox.revision + 1`,
          attempts: 0,
          notBefore: sql`now()`,
          problem: null,
        })
        .where(sql<boolean>`(status_outbox.state, status_outbox.description) is distinct from (${state}::text, ${description}::text)`),
    )
    .execute()
}

export type OutboxOptions = {
  readonly ledger: Pick<Ledger, 'db'>
  readonly log: (message: string) => void
  /** @defaultValue 2_000 */
  readonly firstRetryMs?: number
}

/** What waits to be told; of several servers each status is told by one. */
export function makeOutbox({ ledger, log, firstRetryMs: first = firstRetryMs }: OutboxOptions) {
  const db = ledger.db.withTables<StatusTables>()
  return {
    /** @param targets - their names @returns undefined: there is nothing to tell them now */
    async claim(targets: readonly string[]): Promise<Claimed | undefined> {
      const { rows } = await sql<Claimed>`
        update status_outbox set not_before = now() + ${claimMs} * interval '1 ms'
        where (target, commit, context) in (
          select target, commit, context from status_outbox
          where told_revision < revision and not_before <= now() and target = any(${[...targets]}::text[])
          order by not_before limit 1 for update skip locked)
        returning target, commit, context, state, description, url, revision, attempts`.execute(db)
      return rows[0]
    },

    /** @returns how many rows went */
    async prune(): Promise<number> {
      const done = await db
        .deleteFrom('statusOutbox')
        .whereRef('toldRevision', '=', 'revision')
        .where('notBefore', '<', sql<Date>`now() - ${keptDays} * interval '1 day'`)
        .executeTakeFirst()
      return Number(done.numDeletedRows)
    },

    async settle(row: Claimed, told: Told): Promise<void> {
      const { target, commit, context, revision } = row
      const mine = db.updateTable('statusOutbox').where('target', '=', target).where('commit', '=', commit).where('context', '=', context)
      const attempts = row.attempts + 1
      if (told.told === true) {
        await mine.set({ toldRevision: revision, attempts: 0, notBefore: sql`now()`, problem: null }).execute()
      } else if (told.told === 'never' || attempts >= attemptsMax) {
        log(`${target} was not told of ${context} at ${commit.slice(0, 8)}: ${told.why}`)
        await mine.set({ toldRevision: revision, attempts: 0, problem: told.why }).execute()
      } else {
        if (attempts === 1) log(`${target} cannot be told of ${context} at ${commit.slice(0, 8)}, trying again: ${told.why}`)
        const waitMs = Math.max((told.notBefore ?? 0) - Date.now(), Math.min(longestRetryMs, first * 2 ** row.attempts))
        await mine.set({ attempts, notBefore: sql`now() + ${Math.ceil(waitMs)} * interval '1 ms'` }).execute()
      }
    },
  }
}
