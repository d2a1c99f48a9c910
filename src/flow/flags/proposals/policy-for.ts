import { refused } from '../../../kernel/errors.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { currentPolicy } from '../../policy/policies.ts'

/** What cannot be read lets nobody change anything. @throws ThreewaysError `POLICY_UNREADABLE` */
export async function policyFor(place: Pick<LedgerTransaction, 'db'>) {
  const current = await currentPolicy(place)
  if ('policy' in current) return current.policy
  throw refused('POLICY_UNREADABLE', {
    message: `the server's policy cannot be read: ${current.unreadable}`,
    help: 'set one that can: threeways policy set FILE --reason WHY',
  })
}
