import type { Clock } from '../../kernel/clock.ts'
import { sha256 } from '../../kernel/digest.ts'
import { messageOf, notFound } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { defaultDocument, readPolicy } from './document.ts'
import { policySet } from './events.ts'
import type { Policy } from './policy.ts'
import { policyTables } from './tables.ts'

export type PolicyVersion = {
  /** 0: nobody has set one. */
  readonly version: number
  readonly document: string
  readonly by: string | null
  readonly reason: string | null
  readonly setAt: string | null
}

/** What cannot be read grants nothing. */
export type CurrentPolicy = { readonly policy: Policy } | { readonly unreadable: string }

const policyFile = 'policy.yaml'
const unset: PolicyVersion = { version: 0, document: defaultDocument, by: null, reason: null, setAt: null }

/** The policy that counts. Read behind the ledger's lock it stays so until commit. */
export async function currentPolicy(place: Pick<Ledger, 'db'>): Promise<CurrentPolicy> {
  const { document } = await latest(place)
  // Gates ask often, and the text seldom changes.
  if (known?.document !== document) known = { document, read: understood(document) }
  return known.read
}

let known: { readonly document: string; readonly read: CurrentPolicy } | undefined

function understood(document: string): CurrentPolicy {
  try {
    return { policy: readPolicy(document, policyFile) }
  } catch (error) {
    return { unreadable: messageOf(error) }
  }
}

async function latest(place: Pick<Ledger, 'db'>): Promise<PolicyVersion> {
  return (await policyTables(place).selectFrom('policy').selectAll().orderBy('version', 'desc').limit(1).executeTakeFirst()) ?? unset
}

export type Policies = ReturnType<typeof makePolicies>

/** The server's policy: who set which version, when and why. */
export function makePolicies(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  return {
    current: () => latest(ledger),

    /** Newest first. */
    versions: (): Promise<readonly PolicyVersion[]> =>
      policyTables(ledger).selectFrom('policy').selectAll().orderBy('version', 'desc').execute(),

    /** @throws ThreewaysError `POLICY_VERSION_NOT_FOUND` */
    async version(version: number): Promise<PolicyVersion> {
      const found = await policyTables(ledger).selectFrom('policy').selectAll().where('version', '=', version).executeTakeFirst()
      if (found) return found
      throw notFound('POLICY_VERSION_NOT_FOUND', {
        message: `there is no version ${version} of the policy`,
        help: 'list them with `threeways policy log`',
      })
    },

    /**
     * Makes a text the policy from now on: every decision after this one reads it.
     * @param file - its name, for the faults
     * @throws ThreewaysError `POLICY_INVALID` with `faults`
     */
    async set(document: string, file: string, by: string, reason: string): Promise<PolicyVersion> {
      readPolicy(document, file)
      return ledger.transaction(async (tx) => {
        await tx.lock()
        const next = { version: (await latest(tx)).version + 1, document, digest: sha256(document), by, reason, setAt: clock.instant() }
        await policyTables(tx).insertInto('policy').values(next).execute()
        const envelope = { id: newId(), time: clock.instant(), source: '/threeways/policy', subject: 'policy' }
        await tx.append([event(policySet, envelope, { version: next.version, digest: next.digest, by, reason })])
        return next
      })
    },
  }
}
