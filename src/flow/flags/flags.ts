import type { Clock } from '../../kernel/clock.ts'
import { canonicalJson } from '../../kernel/digest.ts'
import { conflict, notFound, type ThreewaysError } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { nearest } from '../definition/suggest.ts'
import { readFlag } from './document.ts'
import { flagChanged, type FlagChange } from './events.ts'
import type { Flag } from './flag.ts'
import { checkBuckets, checkExpected, checkRequirements, movesOf, wished, type Move, type Wish } from './policy.ts'
import { ordered, type FlagRevisionRow } from './projection.ts'
import { slotsOf, type SlotTables } from './slots.ts'

/** One revision of a flag: how it stands from then on, who made it so, and why. */
export type FlagRevision = {
  readonly flag: Flag
  readonly slots: SlotTables
  readonly revision: number
  readonly change: FlagChange
  readonly by: string
  readonly reason: string
  readonly origin: Origin
  readonly environment: string | null
  readonly at: string
}

export type Origin = 'file' | 'api' | 'ramp'

/** Who changes a flag, and what they know of it. */
export type Author = {
  readonly by: string
  readonly reason: string
  /** The revision they saw; another one meanwhile is a conflict. */
  readonly expected?: number | undefined
  /** They know that everybody is diced anew. */
  readonly rebucket?: boolean | undefined
}

export type Flags = ReturnType<typeof makeFlags>

/** Flags: what stands, and every change of it, each an event with author and reason. */
export function makeFlags(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  async function change(
    name: string,
    author: Author & { readonly origin: Origin },
    made: (before: FlagRevision | undefined, all: ReadonlyMap<string, Flag>) => Made,
  ) {
    return ledger.transaction(async (tx) => {
      // From here on nobody else publishes: what was read stays true.
      await tx.lock()
      const all = await standing(tx)
      const before = all.get(name)
      const others = new Map([...all].map(([key, { flag }]) => [key, flag]))
      const { flag, change, environment } = made(before, others)
      checkExpected(name, before?.revision ?? 0, author.expected)
      if (before !== undefined && canonicalJson(before.flag) === canonicalJson(flag)) return { ...before, changed: false }
      checkRequirements(flag, others)
      if (before !== undefined) checkBuckets(before, flag, author.rebucket ?? false)
      const slots = slotsOf(flag, before?.slots ?? {})
      const revision = (before?.revision ?? 0) + 1
      const { by, reason, origin } = author
      const content = {
        flag: name,
        revision,
        change,
        by,
        reason,
        origin,
        ...(environment === undefined ? {} : { environment }),
        definition: flag,
        slots,
      }
      const at = clock.instant()
      await tx.append([event(flagChanged, { id: newId(), time: at, source: '/threeways/flags', subject: name }, content)])
      return { flag, slots, revision, change, by, reason, origin, environment: environment ?? null, at, changed: true }
    })
  }

  return {
    /** How every flag stands, by name. */
    standing: () => standing(ledger),

    /** @throws ThreewaysError `FLAG_NOT_FOUND` */
    async one(name: string): Promise<FlagRevision> {
      const all = await standing(ledger)
      const found = all.get(name)
      if (found === undefined) throw unknown(name, all)
      return found
    },

    /** Every revision of a flag, newest first. @throws ThreewaysError `FLAG_NOT_FOUND` */
    async life(name: string): Promise<readonly FlagRevision[]> {
      const rows = await revisions(ledger)
        .selectFrom('flag_revision')
        .selectAll()
        .where('flag', '=', name)
        .orderBy('revision', 'desc')
        .execute()
      if (rows.length === 0) throw unknown(name, await standing(ledger))
      return rows.map(revisionOf)
    },

    /**
     * Publishes a flag as a file of a repository has it. What somebody changed elsewhere since that file was last read is not undone unawares.
     * @returns the revision that stands; `changed`: whether this made it
     * @throws ThreewaysError `FLAG_INVALID`, `FLAG_CHANGED_ELSEWHERE`, `FLAG_CHANGED_MEANWHILE`, `FLAG_REBUCKETED`, `FLAG_REQUIREMENT_INVALID`, `FLAG_REQUIREMENT_CIRCLE`
     */
    async set(document: string, file: string, author: Author & { readonly over?: boolean | undefined; readonly origin?: 'file' | 'api' }) {
      const flag = readFlag(document, file)
      const origin = author.origin ?? 'file'
      return change(flag.flag, { ...author, origin }, (before) => {
        if (
          origin === 'file' &&
          before !== undefined &&
          before.origin !== 'file' &&
          author.over !== true &&
          canonicalJson(before.flag) !== canonicalJson(flag)
        )
          throw changedElsewhere(before)
        return { flag, change: before === undefined ? 'created' : 'edited' }
      })
    },

    /** What publishing would do, without doing it. @throws as `set` */
    async preview(
      document: string,
      file: string,
    ): Promise<{ readonly flag: Flag; readonly before: FlagRevision | null; readonly moves: readonly Move[] }> {
      const flag = readFlag(document, file)
      const all = await standing(ledger)
      checkRequirements(flag, new Map([...all].map(([key, one]) => [key, one.flag])))
      const before = all.get(flag.flag)
      return { flag, before: before ?? null, moves: before === undefined ? [] : movesOf(before, flag) }
    },

    /**
     * Changes how a flag stands in one environment.
     * @throws ThreewaysError `FLAG_NOT_FOUND`, `FLAG_ENVIRONMENT_NOT_FOUND`, `FLAG_VARIANT_MISSING`, and as `set`
     */
    async stand(name: string, wish: Wish, author: Author & { readonly origin?: 'api' | 'ramp'; readonly change?: FlagChange }) {
      return change(name, { ...author, origin: author.origin ?? 'api' }, (before, all) => {
        if (before === undefined) throw unknown(name, all)
        const made = wished(before.flag, wish)
        // The same checks as for a file, at the same words.
        readFlag(JSON.stringify(documentOf(made.flag)), name)
        return { ...made, change: author.change ?? made.change, environment: wish.environment }
      })
    },

    /** The kill switch, in every environment or in one. @throws ThreewaysError `FLAG_NOT_FOUND`, `FLAG_ENVIRONMENT_NOT_FOUND` */
    async kill(name: string, environment: string | undefined, killed: boolean, author: Author) {
      return change(name, { ...author, origin: 'api' }, (before, all) => {
        if (before === undefined) throw unknown(name, all)
        const places = environment === undefined ? Object.keys(before.flag.environments) : [environment]
        let { flag } = before
        for (const place of places) flag = wished(flag, { environment: place, killed }).flag
        return { flag, change: killed ? 'killed' : 'revived', environment }
      })
    },
  }
}

