/**
 * Drift of environments: how soon each kind is seen when it is made for real at random moments, how many false alarms ordinary
 * deployments and crashes give, and what looking costs.
 *
 *     node bench/drift.ts [times] [deployments] [environments]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { environmentDrifted } from '../src/flow/environment/drift/events.ts'
import { fixtureIn, web } from '../src/flow/environment/fixture.ts'
import { allTo, type Desired, type EnvironmentId } from '../src/flow/environment/provider.port.ts'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { openThreeways } from '../src/server/compose.ts'
import { openHome } from '../src/server/home.ts'

const [times, deployments, environments] = [2, 3, 4].map((at, index) => Number(process.argv[at] ?? [3, 10, 20][index])) as [
  number,
  number,
  number,
]
const server = `
import http from 'node:http'
const again = (args, env) => process.execve(process.execPath, [process.execPath, ...args], { ...process.env, ...env })
const app = http.createServer((request, response) => {
  if (request.url === '/variables') again(['drifting.mjs'], { LEVEL: 'other' })
  if (request.url === '/command') again(['drifting.mjs', '--other'], {})
  if (request.url === '/candidate') again(['drifting.mjs'], { THREEWAYS_CANDIDATE: 'sha256:' + '0'.repeat(64) })
  if (request.url === '/close') app.close(), app.closeIdleConnections()
  if (request.url === '/crash') process.exit(3)
  response.end('{}')
})
app.listen(process.env.PORT, '127.0.0.1')
setInterval(() => {}, 1000)
`
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const home = await openHome(path.join(folder, 'home'))
const threeways = await openThreeways({ home, anonymous: undefined, hosts: undefined, parallel: 2, work: true, log: () => {} })
await threeways.recover()
const { provider } = threeways.workshop
const { ledger } = threeways
const fixture = fixtureIn(path.join(folder, 'candidates'))
const service = { ...web, command: [process.execPath, 'drifting.mjs'], environment: { LEVEL: 'info' }, health: undefined }
const resources = { db: { type: 'postgres', seed: undefined } } as const
const candidate = (version: string) =>
  fixture.candidate(version, { services: { web: { ...service, dependsOn: { db: 'healthy' } } }, resources }, { 'drifting.mjs': server })

try {
  await kinds()
  await quiet()
  await cost()
} finally {
  for (const id of await provider.list()) await provider.destroy(id)
  await threeways.close()
  await rm(folder, { recursive: true, force: true })
}

async function bringUp(id: EnvironmentId, desired: Desired) {
  return provider.apply(await provider.plan({ environment: id, deployments: [desired], shares: allTo(desired) }), () => {})
}

async function drifted(since: number): Promise<readonly string[]> {
  const events = await ledger.read({ types: [environmentDrifted.type], limit: 10_000 })
  return events.filter(({ seq }) => seq > since).map(({ event }) => String(event.data.subject.content['kind']))
}

/** Each kind in an environment of its own, so that none covers another. */
async function kinds(): Promise<void> {
  const inject: Record<string, (at: Place) => Promise<unknown>> = {
    'file-changed': ({ artifact }) => writeFile(path.join(artifact, 'version'), randomUUID()),
    'file-added': ({ artifact }) => writeFile(path.join(artifact, randomUUID()), 'new'),
    'file-removed': ({ artifact }) => unlink(path.join(artifact, 'worker.mjs')),
    'file-mode': ({ artifact }) => chmod(path.join(artifact, 'worker.mjs'), 0o600),
    'process-frozen': async ({ pid }) => process.kill(pid, 'SIGSTOP'),
    'process-gone': async ({ pid }) => process.kill(pid, 'SIGKILL'),
    'process-foreign': async ({ id }) => void strangers.push(spawn('sleep', ['600'], { env: marksOf(id) })),
    variables: ({ url }) => fetch(`${url}/variables`).catch(() => {}),
    command: ({ url }) => fetch(`${url}/command`).catch(() => {}),
    candidate: ({ url }) => fetch(`${url}/candidate`).catch(() => {}),
    'port-closed': ({ url }) => fetch(`${url}/close`).catch(() => {}),
    'port-foreign': async ({ url, port }) => {
      await fetch(`${url}/close`).catch(() => {})
      const taken = createServer()
      others.push(taken)
      for (let done = false; !done; await sleep(5))
        done = await new Promise((resolve) => taken.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)))
    },
    record: async ({ id }) => {
      const file = path.join(home.folder, 'environments', id, 'state.json')
      await writeFile(file, (await readFile(file, 'utf8')).replace('"sticky": false', '"sticky": true'))
    },
    'resource-role': ({ database }) => sql(`alter role "${database}" superuser`),
    'resource-schema': ({ database }) => sql('create table by_hand (id int)', database),
    'resource-missing': ({ database }) => sql(`drop database "${database}" with (force)`),
  }
  const strangers: ChildProcess[] = []
  const others: ReturnType<typeof createServer>[] = []
  for (const [kind, make] of Object.entries(inject)) {
    const tookMs: number[] = []
    for (let time = 0; time < times; time++) {
      const id: EnvironmentId = `bench/${kind}-${time}`
      const desired = await candidate(`${kind} ${time}`)
      if (kind === 'process-gone') Object.assign(desired.rendered.definition.services['web']!, { restart: 'no' })
      const at = await placeOf(id, desired)
      await sleep(2_500 + Math.random() * 1_000)
      const since = await ledger.head()
      const began = performance.now()
      await make(at)
      while (!(await drifted(since)).includes(kind) && performance.now() - began < 20_000) await sleep(20)
      tookMs.push(performance.now() - began)
      await provider.destroy(id)
    }
    const sorted = tookMs.toSorted((a, b) => a - b)
    console.log(`${kind}: seen after p50 ${ms(sorted[sorted.length >> 1]!)}, max ${ms(sorted.at(-1)!)}`)
    if (sorted.at(-1)! > 5_000) process.exitCode = 1
  }
  for (const stranger of strangers) stranger.kill()
  for (const other of others) other.close()
}

