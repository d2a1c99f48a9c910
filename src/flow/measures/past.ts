import { sharedLook } from '../../kernel/shared-look.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { deploymentHistory } from '../history/projection.ts'
import { orderOf, type Deployed } from './environments.ts'
import { readGates, type Switched } from './gates.ts'

type Place = Pick<Ledger, 'db'>

export type PastStream = {
  readonly stream: string
  /** By time. */
  readonly deployments: readonly (Deployed & { readonly source: string })[]
}

/** Every deployment there was, and every switch of a gate. */
export type Past = {
  readonly streams: ReadonlyMap<string, PastStream>
  /** Environments as most streams have them. */
  readonly order: readonly string[]
  /** When each source was last heard of, in milliseconds. */
  readonly heard: ReadonlyMap<string, number>
  /** Of each stream, by time. */
  readonly gates: ReadonlyMap<string, readonly Switched[]>
}

/** Reads all of it, and again only when something was recorded since. Whoever asks together shares the look. */
export function makePast(ledger: Pick<Ledger, 'db' | 'head'>): () => Promise<Past> {
  let known: { readonly head: number; readonly past: Past } | undefined
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (known?.head !== head) known = { head, past: pastOf(await readStreams(ledger), await readGates(ledger)) }
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
    past.push({ environment, at: Date.parse(at!), version: version!, back: back === 1, source: source! })
    streams.set(stream, past)
  }
  return [...streams].map(([stream, deployments]) => ({ stream, deployments }))
}

function pastOf(streams: readonly PastStream[], gates: Past['gates']): Past {
  const heard = new Map<string, number>()
  const all: Deployed[] = []
  for (const { stream, deployments } of streams) {
    for (const { at, source, environment, version } of deployments) {
      heard.set(source, Math.max(at, heard.get(source) ?? 0))
      all.push({ at, environment, version: `${stream}@${version}` })
    }
  }
  return { streams: new Map(streams.map((one) => [one.stream, one])), order: orderOf(all), heard, gates }
}

/** Until when something is known of a stream, in milliseconds: of us until now, of others until they were last heard of, about whatever. */
export function horizonOf({ deployments }: PastStream, { heard }: Past, nowMs: number): number {
  const sources = new Set(deployments.map(({ source }) => source))
  return Math.max(...[...sources].map((source) => (source.startsWith('/threeways') ? nowMs : heard.get(source)!)))
}
