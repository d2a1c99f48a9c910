/**
 * What workers on other machines cost and bring: the time between two steps that do nothing, and how many steps that take 200 ms end
 * in a second, with 1, 2 and 4 workers of one step each, beside a server of one step that works alone. Workers are processes of this machine, so
 * the processors are shared: throughput is of steps that wait, not of steps that compute.
 *
 *     node bench/workers.ts [--steps 40] [--runs 20]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import type { RunView } from '../src/flow/pipeline/schemas.ts'
import { startServer, type Server } from '../src/server/serve.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({ options: { steps: { type: 'string', default: '40' }, runs: { type: 'string', default: '20' } } })
const [steps, runs] = [Number(values.steps), Number(values.runs)]
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
const program = path.join(import.meta.dirname, '../bin/threeways.mjs')
const author = await gitAuthor(path.join(folder, 'repository'))
const server = await startServer({
  home: path.join(folder, 'home'),
  host: '127.0.0.1',
  port: 0,
  anyPort: false,
  databaseUrl: undefined,
  repository: author.folder,
  capacity: 1,
  log: console.error,
})
const workers: ChildProcess[] = []
let number = 0
try {
  await measure('the server alone')
  const token = ((await ask(server, 'POST', '/tokens', { name: 'bench', scopes: ['work'] })) as { secret: string }).secret
  for (const count of [1, 2, 4]) {
    while (workers.length < count) workers.push(await work(token, workers.length))
    await measure(`${count} worker${count === 1 ? '' : 's'}`)
  }
} finally {
  for (const worker of workers) await ended(worker)
  await server.close()
  await removeTree(folder)
}

async function measure(what: string): Promise<void> {
  const one = await delivered(await commit('true', steps))
  const ends = one.steps.filter(({ kind }) => kind === 'build').map(({ finishedAt }) => Date.parse(finishedAt!))
  const gaps = ends.slice(1).map((end, index) => end - ends[index]!)
  const shas: string[] = []
  for (let n = 0; n < runs; n++) shas.push(await commit('sleep 0.2', 5))
  const prepared = performance.now()
  await Promise.all(shas.map(delivered))
  const seconds = (performance.now() - prepared) / 1000
  console.log(
    `${what.padEnd(18)} from step to step p50 ${percentile(gaps, 50)} ms, p99 ${percentile(gaps, 99)} ms; ` +
      `${((runs * 5) / seconds).toFixed(1)} steps of 200 ms a second (${runs} runs at once)`,
  )
}

async function commit(command: string, count: number): Promise<string> {
  const artifact = { build: Array.from({ length: count }, () => command), pack: ['app'] }
  const definition = {
    name: 'chain',
    services: { web: { 'x-run': { command: ['true'] } } },
    'x-threeways': { version: 1, artifact, pipeline: { stages: [{ name: 'dev' }] } },
  }
  await author.write({ 'threeways.yaml': JSON.stringify(definition), app: String(++number) })
  return author.commit(`change ${number}`)
}

async function delivered(revision: string): Promise<RunView> {
  const { run } = (await ask(server, 'POST', '/deliveries', { revision, buildOnly: true })) as { run: RunView }
  for (;;) {
    const now = (await ask(server, 'GET', `/runs/${run.id}`)) as RunView
    if (now.finishedAt === null) await sleep(100)
    else if (now.state === 'succeeded') return now
    else throw new Error(now.message ?? now.state)
  }
}

async function ask({ url, threeways }: Server, method: string, place: string, body?: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${threeways.adminToken}`, 'content-type': 'application/json' }
  const response = await fetch(`${url}/api${place}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

async function work(token: string, index: number): Promise<ChildProcess> {
  const name = `worker-${index}`
  const args = [program, 'worker', '--server', server.url, '--home', path.join(folder, name), '--name', name, '--capacity', '1']
  const worker = spawn(process.execPath, args, { env: { ...process.env, THREEWAYS_TOKEN: token }, stdio: 'ignore' })
  for (;;) {
    const { machines } = (await ask(server, 'GET', '/machines')) as { machines: { name: string; state: string }[] }
    if (machines.some((machine) => machine.name === name && machine.state === 'at work')) return worker
    if (worker.exitCode !== null) throw new Error(`${name} ended`)
    await sleep(100)
  }
}

async function ended(worker: ChildProcess): Promise<void> {
  const end = new Promise((resolve) => worker.once('exit', resolve))
  worker.kill('SIGTERM')
  await end
}