type Place = {
  readonly id: EnvironmentId
  readonly artifact: string
  readonly pid: number
  readonly url: string
  readonly port: number
  readonly database: string
}

async function placeOf(id: EnvironmentId, desired: Desired): Promise<Place> {
  const { services, urls, variables } = await bringUp(id, desired)
  const [one] = services
  return { id, artifact: desired.artifact, pid: one!.pid!, url: urls['web']!, port: one!.port!, database: variables['DB_NAME']! }
}

function marksOf(id: EnvironmentId): Record<string, string> {
  return { THREEWAYS_HOME_ID: home.id, THREEWAYS_ENVIRONMENT: id, THREEWAYS_INSTANCE: randomUUID() }
}

/** With the rights of whoever can reach the server's socket. */
async function sql(text: string, database = 'postgres'): Promise<void> {
  const cluster = await startCluster({ directory: path.join(home.folder, 'resources'), tcp: true })
  const client = new Client(cluster.connection(database))
  await client.connect()
  await client.query(text)
  await client.end()
  cluster.detach()
}

/** Deployments side by side, back and forth, and crashes that are answered with a restart. */
async function quiet(): Promise<void> {
  const id: EnvironmentId = 'bench/quiet'
  const [a, b] = [await candidate('a'), await candidate('b')]
  const since = await ledger.head()
  const began = performance.now()
  await bringUp(id, a)
  for (let n = 0; n < deployments; n++) {
    const [old, next] = n % 2 === 0 ? [a, b] : [b, a]
    for (const target of [
      { deployments: [old, next], shares: allTo(old) },
      { deployments: [old, next], shares: allTo(next) },
      { deployments: [next], shares: allTo(next) },
    ])
      await provider.apply(await provider.plan({ environment: id, ...target }), () => {})
    const { urls } = await provider.observe(id)
    if (n % 3 === 2) await fetch(`${urls['web']}/crash`).catch(() => {})
    await sleep(500 + Math.random() * 1_500)
  }
  const alarms = await drifted(since)
  console.log(
    `${deployments} deployments and ${Math.floor(deployments / 3)} crashes in ${ms(performance.now() - began)}: ${alarms.length} false alarms ${alarms.join(' ')}`,
  )
  if (alarms.length > 0) process.exitCode = 1
  await provider.destroy(id)
}

async function cost(): Promise<void> {
  const desired = await candidate('cost')
  const before = await busy()
  for (let n = 0; n < environments; n++) await bringUp(`bench/cost-${n}`, desired)
  await sleep(3_000)
  const after = await busy()
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  console.log(
    `${environments} environments with a service and a database: the server takes ${percent(after)} of a processor, ${percent(before)} without any`,
  )
}

/** Of one processor, over ten seconds; supervision is in it. */
async function busy(): Promise<number> {
  const start = process.cpuUsage()
  await sleep(10_000)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 10_000_000
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}
