import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { EnvironmentView } from '../../src/flow/environment/schemas.ts'
import { freePort } from '../../src/kernel/postgres/cluster.ts'
import { workingDirectoryOf } from '../../src/kernel/process.ts'
import { sharedDatabase, type SharedDatabase } from './database.ts'
import { NoAnswer, signal, Target } from './target.ts'

const program = path.join(import.meta.dirname, '../../bin/threeways.mjs')

/** A worker process, to be shot at. */
class Shot {
  readonly name: string
  readonly folder: string
  readonly #server: string
  readonly #token: string
  #process: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(folder: string, name: string, server: string, token: string) {
    this.name = name
    this.folder = path.join(folder, name)
    this.#server = server
    this.#token = token
  }

  async launch(): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    const log = await open(path.join(this.folder, 'log'), 'a')
    const options = { server: this.#server, home: path.join(this.folder, 'home'), name: this.name, capacity: '2' }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const env = { ...process.env, THREEWAYS_TOKEN: this.#token, XDG_DATA_HOME: path.join(this.folder, 'data') }
    const child = spawn(process.execPath, [program, 'worker', ...args], { cwd: this.folder, env, stdio: ['ignore', log.fd, log.fd] })
    await log.close()
    this.#process = child
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
  }

  /** It ends by itself when no server lets it begin. */
  get isAlive(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  async end(how: NodeJS.Signals): Promise<void> {
    this.#process?.kill(how)
    await this.#ended
  }
}

/** Two servers on one PostgreSQL and a worker for each of them: whoever is asked, it is the same ledger. */
export class Fleet {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly repository: string
  readonly servers: readonly Target[]
  readonly names = ['alpha', 'beta'] as const
  readonly workers: Shot[] = []
  readonly folder: string
  readonly #ports: readonly number[]
  readonly #database: SharedDatabase
  #asked = 0

  private constructor(folder: string, repository: string, database: SharedDatabase, ports: readonly number[]) {
    this.folder = folder
    this.repository = repository
    this.#database = database
    this.#ports = ports
    this.servers = this.names.map(
      (name, index) => new Target(path.join(folder, name), repository, database, ['--port', String(ports[index]), '--name', name]),
    )
    this.home = this.servers[0]!.home
    this.env = this.servers[0]!.env
  }

  static async open(folder: string, repository: string, kind: 'own' | 'installed' = 'own'): Promise<Fleet> {
    const database = await sharedDatabase(path.join(folder, 'database'), kind)
    const fleet = new Fleet(folder, repository, database, [(await freePort(0))!, (await freePort(0))!])
    for (const name of fleet.names) await mkdir(path.join(folder, name), { recursive: true })
    return fleet
  }

  async begin(): Promise<void> {
    for (const server of this.servers) {
      await server.launch()
      await server.untilUp()
    }
    const { secret } = await this.ask<{ secret: string }>('POST', '/tokens', { name: 'chaos', scopes: ['work'] })
    for (const [index, port] of this.#ports.entries())
      this.workers.push(new Shot(this.folder, `worker-${index + 1}`, `http://127.0.0.1:${port}`, secret))
    for (const worker of this.workers) await worker.launch()
  }

  /** Of whichever server is up. */
  ask: Target['ask'] = async (...what) => {
    const up = this.servers.filter(({ isUp }) => isUp)
    const server = up[this.#asked++ % Math.max(1, up.length)]
    if (server === undefined) throw new NoAnswer('no server is up')
    return server.ask(...what)
  }

  /** Each server tells of those that stand on it. */
  async environments(): Promise<readonly EnvironmentView[]> {
    const all = (await Promise.all(this.servers.map((server) => server.environments()))).flat()
    return all.filter(({ services }) => services.length > 0)
  }

  killDatabase = (): Promise<void> => this.#database.kill()

  /** Ends all as a person would. @returns the worst exit code of the servers */
  async close(): Promise<number | null> {
    for (const worker of this.workers) if (worker.isAlive) await worker.end('SIGTERM')
    const codes = await Promise.all(this.servers.map((server) => server.close()))
    return codes.find((code) => code !== 0) ?? 0
  }

  async processes(): Promise<readonly string[]> {
    const found = await Promise.all(this.servers.map((server) => server.processes()))
    const more: string[] = []
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const place = await workingDirectoryOf(Number(entry))
      if (this.workers.some(({ folder }) => place?.startsWith(folder))) more.push(`${entry} in ${place}`)
    }
    return [...found.flat(), ...more]
  }

  /** Whatever went wrong: nothing of it lives when this returns. */
  async dispose(): Promise<void> {
    for (const worker of this.workers) await worker.end('SIGKILL')
    for (const server of this.servers) await server.dispose()
    for (const left of await this.processes()) signal(Number.parseInt(left, 10), 'SIGKILL')
    await this.#database.dispose()
  }
}
