import type { CandidateCard } from '../pipeline/schemas.ts'
import type { CandidateRow } from './projection.ts'

type Known = Pick<CandidateRow, 'digest' | 'commit' | 'author' | 'summary' | 'committedAt' | 'builtAt'>

/** A candidate as people meet it on the page and the command line. */
export function candidateCard(row: Known): CandidateCard {
  return {
    digest: row.digest,
    commit: row.commit ?? '',
    author: row.author ?? '',
    summary: row.summary ?? '',
    committedAt: instant(row.committedAt ?? row.builtAt!),
    builtAt: row.builtAt === null ? null : instant(row.builtAt),
  }
}

/** The ledger keeps nine decimals; people and clients get milliseconds. */
function instant(time: string): string {
  return new Date(time).toISOString()
}
