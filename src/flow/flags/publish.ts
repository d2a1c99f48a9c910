import { makeBreath } from '../../kernel/breath.ts'
import type { Clock, Instant } from '../../kernel/clock.ts'
import { canonicalJson } from '../../kernel/digest.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { readiness } from '../dark/of-flag.ts'
import { flagChanged, type FlagChange } from './events.ts'
import { checkExclusion, checkKept } from './exclusion.ts'
import type { Flag } from './flag.ts'
import { checkBuckets, checkValues, otherValues, type Asked } from './moves.ts'
import { begun } from './plan.ts'
import { checkExpected, checkNeeded, checkReady, checkRequirements, checkWrittenOut, leavingDark } from './policy.ts'
import { policyFor } from './proposals/policy-for.ts'
import { checkRights, touched } from './proposals/rights.ts'
import { expectedOf, standingInParts, type Author, type FlagRevision, type Origin } from './revisions.ts'
import { slotsOf, type SlotTables } from './slots.ts'

/** `changed`: it was made by what was asked for, and not there already. `before`: what stood until then. */
export type Published = FlagRevision & { readonly changed: boolean; readonly before: FlagRevision | null }

export type Parts = {
  readonly clock: Clock
  readonly newId: NewId
  /** Every experiment there is: what flags may be of, and be held by. */
  readonly experiments?: (place: Pick<LedgerTransaction, 'db'>) => Promise<readonly Asked[]>
}

/** A thousand events at once would hold up whoever asks for a flag meanwhile. */
const appendedAtOnce = 10

/** What is published of one flag, from what stands. */
export type Step = {
  readonly name: string
  readonly make: (
    before: FlagRevision | undefined,
    all: ReadonlyMap<string, FlagRevision>,
  ) => { readonly flag: Flag; readonly change: FlagChange; readonly environment?: string | undefined; readonly reason?: string }
}

function contentOf({ flag, slots, environment, revision, change, by, reason, origin, source }: FlagRevision) {
  const place = { ...(environment === null ? {} : { environment }), ...(source === null ? {} : { source }) }
  return { flag: flag.flag, revision, change, by, reason, origin, ...place, definition: flag, slots }
}

/** Publishes revisions of flags behind the ledger's lock. */
export function makePublisher(ledger: Ledger, { clock, newId, experiments = async () => [] }: Parts) {
  /** All of it or nothing. Requirements are checked at the end, so that the order of flags does not matter. */
  async function publish(steps: readonly Step[], author: Author & { readonly origin: Origin }): Promise<readonly Published[]> {
    const breath = makeBreath()
    return ledger.transaction(async (tx) => {
      // From here on nobody else publishes: what was read stays true.
      await tx.lock()
      const alongside = (await author.alongside?.(tx)) ?? []
      const all = new Map<string, FlagRevision>()
      const earlier = new Map<string, Flag>()
      const slotsBefore = new Map<string, SlotTables>()
      for await (const part of standingInParts(tx)) {
        for (const one of part) {
          all.set(one.flag.flag, one)
          earlier.set(one.flag.flag, one.flag)
          slotsBefore.set(one.flag.flag, one.slots)
        }
      }
      const at = clock.instant()
      const published: Published[] = []
      for (const { name, make } of steps) {
        await breath()
        const before = all.get(name)
        const { flag: asked, change, environment, ...own } = make(before, all)
        const flag = begun(asked, before?.flag, at)
        checkExpected(name, before?.revision ?? 0, expectedOf(author.expected, name))
        if (before !== undefined && canonicalJson(before.flag) === canonicalJson(flag)) {
          published.push({ ...before, changed: false, before: null })
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
          source: author.source ?? null,
          at,
        }
        all.set(name, made)
        published.push({ ...made, changed: true, before: before ?? null })
      }
      const made = published.filter(({ changed }) => changed)
      const flags = new Map(earlier)
      for (const { flag } of made) flags.set(flag.flag, flag)
      await breath()
      for (const { flag } of made) {
        await breath()
        checkRequirements(flag, flags)
      }
      if (made.length > 0) checkWrittenOut(flags, earlier)
      await breath()
      const valued = made.filter(({ before, flag }) => before !== null && otherValues(before, flag).length > 0)
      if (author.rebucket !== true && valued.length > 0) {
        const asked = await experiments(tx)
        for (const { before, flag } of valued) checkValues(before!, flag, asked)
      }
      const names = new Set(made.map(({ flag }) => flag.flag))
      checkNeeded(names, earlier, flags)
      await breath()
      checkExclusion(names, flags)
      if (author.rebucket !== true) checkKept(names, earlier, flags, (layer) => slotsBefore.get(layer) ?? {})
      // What a plan or its guardrails do was agreed to with the plan.
      if (author.origin !== 'ramp' && made.length > 0) {
        const policy = await policyFor(tx)
        const asking = { by: author.by, agreed: author.agreed ?? [] }
        for (const { flag } of made) {
          await breath()
          checkRights(policy, flag.flag, touched(earlier.get(flag.flag), flag), asking)
        }
      }
      if (author.unready !== true) {
        for (const { flag } of made) {
          await breath()
          for (const { environment, demands } of leavingDark(earlier.get(flag.flag), flag))
            checkReady(flag.flag, environment, (await readiness(tx, flag, environment, demands)).verdict)
        }
      }
      if (author.dryRun === true) return published
      for (let from = 0; from < made.length; from += appendedAtOnce) {
        await tx.append(
          made.slice(from, from + appendedAtOnce).map((one) => event(flagChanged, envelope(one.flag.flag, at), contentOf(one))),
        )
        await breath()
      }
      if (alongside.length > 0) await tx.append(alongside)
      return published
    })
  }

  const envelope = (subject: string, time: Instant) => ({ id: newId(), time, source: '/threeways/flags', subject })
  const alone = async (step: Step, author: Author & { readonly origin: Origin }) => (await publish([step], author))[0]!

  return { publish, alone }
}
