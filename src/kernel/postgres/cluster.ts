import { spawn } from 'node:child_process'
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { boundLog } from '../detached.ts'
import { internal, unavailable, type ThreewaysError } from '../errors.ts'
import { withFileLock } from '../file-lock.ts'
import { identify, run, stopTree, type ProcessIdentity } from '../process.ts'
import { findBinaries, linkLibraries, type Binaries } from './binaries.ts'
import { keepAlive, type Kept } from './keep-alive.ts'
import { findLauncher } from './launcher.ts'
import {
  hasData,
  ignoreMissing,
  isInitialised,
  libraryFolder,
  marker,
  openLayout,
  removeLeftovers,
  removePrivateFolder,
  socketFolder,
} from './layout.ts'
import type { Layout } from './layout.ts'
import { clearStale, settledPostmaster, untilReady, type Postmaster } from './postmaster.ts'
import { settingsOf } from './settings.ts'

/** A PostgreSQL server of our own. Its superuser is let in through the unix socket alone, which only its owner can reach. */
export type Cluster = {
  readonly directory: string
  /** For `pg`: the unix socket's folder and the superuser. */
  connection(database: string): { readonly host: string; readonly port: number; readonly user: string; readonly database: string }
  /** On 127.0.0.1, for roles with a password (scram-sha-256); undefined when only the unix socket listens. */
  readonly tcpPort: number | undefined
  /** It ran already: another process's, or left behind by one that was killed. */
  readonly adopted: boolean
  /** Ends the server (fast shutdown: sessions are closed, everything committed is on disk), whoever started it. */
  stop(): Promise<void>
  /** Leaves it running, to be adopted later. */
  detach(): void
}

export type ClusterOptions = {
  /** Made when missing. Holds everything of this cluster. */
  readonly directory: string
  /** Also listen on 127.0.0.1, on a port that stays the same as long as it is free. @defaultValue false */
  readonly tcp?: boolean
  /**
   * Start the server again when it dies under us (killed, out of memory), on the same address. Whoever is in the middle of
   * something gets an error and may ask again. @defaultValue false
   */
  readonly revive?: boolean
  /** Server settings on top of ours; an adopted server keeps the ones it was started with. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told what takes time or is not as expected. */
  readonly watch?: (message: string) => void
}

export const superuser = 'postgres'

/**
 * Starts the server on `directory`, or attaches to the one that runs there. Safe to call from several processes at once.
 *
 * @throws ThreewaysError `POSTGRES_UNAVAILABLE`, `POSTGRES_USER`, `CLUSTER_FOREIGN`, `CLUSTER_OWNER`, `CLUSTER_VERSION`,
 * `CLUSTER_START_FAILED` (with the end of the server's log), `CLUSTER_WITHOUT_TCP`, `SOCKET_FOLDER_FOREIGN`
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const layout = await openLayout(options.directory)
  const { postmaster, adopted } = await attach(layout, options)
  const logKeeper = setInterval(() => void boundLog(layout.log, 8 * 1024 * 1024, 1024 * 1024).catch(() => {}), 30_000)
  logKeeper.unref()
  const care = {
    start: async () => (await attach(layout, options, 'never made')).postmaster,
    hasData: () => hasData(layout),
    watch: options.watch ?? (() => {}),
  }
  const kept: Kept = options.revive ? keepAlive(postmaster, care) : { postmaster, async leave() {} }
  return {
    directory: layout.directory,
    connection: (database) => ({ host: kept.postmaster.socketFolder, port: kept.postmaster.port, user: superuser, database }),
    get tcpPort() {
      return kept.postmaster.listensOnTcp ? kept.postmaster.port : undefined
    },
    adopted,
    async stop() {
      clearInterval(logKeeper)
      await kept.leave()
      await stopTree(kept.postmaster.identity, undefined, { signal: 'SIGINT', graceMs: 60_000 })
      await removePrivateFolder(layout)
    },
    detach() {
      clearInterval(logKeeper)
      void kept.leave()
    },
  }
}

/** The server that runs there, or a new one. */
async function attach(
  layout: Layout,
  options: ClusterOptions,
  missing: 'made' | 'never made' = 'made',
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  if (missing === 'never made' && !(await hasData(layout))) throw dataGone(layout)
  return withFileLock(layout.lock, async () => {
    const binaries = await findBinaries()
    const initialised = await isInitialised(layout, binaries.major)
    const running = initialised ? await settledPostmaster(layout.data) : undefined
    if (running) return { postmaster: withTcp(layout, running, options), adopted: true }
    const server = await Server.of(layout, binaries, options.watch ?? (() => {}))
    if (!initialised) await server.initialise()
    await clearStale(layout)
    return { postmaster: await server.start(options.tcp ?? false, options.settings ?? {}), adopted: false }
  })
}

/** An empty database in its place would be taken for the truth. */
function dataGone({ data }: Layout): ThreewaysError {
  return unavailable('CLUSTER_GONE', {
    message: `the database folder ${data} was removed while it was in use`,
    help: 'end this program, and put the folder back or import a backup: `threeways ledger import`',
  })
}

