import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { startCluster, type Cluster } from '../../kernel/postgres/cluster.ts'
import { environmentOf, identify, killMarked, pidsMarked } from '../../kernel/process.ts'
import { knownSecrets } from '../../flow/environment/known-secrets.contract.ts'
import type { ProviderHarness } from '../../flow/environment/provider.contract.ts'
import type { EnvironmentId, EnvironmentProvider } from '../../flow/environment/provider.port.ts'
import type { ProcessProviderOptions } from './options.ts'
import { processProvider } from './provider.ts'
import { marks } from './variables.ts'

/** A home of its own under the temporary folder, and a database server when one is asked for. */
export async function makeHome(
  digestOfTree: ProcessProviderOptions['digestOfTree'],
  beside: (homeId: string) => Partial<ProcessProviderOptions> = () => ({}),
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'threeways environments '))
  const home = path.join(folder, 'home')
  const homeId = randomUUID()
  const providers: EnvironmentProvider[] = []
  let starting: Promise<Cluster> | undefined
  // Nothing of it outlives a test, so it need not reach the disk.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const cluster = () => (starting ??= startCluster({ directory: path.join(home, 'resources', 'pg'), tcp: true, settings }))
  const secrets = knownSecrets()
  const options: ProcessProviderOptions = { home, homeId, cluster, digestOfTree, secrets: secrets.source, ...beside(homeId) }
  return {
    secrets,
    folder,
    home,
    homeId,
    options,
    provider(): EnvironmentProvider {
      const provider = processProvider(options)
      providers.push(provider)
      return provider
    },

    async leftovers(environment: EnvironmentId): Promise<readonly string[]> {
      const found: string[] = []
      for (const pid of await pidsMarked(marks.home, homeId)) {
        if ((await environmentOf(pid))?.[marks.environment] === environment) found.push(`process ${pid}`)
      }
      const state = path.join(home, 'environments', environment)
      if (existsSync(state)) found.push(`folder ${state}`)
      if (starting) found.push(...(await databasesAbout(await starting, environment)))
      return found
    },

    async dispose(): Promise<void> {
      // Also those a failed test left at work: they would start again what we end.
      await Promise.all(providers.map((provider) => provider.close('leave')))
      await killMarked(marks.home, homeId)
      if (starting) await (await starting).stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type TestHome = Awaited<ReturnType<typeof makeHome>>

/** Databases that say they belong to the environment, and the roles of the same name. */
async function databasesAbout(cluster: Cluster, environment: string): Promise<readonly string[]> {
  const client = new Client(cluster.connection('postgres'))
  await client.connect()
  try {
    const sql = `select datname as name from pg_database where strpos(shobj_description(oid, 'pg_database'), ' ' || $1 || ' ') > 0`
    const databases = (await client.query<{ name: string }>(sql, [environment])).rows.map(({ name }) => `database ${name}`)
    const stray = `select rolname as name from pg_roles where starts_with(rolname, 'env_') and rolname not in (select datname from pg_database)`
    return [...databases, ...(await client.query<{ name: string }>(stray)).rows.map(({ name }) => `role ${name}`)]
  } finally {
    await client.end()
  }
}

/** Those of the same instance. */
async function ancestorsOf(pid: number): Promise<readonly number[]> {
  const parent = await parentOf(pid)
  return (await environmentOf(parent))?.[marks.instance] === undefined ? [] : [parent, ...(await ancestorsOf(parent))]
}

/** Last of its pids: the one in the innermost namespace. */
export async function pidInside(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? pid)
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** For the contract. */
export async function makeHarness(
  digestOfTree: ProcessProviderOptions['digestOfTree'],
  settings: NonNullable<ProviderHarness['settings']> = {},
): Promise<ProviderHarness> {
  const home = await makeHome(digestOfTree)
  let current = home.provider()
  return {
    folder: path.join(home.folder, 'candidates'),
    provider: current,
    secrets: home.secrets,
    settings,
    insideOf: pidInside,
    async restarted() {
      await current.close('leave')
      current = home.provider()
      return current
    },
    async kill(service) {
      const above = await ancestorsOf(service.pid!)
      process.kill(service.pid!, 'SIGKILL')
      // They note how the program ended, then they are gone as well.
      for (const pid of above) while (await identify(pid)) await sleep(2)
    },
    leftovers: (environment) => home.leftovers(environment),
    async dispose() {
      await current.close('stop')
      await home.dispose()
    },
  }
}
