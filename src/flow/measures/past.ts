import { sql } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { deploymentHistory, gateHistory } from '../history/projection.ts'
import type { Deployed } from './environments.ts'

type Place = Pick<Ledger, 'db'>

export type PastStream = {
  readonly stream: string
  /** By time. */
  readonly deployments: readonly (Deployed & { readonly source: string })[]
}

/** Every deployment there was, by stream and time. */
export async function pastStreams({ db }: Place, stream?: string): Promise<readonly PastStream[]> {
  let query = rowsOf(db, deploymentHistory).select(['stream', 'environment', 'at', 'version', 'source'])
  if (stream !== undefined) query = query.where('stream', '=', stream)
  const rows = await query.orderBy('stream').orderBy('at').orderBy('deployment').execute()
  const streams = new Map<string, (Deployed & { source: string })[]>()
  for (const { stream, environment, at, version, source } of rows) {
    const past = streams.get(stream) ?? []
    past.push({ environment, at: Date.parse(at!), version: version!, source: source! })
    streams.set(stream, past)
  }
  return [...streams].map(([stream, deployments]) => ({ stream, deployments }))
}

/** When each source was last heard of, in milliseconds: nobody knows what came after. Of us it is now. */
export function horizons(streams: readonly PastStream[], nowMs: number): ReadonlyMap<string, number> {
  const latest = new Map<string, number>()
  for (const { deployments } of streams) {
    for (const { at, source } of deployments)
      latest.set(source, source.startsWith('/threeways') ? nowMs : Math.max(at, latest.get(source) ?? 0))
  }
  return latest
}

/** The gates of a stream that are closed, and since when. */
export async function closedGates(
  { db }: Place,
  stream: string,
  asOf: string,
): Promise<readonly { environment: string; way: 'into' | 'onwards'; since: string; by: string | null }[]> {
  const rows = await rowsOf(db, gateHistory)
    .select(['environment', 'way', 'at', 'open', 'by'])
    .where('stream', '=', stream)
    .where('at', '<=', asOf)
    .orderBy('at')
    .orderBy(sql`event`)
    .execute()
  const state = new Map<string, { environment: string; way: 'into' | 'onwards'; since: string; by: string | null; open: boolean }>()
  for (const { environment, way, at, open, by } of rows) {
    const key = `${environment} ${way}`
    // Closed again is still closed, since the first time.
    if (state.get(key)?.open === open) continue
    state.set(key, { environment, way: way as 'into' | 'onwards', since: new Date(at).toISOString(), by, open: open === true })
  }
  return [...state.values()].flatMap(({ open, ...gate }) => (open ? [] : [gate]))
}
