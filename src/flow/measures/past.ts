import { sharedLook } from '../../kernel/shared-look.ts'
import { toFact } from '../../ledger/catalogue.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from '../deployment/events.ts'
import { gateSwitched } from '../history/events.ts'
import { deploymentHistory, deploymentOf, type PastDeployment } from '../history/projection.ts'
import { firstsOf, orderBy, sumOf, type Deployed, type Firsts } from './environments.ts'
import { readGates, type Switched } from './gates.ts'

export type PastStream = {
  readonly stream: string
  /** By time. */
  readonly deployments: readonly (Deployed & { readonly deployment: string; readonly source: string })[]
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

const deployments = new Set([serviceDeployed, serviceUpgraded, serviceRolledBack].map(({ type }) => type))
const types = [...deployments, gateSwitched.type]
/** So many new events are taken in one by one; more of them, and all is read again. */
const newMax = 1000

/**
 * Reads all of it once, and afterwards what was recorded since: a busy ledger does not make every look one at all there ever was.
 * Whoever asks together shares the look.
 */
export function makePast(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<Past> {
  let known: { readonly head: number; readonly rows: Rows; readonly past: Past } | undefined
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more, which says nothing new.
    const head = await ledger.head()
    if (known?.head === head) return known.past
    const events = known && (await ledger.read({ after: known.head, types, limit: newMax }))
    if (known === undefined || events!.length === newMax) {
      const rows = await readRows(ledger)
      known = { head, rows, past: pastOf(rows, await readGates(ledger)) }
      return known.past
    }
    for (const { event } of events!)
      if (deployments.has(event.type)) known.rows.add(deploymentOf(toFact(event) as never, event.type === serviceRolledBack.type))
    const isSwitched = events!.some(({ event }) => event.type === gateSwitched.type)
    const { gates } = known.past
    if (events!.length > 0) known = { ...known, past: pastOf(known.rows, isSwitched ? await readGates(ledger) : gates) }
    known = { ...known, head: Math.max(head, events!.at(-1)?.seq ?? 0) }
    return known.past
  })
}

/** The same of some streams only. Whatever weighs one stream against all others needs all of it. */
export const withOnly = (past: Past, streams: ReadonlySet<string> | undefined): Past =>
  streams === undefined ? past : { ...past, streams: new Map([...past.streams].filter(([stream]) => streams.has(stream))) }

type Kept = Deployed & { readonly deployment: string; readonly source: string }
type KeptStream = PastStream & {
  readonly deployments: readonly Kept[]
  readonly firsts: Firsts
  readonly heard: ReadonlyMap<string, number>
}

async function readRows({ db }: Pick<Ledger, 'db'>): Promise<Rows> {
  const rows = new Rows()
  const columns = ['stream', 'environment', 'deployment', 'at', 'version', 'back', 'source'] as const
  for (const row of await rowsOf(db, deploymentHistory).select(columns).execute()) rows.add(row)
  return rows
}

type Told = Pick<PastDeployment, 'stream' | 'environment' | 'deployment' | 'at' | 'version' | 'back' | 'source'>

/** What the table holds, and what came since. */
class Rows {
  #streams = new Map<string, KeptStream>()
  readonly #fresh = new Map<string, Kept[]>()

  add({ stream, environment, deployment, at, version, back, source }: Told): void {
    const fresh = this.#fresh.get(stream) ?? []
    fresh.push({ environment, deployment, at: Date.parse(at!), version: version!, back: back === 1, source: source! })
    this.#fresh.set(stream, fresh)
  }

  /** By name. Only those that something was added to are put in order again. */
  streams(): ReadonlyMap<string, KeptStream> {
    if (this.#fresh.size === 0) return this.#streams
    const streams = new Map(this.#streams)
    for (const [stream, fresh] of this.#fresh)
      streams.set(stream, keptStream(stream, [...(streams.get(stream)?.deployments ?? []), ...fresh]))
    this.#fresh.clear()
    this.#streams = new Map([...streams].sort(([a], [b]) => compare(a, b)))
    return this.#streams
  }
}

function keptStream(stream: string, all: readonly Kept[]): KeptStream {
  const once = new Map<string, Kept>()
  for (const one of all) {
    const key = `${one.environment}\u0000${one.deployment}`
    const there = once.get(key)
    once.set(key, there === undefined ? one : merged(there, one))
  }
  const own = [...once.values()].sort((a, b) => a.at - b.at || compare(a.deployment, b.deployment))
  const heard = new Map<string, number>()
  for (const { source, at } of own) heard.set(source, at)
  return { stream, deployments: own, firsts: firstsOf(own), heard }
}

/** As the table merges two that tell of the same: the least of each. */
const merged = (a: Kept, b: Kept): Kept => ({
  ...a,
  at: Math.min(a.at, b.at),
  version: least(a.version, b.version),
  source: least(a.source, b.source),
  back: a.back === true || b.back === true,
})
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const least = (a: string, b: string) => (a <= b ? a : b)

function pastOf(rows: Rows, gates: Past['gates']): Past {
  const streams = rows.streams()
  const heard = new Map<string, number>()
  for (const own of streams.values()) for (const [source, at] of own.heard) heard.set(source, Math.max(at, heard.get(source) ?? 0))
  return { streams, order: orderBy(sumOf([...streams.values()].map(({ firsts }) => firsts))), heard, gates }
}

/** Until when something is known of a stream, in milliseconds: of us until now, of others until they were last heard of, about whatever. */
export function horizonOf({ deployments: own }: PastStream, { heard }: Past, nowMs: number): number {
  return Math.max(...sourcesOf(own).map((source) => (source.startsWith('/threeways') ? nowMs : heard.get(source)!)))
}

const sources = new WeakMap<PastStream['deployments'], readonly string[]>()

function sourcesOf(deployments: PastStream['deployments']): readonly string[] {
  const known = sources.get(deployments)
  if (known) return known
  const found = new Set<string>()
  for (const { source } of deployments) found.add(source)
  sources.set(deployments, [...found])
  return [...found]
}
