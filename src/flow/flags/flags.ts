import { makeBreath } from '../../kernel/breath.ts'
import type { Clock, Instant } from '../../kernel/clock.ts'
import { canonicalJson } from '../../kernel/digest.ts'
import { conflict, notFound, type ThreewaysError } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { nearest } from '../definition/suggest.ts'
import { readiness } from '../dark/of-flag.ts'
import { readFlag } from './document.ts'
import { checkOnce, checkWords, sameFile } from './files.ts'
import { flagChanged, type FlagChange } from './events.ts'
import type { Flag } from './flag.ts'
import { advanced, begun, paused } from './plan.ts'
import {
  checkBuckets,
  checkExpected,
  checkReady,
  checkRequirements,
  leavingDark,
  movesOf,
  settingIn,
  wished,
  withSetting,
  type Move,
  type Wish,
} from './policy.ts'
import { flagRevisions, type FlagRevisionRow } from './projection.ts'
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
  /** They take it out of the dark, whatever rehearsals showed. */
  readonly unready?: boolean | undefined
  /** They know that everybody is diced anew. */
  readonly rebucket?: boolean | undefined
}

/** A file with a flag in it. `file`: its name, for the faults. */
export type FlagDocument = { readonly document: string; readonly file: string }

/** `changed`: it was made by what was asked for, and not there already. */
export type Published = FlagRevision & { readonly changed: boolean }

export type Flags = ReturnType<typeof makeFlags>

/** A thousand events at once would hold up whoever asks for a flag meanwhile. */
const appendedAtOnce = 10

/** Flags: what stands, and every change of it, each an event with author and reason. */
export function makeFlags(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  /** All of it or nothing. Requirements are checked at the end, so that the order of flags does not matter. */
  async function publish(steps: readonly Step[], author: Author & { readonly origin: Origin }): Promise<readonly Published[]> {
    const breath = makeBreath()
    return ledger.transaction(async (tx) => {
      // From here on nobody else publishes: what was read stays true.
      await tx.lock()
      const all = new Map(await standing(tx))
      const earlier = new Map([...all].map(([name, one]) => [name, one.flag]))
      const at = clock.instant()
      const published: Published[] = []
      for (const { name, make } of steps) {
        await breath()
        const before = all.get(name)
        const { flag: asked, change, environment, ...own } = make(before, all)
        const flag = begun(asked, before?.flag, at)
        checkExpected(name, before?.revision ?? 0, author.expected)
        if (before !== undefined && canonicalJson(before.flag) === canonicalJson(flag)) {
          published.push({ ...before, changed: false })
          continue
        }
        if (before !== undefined) checkBuckets(before, flag, author.rebucket ?? false)
        const { by, origin } = author
        const reason = own.reason ?? author.reason
        const slots = slotsOf(flag, before?.slots ?? {})
        const made = {
          flag,
          slots,
          revision: (before?.revision ?? 0) + 1,
          change,
          by,
          reason,
          origin,
          environment: environment ?? null,
          at,
        }
        all.set(name, made)
        published.push({ ...made, changed: true })
      }
      const flags = new Map([...all].map(([name, one]) => [name, one.flag]))
      const made = published.filter(({ changed }) => changed)
      for (const { flag } of made) checkRequirements(flag, flags)
      if (author.unready !== true) {
        for (const { flag } of made)
          for (const { environment, demands } of leavingDark(earlier.get(flag.flag), flag))
            checkReady(flag.flag, environment, (await readiness(tx, flag, environment, demands)).verdict)
      }
      for (let from = 0; from < made.length; from += appendedAtOnce) {
        await tx.append(
          made.slice(from, from + appendedAtOnce).map((one) => event(flagChanged, envelope(one.flag.flag, at), contentOf(one))),
        )
        await breath()
      }
      return published
    })
  }

  const envelope = (subject: string, time: Instant) => ({ id: newId(), time, source: '/threeways/flags', subject })
  const alone = async (step: Step, author: Author & { readonly origin: Origin }) => (await publish([step], author))[0]!

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
      const rows = await revisions(ledger).where('flag', '=', name).orderBy('revision', 'desc').execute()
      if (rows.length === 0) throw unknown(name, await standing(ledger))
      return rows.map(revisionOf)
    },

    /**
     * Publishes flags as files of a repository have them, all or none. What somebody changed elsewhere since such a file was last read is
     * not undone unawares.
     * @returns the revisions that stand; `changed`: whether this made it
     * @throws ThreewaysError `FLAG_INVALID`, `FLAG_TWICE`, `FLAG_CHANGED_ELSEWHERE`, `FLAG_CHANGED_MEANWHILE`, `FLAG_REBUCKETED`, `FLAG_REQUIREMENT_INVALID`, `FLAG_REQUIREMENT_CIRCLE`
     */
    async set(files: readonly FlagDocument[], author: Author & { readonly over?: boolean | undefined; readonly origin?: 'file' | 'api' }) {
      const { origin = 'file', over = false } = author
      const read: { flag: Flag; file: string }[] = []
      const breath = makeBreath()
      for (const { document, file } of files) {
        read.push({ flag: readFlag(document, file), file })
        await breath()
      }
      checkOnce(read)
      const asFile = origin === 'file' ? await lastFromFiles(ledger, read) : new Map<string, Flag>()
      const make = (flag: Flag) => (before: FlagRevision | undefined) => {
        if (before === undefined) return { flag, change: 'created' as const }
        const isForeign = origin === 'file' && before.origin !== 'file' && !over
        // A file that is as it was has no opinion of what was done since.
        if (isForeign && sameFile(asFile.get(flag.flag), flag)) return { flag: before.flag, change: 'edited' as const }
        if (isForeign && !sameFile(before.flag, flag)) throw changedElsewhere(before)
        return { flag, change: 'edited' as const }
      }
      return publish(
        read.map(({ flag }) => ({ name: flag.flag, make: make(flag) })),
        { ...author, origin },
      )
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
      const make: Step['make'] = (before, all) => {
        if (before === undefined) throw unknown(name, all)
        const made = wished(before.flag, wish)
        checkWords(made.flag)
        return { ...made, change: author.change ?? made.change, environment: wish.environment }
      }
      return alone({ name, make }, { ...author, origin: author.origin ?? 'api' })
    },

    /**
     * Takes plans whose next step is due one step further.
     * @returns what was published
     */
    async advance(now: number): Promise<readonly Published[]> {
      const due = [...(await standing(ledger)).values()].flatMap(({ flag }) =>
        Object.keys(flag.environments)
          .filter((environment) => advanced(flag.environments[environment]!, now, '') !== undefined)
          .map((environment) => ({ name: flag.flag, environment })),
      )
      if (due.length === 0) return []
      const at = clock.instant()
      const step = ({ name, environment }: (typeof due)[number]): Step => ({
        name,
        // Another server may have been faster, or somebody took the ramp into their own hands.
        make: (before) => {
          const { flag } = before!
          const setting = flag.environments[environment]
          const next = setting === undefined ? undefined : advanced(setting, now, at)
          if (next === undefined) return { flag, change: 'ramp' }
          return { flag: withSetting(flag, environment, next.setting), change: 'ramp', environment, reason: next.reason }
        },
      })
      const done = await publish(due.map(step), { by: 'the plan', reason: 'as planned', origin: 'ramp' })
      return done.filter(({ changed }) => changed)
    },

    /** Lets the plan of a ramp wait (`why`) or go on (null). @throws ThreewaysError `FLAG_NOT_FOUND`, `FLAG_ENVIRONMENT_NOT_FOUND`, `FLAG_PLAN_NONE` */
    async pause(name: string, environment: string, why: string | null, author: Author & { readonly origin?: 'api' | 'ramp' }) {
      const make: Step['make'] = (before, all) => {
        if (before === undefined) throw unknown(name, all)
        const setting = paused(settingIn(before.flag, environment), why, clock.instant())
        return { flag: withSetting(before.flag, environment, setting), change: why === null ? 'resumed' : 'paused', environment }
      }
      return alone({ name, make }, { ...author, origin: author.origin ?? 'api' })
    },

    /** The kill switch, in every environment or in one. @throws ThreewaysError `FLAG_NOT_FOUND`, `FLAG_ENVIRONMENT_NOT_FOUND` */
    async kill(name: string, environment: string | undefined, killed: boolean, author: Author) {
      const make: Step['make'] = (before, all) => {
        if (before === undefined) throw unknown(name, all)
        const places = environment === undefined ? Object.keys(before.flag.environments) : [environment]
        let { flag } = before
        for (const place of places) {
          flag = wished(flag, { environment: place, killed }).flag
          const setting = settingIn(flag, place)
          // What was switched off was not looked at: its step is held anew.
          if (!killed && setting.plan !== null)
            flag = withSetting(flag, place, { ...setting, plan: { ...setting.plan, since: clock.instant() } })
        }
        return { flag, change: killed ? 'killed' : 'revived', environment }
      }
      return alone({ name, make }, { ...author, origin: 'api' })
    },
  }
}

