import { spawn, type ChildProcess } from 'node:child_process'
import { open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EnvironmentView } from '../../src/flow/environment/schemas.ts'
import { hasCode } from '../../src/kernel/errors.ts'
import { pidsMarked, workingDirectoryOf } from '../../src/kernel/process.ts'
import { killAllIn } from '../../src/kernel/postgres/testing.ts'
import { runningServer } from '../../src/server/home.ts'
import { readAdminToken } from '../../src/server/tokens.ts'
import type { SharedDatabase } from './database.ts'

const program = path.join(import.meta.dirname, '../../bin/threeways.mjs')

/** Nobody answered: the server is dead or dying, and what was asked may have been done or not. */
export class NoAnswer extends Error {}

/** A server process of its own home, to be shot at. */
export class Target {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly repository: string
  readonly logFile: string
  readonly #database: SharedDatabase | undefined
  readonly #more: readonly string[]
  #process: ChildProcess | undefined
  #ended: Promise<number | null> = Promise.resolve(null)
  #url: string | undefined
  #token: string | undefined

  /** @param database - instead of the embedded one */
  constructor(folder: string, repository: string, database?: SharedDatabase, more: readonly string[] = ['--port', '0']) {
    this.#database = database
    this.#more = more
    this.home = path.join(folder, 'home')
    this.logFile = path.join(folder, 'server.log')
    this.repository = repository
    // The command line's own ways of finding another server or database must not lead it away from here.
    const { DATABASE_URL: _database, THREEWAYS_SERVER: _server, THREEWAYS_TOKEN: _token, ...own } = process.env
    const shared = database === undefined ? {} : { DATABASE_URL: database.url }
    this.env = { ...own, ...shared, XDG_DATA_HOME: path.join(folder, 'data') }
  }

  get isUp(): boolean {
    return this.#url !== undefined
  }

  /** Its environments. */
  async environments(): Promise<readonly EnvironmentView[]> {
    return (await this.ask<{ environments: EnvironmentView[] }>('GET', '/environments')).environments
  }

  /** Starts it; it is not there yet when this returns. */
  async launch(): Promise<void> {
    const log = await open(this.logFile, 'a')
    const args = [program, 'up', '--home', this.home, ...this.#more]
    const child = spawn(process.execPath, args, { cwd: this.repository, env: this.env, stdio: ['ignore', log.fd, log.fd] })
    await log.close()
    this.#process = child
    this.#ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  }

  /** Returns when it answers. @throws when it ends instead, with the end of its log */
  async untilUp(): Promise<void> {
    for (;;) {
      const note = await runningServer(this.home)
      if (note?.process.pid === this.#process!.pid && note!.url !== '') {
        this.#url = note!.url
        this.#token = await readAdminToken(this.home)
        return
      }
      if (!(await this.isAlive())) throw new Error(`the server ended: ${await this.endOfLog()}`)
      await sleep(5)
    }
  }

  async endOfLog(): Promise<string> {
    return (await readFile(this.logFile, 'utf8')).slice(-4000)
  }

  async isAlive(): Promise<boolean> {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Returns when it answers what takes the ledger. */
  async untilHealthy(): Promise<void> {
    while (await this.isAlive()) {
      const answer = await this.ask('GET', '/events?limit=1').catch(() => undefined)
      if (answer !== undefined) return
      await sleep(20)
    }
    throw new Error(`the server ended: ${await this.endOfLog()}`)
  }

  async kill(): Promise<void> {
    this.#url = undefined
    this.#process!.kill('SIGKILL')
    await this.#ended
  }

  /** SIGKILL to the ledger's database server and all of its processes. */
  async killDatabase(): Promise<void> {
    await (this.#database?.kill() ?? killAllIn(path.join(this.home, 'ledger', 'data')))
  }

  /** Ends it as a person would. @returns its exit code */
  async close(): Promise<number | null> {
    this.#process!.kill('SIGTERM')
    return this.#ended
  }

  /** @throws NoAnswer; an Error with the answer when it is a refusal */
  async ask<T>(method: 'GET' | 'POST', place: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const url = this.#url
    if (url === undefined) throw new NoAnswer('no server')
    const headers = { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': contentType }) }
    let response: Response
    let text: string
    try {
      response = await fetch(`${url}/api${place}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      text = await response.text()
    } catch (error) {
      throw new NoAnswer(String(error))
    }
    // Its database was shot under it: it says so, and whether it was done is not known.
    if (response.status === 503) throw new NoAnswer(text)
    if (!response.ok) throw new Error(`${method} ${place} was answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }

  /** Whatever went wrong: nothing of it lives when this returns. */
  async dispose(): Promise<void> {
    if (await this.isAlive()) await this.close()
    await this.killEverything()
  }

  /** SIGKILL to what the server has started: databases, services, commands of steps. All stand still first, as in a power cut. */
  async killEverything(): Promise<void> {
    const found = (await this.processes()).map((process) => Number.parseInt(process, 10))
    const folders = await Promise.all(found.map(workingDirectoryOf))
    // In the repository the author is at work, whose power stays.
    const pids = found.filter((_, index) => folders[index] !== this.repository)
    for (const pid of pids) signal(pid, 'SIGSTOP')
    for (const pid of pids) signal(pid, 'SIGKILL')
  }

  /** Processes that belong to the home or stand in it, whoever started them: pid and command. */
  async processes(): Promise<readonly string[]> {
    const note = await readFile(path.join(this.home, 'home.json'), 'utf8').catch(() => undefined)
    const found = new Set(note === undefined ? [] : await pidsMarked('THREEWAYS_HOME_ID', (JSON.parse(note) as { id: string }).id))
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const folder = await workingDirectoryOf(Number(entry))
      if (folder?.startsWith(path.dirname(this.home))) found.add(Number(entry))
    }
    return Promise.all(
      [...found].map(async (pid) => {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        return `${pid} ${words.replaceAll('\0', ' ').trim()}`
      }),
    )
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}