type Made = { readonly flag: Flag; readonly change: FlagChange; readonly environment?: string | undefined }

type Tables = { flag_revision: FlagRevisionRow }
const revisions = (place: Pick<LedgerTransaction, 'db'>) => place.db.withTables<Tables>()

async function standing(place: Pick<LedgerTransaction, 'db'>): Promise<ReadonlyMap<string, FlagRevision>> {
  const rows = await revisions(place)
    .selectFrom('flag_revision')
    .selectAll()
    .distinctOn('flag')
    .orderBy('flag')
    .orderBy('revision', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.flag, revisionOf(row)]))
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
    environment: row.environment,
    at: row.at!,
  }
}

export { ordered }

function unknown(name: string, all: ReadonlyMap<string, unknown>): ThreewaysError {
  const near = nearest(name, [...all.keys()])
  return notFound('FLAG_NOT_FOUND', {
    message: `there is no flag "${name}"`,
    help: near === undefined ? 'list them with `threeways flag ls`' : `did you mean "${near}"?`,
  })
}

function changedElsewhere({ flag: { flag }, revision, by, reason, at }: FlagRevision): ThreewaysError {
  return conflict('FLAG_CHANGED_ELSEWHERE', {
    message: `revision ${revision} of "${flag}" was not made from a file: ${by}, ${at}: ${reason}`,
    help: `take it into the file (threeways flag show ${flag} --yaml), or undo it with --over`,
  })
}

const share = (slots: number) => `${slots / 100}%`
const shares = (serve: Flag['environments'][string]['serve']) =>
  typeof serve === 'string' ? serve : Object.fromEntries(Object.entries(serve).map(([variant, slots]) => [variant, share(slots)]))

/** A flag in the words of its file. What is as usual is left out. Pure. */
export function documentOf(flag: Flag): Readonly<Record<string, unknown>> {
  const { service, change, expires, description, requires, environments, bucketing, bucketBy, salt, ...rest } = flag
  return {
    flag: flag.flag,
    ...(description === '' ? {} : { description }),
    owner: rest.owner,
    purpose: rest.purpose,
    expires: expires ?? 'never',
    ...(service === null ? {} : { service }),
    ...(change === null ? {} : { change }),
    variants: rest.variants,
    control: rest.control,
    ...(bucketing === 'fractional-v2' ? {} : { bucketing }),
    ...(bucketBy === 'targetingKey' ? {} : { bucketBy }),
    ...(salt === flag.flag ? {} : { salt }),
    ...(requires.length === 0 ? {} : { requires }),
    environments: Object.fromEntries(
      Object.entries(environments).map(([name, { state, killed, rules, serve, sample }]) => [
        name,
        {
          state,
          ...(killed ? { killed } : {}),
          ...(rules.length === 0 ? {} : { rules: rules.map((rule) => ({ ...rule, serve: shares(rule.serve) })) }),
          serve: shares(serve),
          ...(state === 'dark' && sample !== 10_000 ? { sample: share(sample) } : {}),
        },
      ]),
    ),
  }
}
