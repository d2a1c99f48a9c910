import { sharedLook } from '../../../kernel/shared-look.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { deploymentFailed, incidentAttributed, incidentDetected, incidentResolved } from '../../history/events.ts'
import { deploymentFailures, incidentHistory, type PastFailure, type PastIncident } from '../../history/projection.ts'
import type { Failed, Incident } from './failures.ts'

/** What others told of failures, by time. */
export type ToldFailures = { readonly incidents: readonly Incident[]; readonly failed: readonly Failed[] }

const types = [incidentDetected, incidentResolved, incidentAttributed, deploymentFailed].map(({ type }) => type)

/** Reads them, and again only when something was told of them since. */
export function makeToldFailures(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<ToldFailures> {
  let known: { readonly head: number; readonly told: ToldFailures } | undefined
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (known !== undefined && known.head < head) {
      const fresh = await ledger.read({ after: known.head, types, limit: 1 })
      known = fresh.length === 0 ? { ...known, head } : undefined
    }
    known ??= { head, told: { incidents: await readIncidents(ledger), failed: await readFailed(ledger) } }
    return known.told
  })
}

type Place = Pick<Ledger, 'db'>

async function readIncidents({ db }: Place): Promise<readonly Incident[]> {
  const rows = await rowsOf(db, incidentHistory)
    .selectAll()
    .where('detected', 'is not', null)
    .orderBy('detected')
    .orderBy('incident')
    .execute()
  return rows.map(incidentOf)
}

function incidentOf(row: PastIncident): Incident {
  const { stream, environment, incident, detected, detectedAgain, resolved, began, version, summary, attributed } = row
  // Others write the time as they like, and what is none is not known.
  const beganAt = began === null ? Number.NaN : Date.parse(began)
  return {
    stream,
    environment,
    incident,
    detected: Date.parse(detected!),
    resolved: resolved === null || (detectedAgain !== null && resolved < detectedAgain) ? undefined : Date.parse(resolved),
    began: Number.isNaN(beganAt) ? undefined : beganAt,
    version: version ?? undefined,
    summary: summary ?? undefined,
    attributed:
      attributed === null
        ? undefined
        : { at: Date.parse(attributed), to: row.attributedTo ?? undefined, by: row.attributedBy!, reason: row.attributedFor! },
  }
}

async function readFailed({ db }: Place): Promise<readonly Failed[]> {
  const rows = await rowsOf(db, deploymentFailures).selectAll().orderBy('at').orderBy('deployment').execute()
  return rows.map(({ deployment, stream, environment, at, version }: PastFailure) => ({
    deployment,
    stream,
    environment,
    at: Date.parse(at!),
    version: version!,
  }))
}
