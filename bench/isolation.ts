/**
 * Environments kept apart by bubblewrap, all of whose services have port 3000 in their code: whether they run at once, what they
 * cost beside plain processes, and whether anything is left of them.
 *
 *     node bench/isolation.ts [environments]
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { processProvider } from '../src/connectors/process/provider.ts'
import { detectSandboxing } from '../src/connectors/process/isolation/sandbox.ts'
import { marks } from '../src/connectors/process/variables.ts'
import { digestOfTree } from '../src/flow/candidate/tree.ts'
import { fixtureIn, web } from '../src/flow/environment/fixture.ts'
import { allTo, type Desired, type EnvironmentId } from '../src/flow/environment/provider.port.ts'
import { newId } from '../src/kernel/ids.ts'
import { startCluster, type Cluster } from '../src/kernel/postgres/cluster.ts'
import { pidsMarked } from '../src/kernel/process.ts'

const environments = Number(process.argv[2] ?? 20)
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const home = path.join(folder, 'home')
const homeId = newId()
let starting: Promise<Cluster> | undefined
const cluster = () => (starting ??= startCluster({ directory: path.join(home, 'resources', 'pg'), tcp: true }))
const provider = processProvider({ home, homeId, cluster, digestOfTree })
const ids = Array.from({ length: environments }, (_, n): EnvironmentId => `bench/environment-${n}`)

try {
  const found = detectSandboxing()
  if (found.available) {
    const plain = fixtureIn(path.join(folder, 'plain'))
    const isolated = fixtureIn(path.join(folder, 'isolated'), { isolation: { mode: 'required', network: 'own' } })
    const fixed = { ...web, command: [process.execPath, '-e', 'process.env.PORT = 3000; import("./server.mjs")'] }
    await measure('plain processes', await plain.candidate('1'))
    await measure('isolated', await isolated.candidate('1', { services: { web: fixed } }))
  } else console.log(`skipped: ${found.why}`)
} finally {
  for (const id of await provider.list()) await provider.destroy(id)
  await provider.close('stop')
  if (starting) await (await starting).stop()
  await rm(folder, { recursive: true, force: true })
}

async function measure(name: string, desired: Desired): Promise<void> {
  const alone: number[] = []
  for (const id of ids.slice(0, 5)) {
    alone.push(await timed(() => bringUp(id, desired)))
    await provider.destroy(id)
  }
  const ports = new Set<number | undefined>()
  const together = await timed(async () => {
    for (const port of await Promise.all(ids.map((id) => bringUp(id, desired)))) ports.add(port)
  })
  const megabytes = (await memoryOf(await pidsMarked(marks.home, homeId))) / 1024 / environments
  const down = await timed(() => Promise.all(ids.map((id) => provider.destroy(id))))
  await provider.close('stop')
  const left = { processes: (await pidsMarked(marks.home, homeId)).length, files: await filesIn(path.join(home, 'environments')) }
  console.log(`${name}: one environment p50 ${ms(quantile(alone, 0.5))}, ${environments} at once ${ms(together)}, down ${ms(down)}`)
  console.log(
    `  ports in use: ${ports.size}; ${megabytes.toFixed(0)} MB each; left behind: ${left.processes} processes, ${left.files} files`,
  )
  if (left.processes + left.files > 0) process.exitCode = 1
}

/** @returns the port that its service listens on */
async function bringUp(environment: EnvironmentId, desired: Desired): Promise<number | undefined> {
  const plan = await provider.plan({ environment, deployments: [desired], shares: allTo(desired) })
  const observed = await provider.apply(plan, () => {})
  const answer = (await (await fetch(observed.urls['web']!)).json()) as { env: Record<string, string> }
  if (answer.env[marks.environment] !== environment) throw new Error(`${environment} is answered by ${answer.env[marks.environment]}`)
  return observed.services[0]!.port
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** KiB; what processes share is divided between them. */
async function memoryOf(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')))
  return texts.reduce((total, text) => total + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0), 0)
}

async function filesIn(at: string): Promise<number> {
  return existsSync(at) ? (await readdir(at, { recursive: true })).length : 0
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
