/**
 * How long a stranger waits: a fresh clone of this repository's last commit, `npm ci`, then `npm start -- --once` until production
 * serves the example, its own build and tests included.
 *
 *     node bench/start.ts
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const clone = path.join(folder, 'threeways')
// What npm sets for scripts of this checkout is not for those of the clone.
const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))
const env = { ...Object.fromEntries(own), XDG_DATA_HOME: path.join(folder, 'data') }
try {
  await timed('git clone', 'git', ['clone', '--quiet', '--no-hardlinks', path.join(import.meta.dirname, '..'), clone], folder)
  await timed('npm ci, with the npm cache as it is', 'npm', ['ci', '--no-audit', '--no-fund'], clone)
  await start()
} finally {
  await removeTree(path.join(folder, 'data'))
  await rm(folder, { recursive: true, force: true })
}

async function timed(what: string, program: string, args: readonly string[], cwd: string): Promise<void> {
  const began = performance.now()
  const { code, stderr } = await run(program, args, { cwd, env, timeoutMs: 600_000 })
  if (code !== 0) throw new Error(`${what} ended with ${code}: ${stderr}`)
  line(what, `${seconds(began)}`)
}

type Delivered = { run: { steps: { title: string; kind: string; startedAt: string | null; finishedAt: string | null }[] } }

/** What it says as JSON comes when production was read back and answered. */
async function start(): Promise<void> {
  const began = performance.now()
  const child = spawn('npm', ['start', '--silent', '--', '--once', '--json'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let json = ''
  for await (const text of createInterface(child.stdout)) {
    json += text
    if (text === '}') line('npm start -- --once, until production serves', `${seconds(began)} (goal: 60 s)`)
  }
  const code = await ended
  line('  and until everything is ended again', seconds(began))
  if (code !== 0) throw new Error(`npm start ended with ${code}: ${said}`)
  for (const { title, kind, startedAt, finishedAt } of (JSON.parse(json) as Delivered).run.steps) {
    const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')
    if (kind !== 'promote' && ms >= 500) line(`  of that: ${title}`, `${(ms / 1000).toFixed(1)} s`)
  }
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`
}

function line(what: string, figure: string): void {
  console.log(`${what.padEnd(46)} ${figure}`)
}
