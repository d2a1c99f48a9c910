import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { EnvironmentId } from '../provider.port.ts'
import type { Drift } from './facts.port.ts'
import type { Response } from './policy.ts'
import { drifts } from './projection.ts'

export type OpenDrift = Drift & { readonly since: string; readonly response: Response; readonly reason: string }

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
