/**
 * What the ledger can do on this machine, on the embedded PostgreSQL and beside it on the one that the system brought: durable appends one
 * by one, events through HTTP, a rebuild of many events; beside them what the disk allows.
 * Run: `node bench/ledger.ts [--events 1000000] [--seconds 10] [--only disk,appends,http,rebuild] [--on embedded,installed]`
 */
import { spawn } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { installedPrograms, makeTeamServer } from '../src/kernel/postgres/testing.ts'
import { makeCatalogue } from '../src/ledger/catalogue.ts'
import { rebuildProjections, verifyProjections } from '../src/ledger/rebuild.ts'
import { ensureDatabase } from '../src/ledger/store/connection.ts'
import { openLedger } from '../src/ledger/store/open.ts'
import type { LedgerStore } from '../src/ledger/store/store.ts'
import { delivery } from './ledger/delivery.ts'
import { benchProjections } from './ledger/projections.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: 'disk,appends,http,rebuild' },
    on: { type: 'string', default: 'embedded,installed' },
  },
})
const measured = new Map<string, Map<Place, Figures>>()
const [eventsWanted, seconds, parts] = [Number(values.events), Number(values.seconds), values.only.split(',')]

/** A server, and how to get a database of this name on it. */
type Place = { readonly name: string; database(name: string): Promise<string>; stop(): Promise<void> }

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const open = (url: string) => openLedger({ database: { url }, projections: benchProjections, catalogue: makeCatalogue([]) })
const places: Place[] = []
try {
  for (const kind of values.on.split(',')) places.push(...(await (kind === 'embedded' ? embedded() : installed())))
  if (parts.includes('disk')) disk()
  // In turn, so that what else the machine does is in both.
  if (parts.includes('appends')) for (const inFlight of [1, 8, 64]) for (const place of places) await appends(place, inFlight)
  if (parts.includes('http')) for (const place of places) await http(place)
  table()
  if (parts.includes('rebuild'))
    for (const place of places) await withLedger(await place.database('rebuild'), (ledger) => rebuild(place, ledger))
} finally {
  for (const place of places) await place.stop()
  await rm(folder, { recursive: true })
}

async function embedded(): Promise<readonly Place[]> {
  const cluster = await startCluster({ directory: path.join(folder, 'embedded') })
  const url = (name: string) => {
    const { host, port, user } = cluster.connection(name)
    return `postgresql://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`
  }
  const database = async (name: string) => {
    await ensureDatabase(cluster, name)
    return url(name)
  }
  return [{ name: `embedded ${await versionOf(url('postgres'))}`, database, stop: () => cluster.stop() }]
}

/** As it comes, but for the encoding: settings of ours would say nothing about a server of somebody's. */
async function installed(): Promise<readonly Place[]> {
  const programs = await installedPrograms()
  if (programs === undefined) {
    console.log('the system brought no PostgreSQL from 15 on: only the embedded one is measured')
    return []
  }
  const server = await makeTeamServer(programs, path.join(folder, 'installed'))
  const database = async (name: string) => {
    await server.query(`create database ${name} owner app`)
    return server.url(name)
  }
  return [{ name: `installed ${await versionOf(server.url())}`, database, stop: () => server.stop() }]
}

async function versionOf(url: string): Promise<string> {
  const client = new Client(url)
  await client.connect()
  const { rows } = await client.query<{ version: string }>(`select split_part(current_setting('server_version'), ' ', 1) as version`)
  await client.end()
  return rows[0]!.version
}

async function withLedger(url: string, work: (ledger: LedgerStore) => Promise<void>): Promise<void> {
  const ledger = await open(url)
  await work(ledger)
  await ledger.close()
}

