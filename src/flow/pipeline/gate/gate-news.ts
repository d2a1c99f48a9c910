import { sql } from 'kysely'
import { linePassed, lineStarted, lineStopped } from '../../../feedback/line/events.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { holdLifted, holdPlaced } from '../../deployment/events.ts'
import { shadowRecorded } from '../../dark/shadow/events.ts'
import { policySet } from '../../policy/events.ts'
import { secretRemoved, secretSet } from '../../secret/events.ts'
import {
  gateBypassed,
  promotionApproved,
  promotionFailed,
  promotionRejected,
  promotionStarted,
  promotionVerified,
  runQueued,
} from '../events.ts'

/** After these a gate may answer otherwise, or there is a run that nobody has looked at. All others are none of its business. */
const kinds = [
  lineStopped,
  lineStarted,
  linePassed,
  holdPlaced,
  holdLifted,
  promotionApproved,
  promotionRejected,
  gateBypassed,
  policySet,
  secretSet,
  secretRemoved,
  shadowRecorded,
  promotionStarted,
  promotionVerified,
  promotionFailed,
  runQueued,
].map(({ type }) => type)

/** Seq of the latest event that a gate may care about; 0 when there is none. */
export async function latestGateNews({ db }: Pick<Ledger, 'db'>): Promise<number> {
  // Each kind's latest is one step into an index; asked for all at once the whole ledger might be read.
  const { rows } = await sql<{ seq: number | null }>`
    select max(latest.seq) as seq from unnest(${kinds}::text[]) as kind(type)
    cross join lateral (select seq from event where event.type = kind.type order by seq desc limit 1) as latest`.execute(db)
  return rows[0]!.seq ?? 0
}
