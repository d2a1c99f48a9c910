import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { identify } from '../process.ts'
import { startCluster, type Cluster, type ClusterOptions } from './cluster.ts'

let base: string
/** An initialised cluster to copy from: initdb is the slow part. */
let template: string
const started: Cluster[] = []

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'threeways cluster '))
  template = path.join(base, 'template')
  await (await startCluster({ directory: template })).stop()
})
afterEach(async () => {
  for (const cluster of started.splice(0)) await cluster.stop()
})
afterAll(() => rm(base, { recursive: true }))

async function start(options: ClusterOptions): Promise<Cluster> {
  const cluster = await startCluster(options)
  started.push(cluster)
  return cluster
}

async function copied(name: string): Promise<string> {
  const directory = path.join(base, name)
  await cp(template, directory, { recursive: true, mode: 1, verbatimSymlinks: true })
  await chmod(path.join(directory, 'data'), 0o700)
  return directory
}

async function query(cluster: Cluster, sql: string): Promise<unknown> {
  const client = new Client(cluster.connection('postgres'))
  await client.connect()
  try {
    return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

const pidOf = async (directory: string) => Number((await readFile(path.join(directory, 'data/postmaster.pid'), 'utf8')).split('\n')[0])
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A process of its own that starts a cluster, says so, and stays. */
async function starter(directory: string): Promise<{ child: ReturnType<typeof spawn>; said: Promise<string> }> {
  const module = path.join(import.meta.dirname, 'cluster.ts')
  const script = `const { startCluster } = await import(${JSON.stringify(module)})
    const cluster = await startCluster({ directory: process.argv[1] })
    console.log(cluster.adopted ? 'adopted' : 'started'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())))
  return { child, said }
}

async function killed(child: ReturnType<typeof spawn>): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

describe('a cluster', () => {
  it('keeps checksums, fsync and a fixed locale, and leaves only its folder when it is stopped', async () => {
    const directory = await copied('plain')
    const cluster = await start({ directory })
    expect(await query(cluster, 'show data_checksums')).toBe('on')
    expect(await query(cluster, 'show fsync')).toBe('on')
    expect(await query(cluster, `select datlocale from pg_database where datname = current_database()`)).toBe('C.UTF-8')
    expect(cluster.tcpPort).toBeUndefined()
    const pid = await pidOf(directory)
    await cluster.stop()
    expect(isRunning(pid)).toBe(false)
    expect((await readdir(directory)).sort()).toEqual(['data', 'libraries', 'server.log'])
    expect(await readdir(path.join(directory, 'data'))).not.toContain('postmaster.pid')
  })

  it('is attached to by a second caller instead of being started twice', async () => {
    const directory = await copied('second')
    const first = await start({ directory })
    const second = await startCluster({ directory })
    expect([first.adopted, second.adopted]).toEqual([false, true])
    expect(await query(second, 'select 1')).toBe(1)
    second.detach()
  })

  it('is made and started once when two processes begin at the same moment', { timeout: 60_000 }, async () => {
    const directory = path.join(base, 'at once')
    const both = await Promise.all([starter(directory), starter(directory)])
    expect((await Promise.all(both.map(({ said }) => said))).sort()).toEqual(['adopted', 'started'])
    await Promise.all(both.map(({ child }) => killed(child)))
    const cluster = await start({ directory })
    expect(cluster.adopted).toBe(true)
    expect((await readdir(directory)).filter((entry) => entry.includes('init'))).toEqual([])
  })

  it('is adopted when the process that started it was killed', async () => {
    const directory = await copied('orphan')
    const { child, said } = await starter(directory)
    expect(await said).toBe('started')
    const pid = await pidOf(directory)
    await killed(child)
    const cluster = await start({ directory })
    expect(cluster.adopted).toBe(true)
    expect(await pidOf(directory)).toBe(pid)
  })

  it('comes back with everything committed after its server was killed', async () => {
    const directory = await copied('crash')
    const cluster = await start({ directory })
    await query(cluster, 'create table kept as select 42 as answer')
    const pid = await pidOf(directory)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => identify(pid)).toBeUndefined()
    const again = await start({ directory })
    expect(again.adopted).toBe(false)
    expect(await query(again, 'select answer from kept')).toBe(42)
  })

  it('starts its server again when that is killed under it, at the same address, until it is stopped', async () => {
    const directory = await copied('revived')
    const cluster = await start({ directory, revive: true, tcp: true })
    const before = [cluster.connection('postgres'), cluster.tcpPort]
    await query(cluster, 'create table kept as select 42 as answer')
    const pid = await pidOf(directory)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => query(cluster, 'select answer from kept').catch(() => undefined), { timeout: 20_000 }).toBe(42)
    expect([cluster.connection('postgres'), cluster.tcpPort]).toEqual(before)
    const revived = await pidOf(directory)
    expect(revived).not.toBe(pid)
    await cluster.stop()
    expect(isRunning(revived)).toBe(false)
    expect(await readdir(path.join(directory, 'data'))).not.toContain('postmaster.pid')
  })

  it('ends its server when its folder is removed, and never makes an empty one in its place', async () => {
    const directory = await copied('removed')
    const said: string[] = []
    await start({ directory, revive: true, watch: (message) => said.push(message) })
    const pid = await pidOf(directory)
    await rm(path.join(directory, 'data'), { recursive: true, force: true, maxRetries: 5 })
    await expect.poll(() => identify(pid), { timeout: 10_000 }).toBeUndefined()
    await expect.poll(() => said.join('\n'), { timeout: 10_000 }).toContain('was removed while it was in use')
    expect(await readdir(directory)).not.toContain('data')
  })

  it('starts although another living process has the number its lock files name', async () => {
    const directory = await copied('reused pid')
    const lines = [process.pid, path.join(directory, 'data'), 1, 5432, path.join(directory, 'data'), '', '  1  2', 'ready   ']
    // A killed server leaves both; until somebody reaps it, it is a zombie with its old number.
    await writeFile(path.join(directory, 'data/postmaster.pid'), `${lines.join('\n')}\n`)
    await writeFile(path.join(directory, 'data/.s.PGSQL.5432.lock'), `${lines.slice(0, 5).join('\n')}\n`)
    const cluster = await start({ directory })
    expect(cluster.adopted).toBe(false)
    expect(await query(cluster, 'select 1')).toBe(1)
  })

  it('removes what an initialisation that died has left, and no living one', async () => {
    const directory = path.join(base, 'leftover')
    await mkdir(path.join(directory, 'data.init.999999999.17'), { recursive: true })
    await start({ directory })
    expect(await readdir(directory)).toEqual(['data', 'libraries', 'server.log'])
  })

  it('breaks the lock of a process that died holding it', async () => {
    const directory = await copied('dead lock')
    await symlink('999999999 17', path.join(directory, 'lock'))
    await start({ directory })
    await expect(readFile(path.join(directory, 'lock'))).rejects.toThrow('ENOENT')
  })
})

describe('a folder that is not ours', () => {
  it.each([
    ['holds other files', { 'thesis.txt': 'x' }, 'CLUSTER_FOREIGN'],
    ['is a data folder of another server', { 'data/PG_VERSION': '18\n' }, 'CLUSTER_FOREIGN'],
    ['is of another PostgreSQL', { 'data/PG_VERSION': '17\n', 'data/threeways.json': '{}' }, 'CLUSTER_VERSION'],
  ])('is refused and untouched when it %s', async (name, files, code) => {
    const directory = path.join(base, name)
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(directory, file)), { recursive: true })
      await writeFile(path.join(directory, file), content)
    }
    const before = await readdir(directory, { recursive: true })
    await expect(startCluster({ directory })).rejects.toMatchObject({ code })
    expect(await readdir(directory, { recursive: true })).toEqual(before)
  })
})

describe('where a cluster can be reached', () => {
  it('works in a path that is too long for a socket, and cleans up behind it', async () => {
    const directory = await copied(path.join('a'.repeat(60), 'b'.repeat(60)))
    const cluster = await start({ directory })
    const { host } = cluster.connection('postgres')
    expect(host).not.toContain(directory)
    expect((await stat(host)).mode & 0o777).toBe(0o700)
    expect(await query(cluster, 'select 1')).toBe(1)
    await cluster.stop()
    await expect(stat(host)).rejects.toThrow('ENOENT')
  })

  it('refuses a socket folder that somebody else prepared', async () => {
    const directory = await copied(path.join('c'.repeat(60), 'd'.repeat(60)))
    const cluster = await startCluster({ directory })
    const { host } = cluster.connection('postgres')
    await cluster.stop()
    await mkdir(host)
    await chmod(host, 0o777)
    await expect(startCluster({ directory })).rejects.toMatchObject({ code: 'SOCKET_FOLDER_FOREIGN' })
    await rm(host, { recursive: true })
  })

  it('refuses a path with a line end, which PostgreSQL cannot note', async () => {
    await expect(startCluster({ directory: path.join(base, 'two\nlines') })).rejects.toMatchObject({ code: 'CLUSTER_PATH' })
  })

  it('works in a path with colons, commas and quotes', async () => {
    const directory = await copied(`it's a:b, "c" $(d)`)
    const cluster = await start({ directory })
    expect(await query(cluster, 'select 1')).toBe(1)
    expect((await start({ directory })).adopted).toBe(true)
  })

  it('keeps its TCP port, and moves with a word when a stranger has it', async () => {
    const directory = await copied('tcp')
    const first = await start({ directory, tcp: true })
    const port = first.tcpPort!
    await first.stop()
    const second = await start({ directory, tcp: true })
    expect(second.tcpPort).toBe(port)
    await second.stop()
    const stranger = createServer()
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve))
    const said: string[] = []
    const third = await start({ directory, tcp: true, watch: (message) => said.push(message) })
    expect(third.tcpPort).not.toBe(port)
    expect(said.join()).toContain(`port ${port} is taken by another program`)
    await new Promise((resolve) => stranger.close(resolve))
  })

  it('lets nobody in through TCP without a password', async () => {
    const cluster = await start({ directory: await copied('password'), tcp: true })
    await query(cluster, `create role app login password 'right'`)
    const attempt = async (user: string, password: string) => {
      const client = new Client({ host: '127.0.0.1', port: cluster.tcpPort!, user, password, database: 'postgres' })
      await client.connect().finally(() => client.end())
    }
    await attempt('app', 'right')
    await expect(attempt('app', 'wrong')).rejects.toThrow('password authentication failed')
    await expect(attempt('postgres', '')).rejects.toThrow(/password/)
  })
})

describe('a server that cannot start', () => {
  it('says why, from its own log', async () => {
    const directory = await copied('broken')
    await expect(startCluster({ directory, settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'CLUSTER_START_FAILED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers"') as string,
    })
    await unlink(path.join(directory, 'data/global/pg_control'))
    await expect(startCluster({ directory })).rejects.toMatchObject({ message: expect.stringContaining('pg_control') as string })
  })
})
