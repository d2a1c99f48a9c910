import type { Clock } from '../../kernel/clock.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { streamOwned } from './events.ts'
import { Owners } from './owners.ts'
import { streamOwners } from './projection.ts'
import { saidOf } from './read.ts'

type Edge = { readonly clock: Clock; readonly newId: NewId }
type Defined = {
  readonly stream: string
  readonly team: string
  readonly commit: string
  /** The trunk's latest. */
  readonly isNewest: boolean
}

/**
 * Records that a stream belongs to the team that its definition names, where something else is on record. What an older commit says is
 * not so any more: it counts where nothing is on record.
 */
export async function noteOwner(
  tx: Pick<LedgerTransaction, 'db' | 'append'>,
  { clock, newId }: Edge,
  { stream, team, commit, isNewest }: Defined,
): Promise<void> {
  const rows = await rowsOf(tx.db, streamOwners).selectAll().where('stream', '=', stream).orderBy('at').execute()
  if (rows.length > 0 && !isNewest) return
  if (new Owners(rows.map(saidOf)).of(stream, clock.now())?.team === team) return
  const envelope = { id: newId(), time: clock.instant(), source: '/threeways', subject: stream }
  const reason = `x-threeways.team of commit ${commit.slice(0, 8)}`
  await tx.append([event(streamOwned, envelope, { stream, team, by: 'the definition', reason })])
}