/** What is published of one flag, from what stands. */
type Step = {
  readonly name: string
  readonly make: (
    before: FlagRevision | undefined,
    all: ReadonlyMap<string, FlagRevision>,
  ) => { readonly flag: Flag; readonly change: FlagChange; readonly environment?: string | undefined; readonly reason?: string }
}

function contentOf({ flag, slots, environment, revision, change, by, reason, origin }: FlagRevision) {
  const place = environment === null ? {} : { environment }
  return { flag: flag.flag, revision, change, by, reason, origin, ...place, definition: flag, slots }
}

const revisions = (place: Pick<LedgerTransaction, 'db'>) => rowsOf(place.db, flagRevisions).selectAll()

/** Flags as they were last published from a file, of those that were. */
async function lastFromFiles(
  place: Pick<LedgerTransaction, 'db'>,
  read: readonly { readonly flag: Flag }[],
): Promise<ReadonlyMap<string, Flag>> {
  const names = read.map(({ flag }) => flag.flag)
  const rows = await revisions(place)
    .where('origin', '=', 'file')
    .where('flag', 'in', names)
    .distinctOn('flag')
    .orderBy('flag')
    .orderBy('revision', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.flag, row.definition as Flag]))
}

async function standing(place: Pick<LedgerTransaction, 'db'>): Promise<ReadonlyMap<string, FlagRevision>> {
  const rows = await revisions(place).distinctOn('flag').orderBy('flag').orderBy('revision', 'desc').execute()
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

function unknown(name: string, all: ReadonlyMap<string, unknown>): ThreewaysError {
  const near = nearest(name, [...all.keys()])
  return notFound('FLAG_NOT_FOUND', {
    message: `there is no flag "${name}"`,
    help: near === undefined ? 'list them with `threeways flag ls`' : `did you mean "${near}"?`,
  })
}

function changedElsewhere({ flag: { flag }, revision, by, reason, at }: FlagRevision): ThreewaysError {
  return conflict('FLAG_CHANGED_ELSEWHERE', {
    message: `revision ${revision} of "${flag}" was not made from a file: ${by}, ${at.slice(0, 16).replace('T', ' ')}: ${reason}`,
    help: `take it into the file (threeways flag show ${flag} --yaml), or undo it with --over`,
  })
}
