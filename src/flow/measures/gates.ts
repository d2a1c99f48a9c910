import { sql } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { gateHistory } from '../history/projection.ts'

/** A gate that somebody switched. */
export type Switched = {
  readonly environment: string
  readonly way: 'into' | 'onwards'
  /** Milliseconds. */
  readonly at: number
  readonly open: boolean
  readonly by: string | null
}

/** A time for which a gate was closed, in milliseconds. */
export type ClosedTime = Omit<Switched, 'at' | 'open'> & {
  readonly since: number
  /** Undefined: it still is. */ readonly until: number | undefined
}

/** Every switch of every stream's gates, by time. */
export async function readGates({ db }: Pick<Ledger, 'db'>): Promise<ReadonlyMap<string, readonly Switched[]>> {
  const rows = await rowsOf(db, gateHistory)
    .select(['stream', 'environment', 'way', 'at', 'open', 'by'])
    .orderBy('stream')
    .orderBy('at')
    .orderBy(sql`event`)
    .execute()
  const streams = new Map<string, Switched[]>()
  for (const { stream, environment, way, at, open, by } of rows) {
    const own = streams.get(stream) ?? []
    own.push({ environment, way: way as Switched['way'], at: Date.parse(at), open: open === true, by })
    streams.set(stream, own)
  }
  return streams
}

/** The times for which gates of a stream were closed, by when they began, as it was known at a moment. */
export function closedTimes(switches: readonly Switched[], asOf: number): readonly ClosedTime[] {
  const times: ClosedTime[] = []
  const open = new Map<string, number>()
  for (const { environment, way, at, open: opens, by } of switches) {
    if (at > asOf) break
    const key = `${environment} ${way}`
    const began = open.get(key)
    if (opens && began !== undefined) {
      times[began] = { ...times[began]!, until: at }
      open.delete(key)
    }
    // Closed again is still closed, since the first time.
    if (!opens && began === undefined) open.set(key, times.push({ environment, way, by, since: at, until: undefined }) - 1)
  }
  return times
}

/** What goes onwards from the last environment of a way leads nowhere, and what lies beside the way holds nothing up. */
export const isOnWay = ({ environment, way }: Pick<Switched, 'environment' | 'way'>, order: readonly string[]): boolean =>
  order.includes(environment) && !(way === 'onwards' && environment === order.at(-1))
