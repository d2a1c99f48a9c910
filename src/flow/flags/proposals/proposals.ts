import type { Clock } from '../../../kernel/clock.ts'
import { conflict, notFound, ThreewaysError } from '../../../kernel/errors.ts'
import type { NewId } from '../../../kernel/ids.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { Flags, Preview } from '../flags.ts'
import { checkExpected } from '../policy.ts'
import type { Published } from '../publish.ts'
import { expectedOf, type Author } from '../revisions.ts'
import { flagsAgreed, flagsProposed, proposalClosed, type Proposed } from './events.ts'
import { policyFor } from './policy-for.ts'
import { flagAgreements, flagProposals } from './projection.ts'
import { checkMayAgree, checkMayChange, touched } from './rights.ts'

export type Proposal = {
  readonly proposal: string
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly change: Proposed
  readonly agreed: readonly { readonly by: string; readonly at: string; readonly reason: string }[]
  readonly closed: { readonly at: string; readonly published: boolean; readonly by: string; readonly reason: string } | null
}

export type Proposals = ReturnType<typeof makeProposals>

/** Changes of flags that others have to agree to: proposed as one saw them, published as soon as enough agree. */
export function makeProposals(ledger: Ledger, flags: Flags, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  const envelope = (subject: string) => ({ id: newId(), time: clock.instant(), source: '/threeways/flags', subject })

  /** @throws ThreewaysError `PROPOSAL_NOT_FOUND` */
  async function one(proposal: string, { db }: Pick<LedgerTransaction, 'db'> = ledger): Promise<Proposal> {
    const row = await named(proposal, db)
    if (row?.at == null)
      throw notFound('PROPOSAL_NOT_FOUND', {
        message: `there is no proposal "${proposal}"`,
        help: 'list them with `threeways flag proposals`',
      })
    const agreed = await rowsOf(db, flagAgreements).selectAll().where('proposal', '=', row.proposal).orderBy('at').execute()
    return {
      proposal: row.proposal,
      at: row.at,
      by: row.by!,
      reason: row.reason!,
      change: row.change as Proposed,
      agreed: agreed.map(({ by, at, reason }) => ({ by, at: at!, reason: reason ?? '' })),
      closed:
        row.closed === null ? null : { at: row.closed, published: row.published === true, by: row.closedBy!, reason: row.closedReason! },
    }
  }

  /** By its name, or by the beginning of it. */
  async function named(proposal: string, db: LedgerTransaction['db']) {
    const exact = await rowsOf(db, flagProposals).selectAll().where('proposal', '=', proposal).executeTakeFirst()
    if (exact !== undefined || !/^[\w-]{4,64}$/.test(proposal)) return exact
    const begin = proposal.replaceAll('_', '\\_')
    const found = await rowsOf(db, flagProposals).selectAll().where('proposal', 'like', `${begin}%`).orderBy('proposal').limit(5).execute()
    if (found.length < 2) return found[0]
    throw conflict('PROPOSAL_AMBIGUOUS', {
      message: `several proposals begin with "${proposal}": ${found.map((one) => one.proposal).join(', ')}`,
      help: 'write more of its name',
    })
  }

  async function open(proposal: string, place: Pick<LedgerTransaction, 'db'> = ledger): Promise<Proposal> {
    const found = await one(proposal, place)
    if (found.closed === null) return found
    throw conflict('PROPOSAL_CLOSED', {
      message: `"${proposal}" was ${found.closed.published ? 'published' : 'turned down'} by ${found.closed.by}`,
      help: 'propose it anew',
    })
  }

  const previewed = (change: Proposed): Promise<readonly Preview[]> =>
    change.kind === 'set' ? flags.preview(change.files) : flags.previewStand(change.flag, change.wish)

  /** As one saw it: what others publish meanwhile was not agreed to. */
  const seen = (change: Proposed, previews: readonly Preview[]): Proposed => {
    if (change.kind === 'stand') return change
    const revisions = Object.fromEntries(previews.map(({ flag, before }) => [flag.flag, before?.revision ?? 0]))
    return { ...change, flags: Object.keys(revisions), expected: change.expected ?? revisions }
  }

  /** What a proposal that waits would do by now, and why it cannot be published any more. */
  async function would({ change }: Proposal): Promise<{ readonly previews: readonly Preview[]; readonly outdated: string | null }> {
    try {
      const previews = await previewed(change)
      for (const { flag, before } of previews) checkExpected(flag.flag, before?.revision ?? 0, expectedOf(change.expected, flag.flag))
      return { previews, outdated: null }
    } catch (error) {
      if (error instanceof ThreewaysError) return { previews: [], outdated: error.message }
      throw error
    }
  }

  /** What is outdated by now is said where it is published. */
  async function checkAgreeing(proposal: Proposal, by: string): Promise<void> {
    const { previews } = await would(proposal)
    const changes = previews.map(({ flag, before }) => ({ flag: flag.flag, environments: touched(before?.flag, flag) }))
    checkMayAgree(await policyFor(ledger), changes, proposal.by, by)
  }

  const closed = (proposal: string, published: boolean, by: string, reason: string) =>
    event(proposalClosed, envelope(proposal), { proposal, published, by, reason })

  return {
    one,

    /** Those that wait for somebody, oldest first. */
    async waiting(): Promise<readonly Proposal[]> {
      const rows = await rowsOf(ledger.db, flagProposals)
        .select('proposal')
        .where('closed', 'is', null)
        .where('at', 'is not', null)
        .orderBy('at')
        .execute()
      return Promise.all(rows.map(({ proposal }) => one(proposal)))
    },

    would,

    /** @throws ThreewaysError `FLAG_CHANGE_DENIED`, and as publishing it would, but for what others have to agree to */
    async propose(asked: Proposed, by: string, reason: string): Promise<Proposal> {
      const proposal = newId()
      const previews = await previewed(asked)
      const policy = await policyFor(ledger)
      // Also where it stands so already: nobody finds out by asking.
      const named = asked.kind === 'stand' ? [asked.wish.environment] : []
      for (const { flag, before } of previews) checkMayChange(policy, flag.flag, [...named, ...touched(before?.flag, flag)], by)
      const change = seen(asked, previews)
      await ledger.append([event(flagsProposed, envelope(proposal), { proposal, by, reason, change })])
      return one(proposal)
    },

    /**
     * Agrees, and publishes when enough did.
     * @returns what was published; undefined: others have to agree too
     * @throws ThreewaysError `PROPOSAL_NOT_FOUND`, `PROPOSAL_CLOSED`, `FLAG_AGREEMENT_DENIED`, and as publishing throws: `FLAG_CHANGED_MEANWHILE` when the flag is another by now
     */
    async agree(proposal: string, by: string, reason: string): Promise<readonly Published[] | undefined> {
      const before = await open(proposal)
      await checkAgreeing(before, by)
      await ledger.append([event(flagsAgreed, envelope(before.proposal), { proposal: before.proposal, by, reason })])
      const agreed = [...before.agreed.map((one) => one.by), by]
      try {
        // Together: whoever is turned down at the same time is not published, and what is published does not go on waiting.
        return await publish(before, agreed, async (tx) => {
          await open(before.proposal, tx)
          return [closed(before.proposal, true, by, before.reason)]
        })
      } catch (error) {
        if (error instanceof ThreewaysError && error.code === 'FLAG_NEEDS_AGREEMENT') return undefined
        throw error
      }
    },

    /** @throws ThreewaysError `PROPOSAL_NOT_FOUND`, `PROPOSAL_CLOSED` */
    async turnDown(proposal: string, by: string, reason: string): Promise<Proposal> {
      await ledger.transaction(async (tx) => {
        await tx.lock()
        const found = await open(proposal, tx)
        await tx.append([closed(found.proposal, false, by, reason)])
      })
      return one(proposal)
    },
  }

  async function publish({ change, by, reason }: Proposal, agreed: readonly string[], alongside: NonNullable<Author['alongside']>) {
    const told = `${reason} (agreed by ${[...new Set(agreed)].join(', ')})`
    const author = { by, reason: told, agreed, alongside }
    if (change.kind === 'set') return flags.set(change.files, { ...change, ...author })
    const { flag, wish, expected, rebucket, unready } = change
    return [await flags.stand(flag, wish, { ...author, expected, rebucket, unready })]
  }
}
