import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { EnvironmentId } from '../provider.port.ts'
import type { Drift } from './facts.port.ts'
import { keyOf, type Response } from './policy.ts'
import { drifts } from './projection.ts'

const toldMax = 20

export type OpenDrift = Drift & { readonly since: string; readonly response: Response; readonly reason: string }

/** What of an environment had drifted at any time since an instant, as `kind subject`. */
export async function driftedSince(ledger: Pick<Ledger, 'db'>, environment: EnvironmentId, since: string): Promise<readonly string[]> {
  const rows = await rowsOf(ledger.db, drifts)
    .select(['kind', 'about'])
    .where('environment', '=', environment)
    .where((where) => where.or([where('open', '=', true), where('healedAt', '>=', since)]))
    .orderBy('kind')
    .orderBy('about')
    .limit(toldMax)
    .execute()
  return rows.map(({ kind, about }) => keyOf({ kind: kind as Drift['kind'], subject: about }))
}

/** What the ledger says has drifted and not been put right, by environment, the oldest first. */
export async function openDrifts(ledger: Pick<Ledger, 'db'>): Promise<ReadonlyMap<EnvironmentId, readonly OpenDrift[]>> {
  const rows = await rowsOf(ledger.db, drifts).selectAll().where('open', '=', true).orderBy('since').execute()
  const found = new Map<EnvironmentId, OpenDrift[]>()
  for (const { environment, kind, about, expected, observed, since, response, reason } of rows) {
    const id = environment as EnvironmentId
    const drift = { kind: kind as Drift['kind'], subject: about, expected: expected ?? '', observed: observed ?? '' }
    const open = { ...drift, since: since ?? '', response: (response ?? 'alert') as Response, reason: reason ?? '' }
    found.set(id, [...(found.get(id) ?? []), open])
  }
  return found
}
