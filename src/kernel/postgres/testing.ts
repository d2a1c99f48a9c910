import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { run, workingDirectoryOf } from '../process.ts'
import { freePort } from './cluster.ts'
import { findLauncher } from './launcher.ts'

export type Settings = Readonly<Record<string, string>>

/**
 * A PostgreSQL server as a team keeps one, of the programs that its system brought: reached over TCP with a password, by its superuser
 * `postgres` or by `app`, which owns the database `app` and may make others. For tests, benches and scripts.
 */
export type TeamServer = {
  /** The same after each start. */
  readonly port: number
  readonly url: (database?: string, role?: 'app' | 'postgres') => string
  query(statement: string, database?: string): Promise<readonly Record<string, unknown>[]>
  /** A setting that it need not be started anew for. New sessions have it when this returns. */
  set(name: string, value: string): Promise<void>
  /** Again, as it was, unless it runs. @throws with the end of its log when it ends instead */
  start(more?: Settings): Promise<void>
  /** @param how - fast, at once, or without a chance to say anything */
  stop(how?: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** A hot standby of it in another folder, that has all it has and follows it. @param name - as which its primary knows it */
  standby(folder: string, name: string, settings?: Settings): Promise<TeamServer>
}

/** The newest PostgreSQL from 15 on that the system brought, as Debian and its kin lay it out, or of TEST_POSTGRES_BIN. */
export async function installedPrograms(): Promise<string | undefined> {
  const told = process.env['TEST_POSTGRES_BIN']
  if (told) return told
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).map(Number).filter((version) => version >= 15)
  const found = versions.toSorted((one, other) => other - one).map((version) => `/usr/lib/postgresql/${version}/bin`)
  return found.find((folder) => existsSync(path.join(folder, 'initdb')))
}

/** Makes and starts one in a folder that is not there yet. Its log is beside it. */
export async function makeTeamServer(programs: string, folder: string, settings: Settings = {}): Promise<TeamServer> {
  const password = randomBytes(16).toString('hex')
  await mkdir(path.dirname(folder), { recursive: true })
  const passwordFile = `${folder}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  await command(programs, 'initdb', ['-D', folder, ...access, '--encoding=UTF8', '--locale=C', '--no-sync'])
  await rm(passwordFile)
  const server = new Server(programs, folder, password, settings)
  await server.start()
  await server.query(`create role app login createdb password '${password}'`)
  await server.query('create database app owner app')
  return server
}

class Server implements TeamServer {
  port = 0
  readonly #programs: string
  readonly #folder: string
  readonly #password: string
  readonly #settings: Settings
  #process: ChildProcess | undefined

  constructor(programs: string, folder: string, password: string, settings: Settings) {
    this.#programs = programs
    this.#folder = folder
    this.#password = password
    this.#settings = settings
  }

  url = (database = 'app', role: 'app' | 'postgres' = 'app'): string =>
    `postgresql://${role}:${this.#password}@127.0.0.1:${this.port}/${database}`

  async query(statement: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url(database, 'postgres'), connectionTimeoutMillis: 10_000 })
    await client.connect()
    try {
      return (await client.query(statement)).rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }

  async set(name: string, value: string): Promise<void> {
    await this.query(`alter system set ${name} = '${value}'`)
    await this.query('select pg_reload_conf()')
    while ((await this.query(`show ${name}`))[0]![name] !== value) await sleep(10)
  }

  async start(more: Settings = {}): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) return
    const isFirst = this.port === 0
    for (let tries = 1; ; tries++) {
      if (isFirst) this.port = (await freePort(0))!
      const said = await this.#launch({ ...this.#settings, ...more })
      if (said === undefined) return
      // Between our look at the port and the server's, somebody took it; or a killed server's last process is still leaving.
      if (tries === 20 || !/Address already in use|pre-existing shared memory block/.test(said))
        throw new Error(`PostgreSQL ended as it started: ${said}`)
      await sleep(100)
    }
  }

  /** @returns undefined once it is ready; what it said when it ended instead */
  async #launch(settings: Settings): Promise<string | undefined> {
    const all = { port: String(this.port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
    const args = ['-D', this.#folder, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    const { program, args: words, env } = await launched(this.#programs, 'postgres', args)
    const logFile = `${this.#folder}.log`
    const log = await open(logFile, 'a', 0o600)
    const child = spawn(program, words, { env, detached: true, stdio: ['ignore', log.fd, log.fd] })
    await log.close()
    this.#process = child
    const note = path.join(this.#folder, 'postmaster.pid')
    while (child.exitCode === null && child.signalCode === null) {
      const [pid, ...rest] = (await readFile(note, 'utf8').catch(() => '')).split('\n')
      if (Number(pid) === child.pid && /^(ready|standby)/m.test(rest.join('\n'))) return undefined
      await sleep(10)
    }
    return (await readFile(logFile, 'utf8')).slice(-2_000)
  }

  async stop(how: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(how)
    if (how === 'SIGKILL') await killAllIn(this.#folder)
    await ended
  }

  async standby(folder: string, name: string, settings: Settings = {}): Promise<TeamServer> {
    const from = `${this.url('', 'postgres')}?application_name=${name}`
    await command(this.#programs, 'pg_basebackup', ['-D', folder, '-d', from, '-c', 'fast', '-X', 'stream', '-R', '--no-sync'])
    const server = new Server(this.#programs, folder, this.#password, { ...this.#settings, ...settings })
    await server.start()
    return server
  }
}

/** A disk of so many megabytes in an empty folder, to be filled. @returns how it is taken away; undefined where this user may mount nothing */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<(() => Promise<void>) | undefined> {
  if (process.platform !== 'linux' || process.getuid!() !== 0) return undefined
  const options = `size=${megabytes}m,mode=0755`
  const { code } = await run('mount', ['-t', 'tmpfs', '-o', options, 'threeways-test', folder])
  if (code !== 0) return undefined
  return async () => {
    const { code, stderr } = await run('umount', [folder])
    if (code !== 0) throw new Error(`${folder} cannot be taken away: ${stderr}`)
  }
}

/** SIGKILL to all processes that stand in this folder, as all of a server do. */
export async function killAllIn(folder: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
  for (const pid of pids) {
    if ((await workingDirectoryOf(pid)) !== folder) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has gone by itself: its postmaster is no more.
    }
  }
}

async function launched(programs: string, program: string, args: readonly string[]) {
  return (await findLauncher()).command(path.join(programs, program), args, path.join(programs, '../lib'))
}

async function command(programs: string, name: string, args: readonly string[]): Promise<void> {
  const { program, args: words, env } = await launched(programs, name, args)
  const { code, stderr } = await run(program, words, { env, timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`)
}