/** A commit cannot be faster than this. */
function disk(): void {
  const file = openSync(path.join(folder, 'fdatasync'), 'w')
  const block = Buffer.alloc(8192, 1)
  const times: number[] = []
  for (let n = 0; n < 1000; n++) {
    const start = performance.now()
    writeSync(file, block, 0, block.length, n * block.length)
    fdatasyncSync(file)
    times.push(performance.now() - start)
  }
  closeSync(file)
  line('fdatasync of 8 KiB', `p50 ${percentile(times, 50).toFixed(2)} ms, p99 ${percentile(times, 99).toFixed(2)} ms`)
}

async function appends(place: Place, inFlight: number): Promise<void> {
  await withLedger(await place.database(`appends_${inFlight}`), async (ledger) => {
    const events = delivery('appends')
    const times: number[] = []
    const end = performance.now() + seconds * 500
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (performance.now() < end) {
          const start = performance.now()
          await ledger.append([events.next().value!])
          times.push(performance.now() - start)
        }
      }),
    )
    figures(`durable appends, ${inFlight} in flight`, place, {
      perSecond: times.length / (seconds / 2),
      p50: percentile(times, 50),
      p99: percentile(times, 99),
    })
  })
}

/** The server is a process of its own, as in life, and so is the load. */
async function http(place: Place): Promise<void> {
  const url = await place.database('http')
  await withLedger(url, async () => {})
  const server = spawn(process.execPath, [path.join(import.meta.dirname, 'ledger/server.ts'), url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve) => server.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())))
  const load = spawn(process.execPath, [path.join(import.meta.dirname, 'ledger/load.ts'), port, '64', String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  load.stdout.on('data', (data: Buffer) => (said += data.toString()))
  await new Promise((resolve) => load.once('exit', resolve))
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.stdin.end()
  await gone
  const { perSecond, p50, p99, failed, acknowledged } = JSON.parse(said) as Record<string, number>
  figures('through HTTP, 64 connections', place, { perSecond: perSecond!, p50: p50!, p99: p99! })
  if (failed !== 0) throw new Error(`${failed} requests failed`)
  await withLedger(url, async (ledger) => {
    const head = await ledger.head()
    if (head < acknowledged!) throw new Error(`${acknowledged} events were acknowledged, the ledger holds ${head}`)
  })
}

type Figures = { readonly perSecond: number; readonly p50: number; readonly p99: number }

function figures(what: string, place: Place, found: Figures): void {
  const row = measured.get(what) ?? new Map<Place, Figures>()
  measured.set(what, row.set(place, found))
}

/** One row for each measurement, one column for each server. */
function table(): void {
  if (measured.size === 0) return
  const say = ({ perSecond, p50, p99 }: Figures) => `${Math.round(perSecond)} events/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
  const rows = [
    ['', ...places.map(({ name }) => name)],
    ...[...measured].map(([what, row]) => [what, ...places.map((place) => (row.has(place) ? say(row.get(place)!) : ''))]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
  console.log('(goal through HTTP: 8000 events/s, p99 20 ms)')
}

async function rebuild(place: Place, ledger: LedgerStore): Promise<void> {
  console.log(place.name)
  const events = delivery('rebuild')
  const start = performance.now()
  for (let n = 0; n < eventsWanted;) {
    const batch = Array.from({ length: Math.min(1000, eventsWanted - n) }, () => events.next().value!)
    await ledger.append(batch)
    n += batch.length
  }
  line(`recording ${eventsWanted} events, 1000 at a time`, perSecond(start))
  const middle = performance.now()
  await rebuildProjections(ledger)
  line(`rebuild of ${eventsWanted} events`, perSecond(middle))
  const differences = await verifyProjections(ledger)
  line('projections that differ from a rebuild', String(differences.length))
}

function perSecond(start: number): string {
  const elapsed = (performance.now() - start) / 1000
  return `${elapsed.toFixed(1)} s, ${Math.round(eventsWanted / elapsed)} events/s`
}

function line(what: string, figure: string): void {
  console.log(`${what.padEnd(44)} ${figure}`)
}
