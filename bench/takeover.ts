/**
 * kill -9 of a worker, then of a server, in the middle of a step: how long until its command runs again somewhere else. Two servers on one
 * PostgreSQL, a worker for each; the one that works is killed and does not come back. And the other way round: whether anybody who lives
 * loses a step while all processors are kept busy by others.
 *
 *     node bench/takeover.ts [--kills 20] [--busy-seconds 60] [--loops 4]
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import type { MachineView } from '../src/flow/pipeline/schemas.ts'
import type { RunView } from '../src/flow/pipeline/schemas.ts'
import { Fleet } from './chaos/fleet.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    'busy-seconds': { type: 'string', default: '60' },
    /** Processes for each processor that do nothing but count. */
    loops: { type: 'string', default: '4' },
  },
})
const goalMs = 3_000
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const author = await gitAuthor(path.join(folder, 'repository'))
const trace = path.join(folder, 'trace')
const fleet = await Fleet.open(folder, author.folder)
// When it was written to is when the command ran: to ask for the time would take a program longer than that.
const command = `echo begun >> '${trace}'; sleep 600`
let number = 0
/** How often the command ran, and when it did last. */
const begun = async () => ({
  count: (await readFile(trace, 'utf8').catch(() => '')).split('\n').length - 1,
  last: (await stat(trace).catch(() => ({ mtimeMs: 0 }))).mtimeMs,
})
const machines = async () => (await fleet.ask<{ machines: MachineView[] }>('GET', '/machines')).machines
try {
  await fleet.begin()
  await keepBusy(Number(values['busy-seconds']), Number(values.loops) * availableParallelism())
  await measure('worker', 'kill -9 of a worker')
  for (const worker of fleet.workers) await worker.end('SIGTERM')
  await measure('server', 'kill -9 of a server')
} finally {
  await fleet.dispose()
  await removeTree(folder)
}

async function measure(role: 'worker' | 'server', what: string): Promise<void> {
  const took: { taken: number; runs: number }[] = []
  while (took.length < Number(values.kills)) {
    for (const worker of role === 'worker' ? fleet.workers : []) if (!worker.isAlive) await worker.launch()
    for (const server of fleet.servers) {
      if (server.isUp) continue
      await server.launch()
      await server.untilUp()
    }
    await until(async () => (await machines()).filter((machine) => machine.role === role && machine.state === 'at work').length === 2)
    took.push(await takeover(role))
  }
  const runs = took.map(({ runs }) => runs)
  const taken = took.map(({ taken }) => taken)
  const say = (times: readonly number[]) => `p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`
  console.log(
    `${what}, ${took.length} times: its step runs elsewhere after ${say(runs)} (goal: p99 ≤ ${goalMs} ms); another had it after ${say(taken)}`,
  )
  if (percentile(runs, 99) > goalMs) process.exitCode = 1
}

/** Steps on both workers and on servers, none of which is killed. */
async function keepBusy(seconds: number, loops: number): Promise<void> {
  await until(async () => (await machines()).filter(({ state }) => state === 'at work').length === 4)
  const runs: string[] = []
  for (const count of [1, 2, 3, 4, 5, 6]) {
    // A stage takes one run at a time.
    runs.push(await deliver(`busy-${count}`))
    await until(async () => (await begun()).count === count)
  }
  const held = (await machines()).filter(({ busy }) => busy > 0).map(({ name, busy }) => `${name} ${busy}`)
  const counting = Array.from({ length: loops }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
  await sleep(seconds * 1_000)
  for (const loop of counting) loop.kill('SIGKILL')
  const again = (await begun()).count - runs.length
  console.log(
    `${loops} busy loops on ${availableParallelism()} processors for ${seconds} s: ${again} of ${runs.length} steps (${held.join(', ')}) were taken from those who live (goal: 0)`,
  )
  if (again > 0) process.exitCode = 1
  for (const run of runs) await cancel(run)
}

/** From the kill until another had the step, and until its command ran there; in milliseconds. */
async function takeover(role: 'worker' | 'server'): Promise<{ taken: number; runs: number }> {
  const before = await begun()
  const run = await deliver()
  await until(async () => (await begun()).count > before.count)
  const victim = (await machines()).find((machine) => machine.role === role && machine.busy > 0)!
  const at = Date.now()
  await kill(victim.name)
  await until(async () => (await begun()).count > before.count + 1)
  const runs = (await begun()).last - at
  const { steps } = await fleet.ask<RunView>('GET', `/runs/${run}`)
  const taken = Date.parse(steps.find(({ name }) => name === 'dev/check/long')!.startedAt!) - at
  await cancel(run)
  return { taken, runs }
}

/** @returns the run, whose check goes on until it is cancelled */
async function deliver(stream = 'takeover'): Promise<string> {
  const definition = {
    name: stream,
    services: { web: { 'x-run': { command: ['true'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: ['true'], pack: ['app'] },
      checks: { long: { run: ['sh', '-c', command], idempotent: true } },
      pipeline: { stages: [{ name: 'dev', checks: ['long'] }] },
    },
  }
  await author.write({ 'threeways.yaml': JSON.stringify(definition), app: String(++number) })
  const revision = await author.commit(`change ${number}`)
  const { run } = await fleet.ask<{ run: RunView }>('POST', '/deliveries', { repository: author.folder, revision })
  return run.id
}

async function cancel(run: string): Promise<void> {
  await fleet.ask('POST', `/runs/${run}/cancel`, { reason: 'measured' })
  await until(async () => (await fleet.ask<RunView>('GET', `/runs/${run}`)).finishedAt !== null)
}

async function kill(name: string): Promise<void> {
  const worker = fleet.workers.find((one) => one.name === name)
  await (worker ? worker.end('SIGKILL') : fleet.servers[fleet.names.findIndex((one) => one === name)]!.kill())
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await sleep(10))
    if (Date.now() > deadline) throw new Error(`it never came to that: ${holds.toString()}`)
}
