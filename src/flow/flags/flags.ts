import { makeBreath } from '../../kernel/breath.ts'
import { conflict, ThreewaysError } from '../../kernel/errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { readWithPlaces } from './document.ts'
import { checkResolved, type Read } from './unresolved.ts'
import type { FlagChange, Source } from './events.ts'
import { checkExclusion, checkKept } from './exclusion.ts'
import { checkOnce, checkWords, sameFile } from './files.ts'
import type { Flag } from './flag.ts'
import { advanced, begun, paused, type OutcomeOf } from './plan.ts'
import { checkBuckets, checkValues, movesOf, otherType, otherValues, type Move, type OtherValue } from './moves.ts'
import { checkNeeded, checkRequirements, checkWrittenOut, settingIn, wished, withSetting, type Wish } from './policy.ts'
import { notesOf } from './notes.ts'
import type { FlagRevisionRow } from './projection.ts'
import { makePublisher, type Parts, type Published, type Step } from './publish.ts'
import {
  broughtInFrom,
  sinceFiles,
  type FromFile,
  lastFromFiles,
  revisionOf,
  revisions,
  standing,
  standingInParts,
  unknown,
  type Author,
  type FlagRevision,
} from './revisions.ts'

/** A file with a flag in it. `file`: its name, for the faults. */
export type FlagDocument = { readonly document: string; readonly file: string }

/** What publishing a flag would do. `before`: how it stands; null: it is new. */
export type Preview = {
  readonly flag: Flag
  readonly before: FlagRevision | null
  readonly moves: readonly Move[]
  readonly values: readonly OtherValue[]
  /** The type of its values until now, where it would be another; null: it would not. */
  readonly typeWas: string | null
  /** What layers, holdouts, buckets and experiments say against it, unless it is meant; null: nothing. */
  readonly against: string | null
  /** What whoever publishes it should know besides. */
  readonly notes: readonly string[]
}

export type Flags = ReturnType<typeof makeFlags>

