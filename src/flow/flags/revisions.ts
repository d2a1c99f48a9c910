import { notFound, type ThreewaysError } from '../../kernel/errors.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { nearest } from '../definition/suggest.ts'
import type { FlagChange, Source } from './events.ts'
import type { Flag } from './flag.ts'
import { flagRevisions, type FlagRevisionRow } from './projection.ts'
import type { SlotTables } from './slots.ts'

/** One revision of a flag: how it stands from then on, who made it so, and why. */
export type FlagRevision = {
  readonly flag: Flag
  readonly slots: SlotTables
  readonly revision: number
  readonly change: FlagChange
  readonly by: string
  readonly reason: string
  readonly origin: Origin
  /** Whose feature it was brought in from; null: nobody's. */
  readonly source: Source | null
  readonly environment: string | null
  readonly at: string
}

export type Origin = 'file' | 'api' | 'ramp'

/** Who changes a flag, and what they know of it. */
export type Author = {
  readonly by: string
  readonly reason: string
  /** The revision they saw, of each flag or of all; another one meanwhile is a conflict. */
  readonly expected?: number | Readonly<Record<string, number>> | undefined
  /** Others who agreed: names of tokens. */
  readonly agreed?: readonly string[] | undefined
  /** They take it out of the dark, whatever rehearsals showed. */
  readonly unready?: boolean | undefined
  /** They know that everybody is diced anew. */
  readonly rebucket?: boolean | undefined
  /** Whose features they bring in. */
  readonly source?: Source | undefined
  /** Everything is checked, and nothing is published. */
  readonly dryRun?: boolean | undefined
  /** What is true if and only if it is published, asked for behind the ledger's lock. Whatever it throws stands against publishing. */
  readonly alongside?: (tx: LedgerTransaction) => Promise<readonly CloudEvent[]>
}

/** The revision of a flag that was seen. */
export const expectedOf = (expected: Author['expected'], flag: string): number | undefined =>
  typeof expected === 'object' ? expected[flag] : expected

/** Every revision there is. */
export const revisions = (place: Pick<LedgerTransaction, 'db'>) => rowsOf(place.db, flagRevisions).selectAll()

/** A flag as it was last published from a file. */
export type FromFile = { readonly flag: Flag; readonly revision: number }

/** Flags as they were last published from a file, of those that were. */
export async function lastFromFiles(
  place: Pick<LedgerTransaction, 'db'>,
  read: readonly { readonly flag: Flag }[],
): Promise<ReadonlyMap<string, FromFile>> {
  const names = read.map(({ flag }) => flag.flag)
  const rows = await revisions(place)
    .where('origin', '=', 'file')
    .where('flag', 'in', names)
    .distinctOn('flag')
    .orderBy('flag')
    .orderBy('revision', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.flag, { flag: row.definition as Flag, revision: row.number! }]))
}

/** Who changed flags since, newest first. */
export async function sinceFiles(place: Pick<LedgerTransaction, 'db'>, files: ReadonlyMap<string, FromFile>) {
  const rows =
    files.size === 0
      ? []
      : await rowsOf(place.db, flagRevisions)
          .select(['flag', 'number', 'change', 'by', 'at', 'reason'])
          .where('origin', '!=', 'file')
          .where('flag', 'in', [...files.keys()])
          .orderBy('revision', 'desc')
          .execute()
  const since = rows.filter(({ flag, number }) => number! > files.get(flag)!.revision)
  return Map.groupBy(since, ({ flag }) => flag)
}

/** Those of some flags that were brought in from somebody at any time. */
export async function broughtInFrom(
  place: Pick<LedgerTransaction, 'db'>,
  source: Source,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await rowsOf(place.db, flagRevisions)
    .select('flag')
    .distinct()
    .where('source', '=', source)
    .where('flag', 'in', names)
    .execute()
  return new Set(rows.map(({ flag }) => flag))
}

/** How every flag stands, by name. */
export async function standing(place: Pick<LedgerTransaction, 'db'>): Promise<ReadonlyMap<string, FlagRevision>> {
  const rows = await revisions(place).distinctOn('flag').orderBy('flag').orderBy('revision', 'desc').execute()
  return new Map(rows.map((row) => [row.flag, revisionOf(row)]))
}

/** So many flags are read in one go: a thousand would hold up whoever asks for one meanwhile. */
const pageSize = 100

/** As `standing`, in parts. Behind the ledger's lock, or they are not of one moment. */
export async function* standingInParts(tx: Pick<LedgerTransaction, 'db'>): AsyncGenerator<readonly FlagRevision[]> {
  for (let after = '', more = true; more;) {
    const page = revisions(tx).where('flag', '>', after).distinctOn('flag').orderBy('flag').orderBy('revision', 'desc').limit(pageSize)
    const rows = await page.execute()
    yield rows.map(revisionOf)
    after = rows.at(-1)?.flag ?? after
    more = rows.length === pageSize
  }
}

export function revisionOf(row: FlagRevisionRow): FlagRevision {
  return {
    flag: row.definition as Flag,
    slots: row.slots as SlotTables,
    revision: row.number!,
    change: row.change as FlagChange,
    by: row.by!,
    reason: row.reason!,
    origin: row.origin as Origin,
    source: row.source as Source | null,
    environment: row.environment,
    at: row.at!,
  }
}

/** @param all - names that there are */
export function unknown(name: string, all: ReadonlyMap<string, unknown>): ThreewaysError {
  const near = nearest(name, [...all.keys()])
  return notFound('FLAG_NOT_FOUND', {
    message: `there is no flag "${name}"`,
    help: near === undefined ? 'list them with `threeways flag ls`' : `did you mean "${near}"?`,
  })
}
