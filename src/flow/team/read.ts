import { sharedLook } from '../../kernel/shared-look.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { streamOwned } from './events.ts'
import { Owners, type Said } from './owners.ts'
import { streamOwners, type StreamOwner } from './projection.ts'

/** Reads what was said of owners, and again only when something was. */
export function makeOwners(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<Owners> {
  let known: { readonly head: number; readonly owners: Owners } | undefined
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (known !== undefined && known.head < head) {
      const fresh = await ledger.read({ after: known.head, types: [streamOwned.type], limit: 1 })
      known = fresh.length === 0 ? { ...known, head } : undefined
    }
    known ??= { head, owners: await readOwners(ledger) }
    return known.owners
  })
}

export async function readOwners({ db }: Pick<Ledger, 'db'>): Promise<Owners> {
  const rows = await rowsOf(db, streamOwners).selectAll().orderBy('stream').orderBy('at').execute()
  return new Owners(rows.map(saidOf))
}

export const saidOf = ({ stream, at, team, by, reason }: StreamOwner): Said => ({
  stream,
  since: Date.parse(at),
  team: team ?? undefined,
  by: by!,
  reason: reason ?? undefined,
})
