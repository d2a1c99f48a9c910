import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { pidsMarked, run, type Ran } from '../src/kernel/process.ts'
import { emptyTestDatabase, isExternal } from '../src/ledger/testing.ts'
import { runningServer } from '../src/server/home.ts'

/**
 * Where a data folder of the tests has its ledger: embedded in it, or in a database of its own on the server that the tests are run on.
 * @returns what the command line is told
 */
export async function ledgerOfHome(): Promise<{ readonly env: { readonly DATABASE_URL: string }; drop(): Promise<void> }> {
  if (!isExternal()) return { env: { DATABASE_URL: '' }, async drop() {} }
  const { url, drop } = await emptyTestDatabase()
  return { env: { DATABASE_URL: url }, drop }
}

export const launcher = path.resolve(import.meta.dirname, '../bin/threeways.mjs')

/** The command line as a user has it: its own process, no terminal. */
export function threeways(place: { cwd: string; env: Record<string, string> }, ...args: string[]): Promise<Ran> {
  return run(process.execPath, [launcher, ...args], { cwd: place.cwd, env: { ...process.env, ...place.env }, timeoutMs: 120_000 })
}

/** One that goes on until it is told to end. */
export function start(place: { cwd: string; env: Record<string, string> }, ...args: string[]) {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: place.cwd,
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    child,
    ended,
    output: () => output,
    /** Ctrl-C. @returns the exit code */
    async stop(): Promise<number | null> {
      child.kill('SIGINT')
      return ended
    },
  }
}

export type Started = ReturnType<typeof start>

/** The address of the server that works on this home, once it listens. */
export async function serverOf(home: string, of: Started): Promise<string> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    const server = await runningServer(home)
    if (server !== undefined && server.url !== '') return server.url
    if (of.child.exitCode !== null) break
  }
  throw new Error(`no server: ${of.output()}`)
}

/** Processes that belong to a home: its services, its steps, its databases. */
export async function processesOf(home: string): Promise<readonly string[]> {
  const { id } = JSON.parse(await readFile(path.join(home, 'home.json'), 'utf8')) as { id: string }
  const marked = await pidsMarked('THREEWAYS_HOME_ID', id)
  const ps = await run('ps', ['-eo', 'pid=,args='])
  return [...marked.map(String), ...ps.stdout.split('\n').filter((line) => line.includes(home) && !line.includes('ps -eo'))]
}