function withTcp(layout: Layout, postmaster: Postmaster, { tcp = false }: ClusterOptions): Postmaster {
  if (!tcp || postmaster.listensOnTcp) return postmaster
  throw internal('CLUSTER_WITHOUT_TCP', {
    message: `the database server in ${layout.directory} was started without TCP (pid ${postmaster.identity.pid})`,
    help: 'end the program that started it, then try again',
  })
}

class Server {
  readonly layout: Layout
  readonly watch: (message: string) => void
  /** A program of the server as it has to be run here. */
  readonly command: (
    program: 'initdb' | 'postgres',
    args: readonly string[],
  ) => { program: string; args: readonly string[]; env: Readonly<Record<string, string>> }

  private constructor(layout: Layout, watch: Server['watch'], command: Server['command']) {
    this.layout = layout
    this.watch = watch
    this.command = command
  }

  static async of(layout: Layout, binaries: Binaries, watch: Server['watch']): Promise<Server> {
    const launcher = await findLauncher()
    const libraries = await libraryFolder(layout)
    await linkLibraries(binaries, libraries)
    return new Server(layout, watch, (program, args) => launcher.command(binaries[program], args, libraries))
  }

  /** Initialises beside and renames, so that a data folder is either whole or not there. */
  async initialise(): Promise<void> {
    this.watch(`making a database in ${this.layout.directory}`)
    await removeLeftovers(this.layout)
    const self = (await identify(process.pid))!
    const folder = `${this.layout.data}.init.${self.pid}.${encodeURIComponent(self.startedAt)}`
    await rm(folder, { recursive: true, force: true })
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const access = [`--username=${superuser}`, '--auth-local=trust', '--auth-host=scram-sha-256', '--data-checksums']
    const { program, args, env } = this.command('initdb', ['-D', folder, '--no-instructions', ...locale, ...access])
    const ran = await run(program, args, { env, timeoutMs: 300_000 })
    if (ran.code !== 0) {
      await rm(folder, { recursive: true, force: true })
      throw startFailed(this.layout, `initdb ended with ${ran.code ?? ran.signal}`, ran.stderr || ran.stdout)
    }
    await writeFile(path.join(folder, marker), `${JSON.stringify({ madeBy: 'threeways' })}\n`, { flush: true })
    await rename(folder, this.layout.data)
    await flushFolder(this.layout.directory)
  }

  async start(tcp: boolean, settings: Readonly<Record<string, string>>): Promise<Postmaster> {
    for (let attempt = 1; ; attempt++) {
      const port = tcp ? await this.tcpPort() : 5432
      const logStart = (await stat(this.layout.log).catch(ignoreMissing))?.size ?? 0
      const identity = await this.spawn(settingsOf({ port, tcp, socketFolder: await socketFolder(this.layout, port), settings }))
      const postmaster = identity && (await untilReady(this.layout.data, identity))
      if (postmaster) return postmaster
      const log = (await readFile(this.layout.log)).subarray(logStart).toString('utf8')
      // Between our look at the port and the server's somebody took it; or a killed server's last process is still leaving.
      const passing = /could not bind .* address|Address already in use|pre-existing shared memory block/i
      if (attempt >= 5 || !passing.test(log)) throw startFailed(this.layout, 'the database server ended as it started', log)
      await clearStale(this.layout)
    }
  }

  /** In a session of its own: a Ctrl-C in the terminal is ours to answer, not the server's. */
  private async spawn(settings: readonly string[]): Promise<ProcessIdentity | undefined> {
    await boundLog(this.layout.log, 8 * 1024 * 1024, 1024 * 1024)
    const log = await open(this.layout.log, 'a', 0o600)
    const { program, args, env } = this.command('postgres', ['-D', this.layout.data, ...settings])
    const child = spawn(program, args, { env, detached: true, cwd: this.layout.directory, stdio: ['ignore', log.fd, log.fd] })
    try {
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    } catch (cause) {
      throw notRunnable(program, cause)
    } finally {
      await log.close()
    }
    child.unref()
    return identify(child.pid!)
  }

  private async tcpPort(): Promise<number> {
    const kept = Number(await readFile(this.layout.port, 'utf8').catch(ignoreMissing))
    if (kept > 0 && (await freePort(kept)) !== undefined) return kept
    const port = (await freePort(0))!
    if (kept > 0) this.watch(`port ${kept} is taken by another program; the database in ${this.layout.directory} moves to ${port}`)
    await writeFile(this.layout.port, `${port}\n`)
    return port
  }
}

/** @returns a port of 127.0.0.1 nobody listens on: `wanted`, or any for 0; undefined when it is taken */
export function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}

function startFailed(layout: Layout, what: string, log: string): ThreewaysError {
  const end = log.trim().split('\n').slice(-5).join('\n')
  return unavailable('CLUSTER_START_FAILED', {
    message: `${what} in ${layout.directory}: ${end || 'it said nothing'}`,
    help: /no space left|disk quota/i.test(log) ? 'the disk is full: free some space and try again' : `see ${layout.log}`,
  })
}

function notRunnable(program: string, cause: unknown): ThreewaysError {
  return unavailable('POSTGRES_UNAVAILABLE', {
    message: `the embedded PostgreSQL cannot be run here (${program})`,
    help: 'it needs glibc (not musl, as on Alpine) and a file system that lets programs run; or set DATABASE_URL to a PostgreSQL server',
    cause,
  })
}