/** Flags: what stands, and every change of it, each an event with author and reason. */
export function makeFlags(ledger: Ledger, parts: Parts) {
  const { clock, experiments = async () => [] } = parts
  const { publish, alone } = makePublisher(ledger, parts)

  async function previewOf(read: readonly { readonly flag: Flag }[], all: ReadonlyMap<string, FlagRevision>): Promise<readonly Preview[]> {
    const at = clock.instant()
    // Together: one of them may require another.
    const then = new Map([...all.values(), ...read].map(({ flag }) => [flag.flag, flag]))
    checkExclusion(new Set(read.map(({ flag }) => flag.flag)), then)
    for (const { flag } of read) checkRequirements(flag, then)
    const earlier = new Map([...all].map(([name, one]) => [name, one.flag]))
    checkWrittenOut(then, earlier)
    checkNeeded(new Set(read.map(({ flag }) => flag.flag)), earlier, then)
    const asked = await experiments(ledger)
    return read.map(({ flag }) => {
      const before = all.get(flag.flag)
      const made = begun(flag, before?.flag, at)
      const against = refusalOf(() => {
        checkKept(new Set([flag.flag]), earlier, then, (layer) => all.get(layer)?.slots ?? {})
        if (before !== undefined) checkBuckets(before, made, false)
        if (before !== undefined) checkValues(before, made, asked)
      })
      const notes = notesOf(made, asked, clock.now())
      if (before === undefined) return { flag: made, before: null, moves: [], values: [], typeWas: null, against, notes }
      const typeWas = otherType(before.flag, made) ?? null
      return { flag: made, before, moves: movesOf(before, made), values: otherValues(before, made), typeWas, against, notes }
    })
  }

  return {
    /** How every flag stands, by name. */
    standing: () => standing(ledger),

    /** What whoever published flags should know, though nothing stood against it. */
    async notes(made: readonly { readonly flag: Flag }[]): Promise<readonly (readonly string[])[]> {
      const asked = await experiments(ledger)
      return made.map(({ flag }) => notesOf(flag, asked, clock.now()))
    },

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
     * @throws ThreewaysError `FLAG_INVALID`, `FLAG_TWICE`, `FLAG_CHANGED_ELSEWHERE`, `FLAG_NOT_FROM_THERE`, `FLAG_CHANGED_MEANWHILE`, `FLAG_REBUCKETED`, `FLAG_REQUIREMENT_INVALID`, `FLAG_REQUIREMENT_CIRCLE`,
     * `FLAG_LAYER_INVALID`, `FLAG_LAYER_TAKEN`, `FLAG_HOLDOUT_INVALID`, `FLAG_HELD`
     */
    async set(files: readonly FlagDocument[], author: Author & { readonly over?: boolean | undefined; readonly origin?: 'file' | 'api' }) {
      const { origin = 'file', over = false } = author
      const read: Read[] = []
      const breath = makeBreath()
      for (const { document, file } of files) {
        read.push({ ...readWithPlaces(document, file), file })
        await breath()
      }
      checkOnce(read)
      // What is published meanwhile is asked about again behind the lock; only this knows the lines of files.
      const known = new Map<string, FlagRevision>()
      for await (const part of standingInParts(ledger)) for (const one of part) known.set(one.flag.flag, one)
      checkResolved(read, known)
      const asFile = origin === 'file' ? await lastFromFiles(ledger, read) : new Map<string, FromFile>()
      const since = origin === 'file' && !over ? await sinceFiles(ledger, asFile) : new Map<string, readonly Since[]>()
      const { source } = author
      const names = read.map(({ flag }) => flag.flag)
      const fromThere = source === undefined ? undefined : await broughtInFrom(ledger, source, names)
      if (source !== undefined && !over) {
        const strange = names.flatMap((name) => (fromThere!.has(name) ? [] : (known.get(name) ?? [])))
        if (strange.length > 0) throw notFromThere(strange, source)
      }
      const make = (flag: Flag) => (before: FlagRevision | undefined) => {
        if (before === undefined) return { flag, change: 'created' as const }
        if (source !== undefined && !over && !fromThere!.has(flag.flag)) throw notFromThere([before], source)
        // What was killed and revived stands as its file had it: nothing would be undone.
        const isForeign = origin === 'file' && before.origin !== 'file' && !over && !sameFile(asFile.get(flag.flag)?.flag, before.flag)
        // A file that is as it was has no opinion of what was done since.
        if (isForeign && sameFile(asFile.get(flag.flag)?.flag, flag)) return { flag: before.flag, change: 'edited' as const }
        if (isForeign && !sameFile(before.flag, flag)) throw changedElsewhere(before, since.get(flag.flag) ?? [])
        return { flag, change: 'edited' as const }
      }
      return publish(
        read.map(({ flag }) => ({ name: flag.flag, make: make(flag) })),
        { ...author, origin },
      )
    },

    /** What publishing files would do, without doing it. @throws as `set` */
    async preview(files: readonly FlagDocument[]): Promise<readonly Preview[]> {
      const read = files.map(({ document, file }) => ({ ...readWithPlaces(document, file), file }))
      checkOnce(read)
      const all = await standing(ledger)
      checkResolved(read, all)
      return previewOf(read, all)
    },

    /** What changing how a flag stands would do, without doing it. @throws as `stand` */
    async previewStand(name: string, wish: Wish): Promise<readonly Preview[]> {
      const all = await standing(ledger)
      const before = all.get(name)
      if (before === undefined) throw unknown(name, all)
      const { flag } = wished(before.flag, wish)
      checkWords(flag)
      return previewOf([{ flag }], all)
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
     * Takes plans whose next step is due one step further, or turns back those whose experiment was decided otherwise.
     * @returns what was published
     */
    async advance(now: number, outcomeOf: OutcomeOf): Promise<readonly Published[]> {
      const due = [...(await standing(ledger)).values()].flatMap(({ flag }) =>
        Object.entries(flag.environments)
          .filter(([environment, setting]) => advanced(setting, now, '', outcomeOf(flag.flag, environment, setting)) !== undefined)
          .map(([environment]) => ({ name: flag.flag, environment })),
      )
      if (due.length === 0) return []
      const at = clock.instant()
      const step = ({ name, environment }: (typeof due)[number]): Step => ({
        name,
        // Another server may have been faster, or somebody took the ramp into their own hands.
        make: (before) => {
          const { flag } = before!
          const setting = flag.environments[environment]
          const next = setting === undefined ? undefined : advanced(setting, now, at, outcomeOf(name, environment, setting))
          if (next === undefined) return { flag, change: 'ramp' }
          if (next.kind === 'back')
            return { flag: wished(flag, { environment, state: 'off' }).flag, change: 'turned back', environment, reason: next.reason }
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

/** In words, where it refuses. */
function refusalOf(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof ThreewaysError) return error.message
    throw error
  }
}

function notFromThere(strange: readonly FlagRevision[], source: Source): ThreewaysError {
  const told = strange.map(
    ({ flag: { flag, owner }, revision, by, at }) =>
      `"${flag}" of ${owner} (revision ${revision}, by ${by}, ${at.slice(0, 16).replace('T', ' ')})`,
  )
  return conflict('FLAG_NOT_FROM_THERE', {
    message: `there are flags that did not come from ${source}: ${told.join(', ')}`,
    help: 'give one of the two another name, or say with --over that it is to become the one from there',
  })
}

type Since = Pick<FlagRevisionRow, 'number' | 'by' | 'at' | 'reason' | 'change'>

const revisionsTold = 5

/** @param since - revisions that were made since its file was last published, newest first */
function changedElsewhere({ flag: { flag }, revision, by, reason, at, change }: FlagRevision, since: readonly Since[]): ThreewaysError {
  const all = since.length === 0 ? [{ number: revision, by, at, reason, change }] : since
  const told = all
    .slice(0, revisionsTold)
    .map((one) => `revision ${one.number} (${one.change}, ${one.by}, ${one.at!.slice(0, 16).replace('T', ' ')}: ${one.reason})`)
  const more = all.length > revisionsTold ? `, and ${all.length - revisionsTold} before` : ''
  return conflict('FLAG_CHANGED_ELSEWHERE', {
    message: `"${flag}" is not as its file had it: ${told.join(', ')}${more}, not made from a file`,
    help: `take it into the file (threeways flag show ${flag} --yaml), or undo it with --over`,
  })
}
