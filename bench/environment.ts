/**
 * How long it takes until an environment is there: application, seeded database and public address, ready to be used; and
 * whether moving traffic between two deployments fails a request. The application is the example shop.
 *
 *     node bench/environment.ts [environments] [seconds of switching]
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processProvider } from '../src/connectors/process/provider.ts'
import { packArtifact } from '../src/flow/candidate/artifact.ts'
import { digestOfTree } from '../src/flow/candidate/tree.ts'
import { readDefinition } from '../src/flow/definition/read.ts'
import { allTo, type Desired, type EnvironmentId, type EnvironmentProvider } from '../src/flow/environment/provider.port.ts'
import { sha256 } from '../src/kernel/digest.ts'
import { newId } from '../src/kernel/ids.ts'
import { startCluster, type Cluster } from '../src/kernel/postgres/cluster.ts'
import { run } from '../src/kernel/process.ts'

const [environments = 20, seconds = 10] = process.argv.slice(2).map(Number)
const example = path.join(import.meta.dirname, '..', 'examples', 'parts-unlimited')
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const home = path.join(folder, 'home')
let starting: Promise<Cluster> | undefined
const cluster = () => (starting ??= startCluster({ directory: path.join(home, 'resources', 'pg'), tcp: true }))
const provider = processProvider({ home, homeId: newId(), cluster, digestOfTree })

try {
  const shop = await buildShop()
  await measureEnvironments(shop)
  await measureSwitches(shop)
} finally {
  for (const id of await provider.list()) await provider.destroy(id)
  await provider.close('stop')
  if (starting) await (await starting).stop()
  await rm(folder, { recursive: true, force: true })
}

/** Its artifact as a delivery would make it. */
async function buildShop(): Promise<Desired> {
  const checkout = path.join(folder, 'checkout')
  const isSource = (file: string) => !/\/(node_modules|dist)$/.test(file)
  await cp(example, checkout, { recursive: true, filter: isSource })
  const { definition } = readDefinition(await readFile(path.join(checkout, 'threeways.yaml')), 'threeways.yaml')
  for (const [program, ...args] of definition.artifact.build) {
    const ran = await run(program!, args, { cwd: checkout, timeoutMs: 300_000 })
    if (ran.code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`)
  }
  const packed = await packArtifact({ from: checkout, pack: definition.artifact.pack, store: path.join(home, 'artifacts') })
  const rendered = provider.render(definition, 'test')
  return { candidate: sha256('first'), rendered, artifact: packed.folder, artifactDigest: packed.digest, source: checkout }
}

async function measureEnvironments(shop: Desired): Promise<void> {
  const up: number[] = []
  const down: number[] = []
  for (let n = 0; n <= environments; n++) {
    const id: EnvironmentId = `bench/environment-${n}`
    const began = performance.now()
    const observed = await apply(provider, id, [shop], shop)
    const answer = await fetch(observed.urls['web']!)
    await answer.text()
    if (answer.status !== 200) throw new Error(`${id} answers ${answer.status}`)
    up.push(performance.now() - began)
  }
  for (const id of await provider.list()) {
    const began = performance.now()
    await provider.destroy(id)
    down.push(performance.now() - began)
  }
  const [first, ...others] = up
  console.log(`first environment, with the database server and the seed's template: ${ms(first!)}`)
  console.log(
    `the next ${others.length}, application + seeded database + router: p50 ${ms(quantile(others, 0.5))}, p95 ${ms(quantile(others, 0.95))}`,
  )
  console.log(`taken down again, nothing left: p50 ${ms(quantile(down, 0.5))}, p95 ${ms(quantile(down, 0.95))}`)
}

async function measureSwitches(shop: Desired): Promise<void> {
  const id: EnvironmentId = 'bench/switching'
  const other: Desired = { ...shop, candidate: sha256('second') }
  const observed = await apply(provider, id, [shop, other], shop)
  const load = keepAsking(new URL('/healthz', observed.urls['web']), 4)
  let switches = 0
  for (const end = Date.now() + seconds * 1000; Date.now() < end; switches++) {
    await apply(provider, id, [shop, other], switches % 2 === 0 ? other : shop)
  }
  const { answered, failed } = await load.end()
  const rate = Math.round(answered / seconds)
  console.log(`${switches} blue-green switches in ${seconds} s under ${rate} requests/s: ${failed.length} of ${answered} requests failed`)
  for (const failure of new Set(failed)) console.log(`  ${failure}`)
  if (failed.length > 0) process.exitCode = 1
}

async function apply(provider: EnvironmentProvider, environment: EnvironmentId, deployments: readonly Desired[], traffic: Desired) {
  const plan = await provider.plan({ environment, deployments, shares: allTo(traffic) })
  return provider.apply(plan, () => {})
}

function keepAsking(url: URL, clients: number) {
  const agent = new Agent({ keepAlive: true })
  const over = new AbortController()
  const failed: string[] = []
  let answered = 0
  const askOnce = (method: string) =>
    new Promise<void>((resolve) => {
      const end = (failure?: string) => {
        answered++
        if (failure !== undefined) failed.push(failure)
        resolve()
      }
      const asked = request(url, { agent, method }, (answer) => {
        answer.resume().on('end', () => end(answer.statusCode === 200 ? undefined : `${method} was answered ${answer.statusCode}`))
        answer.on('error', (error) => end(`${method} ${error.message}`))
      })
      asked.on('error', (error) => end(`${method} ${error.message}`)).end()
    })
  const working = Array.from({ length: clients }, async () => {
    for (; !over.signal.aborted; await sleep(0)) await askOnce('GET')
  })
  return {
    async end() {
      over.abort()
      await Promise.all(working)
      agent.destroy()
      return { answered, failed }
    },
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
