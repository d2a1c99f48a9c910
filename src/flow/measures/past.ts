import { sql } from 'kysely'
import { sharedLook } from '../../kernel/shared-look.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { deploymentHistory, gateHistory } from '../history/projection.ts'
import { orderOf, type Deployed } from './environments.ts'

type Place = Pick<Ledger, 'db'>

export type PastStream = {
  readonly stream: string
  /** By time. */
  readonly deployments: readonly (Deployed & { readonly source: string })[]
}

/** Every deployment there was. */
export type Past = {
  readonly streams: ReadonlyMap<string, PastStream>
  /** Environments as most streams have them. */
  readonly order: readonly string[]
  /** When each source was last heard of, in milliseconds. */
  readonly heard: ReadonlyMap<string, number>
}

/** Reads all of it, and again only when something was recorded since. Whoever asks together shares the look. */
export function makePast(ledger: Pick<Ledger, 'db' | 'head'>): () => Promise<Past> {
  let known: { readonly head: number; readonly past: Past } | undefined
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (known?.head !== head) known = { head, past: pastOf(await readStreams(ledger)) }
    return known.past
  })
}

async function readStreams({ db }: Place): Promise<readonly PastStream[]> {
  const rows = await rowsOf(db, deploymentHistory)
    .select(['stream', 'environment', 'at', 'version', 'back', 'source'])
    .orderBy('stream')
    .orderBy('at')
    .orderBy('deployment')
    .execute()
  const streams = new Map<string, (Deployed & { source: string })[]>()
  for (const { stream, environment, at, version, back, source } of rows) {
    const past = streams.get(stream) ?? []
    past.push({ environment, at: Date.parse(at!), version: version!, back: back === true, source: source! })
    streams.set(stream, past)
  }
  return [...streams].map(([stream, deployments]) => ({ stream, deployments }))
}

function pastOf(streams: readonly PastStream[]): Past {
  const heard = new Map<string, number>()
  const all: Deployed[] = []
  for (const { stream, deployments } of streams) {
    for (const { at, source, environment, version } of deployments) {
      heard.set(source, Math.max(at, heard.get(source) ?? 0))
      all.push({ at, environment, version: `${stream}@${version}` })
    }
  }
  return { streams: new Map(streams.map((one) => [one.stream, one])), order: orderOf(all), heard }
}

/** Until when something is known of a stream, in milliseconds: of us until now, of others until they were last heard of, about whatever. */
export function horizonOf({ deployments }: PastStream, { heard }: Past, nowMs: number): number {
  const sources = new Set(deployments.map(({ source }) => source))
  return Math.max(...[...sources].map((source) => (source.startsWith('/threeways') ? nowMs : heard.get(source)!)))
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
