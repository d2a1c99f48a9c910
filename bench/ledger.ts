/**
 * What the ledger can do on this machine: durable appends one by one, events through HTTP, a rebuild of many events; beside
 * them what the disk allows. Run: `node bench/ledger.ts [--events 1000000] [--seconds 10] [--only appends,http,rebuild]`
 */
import { spawn } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { makeCatalogue } from '../src/ledger/catalogue.ts'
import { rebuildProjections, verifyProjections } from '../src/ledger/rebuild.ts'
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
  },
})
const [eventsWanted, seconds, parts] = [Number(values.events), Number(values.seconds), values.only.split(',')]

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const cluster = await startCluster({ directory: path.join(folder, 'postgres') })
const open = (name: string) => openLedger({ database: { cluster, name }, projections: benchProjections, catalogue: makeCatalogue([]) })
try {
  if (parts.includes('disk')) disk()
  if (parts.includes('appends')) await withLedger('appends', appends)
  if (parts.includes('http')) await http()
  if (parts.includes('rebuild')) await withLedger('rebuild', rebuild)
} finally {
  await cluster.stop()
  await rm(folder, { recursive: true })
}

async function withLedger(name: string, work: (ledger: LedgerStore) => Promise<void>): Promise<void> {
  const ledger = await open(name)
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

async function appends(ledger: LedgerStore): Promise<void> {
  const events = delivery('appends')
  for (const inFlight of [1, 8]) {
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
    line(
      `durable appends, ${inFlight} in flight`,
      `${Math.round(times.length / (seconds / 2))} events/s, p50 ${percentile(times, 50).toFixed(2)} ms, p99 ${percentile(times, 99).toFixed(2)} ms`,
    )
  }
}

/** The server is a process of its own, as in life, and so is the load. */
async function http(): Promise<void> {
  const connection = JSON.stringify(cluster.connection('http'))
  await (await open('http')).close()
  const server = spawn(process.execPath, [path.join(import.meta.dirname, 'ledger/server.ts'), connection], {
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
  line(
    'through HTTP, 64 connections',
    `${Math.round(perSecond!)} events/s, p50 ${p50!.toFixed(1)} ms, p99 ${p99!.toFixed(1)} ms, ${failed} failed (goal: 8000 events/s, p99 20 ms)`,
  )
  await withLedger('http', async (ledger) => {
    const head = await ledger.head()
    if (head < acknowledged!) throw new Error(`${acknowledged} events were acknowledged, the ledger holds ${head}`)
  })
}

async function rebuild(ledger: LedgerStore): Promise<void> {
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
