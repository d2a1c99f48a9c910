/**
 * Flags over a real server in a process of its own: what publishing a thousand of them costs it, how soon a kill switch is heard, and how
 * often it answers over OFREP.
 *
 *     node bench/flags.ts [--flags 1000] [--times 5] [--listeners 1000] [--kills 20] [--seconds 5] [--unleash FOLDER]
 *
 * With `--unleash` the frontend API of Unleash's server is asked the same in turns with ours; FOLDER is one in which somebody did
 * `npm install unleash-server`. Where there is `taskset`, whoever answers has one processor, and whoever asks another.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { listen } from './flags/listeners.ts'
import { inWords, load, onProcessor } from './flags/load.ts'
import { startUnleash } from './flags/unleash-server.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    flags: { type: 'string', default: '1000' },
    times: { type: 'string', default: '5' },
    listeners: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    unleash: { type: 'string' },
  },
})
const numbers = [values.flags, values.times, values.listeners, values.kills, values.seconds].map(Number)
const [count, times, listeners, kills, seconds] = numbers as [number, number, number, number, number]
const goalMs = 10
/** Of units that no rule is about, percent. */
const share = 6

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-flags-'))
const port = await freePort()
const base = `http://127.0.0.1:${port}`
const bin = path.resolve(import.meta.dirname, '../bin/threeways.mjs')
const probe = path.join(import.meta.dirname, 'flags/held-up.ts')
const server = spawn(process.execPath, ['--import', probe, bin, 'up', '--home', path.join(folder, 'home'), '--port', String(port)], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
})
let narrated = ''
server.stderr.setEncoding('utf8').on('data', (text: string) => (narrated += text))
try {
  await untilUp()
  const admin = (await readFile(path.join(folder, 'home', 'admin-token'), 'utf8')).trim()
  const ask = async (method: string, to: string, body: unknown) => {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
    const response = await fetch(`${base}${to}`, { method, body: JSON.stringify(body), headers })
    if (!response.ok) throw new Error(`${method} ${to}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  const file = (index: number, percent: number) => ({
    file: `flag-${index}.yaml`,
    document: `flag: flag-${index}\nowner: bench\npurpose: operations\nenvironments:\n  production:\n    state: ramp\n    rules: [{id: here, when: {country: [DE, US]}, serve: on}]\n    serve: {on: ${percent}%}\n`,
  })
  const files = (percent: number, indexes = Array.from({ length: count }, (_, index) => index)) => ({
    files: indexes.map((index) => file(index, percent)),
    reason: 'bench',
    over: true,
  })
  await publishings(`${count} flags published, all or none`, (turn) => ask('PUT', '/api/flags', files(share + turn)))
  await publishings('one of them', (turn) => ask('PUT', '/api/flags', files(50 + turn, [7])))
  await ask('PUT', '/api/flags', files(share))

  const waits: number[] = []
  let thrown = 0
  const heard = await listen(new URL(`${base}/api/flag-sets/production/events`), listeners, (at) => waits.push(at - thrown))
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100)
    thrown = performance.now()
    await ask('POST', `/api/flags/flag-7/${kill % 2 === 0 ? 'kill' : 'revive'}`, { reason: 'bench' })
    for (const deadline = Date.now() + 5_000; waits.length < (kill + 1) * listeners && Date.now() < deadline;) await sleep(5)
  }
  heard.close()
  console.log(
    `kill switch, ${listeners} listeners, ${kills} times: heard by ${waits.length} of ${kills * listeners}, p50 ${percentile(waits, 50).toFixed(0)} ms, p99 ${percentile(waits, 99).toFixed(0)} ms, worst ${Math.max(...waits).toFixed(0)} ms (goal p99 1,000 ms)`,
  )
  if (percentile(waits, 99) > 1_000 || waits.length < kills * listeners) process.exitCode = 1

  const { secret } = (await ask('POST', '/api/tokens', { name: 'bench', scopes: ['evaluate'] })) as { secret: string }
  const one = '/api/flag-sets/production/ofrep/v1/evaluate/flags/flag-9'
  const all = '/api/flag-sets/production/ofrep/v1/evaluate/flags'
  const token = { authorization: `Bearer ${secret}` }
  const context = (targetingKey: string) => ({ context: { targetingKey, country: 'FR' } })
  const rate = (to: string, headers = {}) => load({ url: `${base}${to}`, headers, body: context, seconds, pid: server.pid! })
  const isPinned = onProcessor(server.pid!, 0) && onProcessor(process.pid, 1)
  console.log(isPinned ? 'one processor for whoever answers, another for whoever asks' : 'processors are shared: there is no taskset here')
  console.log(`OFREP, one flag at a time: ${inWords(await rate(one))}`)
  console.log(`OFREP, one flag at a time, with a token: ${inWords(await rate(one, token))}`)
  if (values.unleash === undefined) console.log(`OFREP, all ${count} at once: ${inWords(await rate(all), count)}`)
  else await besideUnleash(values.unleash, () => rate(all, token))
} finally {
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  await removeTree(folder)
}

/** Several times, the worst of them; beside what a server that does nothing shows in the same time. */
async function publishings(what: string, publish: (turn: number) => Promise<unknown>): Promise<void> {
  await publish(0)
  await heldUp()
  const took: number[] = []
  for (let turn = 1; turn <= times; turn++) {
    const began = performance.now()
    await publish(turn)
    took.push(performance.now() - began)
  }
  const { clock, processor, apart } = await heldUp()
  await sleep(took.reduce((sum, ms) => sum + ms, 0))
  const idle = await heldUp()
  console.log(`${what}: in ${percentile(took, 50).toFixed(0)} ms, median of ${times} times`)
  console.log(
    `  the event loop of the server held up, worst of all: ${apart.toFixed(1)} ms of its processor (goal ${goalMs}), ${processor.toFixed(1)} where garbage was collected as well, ${clock.toFixed(1)} by the clock; while it did nothing ${idle.processor.toFixed(1)} and ${idle.clock.toFixed(1)}`,
  )
}

/** In turns, so that whatever else the machine does strikes both alike. */
async function besideUnleash(installed: string, ours: () => ReturnType<typeof load>): Promise<void> {
  const unleash = await startUnleash(installed, folder, await freePort(), count, share)
  try {
    onProcessor(unleash.pid, 0)
    const body = (userId: string) => ({ context: { userId, properties: { country: 'FR' } } })
    for (let turn = 0; turn < 3; turn++) {
      console.log(`OFREP, all ${count} at once, with a token: ${inWords(await ours(), count)}`)
      console.log(
        `unleash-server ${unleash.version}, all ${count}, of which it names those that are on: ${inWords(await load({ ...unleash, body, seconds }), count)}`,
      )
    }
  } finally {
    await unleash.close()
  }
}

/** What `held-up.ts` has seen since it was last asked. */
async function heldUp(): Promise<{ readonly clock: number; readonly processor: number; readonly apart: number }> {
  await sleep(200)
  narrated = ''
  server.kill('SIGUSR2')
  for (;;) {
    const found = /held up (\{.*\})/.exec(narrated)
    if (found) return JSON.parse(found[1]!) as Awaited<ReturnType<typeof heldUp>>
    await sleep(10)
  }
}

async function untilUp(): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if ((await fetch(`${base}/api/flags`).catch(() => undefined))?.ok) return
    await sleep(100)
  }
  throw new Error(`the server does not come up: ${narrated}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
