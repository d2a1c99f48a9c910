import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { rehearsed } from '../read.ts'
import { usualDemands, verdict, type Demands } from '../readiness.ts'

type Place = Pick<LedgerTransaction, 'db'>

/**
 * Whether copies of requests show that a candidate does what serves now does.
 * @param environment - that got the copies
 * @param since - when whatever the copies come from began to serve: those before were of something else
 */
export async function shadowReadiness(
  place: Place,
  environment: string,
  candidate: string,
  { since, demands = usualDemands }: { readonly since: string; readonly demands?: Demands | undefined },
) {
  const seen = await rehearsed(place, { kind: 'shadow', environment, of: candidate }, since)
  return { seen, demands, verdict: verdict(seen, demands, 'may be unknown') }
}
