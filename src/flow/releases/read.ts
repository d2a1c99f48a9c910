import { sharedLook } from '../../kernel/shared-look.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { flagChanged } from '../flags/events.ts'
import type { Flag } from '../flags/flag.ts'
import { revisions } from '../flags/revisions.ts'
import { Releases } from './releases.ts'

/** Reads every revision of every flag, and again once one was changed. Whoever asks together shares the look. */
export function makeReleases(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<Releases> {
  let seen: number | undefined
  let releases = new Releases()
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (seen === head) return releases
    const news = seen === undefined ? [] : await ledger.read({ after: seen, types: [flagChanged.type], limit: 1 })
    if (seen === undefined || news.length > 0) releases = await readReleases(ledger)
    seen = head
    return releases
  })
}

async function readReleases(ledger: Pick<Ledger, 'db'>): Promise<Releases> {
  const rows = await revisions(ledger).execute()
  return new Releases(rows.map(({ at, number, definition }) => ({ at: Date.parse(at!), revision: number!, flag: definition as Flag })))
}
