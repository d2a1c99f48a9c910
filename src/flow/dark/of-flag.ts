import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Flag } from '../flags/flag.ts'
import { flagRevisions } from '../flags/projection.ts'
import { deploymentHistory } from '../history/projection.ts'
import { rehearsed } from './read.ts'
import { usualDemands, verdict, type Demands } from './readiness.ts'

type Place = Pick<LedgerTransaction, 'db'>

/**
 * Whether rehearsals show that a flag may leave the dark in an environment. Those count that were of what runs there now: since the
 * last deployment of its service, where the flag says which it is, and since it came into the dark.
 */
export async function readiness(place: Place, flag: Flag, environment: string, demands: Demands = usualDemands) {
  const { since, why } = await countedSince(place, flag, environment)
  const seen = await rehearsed(place, { kind: 'flag', environment, of: flag.flag }, since)
  return { since, why, seen, demands, verdict: verdict(seen, demands) }
}

async function countedSince(place: Place, flag: Flag, environment: string): Promise<{ readonly since: string; readonly why: string }> {
  const dark = (await darkSince(place, flag.flag, environment)) ?? '1970-01-01T00:00:00.000Z'
  if (flag.service === null) return { since: dark, why: 'it came into the dark' }
  const deployed = await rowsOf(place.db, deploymentHistory)
    .select('at')
    .where('stream', '=', flag.service)
    .where('environment', '=', environment)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (deployed?.at == null || deployed.at <= dark) return { since: dark, why: 'it came into the dark' }
  return { since: deployed.at, why: `${flag.service} was deployed there` }
}

/** When it came into the dark the last time; undefined: it never was. */
async function darkSince(place: Place, flag: string, environment: string): Promise<string | undefined> {
  const rows = await rowsOf(place.db, flagRevisions).select(['at', 'definition']).where('flag', '=', flag).orderBy('revision').execute()
  let since: string | undefined
  let was = false
  for (const { at, definition } of rows) {
    const is = (definition as Flag).environments[environment]?.state === 'dark'
    if (is && !was) since = at ?? undefined
    was = is
  }
  return since
}
